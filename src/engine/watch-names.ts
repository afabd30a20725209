/**
 * Whether the database of a running process is still the one that it started on. Another one may have been restored
 * in its place.
 */
import type { ChargeName } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { misnamed, stopForNames } from './names.ts';

const WATCH_EVERY_MS = 10_000;

/** How many charges of each kind are checked. The others are checked before their first call. */
const SOME = 10;

/** A charge whose stored gateway key is not the one that this installation derives. Undefined: none was found. */
export async function findMisnamed(engine: Engine): Promise<ChargeName | undefined> {
  return misnamed(engine, await engine.store.someCharges(SOME));
}

/**
 * Returns the sweep's step. It rejects with `StoreError` if the store cannot be reached. It finds what charge
 * requests do not: orders that the other database has forgotten are new here, and would get another name.
 */
export function createNamesWatch(engine: Engine): () => Promise<void> {
  const { clock, store, installationId } = engine;
  let watchAtMs = clock.monotonicMs() + WATCH_EVERY_MS;
  return async () => {
    if (clock.monotonicMs() < watchAtMs) return;
    watchAtMs = clock.monotonicMs() + WATCH_EVERY_MS;
    if ((await store.installationId()) !== installationId) return stopForNames(engine);
    const wrong = await findMisnamed(engine);
    if (wrong !== undefined) stopForNames(engine, { payment_id: wrong.paymentId });
  };
}
