/**
 * Makes payments due that rest although this process can learn more of them: those in REVIEW, which rest where a process without
 * lookups left them; and what failed before a restore, for the database may have forgotten that the order was charged since.
 */
import type { IdleCursor, IdleQuery } from '../ports/store.ts';
import type { Engine } from './context.ts';

/** Payments that are made due by one sweep; each costs a lookup or two. */
const PAGE = 100;

/** Returns what each sweep does about it, until all have been made due once; rejects with `StoreError`. */
export function createIdleWatch({ gateway, policy, store }: Engine): () => Promise<void> {
  const { restoredAtMs } = policy;
  const left: Pick<IdleQuery, 'status' | 'beforeMs'>[] = [];
  if (policy.contract.lookup) {
    if (restoredAtMs !== null) left.push({ status: 'FAILED', beforeMs: restoredAtMs });
    left.push({ status: 'REVIEW', beforeMs: null });
  }
  let after: IdleCursor | null = null;
  return async () => {
    const [next] = left;
    if (next === undefined) return;
    after = await store.wakeIdle({ ...next, gateway: gateway.name, after, limit: PAGE });
    if (after === null) left.shift();
  };
}
