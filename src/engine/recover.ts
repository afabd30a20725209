/**
 * The sweep: finds every payment that is due and in no process's memory. After a crash, a drain or a lost timer,
 * this is the whole recovery. Any replica on the same database does it.
 */
import type { EffectKind } from '../domain/effects.ts';
import { type DueQuery, type PaymentRecord, StoreError } from '../ports/store.ts';
import { type Engine, roomOf } from './context.ts';
import type { Driver } from './drive.ts';
import { momentOf } from './moment.ts';
import { slotsFor } from './slots.ts';
import { namesOf, unitOf } from './unit.ts';
import { createIdleWatch } from './wake-idle.ts';
import { createAlarmWatch } from './watch-alarms.ts';
import { createClockWatch } from './watch-clock.ts';
import { createNamesWatch } from './watch-names.ts';

export interface Sweeper {
  start(): void;
  /** Starts no more sweeps, and resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** How often expired answers are erased, and how many at a time. */
const ERASE_EVERY_MS = 10 * 60_000;
const ERASE_LIMIT = 1000;
/** After a full page: about the time until its payments are claimed and no longer due. */
const AGAIN_MS = 20;

export function createSweeper(engine: Engine, driver: Driver): Sweeper {
  const { clock, random, store, gateway, gate, limits, log, outage, policies } = engine;
  const watchClock = createClockWatch(engine);
  const watchNames = createNamesWatch(engine);
  const watchAlarms = createAlarmWatch(engine, driver);
  const wakeIdle = createIdleWatch(engine);
  let cancel: (() => void) | null = null;
  let stopped = false;
  let cutOff = false;
  let toldOfUnoffered = false;
  let underWay: Promise<void> = Promise.resolve();
  let eraseAtMs = clock.monotonicMs();

  async function sweep(): Promise<boolean> {
    const limit = limits.sweepLimit;
    const sent = momentOf(clock);
    const query = { gateway: gateway.name, limit };
    const { nowMs, longestLeaseMs, payments } = await store.due({
      ...query,
      ...lookupsToRead('charge'),
      calls: callsToRead('charge'),
    });
    engine.databaseClock.note(nowMs, sent);
    engine.databaseClock.learnLease(longestLeaseMs);
    const calls = {
      refund: callsToRead('refund'),
      capture: callsToRead('capture'),
      void: callsToRead('void'),
    };
    const { followUps } = await store.dueFollowUps({
      ...query,
      ...lookupsToRead('refund', 'capture', 'void'),
      calls,
    });
    if (payments.length + followUps.length > 0 && !(await engine.ownMode.holds())) return false;
    // Each kind has a page of its own, so that none keeps another one from being found.
    const kinds = Object.keys(calls).map((kind) =>
      followUps.filter(({ operation }) => operation.kind === kind),
    );
    const more = [payments, ...kinds].map(takeUp);
    return more.includes(true);
  }

  /** Whether there may be more that this process can take up now. */
  function takeUp(records: readonly PaymentRecord[]): boolean {
    let unknown = 0;
    let left = 0;
    for (const record of records) {
      if (driver.known(unitOf(record)) !== undefined) {
        driver.wake(record);
        continue;
      }
      unknown += 1;
      if (!isOffered(record) || !driver.resumeIn(record, 0)) left += 1;
    }
    return unknown > 0 && left === 0 && records.length === limits.sweepLimit;
  }

  /** An earlier release of the adapter could do it, and this one cannot: it waits for one that can. Reported once. */
  function isOffered(record: PaymentRecord): boolean {
    if (roomOf(engine, record).isOffered(engine)) return true;
    if (!toldOfUnoffered) {
      const alarm = 'not_offered';
      log.error(
        { ...namesOf(record), alarm },
        'something is under way that the adapter of this gateway cannot do: it is left as it is until a process with an adapter that can takes it up',
      );
    }
    toldOfUnoffered = true;
    return false;
  }

  /**
   * Payments that could not continue now are not read. Payments that wait here for a place to call go first, unless
   * others have waited longer.
   */
  function callsToRead(kind: EffectKind): DueQuery['calls'] {
    if (gate.callsStoppedMs(kind) > 0) return false;
    const first = slotsFor(gate.callSlots, kind).first();
    return first === null ? true : { dueBeforeMs: first.dueAtMs };
  }

  /** What waits for a lookup is left to a process that can look, unless it waits for too long. */
  function lookupsToRead(...kinds: readonly EffectKind[]): Pick<DueQuery, 'lookupsOverdueMs'> {
    const canLook = kinds.some((kind) => policies[kind].contract.lookup);
    return canLook ? {} : { lookupsOverdueMs: policies.charge.resolveForMs };
  }

  async function erase(): Promise<void> {
    if (clock.monotonicMs() < eraseAtMs) return;
    // Set first, so that it also counts if the erase fails: repeating it at once could be too much for the database.
    eraseAtMs = clock.monotonicMs() + ERASE_EVERY_MS;
    const erased = await store.eraseExpiredAnswers(ERASE_LIMIT);
    if (erased === ERASE_LIMIT) eraseAtMs = clock.monotonicMs();
  }

  async function run(): Promise<void> {
    let again = false;
    const beganAtMs = clock.monotonicMs();
    const { failures } = outage;
    try {
      again = await sweep();
      await watchClock(cutOff);
      cutOff = false;
      await watchNames();
      await wakeIdle();
      await watchAlarms();
      await erase();
      if (failures > 0) await lookWhetherBack(failures);
    } catch (error) {
      cutOff = true;
      // After a stop nothing is tried again, and the database may be closed before a hanging sweep ends.
      if (!stopped) report(error, beganAtMs);
    }
    // Random, so that replicas that start together do not sweep together.
    schedule(again ? AGAIN_MS : limits.sweepMs * (0.5 + random.float()));
  }

  function report(error: unknown, beganAtMs: number): void {
    if (error instanceof StoreError) outage.failed(error, beganAtMs);
    else log.error({ err: error }, 'a sweep failed; the next one tries again');
  }

  /** Reads that succeed do not show that the database takes writes, so this checks it. */
  async function lookWhetherBack(failuresBefore: number): Promise<void> {
    await store.check({ writes: true });
    if (outage.failures === failuresBefore) outage.over();
  }

  function schedule(waitMs: number): void {
    if (stopped || engine.halt.halted) return;
    cancel = clock.after(waitMs, () => {
      underWay = run();
    });
  }

  return {
    start: () => schedule(0),
    stop() {
      stopped = true;
      cancel?.();
      return underWay;
    },
  };
}
