/** The sweep: how often it reads, what it takes up, and what it erases. */
import { describe, expect, it } from 'vitest';
import { declareContract, gateway, world } from '../../test/support/fresh-world.ts';
import { pauseCalls } from '../../test/support/pause-calls.ts';
import { type DueQuery, type PaymentRecord, StoreError } from '../ports/store.ts';
import type { Driver } from './drive.ts';
import { createSweeper } from './recover.ts';

const payment = (paymentId: string) => ({ paymentId, operation: { kind: 'charge' } }) as PaymentRecord;

function setUp({ sweepLimit = 3, erased = [] as (number | Error)[] } = {}) {
  const { engine, logged } = world.parts(gateway, { limits: { sweepMs: 500, sweepLimit } });
  const sweeps: { atMs: number; query: DueQuery }[] = [];
  const erasures: { atMs: number; limit: number }[] = [];
  const resumed: unknown[][] = [];
  const woken: string[] = [];
  const known = new Set<string>();
  const full = new Set<string>();
  type Page = readonly PaymentRecord[] | Error;
  const pages: (Page | Promise<Page>)[] = [];
  /** The next read ends when the result is called. */
  const held = (): ((page: Page) => void) => {
    let answer: (page: Page) => void = () => {};
    pages.push(new Promise((resolve) => (answer = resolve)));
    return (page) => answer(page);
  };
  const checked: unknown[] = [];
  const checks: (Error | (() => void))[] = [];
  const store = {
    ...engine.store,
    async check(options?: { writes?: boolean }) {
      checked.push(options);
      const check = checks.shift();
      if (check instanceof Error) throw check;
      check?.();
    },
    async due(query: DueQuery) {
      sweeps.push({ atMs: world.nowMs, query });
      const page = (await pages.shift()) ?? [];
      if (page instanceof Error) throw page;
      return { nowMs: engine.databaseClock.nowMs(), longestLeaseMs: 0, payments: page };
    },
    async eraseExpiredAnswers(limit: number) {
      erasures.push({ atMs: world.nowMs, limit });
      const result = erased.shift() ?? 0;
      if (result instanceof Error) throw result;
      return result;
    },
  };
  const driver = {
    known: (paymentId: string) => (known.has(paymentId) ? payment(paymentId) : undefined),
    wake: (record: PaymentRecord) => void woken.push(record.paymentId),
    resumeIn(record: PaymentRecord, waitMs: number) {
      resumed.push([record.paymentId, waitMs]);
      return !full.has(record.paymentId);
    },
  } as Driver;
  const sweeper = createSweeper({ ...engine, store }, driver);
  return {
    engine,
    sweeper,
    checked,
    checks,
    sweeps,
    erasures,
    resumed,
    woken,
    known,
    full,
    pages,
    held,
    logged,
  };
}

describe('the sweep', () => {
  it('reads at once, and then again and again, at random intervals around its pace', async () => {
    const { sweeper, sweeps } = setUp();
    sweeper.start();
    await world.pass(1000);
    world.roll = 0;
    await world.pass(1000);
    world.roll = 0.75;
    await world.pass(1000);
    expect(sweeps.map(({ atMs }) => atMs)).toEqual([0, 500, 1000, 1500, 1750, 2000, 2250, 2875]);
  });

  it('asks for its own gateway’s payments, and for calls only while calls may be sent', async () => {
    const { engine, sweeper, sweeps } = setUp();
    sweeper.start();
    await world.pass(0);
    pauseCalls(engine.gate, 600);
    await world.pass(1000);
    expect(sweeps.map(({ query }) => query)).toEqual([
      { gateway: 'scripted', limit: 3, calls: true },
      { gateway: 'scripted', limit: 3, calls: false },
      { gateway: 'scripted', limit: 3, calls: true },
    ]);
  });

  it('leaves lookups to processes that have them, if this one has none', async () => {
    declareContract({ lookup: false });
    const { engine, sweeper, sweeps } = setUp();
    sweeper.start();
    await world.pass(0);
    expect(sweeps.map(({ query }) => query)).toEqual([
      { gateway: 'scripted', limit: 3, calls: true, lookupsOverdueMs: engine.policy.resolveForMs },
    ]);
  });

  it('takes up at once what this process does not work on, and wakes what waits here', async () => {
    const { sweeper, resumed, woken, known, pages } = setUp();
    known.add('b');
    pages.push([payment('a'), payment('b'), payment('c')]);
    sweeper.start();
    await world.pass(0);
    expect(resumed).toEqual([
      ['a', 0],
      ['c', 0],
    ]);
    expect(woken).toEqual(['b']);
  });

  it('reads again soon after a full page with anything new', async () => {
    const { sweeper, sweeps, known, pages } = setUp({ sweepLimit: 2 });
    known.add('b').add('c');
    pages.push([payment('a'), payment('b')], [payment('b'), payment('c')], [payment('a')]);
    sweeper.start();
    await world.pass(1100);
    expect(sweeps.map(({ atMs }) => atMs)).toEqual([0, 20, 520, 1020]);
  });

  it('keeps its pace after a full page that did not fit into memory', async () => {
    const { sweeper, sweeps, full, pages } = setUp({ sweepLimit: 2 });
    full.add('b');
    pages.push([payment('a'), payment('b')]);
    sweeper.start();
    await world.pass(500);
    expect(sweeps.map(({ atMs }) => atMs)).toEqual([0, 500]);
  });

  it('asks only for older calls while a payment here waits for a call’s place', async () => {
    const { engine, sweeper, sweeps } = setUp();
    const { callSlots } = engine.gate;
    sweeper.start();
    await world.pass(0);
    const leave = callSlots.wait({ dueAtMs: 77, onSlot: () => {} });
    await world.pass(500);
    leave();
    await world.pass(500);
    expect(sweeps.map(({ query }) => query.calls)).toEqual([true, { dueBeforeMs: 77 }, true]);
  });

  it('reports an outage of the database once, tries again, and reports the end', async () => {
    const { sweeper, sweeps, pages, logged } = setUp();
    const error = new StoreError('unavailable', 'lost');
    pages.push(error, error, error);
    sweeper.start();
    await world.pass(1000);
    const begin = {
      level: 'error',
      fields: { alarm: 'database_unavailable', err: error, kind: 'unavailable' },
      message: expect.stringContaining('the database cannot be used'),
    };
    expect([sweeps.length, logged]).toEqual([3, [begin]]);
    await world.pass(500);
    const end = { alarm_ended: 'database_unavailable', failures: 3, lasted_ms: 1500 };
    expect(logged).toEqual([
      begin,
      { level: 'info', fields: end, message: 'the database can be used again' },
    ]);
    await world.pass(5000);
    expect(logged).toHaveLength(2);
  });

  it('does not take what it reads for the end of an outage: the tables must take writes, and nothing may fail meanwhile', async () => {
    const { engine, sweeper, checks, checked, logged } = setUp();
    const lost = new StoreError('unavailable', 'lost');
    engine.outage.failed(lost, 0);
    checks.push(lost, () => engine.outage.failed(lost, 0));
    sweeper.start();
    await world.pass(500);
    expect([checked, engine.outage.failures, logged.length]).toEqual([
      [{ writes: true }, { writes: true }],
      3,
      1,
    ]);
    await world.pass(500);
    expect([engine.outage.failures, logged.length]).toEqual([0, 2]);
  });

  it('asks nothing more of a database that works', async () => {
    const { sweeper, checked } = setUp();
    sweeper.start();
    await world.pass(5000);
    expect(checked).toEqual([]);
  });

  it('says so where it fails for another reason, and tries again', async () => {
    const { sweeper, sweeps, pages, logged } = setUp();
    const error = new TypeError('a fault');
    pages.push(error);
    sweeper.start();
    await world.pass(500);
    expect(sweeps.length).toBe(2);
    expect(logged).toEqual([
      { level: 'error', fields: { err: error }, message: 'a sweep failed; the next one tries again' },
    ]);
  });

  it('logs nothing if the database refuses it, which has its own alarm, and tries again', async () => {
    const { sweeper, sweeps, pages, logged } = setUp();
    pages.push(new StoreError('refused', 'no right'));
    sweeper.start();
    await world.pass(500);
    expect([sweeps.length, logged]).toEqual([2, []]);
  });

  it('ends when it is stopped, even in the middle of a read', async () => {
    const { sweeper, sweeps } = setUp();
    sweeper.start();
    await world.pass(0);
    sweeper.stop();
    await world.pass(5000);
    expect(sweeps.length).toBe(1);
    const other = setUp();
    other.sweeper.stop();
    other.sweeper.start();
    await world.pass(5000);
    expect(other.sweeps.length).toBe(0);
  });

  it('has ended when the stop has, and logs nothing if the database was closed meanwhile', async () => {
    const { sweeper, held, erasures, logged } = setUp();
    const closed = held();
    sweeper.start();
    await world.pass(0);
    let ended = false;
    const stop = sweeper.stop().then(() => {
      ended = true;
    });
    await world.pass(5000);
    expect(ended).toBe(false);
    closed(new Error('Cannot use a pool after calling end on the pool'));
    await stop;
    expect(logged).toEqual([]);
    expect(erasures).toEqual([]);
  });
});

describe('expired answers', () => {
  it('are erased every ten minutes, a thousand at a time', async () => {
    const { sweeper, erasures } = setUp();
    sweeper.start();
    await world.pass(600_000);
    expect(erasures).toEqual([
      { atMs: 0, limit: 1000 },
      { atMs: 600_000, limit: 1000 },
    ]);
  });

  it('are erased with every sweep while there are more', async () => {
    const { sweeper, erasures } = setUp({ erased: [1000, 1000, 999] });
    sweeper.start();
    await world.pass(5000);
    expect(erasures.map(({ atMs }) => atMs)).toEqual([0, 500, 1000]);
  });

  it('are left for ten minutes if they were too much for the database', async () => {
    const { sweeper, erasures, sweeps } = setUp({ erased: [new StoreError('unavailable', 'slow')] });
    sweeper.start();
    await world.pass(600_000);
    expect(erasures.map(({ atMs }) => atMs)).toEqual([0, 600_000]);
    expect(sweeps.length).toBeGreaterThan(1000);
  });
});
