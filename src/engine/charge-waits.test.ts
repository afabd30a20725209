/** How long a charge request waits, what wakes it, and what it answers when its time is over. */
import { beforeEach, describe, expect, it } from 'vitest';
import { chargingReplica, lateEvidence, later, openCall, slowly } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import {
  approve,
  createScriptedGateway,
  decline,
  error500,
  never,
  type ScriptedGateway,
} from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';
import type { LookupOutcome } from '../domain/outcomes.ts';
import { toPayment } from './answer.ts';

/** The other process's own gateway, to see which process called. */
let other: ScriptedGateway;
beforeEach(() => {
  other = createScriptedGateway();
});

const start = (settings: VirtualSettings = {}, at = gateway) => chargingReplica(world, at, settings);

/** Another process that has just sent the order's call. */
async function elsewhere(play = other.play) {
  other.play = play;
  const replica = await start({}, other);
  void replica.engine.charge(order('o1'), keyed('a'));
  await world.pass(1);
  return replica;
}

/** An order whose failure is in doubt: another process looks it up, and gets `answer`. */
async function doubted(answer: Promise<LookupOutcome>): Promise<void> {
  other.play = decline;
  const { charge, store } = await start({}, other);
  await charge(keyed('a'));
  other.lookupPlay = () => answer;
  await lateEvidence(world, store);
  await world.pass(1000);
}

const declined: LookupOutcome = { kind: 'declined', code: 'no_funds', ref: 'ch' };
const nothing = (): void => {};

describe('a wait for a charge that this process drives', () => {
  it.each([
    [501, 'completed 201', 500],
    [499, '202 PROCESSING', 499],
  ])('of %i ms ends at 500 ms or when it is over, and reads nothing', async (waitMs, answer, atMs) => {
    gateway.play = slowly(world, 500);
    const { charge, uses } = await start();
    expect(told(await charge({ waitMs }))).toBe(answer);
    expect([world.nowMs, uses('situation')]).toEqual([atMs, 0]);
  });

  it('that is over shows the payment as this process last wrote it', async () => {
    gateway.play = ({ attempt }) => (attempt === 1 ? error500 : new Promise(() => {}));
    const { charge, uses } = await start();
    const answer = await charge(keyed('a', 1000));
    expect(answer).toMatchObject({
      kind: 'unsettled',
      payment: toPayment(world.stored('o1'), true),
      replayed: false,
    });
    expect([world.stored('o1').operation.attempts, uses('situation')]).toEqual([2, 0]);
  });

  it('ends if a person must decide, after one more read', async () => {
    gateway.play = () => ({ kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' });
    const { charge, uses } = await start();
    const answer = await charge(keyed('k'));
    expect([told(answer), answer.kind === 'unsettled' && answer.retryAfterMs]).toEqual([
      '202 REVIEW',
      60_000,
    ]);
    expect(uses('situation')).toBe(1);
    expect(told(await charge(keyed('k')))).toBe('202 REVIEW');
    expect(world.nowMs).toBe(0);
  });

  it('that another request started reads again only when it has ended', async () => {
    gateway.play = slowly(world, 500);
    const { engine, charge, uses } = await start();
    void engine.charge(order('o1'), keyed('a'));
    expect(told(await charge(keyed('b')))).toBe('completed 200');
    // Before its key was bound, after that, and at the end.
    expect(uses('situation')).toBe(3);
  });

  it('is not ended by a later charge of the same order', async () => {
    gateway.play = decline;
    const { engine, store, charge } = await start();
    // The connection hangs: this process does not learn that another one took the charge over and settled it.
    store.before('advance', () => new Promise(nothing));
    const first = engine.charge(order('o1'), keyed('a', 60_000));
    other.play = decline;
    other.lookupPlay = () => declined;
    await start({}, other);
    await world.pass(20_000);
    expect(world.stored('o1').operation.status).toBe('FAILED');
    gateway.play = approve;
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    expect(told(await world.ended(first))).toBe('card_declined');
  });

  it.each([
    ['with', keyed('a')],
    ['without', KEYLESS],
  ])(
    'goes on if this process no longer drives it, and its starter remains the starter (%s a key)',
    async (_, options) => {
      gateway.play = () => error500;
      const { charge } = await start({ limits: { localWaitMs: 0, sweepMs: 1e9 } });
      await start({ limits: { sweepMs: 100 } }, other);
      const answer = await charge(options);
      expect([told(answer), answer.replayed]).toEqual(['completed 201', false]);
      expect([gateway.calls.length, other.calls.length]).toEqual([1, 1]);
    },
  );

  it('ends when the process stops, with what is known', async () => {
    gateway.play = never;
    const { engine, uses } = await start();
    const [first, second] = [keyed('a'), keyed('b')].map((options) => engine.charge(order('o1'), options));
    await world.pass(1);
    const reads = uses('situation');
    await world.ended(engine.stop(1000));
    for (const request of [first, second]) expect(await request).toMatchObject({ payment: { seq: 1 } });
    expect([world.nowMs, uses('situation')]).toEqual([1001, reads]);
  });
});

describe('a wait for a charge that another process drives', () => {
  it('reads again after ever longer pauses, from 50 ms to a second', async () => {
    await elsewhere(slowly(world, 6000));
    const { charge, store } = await start();
    const answer = await charge(keyed('a'));
    expect([told(answer), answer.replayed, gateway.calls.length]).toEqual(['completed 201', true, 0]);
    const reads = store.used.filter(({ method }) => method === 'situation').map(({ atMs }) => atMs - 1);
    const pauses = reads.slice(1).map((atMs, index) => atMs - (reads[index] ?? 0));
    expect(pauses.map(Math.round)).toEqual([50, 75, 113, 169, 253, 380, 570, 854, 1000, 1000, 1000, 1000]);
  });

  it('without time still reads once', async () => {
    await elsewhere(slowly(world, 300));
    const { charge } = await start();
    for (const options of [keyed('a', 0), { waitMs: 0 }])
      expect(told(await charge(options))).toBe('202 PROCESSING');
    await world.pass(299);
    expect(told(await charge(keyed('a', 0)))).toBe('completed 201');
    expect(told(await charge({ waitMs: 0 }))).toBe('completed 200');
  });

  it('ends when the process stops', async () => {
    await elsewhere(never);
    const { engine } = await start();
    const waiting = engine.charge(order('o1'), keyed('a'));
    await world.pass(100);
    await world.ended(engine.stop());
    expect(told(await waiting)).toBe('202 PROCESSING');
    expect(world.nowMs).toBe(101);
  });

  it('does not use what this process knew before another one took the charge over', async () => {
    gateway.play = () => error500;
    const { charge, store } = await start();
    store.before('advance', () => new Promise(nothing));
    await charge(keyed('a', 0));
    other.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_500' });
    other.play = () => error500;
    await start({}, other);
    await world.pass(20_000);
    const stored = world.stored('o1');
    expect(stored.seq).toBeGreaterThan(1);
    for (const options of [keyed('a', 0), { waitMs: 0 }])
      expect(await charge(options)).toMatchObject({ kind: 'unsettled', payment: toPayment(stored, true) });
  });
});

describe('the last read, when the wait is over', () => {
  it.each([
    ['with its key', keyed('a', 0), 'completed 201', true],
    ['without a key', { waitMs: 0 }, 'completed 200', false],
  ] as const)('finds what was settled just then (%s)', async (_, options, answer, replayed) => {
    const call = openCall();
    await elsewhere(call.play);
    const { charge, store } = await start();
    store.before('situation', nothing, () => call.end());
    const { paymentId } = world.stored('o1');
    const found = await charge(options);
    expect([told(found), found.replayed]).toEqual([answer, replayed]);
    expect(found).toMatchObject({ paymentId, frozen: { body: world.stored('o1').answer?.body } });
  });

  it('finds that a charge which this request started was settled elsewhere, as its starter', async () => {
    gateway.play = () => error500;
    const call = openCall();
    other.play = call.play;
    const { engine, store } = await start({ limits: { localWaitMs: 0, sweepMs: 1e9 } });
    await start({ limits: { sweepMs: 100 } }, other);
    const waiting = engine.charge(order('o1'), { waitMs: 1000 });
    await world.pass(999);
    store.before('situation', nothing, () => call.end());
    expect(told(await world.ended(waiting))).toBe('completed 201');
    expect(world.nowMs).toBe(1000);
  });

  it('finds what another process has done with a charge that waits here for a later time', async () => {
    gateway.play = () => ({ ...error500, retryAfterMs: 60_000 });
    const { engine, store } = await start({ limits: { localWaitMs: 1e6, sweepMs: 1e9 } });
    const waiting = engine.charge(order('o1'), keyed('a', 5000));
    await world.pass(1);
    await start({ limits: { sweepMs: 100 } }, other);
    await lateEvidence(world, store);
    expect(told(await world.ended(waiting))).toBe('completed 201');
    expect([world.nowMs, gateway.calls.length, other.calls.length]).toEqual([5000, 1, 1]);
  });

  it('finds how far the charge has come', async () => {
    const call = openCall();
    await elsewhere(call.play);
    const { charge, store } = await start();
    store.before('situation', nothing, () => call.end(error500));
    const answer = await charge(keyed('a', 0));
    const stored = world.stored('o1');
    expect(stored.seq).toBe(2);
    expect(answer).toMatchObject({ kind: 'unsettled', payment: toPayment(stored, true), replayed: true });
  });

  it('does not give a key the answer of another order that used the key meanwhile', async () => {
    await doubted(new Promise(nothing));
    const { engine, charge, store } = await start();
    store.before('situation', nothing, () => engine.charge(order('o2'), keyed('b')));
    expect(await charge(keyed('b', 0))).toMatchObject({
      kind: 'unsettled',
      payment: { orderId: 'o1', status: 'FAILED', inDoubt: true },
      replayed: false,
    });
    expect(world.stored('o2').operation.status).toBe('COMPLETED');
  });

  it('does not give an unbound key the failure that is no longer in doubt', async () => {
    const lookup = later<LookupOutcome>();
    await doubted(lookup.promise);
    const { charge, store } = await start();
    store.before('situation', nothing, () => lookup.come(declined));
    expect(await charge(keyed('b', 0))).toMatchObject({
      kind: 'unsettled',
      payment: { orderId: 'o1', status: 'FAILED', inDoubt: false },
      replayed: false,
    });
  });

  it('gives a keyless request the failure once it is no longer in doubt', async () => {
    const lookup = later<LookupOutcome>();
    await doubted(lookup.promise);
    const { charge, store } = await start();
    expect(told(await charge({ waitMs: 0 }))).toBe('202 FAILED');
    store.before('situation', nothing, () => lookup.come(declined));
    expect(told(await charge({ waitMs: 0 }))).toBe('card_declined');
  });

  it('does not give a keyless request the answer of a charge that was opened meanwhile', async () => {
    const call = openCall();
    const there = await elsewhere(call.play);
    const { charge, store } = await start();
    store.before('situation', nothing, async () => {
      await call.end({ kind: 'declined', code: 'no_funds' });
      other.play = approve;
      await there.engine.charge(order('o1', { amountMinor: 700 }), keyed('b'));
    });
    expect(await charge({ waitMs: 0 })).toMatchObject({
      kind: 'unsettled',
      payment: { chargeN: 2, amountMinor: 700, status: 'COMPLETED' },
    });
  });

  it('shows what was read before if the database is lost just then', async () => {
    await elsewhere(never);
    const { charge, store, logged } = await start();
    store.before('situation', nothing, () => store.fail('situation', 'unavailable'));
    expect(await charge(keyed('a', 0))).toEqual({
      kind: 'unsettled',
      payment: toPayment(world.stored('o1'), true),
      retryAfterMs: 1000,
      replayed: true,
    });
    expect(logged).toEqual([]);
  });

  it('rejects for an error that is not the database’s', async () => {
    await elsewhere(never);
    const { charge, store } = await start();
    store.before('situation', nothing, () => {
      throw new TypeError('a fault');
    });
    await expect(charge(keyed('a', 0))).rejects.toThrow(TypeError);
  });
});
