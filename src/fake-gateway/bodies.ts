/** Answers as JSON text. Each is a pure function of the ledger's content, so a replay gives the same bytes. */
import type { Voice } from './attempts.ts';
import { isLive, landingRefunds, refundsAt, standingAt } from './ledger/charge-state.ts';
import type { BookedOperation, Charge, Operation } from './ledger/port.ts';
import { operationStatusAt, statusOf } from './ledger/standing.ts';
import { answer } from './wire.ts';

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
  const standing = standingAt(charge, nowMs);
  return render(charge, statusOf(standing), standing.captured, standing.refunded);
}

/** The charge as the judge sees it, with its refunds. Those that are still to land come last. */
export function ledgerBody(charge: Charge, nowMs: number): string {
  const refunds = [
    ...refundsAt(charge, nowMs).map((refund) => judged(charge, refund, operationStatusAt(refund, nowMs))),
    ...landingRefunds(charge, nowMs).map((refund) => judged(charge, refund, 'landing')),
  ];
  const live = isLive(charge, nowMs);
  return `${chargeBody(charge, nowMs).slice(0, -1)},"live":${live},"refunds":[${refunds.join(',')}]}`;
}

function judged(charge: Charge, refund: BookedOperation, status: string): string {
  const { visibleMs, settleMs, settleTo } = refund;
  return (
    `${renderOperation(charge, refund, status).slice(0, -1)},"visible_at":"${isoOf(visibleMs)}",` +
    `"settles_at":${settleMs === null ? null : `"${isoOf(settleMs)}"`},"settles_to":${JSON.stringify(settleTo)}}`
  );
}

function render(charge: Charge, status: string, captured: number, refunded: number): string {
  return (
    `{"id":"${charge.id}","status":"${status}","amount":${charge.amount},"currency":"${charge.currency}",` +
    `"reference":${JSON.stringify(charge.reference)},"idempotency_key":${JSON.stringify(charge.key)},` +
    `"order_id":${JSON.stringify(charge.orderId)},${accountOf(charge)}"method":${JSON.stringify(charge.method)},` +
    `"livemode":false,${status === 'declined' ? '"code":"card_declined",' : ''}"captured":${captured},"refunded":${refunded},` +
    `${untilOf(charge)}"created_at":"${isoOf(charge.createdMs)}"}`
  );
}

/** Only if the request named one. */
function accountOf({ accountId }: Charge): string {
  return accountId === null ? '' : `"account_id":${JSON.stringify(accountId)},`;
}

/** Of a charge that is only authorised. */
function untilOf({ expiresMs }: Charge): string {
  return expiresMs === null ? '' : `"authorized_until":"${isoOf(expiresMs)}",`;
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

/** The answer to the call that made the operation. It never changes. */
export function operationAnswer(charge: Charge, operation: Operation): string {
  if (operation.answer === 500) return failureBody(operation.key);
  return renderOperation(charge, operation, operation.outcome);
}

/** The operation as it is at `nowMs`. */
export function operationBody(charge: Charge, operation: Operation, nowMs: number): string {
  return renderOperation(charge, operation, operationStatusAt(operation, nowMs));
}

function renderOperation(charge: Charge, operation: BookedOperation, status: string): string {
  const { id, kind, amount, asked, chargeId, key, outcome, createdMs } = operation;
  return JSON.stringify({
    id,
    object: kind,
    status,
    amount: amount ?? asked,
    currency: charge.currency,
    charge: chargeId,
    reference: charge.reference,
    idempotency_key: key,
    order_id: charge.orderId,
    ...(charge.accountId === null ? {} : { account_id: charge.accountId }),
    // It was declined at once, or it failed although it had begun well.
    ...(status === 'failed' ? { code: outcome === 'failed' ? `${kind}_declined` : `${kind}_failed` } : {}),
    created_at: isoOf(createdMs),
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

/** What the protocol says about an attempt that goes wrong. */
export const VOICE: Voice = {
  failure: (key) => answer(500, failureBody(key)),
  unauthorized: (key) => answer(401, errorBody('unauthorized', { key })),
  rateLimited: (key, retryAfterSeconds) => ({
    kind: 'answer',
    status: 429,
    body: errorBody('rate_limited', { key }),
    retryAfterSeconds,
  }),
  keyInUse: (key) => answer(409, errorBody('in_progress', { key })),
  objectInUse: (key) => answer(409, errorBody('in_progress', { key })),
};

/** The seed's words for a failure, about one key. */
export function failureBody(key: string): string {
  return errorBody('Gateway error', { key });
}
