/** Finds the end of alarms about payments with which another process has gone on. */
import { type Engine, roomOf } from './context.ts';
import type { Driver } from './drive.ts';
import { logEnd } from './log-change.ts';
import { namesOf, unitOf } from './unit.ts';

/** Payments that are looked at in one sweep. */
const PAGE = 10;
/** Events that are read of one of them. */
const EVENTS = 100;

/** Returns the sweep's step. It rejects with `StoreError`. */
export function createAlarmWatch(engine: Engine, driver: Pick<Driver, 'known'>): () => Promise<void> {
  const { store, standing, log } = engine;
  return async () => {
    for (const { record, seq } of standing.toRead(PAGE)) {
      const unit = unitOf(record);
      // What this process does itself ends its alarms at once.
      if (driver.known(unit) !== undefined) continue;
      for (const event of await roomOf(engine, record).events(store, record, seq, EVENTS)) {
        const { type, status, detail, attempts } = event;
        const fields = { ...namesOf(record), status, event: type, detail, attempts };
        for (const alarm of standing.endedBy(unit, event)) logEnd(log, fields, alarm);
      }
    }
  };
}
