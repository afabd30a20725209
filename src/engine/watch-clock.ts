/** Tells of steps of the database's clock, deals with what they leave behind, and leaves a reading for who starts later. */
import type { Engine } from './context.ts';

/** A process that starts later compares with a reading that is at most so old, where anybody ran. */
const WITNESS_EVERY_MS = 10_000;

/** Returns what the sweep does about the clock; rejects with `StoreError` where the store cannot be reached. */
export function createClockWatch({ clock, databaseClock, gateway, log, store }: Engine): () => Promise<void> {
  let witnessAtMs = clock.monotonicMs() + WITNESS_EVERY_MS;

  async function witness(steppedBackMs: number | null): Promise<void> {
    await store.witnessClock({ wallMs: clock.wallMs(), steppedBackMs });
    witnessAtMs = clock.monotonicMs() + WITNESS_EVERY_MS;
  }

  async function tellStep(steppedBackMs: number): Promise<void> {
    await witness(steppedBackMs);
    const waits = steppedBackMs > 0 ? await store.startWaitsAgain(gateway.name) : 0;
    databaseClock.told();
    log.error(
      { alarm: 'clock_stepped', stepped_back_ms: Math.round(steppedBackMs), waits_started_again: waits },
      "the database's clock and this machine's have counted different times: one of them was set, or this machine was suspended. " +
        'Nothing was proved by it; what elapsed time must prove is waited for again. Check the time synchronisation of both machines.',
    );
  }

  return async () => {
    const steppedBackMs = databaseClock.untoldStepMs();
    if (steppedBackMs !== null) await tellStep(steppedBackMs);
    else if (clock.monotonicMs() >= witnessAtMs) await witness(null);
  };
}
