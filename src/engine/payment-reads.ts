/** The reads of payments for clients, always from the primary. */
import { isUuid } from '../domain/ids.ts';
import type { Payonce } from './api.ts';
import type { Shared } from './context.ts';
import type { Show } from './show-now.ts';

type Reads = Pick<Payonce, 'payment' | 'payments' | 'events'>;

export function createPaymentReads({ store }: Pick<Shared, 'store'>, show: Show): Reads {
  return {
    async payment(accountId, paymentId) {
      if (!isUuid(paymentId)) return null;
      const record = await store.payment(accountId, paymentId);
      if (record === null) return null;
      await show.requireOwnMode();
      return show.payment(record);
    },
    payments: async (accountId, filter) =>
      show.payments(accountId, await store.payments({ accountId, ...filter })),
    async events(accountId, paymentId, filter) {
      if (!isUuid(paymentId)) return null;
      const events = await store.events({ accountId, paymentId, ...filter });
      if (events !== null) await show.requireOwnMode();
      return events;
    },
  };
}
