/**
 * Reads the requests that reach the gateway. A ledger shows what was charged. This shows what was asked for, and when. So
 * a call without a cause is seen even if it charged nothing.
 */
import { messageSize } from './http-messages.ts';
import type { Tap } from './lane.ts';

/** When a request left the replica and reached the gateway. */
export interface Arrival {
  /** The name of the replica that sent it. */
  readonly replica: string;
  /** When its last byte was passed on, in milliseconds since the epoch. */
  readonly atMs: number;
  /** When its first byte left the replica. The network may have held it after that. */
  readonly leftMs: number;
  /** When the replica closed the connection of the call. Null: it had not closed it yet. */
  readonly hungUpMs: number | null;
}

/** A complete `POST /charges` that reached the gateway. */
export interface Call extends Arrival {
  readonly key: string;
  readonly reference: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
}

/** A complete `POST /charges/<id>/refunds` that reached the gateway. */
export interface RefundCall extends Arrival {
  readonly key: string;
  readonly chargeId: string;
  readonly amount: number;
}

/** A call as the witness sees it. The times are on the proxy's clock. */
export type Heard<C extends Arrival> = Omit<C, 'replica' | 'atMs'>;

export interface Listener {
  onCharge(call: Heard<Call>): void;
  onRefund(call: Heard<RefundCall>): void;
}

/** Far more than any request of ours. A stream that does not parse is not kept for ever. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** Reads one connection. Ignores lookups and incomplete requests. */
export function createWitness(listener: Listener): Tap {
  let heard: Buffer = Buffer.alloc(0);
  let leftMs = 0;
  return (bytes, { arrivedMs, hungUpMs }) => {
    if (heard.length === 0) leftMs = arrivedMs;
    heard = Buffer.concat([heard, bytes]);
    for (let size = messageSize(heard); size !== null && size <= heard.length; size = messageSize(heard)) {
      tell(listener, heard.subarray(0, size), { leftMs, hungUpMs });
      heard = heard.subarray(size);
      leftMs = arrivedMs;
    }
    if (heard.length > MAX_REQUEST_BYTES) heard = Buffer.alloc(0);
  };
}

function tell(listener: Listener, request: Buffer, times: Pick<Arrival, 'leftMs' | 'hungUpMs'>): void {
  const end = request.indexOf('\r\n\r\n');
  const head = request.toString('latin1', 0, end);
  const [, path = ''] = /^POST (\S+) HTTP/.exec(head) ?? [];
  const [, chargeId] = /\/charges\/([^/]+)\/refunds$/.exec(path) ?? [];
  if (chargeId === undefined && !path.endsWith('/charges')) return;
  const key = /\r\nidempotency-key: *([^\r\n]+)/i.exec(head)?.[1]?.replaceAll('"', '') ?? '';
  const { amount, currency, reference, order_id: orderId } = JSON.parse(request.toString('utf8', end + 4));
  if (chargeId === undefined) listener.onCharge({ key, reference, orderId, amount, currency, ...times });
  else listener.onRefund({ key, chargeId: decodeURIComponent(chargeId), amount, ...times });
}
