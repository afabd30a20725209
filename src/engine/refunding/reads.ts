/** The reads of refunds for clients, always from the primary. */
import { isUuid } from '../../domain/ids.ts';
import type { Payonce } from '../api.ts';
import type { Engine } from '../context.ts';
import type { Show } from '../show-now.ts';
import { showRefundEvent } from './show.ts';

type Reads = Pick<Payonce, 'findRefund' | 'refunds' | 'refundEvents'>;

export function createRefundReads({ store }: Pick<Engine, 'store'>, show: Show): Reads {
  const { requireOwnMode } = show;
  return {
    async findRefund(accountId, paymentId, refundId) {
      if (!isUuid(paymentId)) return null;
      const record = await store.followUp({ accountId, paymentId, kind: 'refund', name: refundId });
      if (record === null) return null;
      await requireOwnMode();
      return show.refund(record);
    },
    async refunds(accountId, paymentId, { limit, before }) {
      if (!isUuid(paymentId)) return null;
      if ((await store.payment(accountId, paymentId)) === null) return null;
      await requireOwnMode();
      const older = before === undefined ? {} : { before };
      // One more than a page, to know whether another follows.
      const rows = await store.followUps({
        accountId,
        paymentId,
        kind: 'refund',
        limit: limit + 1,
        ...older,
      });
      const page = rows.slice(0, limit);
      const next = rows.length > limit ? (page.at(-1)?.followUp.id ?? null) : null;
      return { refunds: page.map((record) => show.refund(record)), next };
    },
    async refundEvents(accountId, paymentId, refundId, filter) {
      if (!isUuid(paymentId)) return null;
      const name = { accountId, paymentId, kind: 'refund', name: refundId } as const;
      const events = await store.followUpEvents({ ...name, ...filter });
      if (events === null) return null;
      await requireOwnMode();
      return events.map(showRefundEvent);
    },
  };
}
