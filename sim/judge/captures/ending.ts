/** What must hold once the faults have stopped and everything had time to end: captures and voids have ended, as the ledger says. */
import type { Plan } from '../../plan/plan.ts';
import { asChargeEvent, nameOf } from '../refunds/as-charge.ts';
import { latestOf, type StoredRefund } from '../refunds/book.ts';
import { judgeTrail } from '../refunds/ending.ts';
import { isUndisturbed } from '../undisturbed.ts';
import { hasOpenWish } from '../wishes.ts';
import type { CaptureJudgeParts } from './index.ts';

/** Whether nothing is left to do for it. */
export function isEndAtRest(
  {
    operation,
    held,
    evidence,
    dueAtMs,
    events,
  }: Pick<StoredRefund, 'operation' | 'held' | 'evidence' | 'dueAtMs' | 'events'>,
  { contract }: Plan['policy'],
): boolean {
  if (held) return false;
  switch (operation.status) {
    case 'COMPLETED':
    case 'FAILED':
      return evidence === 0 && dueAtMs === null;
    case 'REVIEW':
      return (dueAtMs === null) === !contract.lookup && !hasOpenWish({ events: events.map(asChargeEvent) });
    default:
      return false;
  }
}

export function judgeEndsEnding(parts: CaptureJudgeParts): void {
  const { book, endBook, plan, violated, captures } = parts;
  for (const known of endBook.refunds.values()) {
    const record = latestOf(known);
    const { gatewayKey, operation } = record;
    const name = nameOf(record);
    if (!isEndAtRest(record, plan.policy))
      violated(
        'liveness',
        `${name} is still open long after the faults have stopped: ${operation.status}, step ${operation.step}`,
      );
    judgeTrail(parts, known);
    const raised = endBook.alarms.get(`${record.paymentId} ${record.operation.kind} ${record.followUp.name}`);
    const isTold =
      raised?.has('needs_review') === true || raised?.has(`duplicate_${operation.kind}`) === true;
    if (operation.status === 'REVIEW' && isUndisturbed(plan) && !isTold)
      violated('alarms', `${name} is in REVIEW, and no alarm was raised`);
    if (book.blindSends.has(gatewayKey) || endBook.late.has(gatewayKey) || book.excused.has(gatewayKey))
      continue;
    const isMade = captures.ledger.some(({ key, status }) => key === gatewayKey && status === 'succeeded');
    if (operation.status === 'FAILED' && isMade) violated('ledger', `${name} is FAILED, and it was made`);
  }
}
