/**
 * Reads the requests that reach the gateway. A ledger shows what was charged. This shows what was asked for, and when. So
 * a call without a cause is seen even if it charged nothing.
 */
import { messageSize } from './http-messages.ts';
import type { Tap } from './lane.ts';

/** A complete `POST /charges` that reached the gateway. */
export interface Call {
  /** The name of the replica that sent it. */
  readonly replica: string;
  /** When its last byte was passed on, in milliseconds since the epoch. */
  readonly atMs: number;
  /** When its first byte left the replica. The network may have held it after that. */
  readonly leftMs: number;
  /** When the replica closed the connection of the call. Null: it had not closed it yet. */
  readonly hungUpMs: number | null;
  readonly key: string;
  readonly reference: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
}

/** A call as the witness sees it. The times are on the proxy's clock. */
export type HeardCall = Omit<Call, 'replica' | 'atMs'>;

/** Far more than any request of ours. A stream that does not parse is not kept for ever. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** Reads one connection. Ignores lookups and incomplete requests. */
export function createWitness(onCall: (call: HeardCall) => void): Tap {
  let heard: Buffer = Buffer.alloc(0);
  let leftMs = 0;
  return (bytes, { arrivedMs, hungUpMs }) => {
    if (heard.length === 0) leftMs = arrivedMs;
    heard = Buffer.concat([heard, bytes]);
    for (let size = messageSize(heard); size !== null && size <= heard.length; size = messageSize(heard)) {
      const call = readCall(heard.subarray(0, size));
      heard = heard.subarray(size);
      if (call !== null) onCall({ ...call, leftMs, hungUpMs });
      leftMs = arrivedMs;
    }
    if (heard.length > MAX_REQUEST_BYTES) heard = Buffer.alloc(0);
  };
}

function readCall(request: Buffer): Omit<HeardCall, 'leftMs' | 'hungUpMs'> | null {
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
