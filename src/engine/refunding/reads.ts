/** The reads of refunds for clients. */
import type { Payonce } from '../api.ts';
import type { Engine } from '../context.ts';
import { createFollowUpReads } from '../follow-ups/reads.ts';
import type { Show } from '../show-now.ts';
import { showRefundEvent } from './show.ts';

type Reads = Pick<Payonce, 'findRefund' | 'refunds' | 'refundEvents'>;

export function createRefundReads({ store }: Pick<Engine, 'store'>, show: Show): Reads {
  const { requireOwnMode } = show;
  const reads = createFollowUpReads({ kind: 'refund', store, requireOwnMode, show: show.refund });
  return {
    findRefund: reads.find,
    async refunds(accountId, paymentId, filter) {
      const page = await reads.list(accountId, paymentId, filter);
      return page && { refunds: page.shown, next: page.next };
    },
    async refundEvents(accountId, paymentId, refundId, filter) {
      const events = await reads.events(accountId, paymentId, refundId, filter);
      return events?.map(showRefundEvent) ?? null;
    },
  };
}
