/** A payment's way from claim to claim: what is written, logged, kept in memory, and left to the sweep. */
import { describe, expect, it } from 'vitest';
import { lateEvidence, later } from '../../test/support/charging.ts';
import { declareContract, gateway, world } from '../../test/support/fresh-world.ts';
import {
  approve,
  createScriptedGateway,
  error500,
  type Play,
  reset,
} from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import { DEFAULT_BREAKER } from './breaker.ts';
import { createDriver } from './drive.ts';
import type { Gate, Permission, Request } from './gate.ts';
import { momentOf } from './moment.ts';
import { derivedKey } from './names.ts';
import { takePlace } from './place.ts';

async function start(settings: VirtualSettings = {}) {
  const replica = await world.replica(gateway, settings);
  const charge = async (orderId: string, options = KEYLESS) =>
    told(await world.ended(replica.engine.charge(order(orderId), options)));
  return { ...replica, charge };
}

/** A separate driver for a payment that waits to be called, with a gate that the test controls. */
async function driverOver(settings: VirtualSettings = {}) {
  const pausing = createScriptedGateway();
  pausing.play = () => ({ kind: 'refused', reason: 'dns', retryAfterMs: 60_000 });
  const { engine: running } = await world.replica(pausing);
  void running.charge(order('o1'), { waitMs: 0 });
  await world.pass(1);
  await world.ended(running.stop());
  const parts = world.parts(gateway, settings);
  const asked: Request[] = [];
  const returned: Request[] = [];
  const permissions: Permission[] = [];
  const gate: Gate = {
    ...parts.engine.gate,
    reserve(request) {
      asked.push(request);
      return permissions.shift() ?? { kind: 'go', inMs: 0 };
    },
    giveBack: (request) => void returned.push(request),
  };
  const changed: string[] = [];
  const forgotten: string[] = [];
  const driver = createDriver({
    engine: { ...parts.engine, gate },
    onChange: ({ operation }) =>
      void changed.push(`${operation.status} ${operation.step} ${operation.attempts}`),
    onForget: (paymentId) => void forgotten.push(paymentId),
  });
  const record = world.stored('o1');
  return { ...parts, driver, asked, returned, permissions, changed, forgotten, record };
}

describe('a payment that is driven', () => {
  it('ends the wait of its older state, which would remove it from memory later', async () => {
    const { driver, engine, record, forgotten } = await driverOver();
    gateway.play = () => new Promise(() => {});
    driver.resumeIn(record, 1000);
    const newer = { ...record, seq: record.seq + 1 };
    driver.drive({
      record: newer,
      grantedAtMs: engine.databaseClock.nowMs(),
      claimedAt: momentOf(world.clock),
      place: takePlace(engine, 'call', 'charge'),
    });
    await world.pass(2000);
    expect(forgotten).toEqual([]);
    expect(driver.known(record.paymentId)).toBe(newer);
  });
});

describe('the way of a payment', () => {
  it('is committed before each call: the intent, the key that the gateway gets, and the call itself', async () => {
    const seen: unknown[] = [];
    gateway.play = ({ attempt, request, charge }) => {
      const { gatewayKey, operation: stored } = world.stored('o1');
      seen.push([gatewayKey === request.key, stored.status, stored.attempts]);
      return attempt < 4 ? reset : charge();
    };
    const { charge } = await start();
    expect(await charge('o1')).toBe('completed 201');
    expect(seen).toEqual([1, 2, 3, 4].map((attempts) => [true, 'PROCESSING', attempts]));
  });

  it('goes on after a claim whose acknowledgement was lost: the call is sent once', async () => {
    const { charge, store } = await start();
    gateway.play = ({ attempt, charge: book }) => {
      if (attempt === 1) store.fail('advance', 'ack_lost', 'ack_lost');
      return attempt === 1 ? error500 : book();
    };
    expect(await charge('o1')).toBe('completed 201');
    expect(gateway.calls.length).toBe(2);
  });

  it('is not taken twice if a request waits longer than the lease and the outcome cannot be written', async () => {
    const { charge, store } = await start({
      policy: { maxAttempts: 1, leaseMs: 1500 },
      limits: { callTimeoutMs: 1000 },
    });
    gateway.play = ({ attempt, charge: book }) => {
      if (attempt > 1) return { kind: 'refused', reason: 'dns' };
      // Charged, the answer lost, and the outcome cannot be written until the lease is over.
      store.fail('advance', ...Array.from({ length: 6 }, () => 'unavailable' as const));
      book();
      return reset;
    };
    expect(await charge('o1')).toBe('completed 201');
    expect([gateway.calls.length, gateway.ledger.size]).toEqual([1, 1]);
  });

  it('is in the audit trail step by step: unknown, again, completed', async () => {
    gateway.play = ({ attempt, charge }) => (attempt < 3 ? reset : charge());
    const { charge, logged } = await start();
    expect(await charge('o1')).toBe('completed 201');
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.unknown connection_lost',
      'call.started',
      'call.unknown connection_lost',
      'call.started',
      'payment.completed ch_1',
    ]);
    expect(world.nowMs).toBe(50 + 100);
    expect(logged).toEqual([
      {
        level: 'info',
        message: 'payment settled',
        fields: {
          payment_id: world.stored('o1').paymentId,
          status: 'COMPLETED',
          event: 'payment.completed',
          detail: 'ch_1',
          attempts: 3,
        },
      },
    ]);
  });

  it('leads through a lookup to a proved failure', async () => {
    gateway.play = () => error500;
    const { charge } = await start();
    expect(await charge('o1')).toBe('gateway_failed');
    expect(world.trail('o1').slice(-3)).toEqual([
      'call.unknown http_500',
      'lookup.started',
      'payment.failed gateway_error',
    ]);
    expect(world.stored('o1')).toMatchObject({ absences: 1, held: false, dueAtMs: null });
  });

  it('continues in memory after short waits, and through the sweep after long ones', async () => {
    gateway.play = ({ attempt, charge }) =>
      attempt === 1
        ? { kind: 'refused', reason: 'dns', retryAfterMs: 14_950 }
        : attempt === 2
          ? { kind: 'refused', reason: 'dns', retryAfterMs: 14_951 }
          : charge();
    const { charge, store } = await start({ limits: { sweepMs: 4000 } });
    await charge('o1', { waitMs: 0 });
    await world.pass(15_000);
    expect(gateway.calls.length).toBe(2);
    store.used.length = 0;
    await world.pass(15_000);
    expect(gateway.calls.length).toBe(2);
    await world.pass(4000);
    expect(gateway.calls.length).toBe(3);
  });

  it('waits for a place at the gateway without a claim, and counts no call', async () => {
    gateway.play = ({ charge }) =>
      new Promise((resolve) => {
        world.clock.after(9000, () => resolve(charge()));
      });
    const { engine, charge } = await start({ gate: { maxCalls: 1 } });
    void engine.charge(order('o1'), KEYLESS);
    await world.pass(1);
    expect(await charge('o2', { waitMs: 30_000 })).toBe('completed 201');
    expect(world.trail('o2')).toEqual(['payment.created', 'call.started', 'payment.completed ch_2']);
    expect(world.stored('o2').operation.attempts).toBe(1);
  });

  it('ends without a call if it was never executed and its time is over', async () => {
    gateway.play = ({ request }) =>
      request.orderId === 'o1'
        ? { kind: 'refused', reason: 'dns', retryAfterMs: 900 }
        : { kind: 'forbidden', reason: 'http_401' };
    const { charge, logged } = await start({ policy: { callDeadlineMs: 10_000 } });
    await charge('o1', { waitMs: 0 });
    for (const orderId of ['o2', 'o3']) await charge(orderId, { waitMs: 0 });
    await world.pass(31_000);
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.refused dns',
      'payment.failed deadline_exceeded',
    ]);
    expect(world.stored('o1')).toMatchObject({ held: false, dueAtMs: null, problem: 'gateway_failed' });
    expect(logged.some(({ fields }) => fields.detail === 'deadline_exceeded')).toBe(true);
  });
});

describe('a gateway that refuses', () => {
  const refusing =
    (...orders: readonly string[]): Play =>
    ({ request, charge }) =>
      orders.includes(request.orderId) ? { kind: 'forbidden', reason: 'http_403' } : charge();

  it('one order, time and again, serves the others meanwhile', async () => {
    gateway.play = refusing('o1');
    const { charge } = await start();
    await charge('o1', { waitMs: 0 });
    for (let turn = 0; turn < 10; turn += 1) {
      expect(await charge(`other-${turn}`)).toBe('completed 201');
      await world.pass(30_000);
    }
    expect(world.stored('o1').operation).toMatchObject({ status: 'PROCESSING', attempts: 0 });
    // Once for each of its own pauses.
    const { length } = gateway.calls.filter(({ orderId }) => orderId === 'o1');
    expect([length >= 9, length <= 11]).toEqual([true, true]);
  });

  it('two orders lets the others wait, until one of them is served', async () => {
    gateway.play = refusing('o1', 'o2');
    const { charge } = await start();
    for (const orderId of ['o1', 'o2']) await charge(orderId, { waitMs: 0 });
    await world.pass(1000);
    expect(await charge('o3', { waitMs: 0 })).toBe('202 PROCESSING');
    expect(gateway.calls.length).toBe(2);
    await world.pass(29_100);
    expect(world.stored('o3').operation).toMatchObject({ status: 'COMPLETED', attempts: 1 });
    expect(await charge('o4')).toBe('completed 201');
  });

  it('the only order serves it as soon as it refuses no more', async () => {
    gateway.play = refusing('o1');
    const { charge } = await start();
    await charge('o1', { waitMs: 0 });
    await world.pass(300_000);
    gateway.play = approve;
    await world.pass(31_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'COMPLETED', attempts: 1 });
  });
});

describe('an outage at a low rate', () => {
  it('is noticed after a few orders, and then waited for', async () => {
    world.roll = 0.999;
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused' });
    const { engine } = await start();
    for (let turn = 0; turn < 12; turn += 1) {
      void engine.charge(order(`o${turn}`), { waitMs: 0 });
      await world.pass(1000);
    }
    const statuses = (): string[] =>
      Array.from({ length: 12 }, (_, turn) => world.stored(`o${turn}`).operation.status);
    expect(statuses().filter((status) => status === 'FAILED').length).toBeLessThanOrEqual(3);
    gateway.play = approve;
    await world.pass(60_000);
    expect(statuses().filter((status) => status === 'COMPLETED').length).toBeGreaterThanOrEqual(9);
  });
});

describe('a retry that has waited for its token', () => {
  it('is a probe if calls were stopped meanwhile: its silence stops them again', async () => {
    const silent = (retryAfterMs?: number): CallOutcome => ({
      kind: 'refused',
      reason: 'connection_refused',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    gateway.play = ({ request }) => silent(request.orderId === 'o1' ? undefined : 30_000);
    const budgets = {
      retries: { capacity: 0, initial: 0, perSecond: 0.4 },
      lookups: { capacity: 10, initial: 10, perSecond: 10 },
    };
    const breaker = { ...DEFAULT_BREAKER, silencesInRow: 3, silentForMs: 0 };
    const { engine } = await start({ gate: { breaker, budgets } });
    for (const one of ['o1', 'o2', 'o3']) {
      void engine.charge(order(one), { waitMs: 0 });
      await world.pass(100);
    }
    // The stop has lasted for a second when the first order's token is there.
    await world.pass(2500);
    expect(gateway.calls.map(({ orderId }) => orderId)).toEqual(['o1', 'o2', 'o3', 'o1']);
    void engine.charge(order('o4'), { waitMs: 0 });
    await world.pass(100);
    expect(gateway.calls).toHaveLength(4);
  });
});

describe('an alarm', () => {
  it('about refused credentials says what to do', async () => {
    Object.assign(gateway, { credentials: 'MY_SETTING' });
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    const { charge, logged } = await start();
    await charge('o1', { waitMs: 0 });
    await world.pass(1);
    expect(logged).toEqual([
      {
        level: 'error',
        message: expect.stringContaining('fix the credentials (MY_SETTING), or ask'),
        fields: {
          payment_id: world.stored('o1').paymentId,
          status: 'PROCESSING',
          event: 'call.forbidden',
          detail: 'http_401',
          attempts: 0,
          alarm: 'gateway_forbidden',
        },
      },
    ]);
  });

  it('comes for what cannot be proved and for what exists twice', async () => {
    gateway.play = ({ request }) =>
      request.orderId === 'o1' ? { kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' } : reset;
    const { charge, logged } = await start({ policy: { maxAttempts: 1 } });
    expect(await charge('o1')).toBe('202 REVIEW');
    gateway.lookupPlay = () => ({ kind: 'duplicated', refs: ['a', 'b'] });
    expect(await charge('o2')).toBe('202 REVIEW');
    expect(logged.map(({ fields, message }) => [fields.alarm, message])).toEqual([
      ['needs_review', expect.stringContaining('look its charge up')],
      ['duplicate_charge', expect.stringContaining('refund the surplus')],
    ]);
  });
});

describe('a worker that fails', () => {
  it('is logged, forgets its payment, and wakes waiting requests; the sweep takes the payment up when the lease is over', async () => {
    const { charge, store, logged } = await start();
    const advance = store.advance;
    const error = new TypeError('a fault');
    store.advance = () => Promise.reject(error);
    expect(await charge('o1', { waitMs: 100 })).toBe('202 PROCESSING');
    expect(logged).toEqual([
      {
        level: 'error',
        message: 'a worker failed; the sweep takes its payment up again',
        fields: { err: error, payment_id: world.stored('o1').paymentId },
      },
    ]);
    store.advance = advance;
    await world.pass(16_000);
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.started lease_expired',
      'payment.completed ch_1',
    ]);
  });

  it('keeps proof of money that it may no longer write', async () => {
    const { charge, store } = await start();
    gateway.play = ({ charge: book }) => {
      store.goDown();
      return book();
    };
    expect(await charge('o1', { waitMs: 0 })).toBe('202 PROCESSING');
    await world.pass(14_000);
    expect(store.used.some(({ method }) => method === 'addEvidence')).toBe(false);
    await world.pass(1000);
    expect(store.used.some(({ method }) => method === 'addEvidence')).toBe(true);
    store.heal();
    gateway.play = approve;
    await world.pass(60_000);
    expect(world.stored('o1')).toMatchObject({
      evidence: 0,
      held: false,
      operation: { status: 'COMPLETED' },
    });
    expect(world.database.row('default', 'o1')?.evidence.length).toBe(1);
  });
});

describe('late evidence about a settled payment', () => {
  const SAME: CallOutcome = { kind: 'approved', ref: 'ch_1' };

  it('is checked, and changes nothing if it proves to be nothing', async () => {
    const { charge, store } = await start();
    await charge('o1', keyed('k'));
    await lateEvidence(world, store, SAME);
    expect(world.stored('o1').evidence).toBe(1);
    await world.pass(1000);
    expect(world.stored('o1')).toMatchObject({
      evidence: 0,
      dueAtMs: null,
      operation: { status: 'COMPLETED' },
    });
    expect(world.trail('o1').slice(-2)).toEqual(['verify.started', 'verify.clear']);
  });

  it('does not count as checked while the gateway gives no answer', async () => {
    const { charge, store } = await start();
    await charge('o1', keyed('k'));
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_500' });
    await lateEvidence(world, store, SAME);
    await world.pass(5000);
    expect(world.stored('o1').evidence).toBe(1);
    gateway.lookupPlay = null;
    await world.pass(20_000);
    expect(world.stored('o1').evidence).toBe(0);
  });

  it('ends without a lookup if the gateway has none', async () => {
    declareContract({ lookup: false });
    const { charge, store } = await start();
    await charge('o1', keyed('k'));
    await lateEvidence(world, store, SAME);
    await world.pass(2000);
    expect(world.stored('o1')).toMatchObject({ evidence: 0, dueAtMs: null, held: false });
    expect(world.trail('o1').slice(1)).toEqual(['payment.completed ch_1', 'verify.started', 'verify.clear']);
  });
});

describe('a driver', () => {
  it('asks the gate for the right kind of step: a retry after a call, a first call, a resumed call, a lookup', async () => {
    const { driver, asked, record } = await driverOver();
    driver.resumeIn(record, 100_000);
    expect(asked).toEqual([]);
    driver.resumeIn(record, 10);
    await world.pass(9);
    expect(asked).toEqual([]);
    await world.pass(1);
    expect(asked).toEqual(['retry']);
    const fresh = { ...record, operation: { ...record.operation, attempts: 0, firstSentAtMs: null } };
    driver.resumeIn(fresh, 0);
    driver.resumeIn({ ...record, held: true }, 0);
    driver.resumeIn({ ...record, operation: { ...record.operation, step: 'lookup' } }, 0);
    await world.pass(1);
    expect(asked).toEqual(['retry', 'first_call', 'resumed', 'lookup']);
  });

  it('asks again when the gate says so, and starts when it has its place', async () => {
    const { driver, permissions, changed, record } = await driverOver();
    await world.pass(70_000);
    permissions.push({ kind: 'ask_again', inMs: 300 }, { kind: 'go', inMs: 200 });
    driver.resumeIn(record, 0);
    await world.pass(499);
    expect([changed, gateway.calls.length]).toEqual([[], 0]);
    expect(driver.known(record.paymentId)).toEqual(record);
    await world.pass(1);
    expect(changed).toEqual(['PROCESSING call 2', 'COMPLETED none 2']);
    expect(driver.known(record.paymentId)).toBeUndefined();
  });

  it('gives its place back if it will not wait for it, and leaves the payment to the sweep', async () => {
    const { driver, permissions, returned, forgotten, record } = await driverOver();
    permissions.push({ kind: 'go', inMs: 15_001 });
    driver.resumeIn(record, 0);
    await world.pass(1);
    expect([returned, forgotten]).toEqual([['retry'], [record.paymentId]]);
    expect(driver.known(record.paymentId)).toBeUndefined();
    permissions.push({ kind: 'go', inMs: 15_000 });
    driver.resumeIn(record, 0);
    await world.pass(1);
    expect([returned.length, driver.known(record.paymentId)]).toEqual([1, record]);
  });

  it('keeps no more payments in memory than allowed, but continues with those that it has', async () => {
    const { driver, forgotten, record } = await driverOver({ limits: { maxActive: 1 } });
    driver.resumeIn(record, 1000);
    driver.resumeIn({ ...record, paymentId: 'another' }, 1000);
    expect(forgotten).toEqual(['another']);
    driver.resumeIn(record, 2000);
    expect(forgotten).toEqual(['another']);
    expect(driver.known(record.paymentId)).toEqual(record);
  });

  it('forgets a payment that another worker has taken up, and gives its place back', async () => {
    const { driver, engine, changed, forgotten, record } = await driverOver();
    await world.pass(70_000);
    driver.resumeIn({ ...record, seq: record.seq + 5 }, 0);
    await world.pass(1);
    expect([changed, forgotten, gateway.calls.length]).toEqual([[], [record.paymentId], 0]);
    expect(engine.gate.callSlots.free()).toBe(50);
  });

  it('does not claim what is not due by the database’s clock', async () => {
    const { driver, changed, forgotten, record } = await driverOver();
    driver.resumeIn(record, 0);
    await world.pass(1);
    expect([changed, forgotten]).toEqual([[], [record.paymentId]]);
  });

  it('tries to claim for a short time only, because a late claim would be a short one', async () => {
    const { driver, store, forgotten, record } = await driverOver();
    await world.pass(70_000);
    store.goDown();
    const begunMs = world.nowMs;
    driver.resumeIn(record, 0);
    await world.pass(1000);
    expect(store.used.map(({ atMs }) => atMs - begunMs)).toEqual([0, 25, 75, 175]);
    expect(forgotten).toEqual([record.paymentId]);
  });

  it('starts nothing once it drains, and gives back what waits', async () => {
    const { engine, driver, forgotten, changed, record } = await driverOver();
    await world.pass(70_000);
    driver.resumeIn(record, 100);
    await world.ended(driver.drain());
    expect(forgotten).toEqual([record.paymentId]);
    driver.resumeIn(record, 0);
    expect(driver.known(record.paymentId)).toBeUndefined();
    await world.pass(1000);
    expect(changed).toEqual([]);
    expect(engine.gate.callSlots.take()).toBeNull();
  });

  it('has drained when everything under way has ended, and not before', async () => {
    const { driver, engine, record } = await driverOver();
    const answer = later<CallOutcome>();
    gateway.play = () => answer.promise;
    const held = { ...record, held: true };
    const place = takePlace(engine, 'call', 'charge');
    driver.drive({ record: held, grantedAtMs: record.updatedAtMs, claimedAt: momentOf(world.clock), place });
    await world.pass(1);
    let drained = false;
    void driver.drain().then(() => {
      drained = true;
    });
    await world.pass(100);
    expect([gateway.calls.length, drained]).toEqual([1, false]);
    await answer.come({ kind: 'declined', code: 'no' });
    await world.pass(100);
    expect(drained).toBe(true);
  });

  it('calls nothing for a claim that is granted while it drains', async () => {
    const { driver, engine, record } = await driverOver();
    const place = takePlace(engine, 'call', 'charge');
    void driver.drain();
    const held = { ...record, held: true };
    driver.drive({ record: held, grantedAtMs: record.updatedAtMs, claimedAt: momentOf(world.clock), place });
    await world.pass(1);
    expect([gateway.calls, engine.gate.callSlots.free()]).toEqual([[], 50]);
  });

  it('verifies first what was opened to be verified', async () => {
    const { driver, engine, record } = await driverOver();
    const operation = { ...record.operation, n: 2, step: 'verify' } as const;
    const held = { ...record, operation, gatewayKey: derivedKey(engine, record.order, 2), held: true };
    driver.drive({
      record: held,
      grantedAtMs: record.updatedAtMs,
      claimedAt: momentOf(world.clock),
      place: takePlace(engine, 'lookup', 'charge'),
    });
    await world.pass(1);
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.refused dns',
      'verify.clear',
      'call.started',
      'payment.completed ch_1',
    ]);
  });
});
