/** The time at the database, and since when it can be trusted. */
import { describe, expect, it } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import { latestMoment } from '../domain/clock-trust.ts';
import { createDatabaseClock } from './database-clock.ts';
import { momentOf } from './moment.ts';

const LEASE_MS = 15_000;
/** What the database's clock says at the beginning of every world here. */
const ORIGIN_MS = 1_750_000_000_000;

function databaseMs(): number {
  return ORIGIN_MS + world.nowMs + world.suspendedMs + world.databaseStepMs;
}

function setUp() {
  const start = {
    databaseMs: databaseMs(),
    sent: momentOf(world.clock),
    longestLeaseMs: LEASE_MS,
  };
  const clock = createDatabaseClock(world.clock, start);
  /** One exchange with the database that takes this long in each direction. */
  const exchange = async (eachWayMs = 1): Promise<void> => {
    const sent = momentOf(world.clock);
    await world.pass(eachWayMs);
    const said = databaseMs();
    await world.pass(eachWayMs);
    clock.note(said, sent);
  };
  return { clock, exchange };
}

describe('the database’s clock', () => {
  it('is never read too early, and its lower bound never too late', async () => {
    const { clock, exchange } = setUp();
    for (const eachWayMs of [1, 40, 3, 500]) {
      await exchange(eachWayMs);
      await world.pass(1000);
      expect(clock.nowMs()).toBeGreaterThanOrEqual(databaseMs());
      expect(clock.atLeastMs()).toBeLessThanOrEqual(databaseMs());
    }
    expect(clock.nowMs() - databaseMs()).toBeLessThan(1000);
  });

  it('is trusted as long as it counts the same time as our monotonic clock', async () => {
    const { clock, exchange } = setUp();
    for (let round = 0; round < 360; round += 1) {
      await exchange(round % 7);
      await world.pass(480_000);
    }
    expect(clock.trust().agreedSinceMs).toBe(ORIGIN_MS);
    expect(clock.unhandled()).toBeNull();
  });

  it.each([90_000, 3_600_000, 1000])(
    'that was set forward by %i ms is trusted only from then on',
    async (stepMs) => {
      const { clock, exchange } = setUp();
      await exchange();
      world.databaseStepMs = stepMs;
      await exchange();
      const { agreedSinceMs, countFromMs, setBackMs } = clock.trust();
      expect(agreedSinceMs).toBeGreaterThan(ORIGIN_MS + stepMs);
      expect([countFromMs - agreedSinceMs, setBackMs]).toEqual([LEASE_MS, 0]);
      expect(clock.unhandled()).toEqual({ backMs: 0, forwardMs: expect.closeTo(stepMs, -2) });
      clock.handled();
      clock.learnLease(40_000);
      clock.learnLease(LEASE_MS);
      expect(clock.unhandled()).toBeNull();
      expect(clock.trust().countFromMs).toBe(agreedSinceMs + 40_000);
      await world.pass(60_000);
      await exchange();
      expect(clock.trust().agreedSinceMs).toBe(agreedSinceMs);
    },
  );

  it('that was set back is trusted only from then on, and the size of the step is kept', async () => {
    const { clock, exchange } = setUp();
    await exchange();
    world.databaseStepMs = -3_600_000;
    await exchange();
    expect(clock.trust().setBackMs).toBeCloseTo(3_600_000, -2);
    expect(clock.unhandled()?.backMs).toBeCloseTo(3_600_000, -2);
    expect(clock.nowMs()).toBeLessThan(ORIGIN_MS);
    expect(clock.atLeastMs()).toBeLessThanOrEqual(databaseMs());
  });

  it('looks like one that was set if this machine was suspended, and is not trusted either', async () => {
    const { clock, exchange } = setUp();
    await exchange();
    world.suspendedMs = 77_000;
    // Until the next answer only our monotonic clock proves something, and it has not moved.
    expect(clock.atLeastMs()).toBeLessThanOrEqual(databaseMs() - 76_000);
    // The wall clock has moved: what must not last longer is over.
    expect(clock.nowMs()).toBeGreaterThanOrEqual(databaseMs());
    await exchange();
    expect(clock.trust().agreedSinceMs).toBeGreaterThan(ORIGIN_MS + 76_000);
  });

  it('may be set by a little, but not again and again', async () => {
    const { clock, exchange } = setUp();
    await exchange();
    world.databaseStepMs += 300;
    await exchange();
    expect(clock.trust().agreedSinceMs).toBe(ORIGIN_MS);
    world.databaseStepMs += 300;
    await exchange();
    expect(clock.trust().agreedSinceMs).toBeGreaterThan(ORIGIN_MS);
  });
});

describe('before its start', () => {
  it('a process knows nothing about time: older dates count from its start, and from the end of the lease', () => {
    const { clock } = setUp();
    expect(clock.trust()).toMatchObject({
      agreedSinceMs: ORIGIN_MS,
      countFromMs: ORIGIN_MS + LEASE_MS,
      setBackMs: 0,
    });
  });
});

describe('a time without contact', () => {
  it('may hide that the clock was set back and forth: older dates in the tables count from its end', async () => {
    const { clock, exchange } = setUp();
    await world.pass(4990);
    await exchange();
    expect(clock.trust().writtenFromMs).toBe(ORIGIN_MS + LEASE_MS);
    await world.pass(5001);
    await exchange();
    expect(clock.trust()).toMatchObject({
      agreedSinceMs: ORIGIN_MS,
      countFromMs: ORIGIN_MS + LEASE_MS,
      writtenFromMs: ORIGIN_MS + 9994 + LEASE_MS,
    });
  });
});

describe('a day without contact', () => {
  it('may hide a step that looks like drift: time is counted from its end', async () => {
    const { clock, exchange } = setUp();
    await exchange();
    await world.pass(90_000_000);
    world.databaseStepMs = 90_000;
    const beforeMs = databaseMs();
    await exchange();
    expect(clock.unhandled()).toBeNull();
    const { agreedSinceMs, writtenFromMs } = clock.trust();
    expect(agreedSinceMs).toBeGreaterThanOrEqual(beforeMs);
    expect(writtenFromMs).toBe(agreedSinceMs + LEASE_MS);
    // What another process dated before the step counts as having happened now.
    expect(latestMoment(beforeMs - 90_000, databaseMs(), clock.trust())).toBe(writtenFromMs);
  });
});

describe('steps that cancel each other out', () => {
  it('are two steps, and waits by the clock between them are handled', async () => {
    const { clock, exchange } = setUp();
    await exchange();
    world.databaseStepMs = 3_600_000;
    await exchange();
    world.databaseStepMs = 0;
    await exchange();
    expect(clock.unhandled()).toEqual({
      backMs: expect.closeTo(3_600_000, -2),
      forwardMs: expect.closeTo(3_600_000, -2),
    });
  });
});

describe('a database that answers slowly', () => {
  it('makes no present date look like one by an old clock', async () => {
    const { clock, exchange } = setUp();
    await exchange(5000);
    // The time is known only to within ten seconds: the lower bound of now is before what was dated just now.
    const dated = databaseMs() + LEASE_MS;
    expect(clock.atLeastMs()).toBeLessThan(dated - LEASE_MS);
    expect(latestMoment(dated, clock.atLeastMs(), clock.trust())).toBe(dated);
  });
});
