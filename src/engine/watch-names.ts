/** Whether the database under a running process is still the one that it started on: another may have been restored there. */
import type { ChargeName } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { misnamed, stopForNames } from './names.ts';

const WATCH_EVERY_MS = 10_000;

/** Charges of each kind that are looked at; the others are looked at before their first call. */
const SOME = 10;

/** A charge whose stored gateway key is not the one that this installation derives; undefined: none was found. */
export async function findMisnamed(engine: Engine): Promise<ChargeName | undefined> {
  return misnamed(engine, await engine.store.someCharges(SOME));
}

/**
 * Returns what the sweep does about it; rejects with `StoreError` where the store cannot be reached. It finds what no charge
 * request meets: orders that the other database has forgotten are new here, and would get another name.
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
