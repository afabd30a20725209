/** Makes what waits for an answer of the gateway due soon after calls go on. */
import type { EffectKind } from '../domain/effects.ts';
import { type PaymentRecord, StoreError } from '../ports/store.ts';
import type { Engine } from './context.ts';
import type { Driver } from './drive.ts';
import { nudge } from './operator/target.ts';
import { paymentKey, unitOf } from './unit.ts';

/** One row on average in this time, so that not all of them come at once: a quarter of what the lookups may cost. */
const EACH_MS = 20;
/** A few rows come within this time. */
const LEAST_SPREAD_MS = 1000;

/** Returns what ends it. */
export function wakeAfterOutages(engine: Engine, driver: Driver): () => void {
  const { store, random, clock, databaseClock, outage, unanswered } = engine;
  let closed = false;

  async function wake(record: PaymentRecord, waitMs: number): Promise<void> {
    const dueAtMs = databaseClock.nowMs() + waitMs;
    const unit = unitOf(record);
    const woken = await store.wake({
      payment: paymentKey(record),
      followUpId: 'followUp' in record ? unit : null,
      expected: { seq: record.seq },
      waitMs,
    });
    if (woken === 'woken') nudge(driver, { ...record, dueAtMs }, waitMs);
  }

  /** If the store fails, the rows wait for their own time. */
  async function wakeAll(kind: EffectKind): Promise<void> {
    const rows = unanswered.take(kind);
    const spreadMs = Math.max(LEAST_SPREAD_MS, rows.length * EACH_MS);
    for (const record of rows) {
      if (closed) return;
      const sentMs = clock.monotonicMs();
      try {
        await wake(record, Math.floor(random.float() * spreadMs));
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        outage.failed(error, sentMs);
        return;
      }
    }
  }

  engine.gate.onGoingOn((kind) => void wakeAll(kind));
  return () => {
    closed = true;
  };
}
