/** Outages of the database: what the log says of them, and when the process is not ready for one. */
import { describe, expect, it } from 'vitest';
import { chargingReplica } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { keyed } from '../../test/support/virtual-world.ts';
import { StoreError } from '../ports/store.ts';
import { createOutage } from './outage.ts';

function setUp() {
  const logged: unknown[] = [];
  const note = (fields: object): void => {
    const { err: _err, ...others } = fields as Record<string, unknown>;
    logged.push(others);
  };
  const outage = createOutage(world.clock, { info: note, warn: note, error: note });
  const fail = (kind: StoreError['kind'] = 'unavailable', waitedMs = 0): void =>
    outage.failed(new StoreError(kind, 'lost'), world.clock.monotonicMs() - waitedMs);
  return { outage, logged, fail };
}

const BEGIN = { alarm: 'database_unavailable', kind: 'unavailable' };

describe('an outage of the database', () => {
  it('is reported once, and its end with how much it met and how long it lasted', async () => {
    const { outage, logged, fail } = setUp();
    for (let time = 0; time < 1000; time += 1) fail();
    await world.pass(7000);
    fail('outcome_unknown');
    expect([logged, outage.failures, outage.sinceFailureMs()]).toEqual([[BEGIN], 1001, 7000]);
    outage.over();
    expect(logged).toEqual([BEGIN, { alarm_ended: 'database_unavailable', failures: 1001, lasted_ms: 7000 }]);
    outage.over();
    expect([logged.length, outage.failures, outage.sinceFailureMs()]).toEqual([2, 0, 0]);
  });

  it('has lasted since the first statement that waited, and not since that one failed', async () => {
    const { outage, logged, fail } = setUp();
    fail('unavailable', 2000);
    await world.pass(1000);
    fail('unavailable', 5000);
    await world.pass(1000);
    expect(outage.sinceFailureMs()).toBe(2000);
    outage.over();
    expect(logged).toEqual([BEGIN, { alarm_ended: 'database_unavailable', failures: 2, lasted_ms: 6000 }]);
  });

  it('that comes and goes is reported once a minute', async () => {
    const { outage, logged, fail } = setUp();
    for (let time = 0; time < 5; time += 1) {
      fail();
      outage.over();
      await world.pass(1000);
    }
    expect(logged).toEqual([BEGIN, { alarm_ended: 'database_unavailable', failures: 1, lasted_ms: 0 }]);
    await world.pass(55_000);
    fail();
    expect(logged).toEqual([expect.anything(), expect.anything(), BEGIN]);
  });

  it('that lasts is reported, however soon it came behind the last', async () => {
    const { outage, logged, fail } = setUp();
    fail();
    outage.over();
    fail();
    await world.pass(60_000);
    fail();
    expect(logged.slice(2)).toEqual([BEGIN]);
    outage.over();
    expect(logged.slice(3)).toEqual([
      { alarm_ended: 'database_unavailable', failures: 2, lasted_ms: 60_000 },
    ]);
  });

  it('is not what the database refuses for good', () => {
    const { outage, logged, fail } = setUp();
    fail('refused');
    expect([logged, outage.failures]).toEqual([[], 0]);
  });
});

describe('a process whose writes fail, on a database that answers', () => {
  it('is not ready after three seconds of that, and ready again when the tables take writes', async () => {
    const { engine, charge, store } = await chargingReplica(world, gateway);
    const locked = Array.from({ length: 1000 }, () => 'unavailable' as const);
    store.fail('accept', ...locked);
    const check = store.check;
    store.check = (options) =>
      options?.writes === true ? Promise.reject(new StoreError('unavailable', 'locked')) : check();
    await charge(keyed('k'));
    await world.pass(2000);
    expect(await engine.notReady()).toBeNull();
    await world.pass(1000);
    expect(await engine.notReady()).toBe('database_unavailable');
    store.check = check;
    await world.pass(1000);
    expect(await engine.notReady()).toBeNull();
  });

  it('counts the outage from when the first request was sent there', async () => {
    const { charge, store, logged } = await chargingReplica(world, gateway);
    const sentAtMs = world.clock.monotonicMs();
    store.accept = () =>
      new Promise((_resolve, reject) => {
        world.clock.after(5000, () => reject(new StoreError('unavailable', 'locked')));
      });
    await charge(keyed('k'));
    const failedAtMs = world.clock.monotonicMs();
    await world.pass(1000);
    const [end] = logged.filter(({ fields }) => fields.alarm_ended === 'database_unavailable');
    expect(failedAtMs - sentAtMs).toBeGreaterThanOrEqual(5000);
    expect(end?.fields.lasted_ms).toBeGreaterThanOrEqual(failedAtMs - sentAtMs);
  });
});
