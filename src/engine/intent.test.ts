/** The first durable step of a charge: the row that the database makes is the row that the engine goes on with. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { createVirtualWorld, order, type VirtualWorld } from '../../test/support/virtual-world.ts';
import type { NextCharge } from '../ports/store.ts';
import type { Driver } from './drive.ts';
import { accept, begin, newIntent, openedRecord, startNow } from './intent.ts';
import { momentOf } from './moment.ts';

let world: VirtualWorld;
beforeEach(() => {
  world = createVirtualWorld();
});

function setUp() {
  const parts = world.parts(createScriptedGateway());
  const driven: unknown[] = [];
  const driver = {
    drive: (held) =>
      void driven.push(['drive', held.record.paymentId, held.grantedAtMs, held.claimedAt.monotonicMs]),
    resumeIn: (record, waitMs) => void driven.push(['resume', record.paymentId, waitMs]),
  } as Driver;
  const pauseMs = (ms: number) => parts.engine.gate.callEnded({ kind: 'forbidden', reason: 'http_401' }, ms);
  return { ...parts, driver, driven, pauseMs };
}

describe('an intent', () => {
  it('at a gateway that may be called is stored under a claim, and driven from there', async () => {
    const { engine, driver, driven } = setUp();
    const accepted = await world.ended(accept(engine, driver, newIntent(engine, order('o1'), null)));
    const record = world.stored('o1');
    expect(accepted).toEqual({ kind: 'accepted', record });
    expect(driven).toEqual([['drive', record.paymentId, record.createdAtMs, world.clock.monotonicMs()]]);
  });

  it('at a paused gateway is stored with its wait, and taken up behind it', async () => {
    const { engine, driver, driven, pauseMs } = setUp();
    pauseMs(700);
    const intent = newIntent(engine, order('o1'), null);
    expect(intent.start).toEqual({ kind: 'waiting', waitMs: 700 });
    const accepted = await world.ended(accept(engine, driver, intent));
    const record = world.stored('o1');
    expect(accepted).toEqual({ kind: 'accepted', record });
    expect(driven).toEqual([['resume', record.paymentId, 700]]);
  });

  it('earns a retry as every first call does', () => {
    const { engine } = setUp();
    for (let retry = 0; retry < 1000; retry += 1) engine.gate.reserve('retry');
    expect(startNow(engine)).toEqual({ kind: 'claimed', leaseMs: 15_000 });
    expect(engine.gate.reserve('retry').inMs).toBe(0);
  });

  it('is not tried again after an error that is none of the database’s', async () => {
    const { engine, store, driver } = setUp();
    const broken = { ...engine, store: { ...store, accept: () => Promise.reject(new TypeError('a fault')) } };
    await expect(world.ended(accept(broken, driver, newIntent(engine, order('o1'), null)))).rejects.toThrow(
      TypeError,
    );
  });
});

describe('a charge that is durable and not held', () => {
  it('is taken up when it is due, and at once where that is past or nothing is said', async () => {
    const { engine, driver, driven } = setUp();
    const record = { paymentId: 'p', held: false };
    await world.ended(accept(engine, driver, newIntent(engine, order('o1'), null)));
    driven.length = 0;
    for (const dueAtMs of [1300, 900, null])
      begin(driver, { ...world.stored('o1'), ...record, dueAtMs }, 1000, momentOf(world.clock));
    expect(driven).toEqual([
      ['resume', 'p', 300],
      ['resume', 'p', 0],
      ['resume', 'p', 0],
    ]);
  });
});

describe('the record of a next charge', () => {
  it('is held until its lease ends, or due behind its wait', async () => {
    const { engine, driver } = setUp();
    await world.ended(accept(engine, driver, newIntent(engine, order('o1'), null)));
    const failed = world.stored('o1');
    const opened = (start: NextCharge['start']) =>
      openedRecord(failed, { n: 2, order: failed.order, claimId: 'c', start } as NextCharge, 1000);
    const next = { seq: failed.seq + 1, fence: failed.fence + 1, claimId: 'c', problem: null, answer: null };
    expect(opened({ kind: 'claimed', leaseMs: 50 })).toMatchObject({
      ...next,
      held: true,
      dueAtMs: 1050,
      charge: { n: 2, attempts: 1 },
    });
    expect(opened({ kind: 'waiting', waitMs: 70 })).toMatchObject({
      ...next,
      held: false,
      dueAtMs: 1070,
      charge: { n: 2, attempts: 0 },
      // The failure was written by a clock that ran ahead of the database's.
      updatedAtMs: failed.updatedAtMs,
    });
    const late = { n: 2, order: failed.order, start: { kind: 'waiting', waitMs: 0 } } as NextCharge;
    expect(openedRecord(failed, late, failed.updatedAtMs + 1).updatedAtMs).toBe(failed.updatedAtMs + 1);
  });
});
