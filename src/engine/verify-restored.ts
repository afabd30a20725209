/** Looks into what failed before a restore: the database may have forgotten that the order was charged since. */
import type { FailedCursor } from '../ports/store.ts';
import type { Engine } from './context.ts';

/** Payments that are made due by one sweep; each costs a lookup or two. */
const PAGE = 100;

/** Returns what each sweep does about it, until all have been made due once; rejects with `StoreError`. */
export function createRestoredWatch({ gateway, policy, store }: Engine): () => Promise<void> {
  const { restoredAtMs } = policy;
  let after: FailedCursor | null = null;
  let done = restoredAtMs === null || !policy.contract.lookup;
  return async () => {
    if (done || restoredAtMs === null) return;
    after = await store.wakeFailed({ gateway: gateway.name, beforeMs: restoredAtMs, after, limit: PAGE });
    done = after === null;
  };
}
