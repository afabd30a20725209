/**
 * What must hold at a gateway of two steps. A charge is confirmed only on what the database has stored for it, and never on two. What has taken
 * money is not sealed. And what counts as failed cannot be paid any more.
 */
import type { NotSent, PrepareOutcome, SealRequest } from '../../src/domain/outcomes.ts';
import type { Change, Row } from '../store/database.ts';
import { orderName } from './book.ts';
import type { EndingParts } from './ending.ts';
import type { MoneyJudgeParts, Sending } from './money.ts';
import type { Exchange, Heard, Looked, Wire } from './wire.ts';

const INVARIANT = '10 two steps';

function isInTwoSteps({ plan }: Pick<MoneyJudgeParts, 'plan'>, { payment }: Row): boolean {
  return plan.policy.contract.steps === 'two' && payment.operation.kind === 'charge';
}

/** The confirm names what is durable, and what every earlier confirm under the key named. */
export function judgeConfirm(parts: MoneyJudgeParts, { sender, request }: Sending, row: Row): void {
  if (!isInTwoSteps(parts, row)) return;
  const { book, violated } = parts;
  const { n } = row.payment.operation;
  const what = `${sender} confirmed ${request.handle} for charge ${n} of ${request.orderId}`;
  const stored = parts.handleOf(row, n);
  if (request.handle === undefined || stored !== request.handle)
    violated(INVARIANT, `${what}, and ${stored} is stored`);
  const before = book.confirmed.get(request.key) ?? request.handle;
  if (before !== request.handle) violated(INVARIANT, `${what}, and before that ${before}`);
  book.confirmed.set(request.key, before ?? '');
}

/** What is sealed is what was stored, and nobody was told that it is paid. */
export function judgeSeal(
  parts: MoneyJudgeParts,
  { key, handle, orderId }: Pick<SealRequest, 'key' | 'handle' | 'orderId'>,
): void {
  const { book, violated } = parts;
  const row = parts.rowOf(key);
  if (row === undefined || book.amnesia) return;
  const { n, status } = row.payment.operation;
  const intended = book.intended.get(key);
  if (intended?.n === n && (status === 'COMPLETED' || status === 'AUTHORIZED'))
    violated(INVARIANT, `${handle} is sealed, and ${orderId} is ${status}`);
  const stored = intended === undefined ? null : parts.handleOf(row, intended.n);
  if (stored !== handle) violated(INVARIANT, `${handle} of ${orderId} is sealed, and ${stored} is stored`);
}

/** Nothing that counts as failed can be paid. */
export function judgePayable({ plan, book, gateway, violated }: EndingParts, row: Row): void {
  if (!isInTwoSteps({ plan }, row) || book.amnesia) return;
  const { payment, operations } = row;
  const { accountId, orderId } = payment.order;
  for (const { n, outcome, gatewayKey } of operations) {
    const isExcused = book.late.has(gatewayKey) || book.blindSends.has(gatewayKey);
    if (outcome === 'FAILED' && !isExcused && gateway.canStillLand(gatewayKey))
      violated(INVARIANT, `${orderName(accountId, orderId)}: charge ${n} is FAILED, and can still be paid`);
  }
}

/**
 * What the lookups under a claim may count as. Where nothing is stored, nothing was confirmed, so no answer is as good as finding nothing. And
 * what was seen to be open is to be sealed and looked up once more, and the claim may not last that long.
 */
export function meantBy(
  parts: Pick<MoneyJudgeParts, 'book' | 'plan'>,
  row: Row,
  looked: readonly Looked[],
): readonly Looked[] {
  if (!isInTwoSteps(parts, row)) return looked;
  const isCutShort = looked.some((kind) => kind === 'open' || kind === 'requires_action');
  return [
    ...looked,
    ...(parts.book.claimedWithoutHandle.has(row.payment.claimId) ? (['absent'] as const) : []),
    ...(isCutShort || looked.length === 0 ? (['unavailable'] as const) : []),
  ];
}

/** A claim is granted. */
export function noteClaim(
  parts: Pick<MoneyJudgeParts, 'book' | 'plan' | 'handleOf'>,
  { rowAfter, after }: Change,
): void {
  if (isInTwoSteps(parts, rowAfter) && parts.handleOf(rowAfter, after.operation.n) === null)
    parts.book.claimedWithoutHandle.add(after.claimId);
}

/** The last request for an object under the claim, in the words of a call. Null: none has ended, or it was made. */
export function preparedUnder({ exchanges }: Wire, key: string, claimId: string): Exchange | null {
  const last = (exchanges.get(key) ?? []).findLast(
    (one) => one.kind === 'prepare' && one.claimId === claimId,
  );
  if (last === undefined || last.heard === null || last.heard.kind === 'prepared') return null;
  return { ...last, heard: uncalled(last.heard as PrepareOutcome) };
}

/** What a request for an object says of the gateway's health, in the words of a call. An error that it keeps is an answer. */
export function asCall(outcome: PrepareOutcome | NotSent): Heard {
  if (outcome.kind !== 'failed_for_good') return uncalled(outcome);
  return { kind: 'unknown', answered: true, reason: outcome.reason };
}

/** What a request for an object says of the call that it was for: nothing was called. */
function uncalled(outcome: PrepareOutcome | NotSent): Heard {
  return outcome.kind === 'failed' || outcome.kind === 'failed_for_good'
    ? { ...outcome, kind: 'refused' }
    : outcome;
}

/** Whether the charge was declined in another way than by its confirm: before it, or because the customer did not act in time. */
export function wasDeclined(
  { book }: Pick<MoneyJudgeParts, 'book'>,
  key: string,
  failureCode: string | null,
): boolean {
  const exchanges = book.wire.exchanges.get(key) ?? [];
  if (failureCode === ACTION_EXPIRED) return exchanges.some(({ heard }) => heard?.kind === 'requires_action');
  return exchanges.some(({ kind, heard }) => kind === 'prepare' && heard?.kind === 'declined');
}

/** The word for a customer who did not act in time. */
const ACTION_EXPIRED = 'action_expired';
