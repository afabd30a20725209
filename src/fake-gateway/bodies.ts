/** Answers as JSON text. Each is a pure function of the ledger's content, so a replay gives the same bytes. */
import { capturedAt, hasLanded, isLive, statusAt } from './ledger/charge-state.ts';
import type { Charge, Operation } from './ledger/port.ts';

/** The seed's words for a failure. */
export const GATEWAY_ERROR = '{"error":"Gateway error"}';

/** The answer to the call that made the charge. It never changes: later events are not in it. */
export function answerBody(charge: Charge): string {
  if (charge.answer === 500) return failureBody(charge.key);
  const status = charge.outcome === 'none' ? 'declined' : charge.outcome;
  return render(charge, status, status === 'succeeded' && charge.capture ? charge.amount : 0, 0);
}

/** The charge as it is at `nowMs`. */
export function chargeBody(charge: Charge, nowMs: number): string {
  return render(charge, statusAt(charge, nowMs), capturedAt(charge, nowMs), charge.refunded);
}

/** The charge as the judge sees it. */
export function ledgerBody(charge: Charge, nowMs: number): string {
  const live = hasLanded(charge, nowMs) && isLive(charge, nowMs);
  return `${chargeBody(charge, nowMs).slice(0, -1)},"live":${live}}`;
}

function render(charge: Charge, status: string, captured: number, refunded: number): string {
  return (
    `{"id":"${charge.id}","status":"${status}","amount":${charge.amount},"currency":"${charge.currency}",` +
    `"reference":${JSON.stringify(charge.reference)},"idempotency_key":${JSON.stringify(charge.key)},` +
    `"order_id":${JSON.stringify(charge.orderId)},"method":${JSON.stringify(charge.method)},` +
    `"livemode":false,${status === 'declined' ? '"code":"card_declined",' : ''}"captured":${captured},"refunded":${refunded},` +
    `"created_at":"${isoOf(charge.createdMs)}"}`
  );
}

let isoMs = Number.NaN;
let iso = '';

/** The last result is kept: many answers share a millisecond, and formatting is slow. */
function isoOf(ms: number): string {
  if (ms !== isoMs) {
    iso = new Date(ms).toISOString();
    isoMs = ms;
  }
  return iso;
}

export function operationBody(operation: Operation): string {
  return JSON.stringify({
    id: operation.id,
    object: operation.kind,
    status: 'succeeded',
    amount: operation.amount,
    currency: operation.currency,
    charge: operation.chargeId,
    reference: operation.reference,
    idempotency_key: operation.key,
    created_at: isoOf(operation.createdMs),
  });
}

export function listBody(entries: readonly string[], nextCursor?: string | null): string {
  const cursor = nextCursor === undefined ? '' : `,"next_cursor":${JSON.stringify(nextCursor)}`;
  return `{"data":[${entries.join(',')}]${cursor}}`;
}

/** The answer to a lookup by key. It repeats the key, so that it cannot be taken for the answer to another lookup. */
export function lookupBody(key: string, entries: readonly string[]): string {
  return `{"data":[${entries.join(',')}],"idempotency_key":${JSON.stringify(key)}}`;
}

/**
 * An error. `key`: the one that the call came with. It is repeated, so that the error cannot be taken for the answer to another call.
 */
export function errorBody(error: string, { key, message }: { key?: string; message?: string } = {}): string {
  return JSON.stringify({ error, message, idempotency_key: key });
}

/** The seed's words for a failure, about one key. */
export function failureBody(key: string): string {
  return errorBody('Gateway error', { key });
}
