/** Compares what a client gets about a refund, field by field, with what was committed. */
import { followUpStatus } from '../../../src/domain/follow-up-status.ts';
import type { Refund } from '../../../src/domain/refund.ts';
import type { KnownRefund } from './book.ts';

/** What is wrong with the refund that was shown. Null: it was so once. */
export function wrongRefundView(refund: Refund, { states }: KnownRefund): string | null {
  const same = states.filter(({ record }) => record.seq === refund.seq);
  if (same.length === 0) return `seq ${refund.seq}, which never was`;
  const wrongs = same.map(({ record }) => {
    const { operation, order, followUp } = record;
    const wanted: Partial<Record<keyof Refund, unknown>> = {
      refundId: followUp.name,
      amountMinor: order.amountMinor,
      currency: order.currency,
      status: followUpStatus(operation.status),
      attempts: operation.attempts,
      failureCode: operation.failureCode,
      gatewayRef: operation.gatewayRef,
      reason: followUp.reason,
      inDoubt: record.evidence > 0,
      createdAtMs: record.createdAtMs,
      updatedAtMs: record.updatedAtMs,
    };
    const differs = Object.entries(wanted).find(([name, value]) => refund[name as keyof Refund] !== value);
    if (differs === undefined) return null;
    const told = refund[differs[0] as keyof Refund];
    return `${differs[0]} ${String(told)} at ${refund.seq}, and it was ${String(differs[1])}`;
  });
  return wrongs.includes(null) ? null : (wrongs.at(-1) ?? null);
}
