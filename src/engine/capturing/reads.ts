/** The reads of captures and voids for clients. A payment has several only if all but the last have failed: that one is shown. */
import type { FollowUpKind } from '../../domain/effects.ts';
import { isUuid } from '../../domain/ids.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { Payonce } from '../api.ts';
import type { Engine } from '../context.ts';
import type { Show } from '../show-now.ts';
import { showExclusiveEvent } from './show.ts';

type Reads = Pick<Payonce, 'findExclusive' | 'exclusiveEvents'>;

export function createExclusiveReads({ store }: Pick<Engine, 'store'>, show: Show): Reads {
  return {
    async findExclusive(accountId, paymentId, kind) {
      const record = await lastOf(store, accountId, paymentId, kind);
      if (record === null) return null;
      await show.requireOwnMode();
      return show.exclusive(record);
    },
    async exclusiveEvents(accountId, paymentId, kind, filter) {
      const record = await lastOf(store, accountId, paymentId, kind);
      if (record === null) return null;
      const { name } = record.followUp;
      const events = await store.followUpEvents({ accountId, paymentId, kind, name, ...filter });
      await show.requireOwnMode();
      return events?.map(showExclusiveEvent) ?? null;
    },
  };
}

/** The last one of its kind. Rejects with `StoreError`. */
export async function lastOf(
  store: Pick<Engine['store'], 'followUps'>,
  accountId: string,
  paymentId: string,
  kind: FollowUpKind,
): Promise<FollowUpRecord | null> {
  if (!isUuid(paymentId)) return null;
  const [last] = await store.followUps({ accountId, paymentId, kind, limit: 1 });
  return last ?? null;
}
