/**
 * Makes idle payments due about which this process can learn more. Payments in REVIEW are idle if a process without
 * lookups left them there. Payments that failed before a restore may have been charged since, which the database
 * has forgotten.
 */
import type { IdleCursor, IdleQuery } from '../ports/store.ts';
import type { Engine } from './context.ts';

/** How many payments one sweep makes due. Each costs a lookup or two. */
const PAGE = 100;

/** Returns the step of each sweep, until all have been made due once. It rejects with `StoreError`. */
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
