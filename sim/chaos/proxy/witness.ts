/**
 * Reads the requests that go through to the gateway. A ledger shows what was charged; this shows what was asked
 * for, and when, so that a call without a cause is seen even where it charged nothing.
 */

/** A complete `POST /charges` that reached the gateway. */
export interface Call {
  /** Of the replica that sent it. */
  readonly replica: string;
  /** Milliseconds since the epoch, when its last byte was passed on. */
  readonly atMs: number;
  readonly key: string;
  readonly reference: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
}

/** No request of ours comes near it; a stream that does not parse is not kept for ever. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** Hears one connection. Lookups and whatever is not complete are passed over. */
export function createWitness(
  onCall: (call: Omit<Call, 'replica' | 'atMs'>) => void,
): (bytes: Buffer) => void {
  let heard: Buffer = Buffer.alloc(0);
  return (bytes) => {
    heard = Buffer.concat([heard, bytes]);
    for (let size = requestSize(heard); size !== null && size <= heard.length; size = requestSize(heard)) {
      const call = readCall(heard.subarray(0, size));
      heard = heard.subarray(size);
      if (call !== null) onCall(call);
    }
    if (heard.length > MAX_REQUEST_BYTES) heard = Buffer.alloc(0);
  };
}

/** How long the request at the beginning is; null while its head is not complete. */
function requestSize(bytes: Buffer): number | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end));
  return end + 4 + Number(length?.[1] ?? 0);
}

function readCall(request: Buffer): Omit<Call, 'replica' | 'atMs'> | null {
  const end = request.indexOf('\r\n\r\n');
  const head = request.toString('latin1', 0, end);
  if (!/^POST \S*\/charges HTTP/.test(head)) return null;
  const body = JSON.parse(request.toString('utf8', end + 4));
  return {
    key: /\r\nidempotency-key: *([^\r\n]+)/i.exec(head)?.[1]?.replaceAll('"', '') ?? '',
    reference: body.reference,
    orderId: body.order_id,
    amount: body.amount,
    currency: body.currency,
  };
}
