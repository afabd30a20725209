/** The first durable step of a charge: the database's row is the row that the engine continues with. */
import { describe, expect, it } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import { pauseCalls } from '../../test/support/pause-calls.ts';
import { createScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { order } from '../../test/support/virtual-world.ts';
import type { NextCharge } from '../ports/store.ts';
import type { Engine } from './context.ts';
import type { Driver } from './drive.ts';
import { accept, begin, newIntent, openedRecord, startNow, type Wanted } from './intent.ts';
import { momentOf } from './moment.ts';

const WANTED: Wanted = { order: order('o1'), key: null, giveUpAfterS: null };
const FIRST = { step: 'call', giveUpAfterS: null } as const;

function setUp() {
  const parts = world.parts(createScriptedGateway());
  const driven: unknown[] = [];
  const driver = {
    drive: (held) =>
      void driven.push(['drive', held.record.paymentId, held.grantedAtMs, held.claimedAt.monotonicMs]),
    resumeIn: (record, waitMs) => driven.push(['resume', record.paymentId, waitMs]) > 0,
  } as Driver;
  const pauseMs = (ms: number) => pauseCalls(parts.engine.gate, ms);
  return { ...parts, driver, driven, pauseMs };
}

function acceptNow(engine: Engine, driver: Driver) {
  const { start, place } = startNow(engine, FIRST);
  return accept(engine, driver, newIntent(engine, WANTED, start), place);
}

describe('an intent', () => {
  it('at a gateway that may be called is stored with a claim, and driven from there', async () => {
    const { engine, driver, driven } = setUp();
    const accepted = await world.ended(acceptNow(engine, driver));
    const record = world.stored('o1');
    expect(accepted).toEqual({ kind: 'accepted', record });
    expect(driven).toEqual([['drive', record.paymentId, record.createdAtMs, world.clock.monotonicMs()]]);
  });

  it('at a paused gateway is stored with its wait, and taken up after it', async () => {
    const { engine, driver, driven, pauseMs } = setUp();
    pauseMs(700);
    expect(startNow(engine, FIRST)).toEqual({ start: { kind: 'waiting', waitMs: 700 }, place: null });
    expect(engine.gate.callSlots.free()).toBe(50);
    const accepted = await world.ended(acceptNow(engine, driver));
    const record = world.stored('o1');
    expect(accepted).toEqual({ kind: 'accepted', record });
    expect(driven).toEqual([['resume', record.paymentId, 700]]);
  });

  it('earns a retry as every first call does', () => {
    const { engine } = setUp();
    for (let retry = 0; retry < 1000; retry += 1) engine.gate.reserve('retry');
    expect(startNow(engine, FIRST).start).toEqual({ kind: 'claimed', leaseMs: 15_000 });
    expect(engine.gate.reserve('retry').inMs).toBe(0);
  });

  it('without a free place is stored without a claim, and no call is counted', async () => {
    const { engine, driver, driven } = setUp();
    for (let call = 0; call < 50; call += 1) engine.gate.callSlots.take();
    await world.ended(acceptNow(engine, driver));
    const record = world.stored('o1');
    expect(record).toMatchObject({ held: false, dueAtMs: record.createdAtMs, operation: { attempts: 0 } });
    expect(driven).toEqual([['resume', record.paymentId, 0]]);
  });

  it('that starts no call gives its place back: the order was there already, or the database failed', async () => {
    const { engine, store, driver, driven } = setUp();
    await world.ended(acceptNow(engine, driver));
    expect(engine.gate.callSlots.free()).toBe(49);
    expect((await world.ended(acceptNow(engine, driver))).kind).toBe('exists');
    store.fail('accept', 'unavailable');
    await expect(world.ended(acceptNow(engine, driver))).rejects.toThrow('planned');
    store.fail('accept', 'ack_lost');
    expect(await world.ended(acceptNow(engine, driver))).toEqual({ kind: 'exists', perhapsOurs: true });
    expect([engine.gate.callSlots.free(), driven.length]).toEqual([49, 1]);
  });

  it('that only a later try stores counts its lease and the database’s time from that try', async () => {
    const { engine, store, driver, driven } = setUp();
    store.fail('accept', 'lost', 'lost');
    const sentAtMs = world.clock.monotonicMs();
    const accepted = await world.ended(acceptNow(engine, driver));
    const record = world.stored('o1');
    expect(accepted).toEqual({ kind: 'accepted', record });
    expect(world.clock.monotonicMs()).toBeGreaterThan(sentAtMs);
    expect(driven).toEqual([['drive', record.paymentId, record.createdAtMs, world.clock.monotonicMs()]]);
    expect(engine.databaseClock.nowMs()).toBe(record.createdAtMs);
  });

  it('after a restore also has a place for the lookup before its call', () => {
    const parts = world.parts(createScriptedGateway(), { policy: { restoredAtMs: 1 } });
    const { place } = startNow(parts.engine, FIRST);
    const free = () => [parts.engine.gate.callSlots.free(), parts.engine.gate.lookupSlots.free()];
    expect([place?.need, free()]).toEqual(['looked_call', [49, 19]]);
    place?.free();
    expect(free()).toEqual([50, 20]);
  });

  it('is not tried again after an error that is not the database’s', async () => {
    const { engine, store, driver } = setUp();
    const broken = { ...engine, store: { ...store, accept: () => Promise.reject(new TypeError('a fault')) } };
    await expect(world.ended(acceptNow(broken, driver))).rejects.toThrow(TypeError);
    expect(engine.gate.callSlots.free()).toBe(50);
  });
});

describe('a charge that is durable and not held', () => {
  it('is taken up when it is due, and at once if that is past or not known', async () => {
    const { engine, driver, driven } = setUp();
    const record = { paymentId: 'p', held: false };
    await world.ended(acceptNow(engine, driver));
    driven.length = 0;
    for (const dueAtMs of [1300, 900, null])
      begin(
        driver,
        { ...world.stored('o1'), ...record, dueAtMs },
        { nowMs: 1000, claimedAt: momentOf(world.clock), place: null },
      );
    expect(driven).toEqual([
      ['resume', 'p', 300],
      ['resume', 'p', 0],
      ['resume', 'p', 0],
    ]);
  });
});

describe('the record of a next charge', () => {
  it('is held until its lease ends, or due after its wait', async () => {
    const { engine, driver } = setUp();
    await world.ended(acceptNow(engine, driver));
    const failed = world.stored('o1');
    const opened = (start: NextCharge['start']) =>
      openedRecord(failed, { n: 2, order: failed.order, claimId: 'c', start } as NextCharge, 1000);
    const next = { seq: failed.seq + 1, fence: failed.fence + 1, claimId: 'c', problem: null, answer: null };
    expect(opened({ kind: 'claimed', leaseMs: 50 })).toMatchObject({
      ...next,
      held: true,
      dueAtMs: 1050,
      operation: { n: 2, attempts: 1 },
    });
    expect(opened({ kind: 'waiting', waitMs: 70 })).toMatchObject({
      ...next,
      held: false,
      dueAtMs: 1070,
      operation: { n: 2, attempts: 0 },
      // The failure was written by a clock that was ahead of the database's.
      updatedAtMs: failed.updatedAtMs,
    });
    const late = { n: 2, order: failed.order, start: { kind: 'waiting', waitMs: 0 } } as NextCharge;
    expect(openedRecord(failed, late, failed.updatedAtMs + 1).updatedAtMs).toBe(failed.updatedAtMs + 1);
  });
});
