/** Finds the end of alarms about payments with which another process has gone on. */
import type { Engine } from './context.ts';
import type { Driver } from './drive.ts';
import { logEnd } from './log-change.ts';

/** Payments that are looked at in one sweep. */
const PAGE = 10;
/** Events that are read of one of them. */
const EVENTS = 100;

/** Returns the sweep's step. It rejects with `StoreError`. */
export function createAlarmWatch(
  { store, standing, log }: Engine,
  driver: Pick<Driver, 'known'>,
): () => Promise<void> {
  return async () => {
    for (const { payment, seq } of standing.toRead(PAGE)) {
      const { accountId, paymentId } = payment;
      // What this process does itself ends its alarms at once.
      if (driver.known(paymentId) !== undefined) continue;
      const events = (await store.events({ accountId, paymentId, after: seq, limit: EVENTS })) ?? [];
      for (const event of events) {
        const { type, status, detail, attempts } = event;
        const fields = { payment_id: paymentId, status, event: type, detail, attempts };
        for (const alarm of standing.endedBy(paymentId, event)) logEnd(log, fields, alarm);
      }
    }
  };
}
