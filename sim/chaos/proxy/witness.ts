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
  /** By how much earlier it may have left, because the proxy stood still. Absent: it did not. */
  readonly readLateMs?: number;
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
  /** The money is only to be held. Absent: it is taken at once. */
  readonly captureMethod?: 'manual';
}

/** A complete `POST /charges/<id>/refunds` that reached the gateway. */
export interface RefundCall extends Arrival {
  readonly key: string;
  readonly chargeId: string;
  readonly amount: number;
}

/** A complete `POST /charges/<id>/capture` or `/void` that reached the gateway. */
export interface EndCall extends Arrival {
  readonly operation: 'capture' | 'void';
  readonly key: string;
  readonly chargeId: string;
  /** Null: a void, which has none. */
  readonly amount: number | null;
}

/** A call as the witness sees it. The times are on the proxy's clock. */
export type Heard<C extends Arrival> = Omit<C, 'replica' | 'atMs'>;

export interface Listener {
  onCharge(call: Heard<Call>): void;
  onRefund(call: Heard<RefundCall>): void;
  onEnd(call: Heard<EndCall>): void;
}

/** A complete `POST` that reached the gateway. */
export interface Request extends Pick<Arrival, 'leftMs' | 'hungUpMs'> {
  readonly path: string;
  /** Its idempotency key, without quotes. Empty: it has none. */
  readonly key: string;
  readonly body: string;
}

/** Far more than any request of ours. A stream that does not parse is not kept for ever. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** Reads one connection of the `http` adapter. Ignores lookups and incomplete requests. */
export function createWitness(listener: Listener): Tap {
  return readPosts(({ path, key, body, ...times }) => {
    const [, named, effect] = /\/charges\/([^/]+)\/(refunds|capture|void)$/.exec(path) ?? [];
    if (named === undefined && !path.endsWith('/charges')) return;
    const { amount, currency, reference, order_id: orderId, capture } = JSON.parse(body);
    const chargeId = decodeURIComponent(named ?? '');
    if (effect === 'refunds') listener.onRefund({ key, chargeId, amount, ...times });
    else if (effect === 'capture' || effect === 'void')
      listener.onEnd({ operation: effect, key, chargeId, amount: amount ?? null, ...times });
    else {
      const method = capture === false ? ({ captureMethod: 'manual' } as const) : {};
      listener.onCharge({ key, reference, orderId, amount, currency, ...method, ...times });
    }
  });
}

/** Reads one connection, and tells each `POST` when its last byte was passed on. */
export function readPosts(onPost: (request: Request) => void): Tap {
  let heard: Buffer = Buffer.alloc(0);
  let leftMs = 0;
  return (bytes, { arrivedMs, hungUpMs }) => {
    if (heard.length === 0) leftMs = arrivedMs;
    heard = Buffer.concat([heard, bytes]);
    for (let size = messageSize(heard); size !== null && size <= heard.length; size = messageSize(heard)) {
      const post = postIn(heard.subarray(0, size));
      if (post !== null) onPost({ ...post, leftMs, hungUpMs });
      heard = heard.subarray(size);
      leftMs = arrivedMs;
    }
    if (heard.length > MAX_REQUEST_BYTES) heard = Buffer.alloc(0);
  };
}

function postIn(message: Buffer): Pick<Request, 'path' | 'key' | 'body'> | null {
  const end = message.indexOf('\r\n\r\n');
  const head = message.toString('latin1', 0, end);
  const [, path] = /^POST (\S+) HTTP/.exec(head) ?? [];
  if (path === undefined) return null;
  const key = /\r\nidempotency-key: *([^\r\n]+)/i.exec(head)?.[1]?.replaceAll('"', '') ?? '';
  return { path, key, body: message.toString('utf8', end + 4) };
}
