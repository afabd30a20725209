/** Charge n + 1, late money, and what is looked up before anything more is sent. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  approve,
  createScriptedGateway,
  error500,
  type ScriptedGateway,
} from '../support/scripted-gateway.ts';
import {
  createWorld,
  KEYLESS,
  keyed,
  order,
  paymentIdOf,
  reaches,
  told,
  until,
  type World,
} from '../support/world.ts';

/** A payment in REVIEW is looked up again after an hour only, so a test sees it as it came there. */
const NO_SECOND_LOOK = { policy: { reviewLookupMs: 3_600_000 } };

let world: World;
let gateway: ScriptedGateway;

beforeEach(async () => {
  world = await createWorld();
  gateway = createScriptedGateway();
});
afterEach(() => world.close());

describe('a failed order', () => {
  it('is charged again by a new key, with new terms, under a new key at the gateway', async () => {
    const { engine } = await world.replica(gateway);
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    expect(told(await engine.charge(order('o1'), keyed('a')))).toBe('card_declined');
    gateway.play = approve;
    const second = await engine.charge(order('o1', { amountMinor: 700 }), keyed('b'));
    expect(told(second)).toBe('completed 201');
    expect(gateway.calls.map((call) => call.amountMinor)).toEqual([1000, 700]);
    expect(new Set(gateway.calls.map((call) => call.key)).size).toBe(2);
    expect((await engine.payment('default', paymentIdOf(second)))?.amountMinor).toBe(700);
    expect(gateway.lookups.length).toBe(0);
  });

  it('keeps the old key’s answer as it was', async () => {
    const { engine } = await world.replica(gateway, { cacheEntries: 0 });
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    const first = await engine.charge(order('o1'), keyed('a'));
    gateway.play = approve;
    await engine.charge(order('o1'), keyed('b'));
    const again = await engine.charge(order('o1'), keyed('a'));
    expect(again).toEqual({ ...first, replayed: true });
  });

  it('is not charged again without a key', async () => {
    const { engine } = await world.replica(gateway);
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    await engine.charge(order('o1'), KEYLESS);
    expect(told(await engine.charge(order('o1'), KEYLESS))).toBe('card_declined');
    expect(told(await engine.charge(order('o1', { amountMinor: 1 }), KEYLESS))).toBe('order_conflict');
    expect(gateway.calls.length).toBe(1);
  });

  it('opens one charge only for many new keys at once', async () => {
    const { engine } = await world.replica(gateway);
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    await engine.charge(order('o1'), keyed('a'));
    gateway.play = approve;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => engine.charge(order('o1'), keyed(`k${index}`))),
    );
    expect(answers.filter((answer) => told(answer) === 'completed 201').length).toBe(1);
    expect(answers.filter((answer) => told(answer) === 'completed 200').length).toBe(39);
    expect(gateway.ledger.size).toBe(1);
  });
});

describe('an order that failed because the gateway did not know its charge', () => {
  async function failedByAbsence() {
    const { engine, logged } = await world.replica(gateway, NO_SECOND_LOOK);
    gateway.play = () => error500;
    const first = await engine.charge(order('o1'), keyed('a'));
    expect(told(first)).toBe('gateway_failed');
    gateway.play = approve;
    gateway.lookups.length = 0;
    return { engine, logged, paymentId: paymentIdOf(first) };
  }

  it('is looked up once more before the next charge is sent', async () => {
    const { engine } = await failedByAbsence();
    expect(told(await engine.charge(order('o1'), keyed('b')))).toBe('completed 201');
    expect(gateway.lookups.map((lookup) => lookup.key)).toEqual([gateway.calls[0]?.key]);
  });

  it('sends no next charge when the first is live after all', async () => {
    const { engine, logged, paymentId } = await failedByAbsence();
    const calls = gateway.calls.length;
    const request = gateway.calls[0];
    if (request === undefined) throw new Error('no call');
    const { key, reference, amountMinor, currency } = request;
    gateway.ledger.set(key, { id: 'ch_late', status: 'succeeded', key, reference, amountMinor, currency });
    expect(told(await engine.charge(order('o1'), keyed('b')))).toBe('202 REVIEW');
    expect(gateway.calls.length).toBe(calls);
    const payment = await reaches(engine, paymentId, 'REVIEW');
    expect([payment.failureCode, payment.gatewayRef]).toEqual(['late_success', 'ch_late']);
    expect(logged.some((entry) => entry.alarm === 'needs_review')).toBe(true);
  });

  it('is looked up before every later charge, also when the gateway itself declined the last one', async () => {
    const { engine } = await failedByAbsence();
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    expect(told(await engine.charge(order('o1'), keyed('b')))).toBe('card_declined');
    gateway.play = approve;
    const calls = gateway.calls.length;
    const request = gateway.calls[0];
    if (request === undefined) throw new Error('no call');
    const { key, reference, amountMinor, currency } = request;
    gateway.ledger.set(key, { id: 'ch_late', status: 'succeeded', key, reference, amountMinor, currency });
    expect(told(await engine.charge(order('o1'), keyed('c')))).toBe('202 REVIEW');
    expect(gateway.calls.length).toBe(calls);
  });

  it('waits while the gateway cannot be asked', async () => {
    const { engine } = await failedByAbsence();
    const calls = gateway.calls.length;
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_500' });
    expect(told(await engine.charge(order('o1'), keyed('b', 100)))).toBe('202 PROCESSING');
    await until(() => gateway.lookups.length > 2);
    expect(gateway.calls.length).toBe(calls);
    gateway.lookupPlay = null;
    expect(told(await engine.charge(order('o1'), keyed('b')))).toBe('completed 201');
  });

  it('gives its lease back where the database is lost while it asks', async () => {
    const { engine, store } = await world.replica(gateway);
    gateway.play = () => error500;
    await engine.charge(order('o1'), keyed('a'));
    gateway.play = approve;
    // The first use is before the next charge is opened.
    store.before(
      'chargesToVerify',
      () => {},
      () => store.fail('chargesToVerify', 'unavailable'),
    );
    const second = await engine.charge(order('o1'), keyed('b'));
    expect(told(second)).toBe('completed 201');
    const events = await engine.events('default', paymentIdOf(second), { after: 0, limit: 50 });
    const words = events?.map(({ type, detail }) => `${type} ${detail}`);
    expect(words).toContain('verify.unavailable store_unavailable');
    expect(words).not.toContain('verify.started lease_expired');
  });
});

describe('late evidence of money', () => {
  it('after FAILED sends the payment to a person, and blocks the next charge until it is checked', async () => {
    const { engine, store } = await world.replica(gateway, NO_SECOND_LOOK);
    gateway.play = () => error500;
    const paymentId = paymentIdOf(await engine.charge(order('o1'), keyed('a')));
    const [request] = gateway.calls;
    if (request === undefined) throw new Error('no call');
    const { key, reference, amountMinor, currency } = request;
    gateway.ledger.set(key, { id: 'ch_late', status: 'succeeded', key, reference, amountMinor, currency });
    await store.addEvidence({
      payment: { accountId: 'default', orderId: 'o1', paymentId },
      chargeN: 1,
      outcome: { kind: 'approved', chargeId: 'ch_late' },
    });
    const calls = gateway.calls.length;
    expect(told(await engine.charge(order('o1'), keyed('b')))).toBe('202 REVIEW');
    expect([gateway.calls.length, (await reaches(engine, paymentId, 'REVIEW')).failureCode]).toEqual([
      calls,
      'late_success',
    ]);
  });

  it('is not argued away by a lookup that finds nothing', async () => {
    const { engine, store } = await world.replica(gateway, NO_SECOND_LOOK);
    gateway.play = () => error500;
    const paymentId = paymentIdOf(await engine.charge(order('o1'), keyed('a')));
    await store.addEvidence({
      payment: { accountId: 'default', orderId: 'o1', paymentId },
      chargeN: 1,
      outcome: { kind: 'approved', chargeId: 'ch_late' },
    });
    expect((await reaches(engine, paymentId, 'REVIEW')).failureCode).toBe('late_evidence');
  });

  it('that proves to be nothing leaves the payment as it was', async () => {
    const { engine, store } = await world.replica(gateway);
    const paymentId = paymentIdOf(await engine.charge(order('o1'), keyed('a')));
    await store.addEvidence({
      payment: { accountId: 'default', orderId: 'o1', paymentId },
      chargeN: 1,
      outcome: { kind: 'approved', chargeId: 'ch_1' },
    });
    await until(async () => {
      const { rows } = await world.pool.query('SELECT evidence, due_at, held FROM payonce.payments');
      return rows[0]?.evidence === 0 && rows[0]?.due_at === null && rows[0]?.held === false;
    });
    expect((await engine.payment('default', paymentId))?.status).toBe('COMPLETED');
  });
});
