/** What must hold once the faults have stopped and everything had time to end: refunds have ended, and are equal to the ledger. */

import { isSettled } from '../../../src/domain/operation.ts';
import type { Plan } from '../../plan/plan.ts';
import { isUndisturbed } from '../undisturbed.ts';
import { sentUnder } from '../wire.ts';
import { hasOpenWish } from '../wishes.ts';
import { untoldOf } from './alarms.ts';
import { asChargeEvent, nameOf } from './as-charge.ts';
import { type KnownRefund, latestOf, type StoredRefund } from './book.ts';
import { findsAgain } from './forgotten.ts';
import type { RefundJudgeParts } from './index.ts';

/**
 * A look that is due later is not waited for: the looks go on for a month. Longer than the first wait, which is an hour. Shorter than a run
 * waits for rest (`REST_WITHIN_MS`), or it could end before a look that it waits for.
 */
const LATER_MS = 75 * 60_000;

/**
 * Whether nothing is left to do for the refund but to look from time to time whether it stands.
 * @param isDead the gateway shows that it has failed.
 * @param nowMs by the database's clock.
 */
export function isRefundAtRest(
  {
    operation,
    held,
    evidence,
    dueAtMs,
    events,
  }: Pick<StoredRefund, 'operation' | 'held' | 'evidence' | 'dueAtMs' | 'events'>,
  { contract }: Plan['policy'],
  isDead: boolean,
  nowMs: number,
): boolean {
  if (held) return false;
  switch (operation.status) {
    case 'COMPLETED':
      return evidence === 0 && (!isDead || !contract.lookup || (dueAtMs ?? 0) > nowMs + LATER_MS);
    case 'FAILED':
      return evidence === 0 && dueAtMs === null;
    case 'REVIEW':
      return (dueAtMs === null) === !contract.lookup && !hasOpenWish({ events: events.map(asChargeEvent) });
    default:
      return false;
  }
}

/** Whether the gateway has said that it succeeded, and then that it failed. */
export function isDead(parts: Pick<RefundJudgeParts, 'refunds'>, key: string): boolean {
  const made = parts.refunds.ledger.filter((one) => one.key === key);
  return made.length > 0 && made.every(({ status }) => status === 'declined');
}

export function judgeRefundEnding(parts: RefundJudgeParts): void {
  const { book, refundBook, plan, violated } = parts;
  for (const known of refundBook.refunds.values()) {
    const record = latestOf(known);
    const name = nameOf(record);
    const { status, step } = record.operation;
    if (
      !(book.excused.get(record.gatewayKey) === 'money' && waitsInVain(record)) &&
      !isRefundAtRest(record, plan.policy, isDead(parts, record.gatewayKey), parts.databaseNowMs())
    )
      violated(
        'liveness',
        `${name} is still open long after the faults have stopped: ${status}, step ${step}`,
      );
    // A process that lives through a fail-over may have raised it before that.
    const isHeard = isUndisturbed(plan) && (!book.amnesia || book.restored !== null);
    const silent = isHeard ? untoldOf(refundBook, known) : null;
    if (silent !== null) violated('alarms', `${name} ${silent}`);
    judgeTrail(parts, known);
    judgeLedger(parts, known);
  }
}

/**
 * Whether it waits for a look, if the gateway shows it on other terms, so that no look tells what has become of it: the gateway has named it, and
 * it has a month to end. Or it has ended, and late evidence about it waits. Or a person's next word waits after one that was refuted.
 */
function waitsInVain({ operation, evidence, events, held, dueAtMs }: StoredRefund): boolean {
  if (operation.status === 'REVIEW') {
    const wasRefuted = events.some(({ type }) => type === 'operator.refuted');
    return wasRefuted && !held && dueAtMs !== null && hasOpenWish({ events: events.map(asChargeEvent) });
  }
  return operation.status === 'UNRESOLVED'
    ? operation.gatewayRef !== null
    : isSettled(operation.status) && evidence > 0;
}

export function judgeTrail(
  { violated, book }: Pick<RefundJudgeParts, 'violated' | 'book'>,
  known: KnownRefund,
): void {
  const record = latestOf(known);
  record.events.forEach((event, index) => {
    if (event.seq !== index + 1) violated('4 events', `${nameOf(record)}: a gap at ${index + 1}`);
  });
  if (book.amnesia || book.blindSends.has(record.gatewayKey)) return;
  const left = sentUnder(book.wire, record.gatewayKey).filter(
    ({ heard }) => heard?.kind !== 'forbidden',
  ).length;
  if (left > record.operation.attempts)
    violated('attempts', `${nameOf(record)}: ${left} calls left, ${record.operation.attempts} are counted`);
}

function judgeLedger(
  { book, refundBook, refunds, violated, plan, databaseNowMs }: RefundJudgeParts,
  known: KnownRefund,
): void {
  const record = latestOf(known);
  const { operation, gatewayKey } = record;
  const name = nameOf(record);
  if (book.blindSends.has(gatewayKey) || refundBook.late.has(gatewayKey) || book.excused.has(gatewayKey))
    return;
  const live = refunds.ledger.filter(
    ({ key, status }) => key === gatewayKey && status === 'succeeded',
  ).length;
  const isKnown = plan.policy.contract.lookup && (record.dueAtMs ?? 0) <= databaseNowMs();
  const isTwice = live > 1 && findsAgain(book);
  if (operation.status === 'COMPLETED' && (isTwice || (live === 0 && isKnown)))
    violated('ledger', `${name} is SUCCEEDED, and ${live} are live at the gateway`);
  if (operation.status === 'FAILED' && live > 0 && findsAgain(book))
    violated('ledger', `${name} is FAILED, and it is live at the gateway`);
}
