/**
 * What is promised about refunds after the database has forgotten commits. Then the judge knows what the database still has, and goes on from
 * there. A refund that was forgotten, and that nobody repeats, can be found only at the gateway (docs/operations.md, "After a restore").
 */
import type { Book } from '../book.ts';
import { stored } from './book.ts';
import type { RefundJudgeParts } from './index.ts';

/** Whether a lookup finds what the database has forgotten of the refunds that it has: it forgot nothing, or the processes know of the restore. */
export function findsAgain({ amnesia, restored }: Pick<Book, 'amnesia' | 'restored'>): boolean {
  return !amnesia || restored?.asked === true;
}

/**
 * Whether what a request was told that began then agrees with the database: it forgot nothing, or all processes were started again since. One
 * that lives through a fail-over may still answer from its memory.
 */
export function isCertain(
  { amnesia, restored }: Pick<Book, 'amnesia' | 'restored'>,
  sinceMs: number,
): boolean {
  return !amnesia || (restored !== null && restored.atMs <= sinceMs);
}

/** Takes over what the database has now. */
export function noteForgotten({ refundBook, database, nowMs, mark }: RefundJudgeParts): void {
  const { refunds, byKey, sums, forgotten } = refundBook;
  for (const key of byKey.keys()) forgotten.add(key);
  for (const map of [refunds, byKey, sums]) map.clear();
  const atMs = nowMs();
  for (const row of database().followUps()) {
    const record = stored(row);
    const { followUp, gatewayKey, order, paymentId } = record;
    refunds.set(followUp.id, { states: [{ atMs, record }], body: record.answer });
    byKey.set(gatewayKey, followUp.id);
    forgotten.delete(gatewayKey);
    const [known] = database().read('sums', order.accountId, [paymentId]);
    if (known !== undefined) sums.set(paymentId, [{ atMs, sums: known }]);
    mark('refund_after_loss:kept');
  }
  if (forgotten.size > 0) mark('refund_after_loss:forgotten');
}
