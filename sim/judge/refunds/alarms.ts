/** The alarms that must have been raised by the end. */
import { type KnownRefund, latestOf, type RefundBook, type StoredRefund } from './book.ts';

/** A refund's change without its alarm. Null: none. Only meaningful if no process died or stopped for a while. */
export function untoldOf({ alarms }: RefundBook, known: KnownRefund): string | null {
  const { paymentId, followUp } = latestOf(known);
  const raised = alarms.get(`${paymentId} ${followUp.name}`) ?? new Set();
  for (const [index, { record }] of known.states.entries()) {
    const wanted = alarmsFor(known.states[index - 1]?.record, record);
    if (wanted.length > 0 && !wanted.some((name) => raised.has(name)))
      return `#${record.seq}: ${record.operation.status}, and no alarm was raised`;
  }
  return null;
}

/** Of these, at least one. Empty: none is due. */
function alarmsFor(before: StoredRefund | undefined, after: StoredRefund): readonly string[] {
  const [was, is] = [before?.operation.status, after.operation.status];
  if (was === is || was === undefined) return [];
  if (is === 'REVIEW') return ['needs_review', 'duplicate_refund'];
  if (was === 'COMPLETED' && is === 'FAILED') return ['refund_failed_late'];
  if (was === 'FAILED') return ['refund_landed_late'];
  return [];
}
