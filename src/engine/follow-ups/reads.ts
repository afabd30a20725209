/** The reads of follow-ups of one kind for clients, always from the primary. */
import type { FollowUpKind } from '../../domain/effects.ts';
import { isUuid } from '../../domain/ids.ts';
import type { PaymentEvent } from '../../domain/payment.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { EventFilter } from '../api.ts';
import type { Engine } from '../context.ts';

/** All reject with `StoreError` when the store cannot be read. Null: there is no such payment, or no such follow-up. */
export interface FollowUpReads<Shown> {
  find(accountId: string, paymentId: string, name: string): Promise<Shown | null>;
  /** Newest first. */
  list(accountId: string, paymentId: string, filter: PageFilter): Promise<Page<Shown> | null>;
  /** Oldest first. */
  events(
    accountId: string,
    paymentId: string,
    name: string,
    filter: EventFilter,
  ): Promise<readonly PaymentEvent[] | null>;
}

interface PageFilter {
  readonly limit: number;
  /** The `next` of the page before. */
  readonly before?: string;
}

interface Page<Shown> {
  readonly shown: readonly Shown[];
  /** Where the next page begins; null if this is the last one. */
  readonly next: string | null;
}

export interface FollowUpReadsOptions<Shown> {
  readonly kind: FollowUpKind;
  readonly store: Engine['store'];
  /** Rejects with `StoreError` if what was read is of the other mode. */
  readonly requireOwnMode: () => Promise<void>;
  readonly show: (record: FollowUpRecord) => Shown;
}

export function createFollowUpReads<Shown>({
  kind,
  store,
  requireOwnMode,
  show,
}: FollowUpReadsOptions<Shown>): FollowUpReads<Shown> {
  return {
    async find(accountId, paymentId, name) {
      if (!isUuid(paymentId)) return null;
      const record = await store.followUp({ accountId, paymentId, kind, name });
      if (record === null) return null;
      await requireOwnMode();
      return show(record);
    },
    async list(accountId, paymentId, { limit, before }) {
      if (!isUuid(paymentId)) return null;
      if ((await store.payment(accountId, paymentId)) === null) return null;
      await requireOwnMode();
      const older = before === undefined ? {} : { before };
      // One more than a page, to know whether another follows.
      const rows = await store.followUps({ accountId, paymentId, kind, limit: limit + 1, ...older });
      const page = rows.slice(0, limit);
      const next = rows.length > limit ? (page.at(-1)?.followUp.id ?? null) : null;
      return { shown: page.map(show), next };
    },
    async events(accountId, paymentId, name, filter) {
      if (!isUuid(paymentId)) return null;
      const events = await store.followUpEvents({ accountId, paymentId, kind, name, ...filter });
      if (events === null) return null;
      await requireOwnMode();
      return events;
    },
  };
}
