import { describe, expect, test } from 'vitest';
import { type CallOutcome, type ChargeResult, createPayonce, PayonceInputError } from '../../src/index.ts';
import { openDatabase } from '../postgres/world.ts';
import { approve, createScriptedGateway, decline, type Play } from '../support/scripted-gateway.ts';
import { until } from '../support/until.ts';
import { openProgram } from './world.ts';

const ORDER = { orderId: 'ORD123', amountMinor: 12_345_678_901, currency: 'USD' };
/** Longer than anything here takes. */
const PATIENT = { waitMs: 60_000 };

/** Calls that end when the test says so. */
function held(): { readonly play: Play; readonly called: Promise<void>; end(): void } {
  let begun = (): void => {};
  let ended = (): void => {};
  const called = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  return {
    called,
    end: () => ended(),
    async play({ charge }) {
      begun();
      await end;
      return charge();
    },
  };
}

describe('a charge', () => {
  test('that is approved is paid, once, however often it is asked for', async () => {
    const gateway = createScriptedGateway();
    const { payonce } = await openProgram(gateway);
    const results = await Promise.all([1, 2, 3].map(() => payonce.charge(ORDER, PATIENT)));
    for (const result of results) {
      expect(result).toMatchObject({
        outcome: 'paid',
        payment: { ...ORDER, accountId: 'default', status: 'COMPLETED', gatewayRef: 'ch_1', metadata: {} },
      });
    }
    expect(results.filter((result) => 'started' in result && result.started)).toHaveLength(1);
    expect(gateway.calls).toHaveLength(1);
    const [{ payment }] = results as [Extract<ChargeResult, { outcome: 'paid' }>];
    expect(await payonce.payment(payment.paymentId.toUpperCase())).toMatchObject({
      status: 'COMPLETED',
      seq: 2,
    });
    expect(await payonce.payments({ orderId: 'ORD123' })).toHaveLength(1);
    expect(await payonce.payments({ orderId: 'ORD123', accountId: 'acme' })).toEqual([]);
    expect(await payonce.events(payment.paymentId)).toMatchObject([
      { type: 'payment.created' },
      { type: 'payment.completed' },
    ]);
    expect(await payonce.events(payment.paymentId, { after: 1, limit: 1 })).toHaveLength(1);
    expect(await payonce.payment('no id at all')).toBeNull();
    expect(await payonce.ready()).toBe(true);
  });

  test('that is declined is declined, and its key gets the same answer after a new key has paid', async () => {
    const gateway = createScriptedGateway();
    gateway.play = decline;
    const { payonce } = await openProgram(gateway);
    const first = await payonce.charge(ORDER, { ...PATIENT, idempotencyKey: 'one' });
    expect(first).toMatchObject({
      outcome: 'declined',
      code: 'card_declined',
      safeToRetryWithNewKey: true,
      payment: { status: 'FAILED' },
      started: true,
      replayed: false,
    });
    gateway.play = approve;
    const second = await payonce.charge(ORDER, { ...PATIENT, idempotencyKey: 'two' });
    expect(second).toMatchObject({ outcome: 'paid', started: true });
    expect(await payonce.charge(ORDER, { ...PATIENT, idempotencyKey: 'one' })).toEqual({
      ...first,
      replayed: true,
    });
    expect(await payonce.charge(ORDER, { ...PATIENT, idempotencyKey: 'two' })).toEqual({
      ...second,
      replayed: true,
    });
    expect(gateway.ledger.size).toBe(1);
  });

  test('that no call could carry out has failed', async () => {
    const gateway = createScriptedGateway();
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused' });
    const { payonce } = await openProgram(gateway);
    expect(await payonce.charge(ORDER, PATIENT)).toMatchObject({
      outcome: 'failed',
      code: 'gateway_failed',
      payment: { status: 'FAILED', attempts: 4 },
    });
  });

  test('that is under way is pending, and goes on', async () => {
    const gateway = createScriptedGateway();
    const call = held();
    gateway.play = call.play;
    const { payonce } = await openProgram(gateway);
    expect(await payonce.charge(ORDER, { waitMs: 0 })).toMatchObject({
      outcome: 'pending',
      reason: 'in_progress',
      payment: { status: 'PROCESSING' },
      retryAfterMs: expect.any(Number),
    });
    call.end();
    expect(await payonce.charge(ORDER, PATIENT)).toMatchObject({ outcome: 'paid' });
  });

  test('of another amount at the gateway is for a person to review', async () => {
    const gateway = createScriptedGateway();
    gateway.play = () => ({ kind: 'mismatch', ref: 'ch_1', reason: 'amount_mismatch' });
    const { payonce } = await openProgram(gateway);
    expect(await payonce.charge(ORDER, PATIENT)).toMatchObject({
      outcome: 'review',
      reason: expect.stringMatching(/./),
      payment: { status: 'REVIEW' },
    });
  });

  test('on other terms is refused, and so is a key that was used for another order', async () => {
    const gateway = createScriptedGateway();
    const { payonce } = await openProgram(gateway);
    await payonce.charge(ORDER, { ...PATIENT, idempotencyKey: 'one' });
    expect(await payonce.charge({ ...ORDER, amountMinor: 1 }, PATIENT)).toMatchObject({
      outcome: 'refused',
      code: 'order_conflict',
      payment: { ...ORDER },
    });
    expect(
      await payonce.charge({ ...ORDER, orderId: 'other' }, { ...PATIENT, idempotencyKey: 'one' }),
    ).toMatchObject({ outcome: 'refused', code: 'idempotency_key_reused', payment: null });
    // In another scope it is another key.
    expect(
      await payonce.charge(
        { ...ORDER, orderId: 'other' },
        { ...PATIENT, idempotencyKey: 'one', keyScope: 'checkout' },
      ),
    ).toMatchObject({ outcome: 'paid' });
    expect(gateway.ledger.size).toBe(2);
  });

  test('of one account is none of another’s', async () => {
    const gateway = createScriptedGateway();
    const { payonce } = await openProgram(gateway);
    const mine = await payonce.charge({ ...ORDER, accountId: 'acme' }, PATIENT);
    const theirs = await payonce.charge({ ...ORDER, accountId: 'globex' }, PATIENT);
    expect([mine, theirs]).toMatchObject([
      { outcome: 'paid', started: true, payment: { accountId: 'acme' } },
      { outcome: 'paid', started: true, payment: { accountId: 'globex' } },
    ]);
    expect(gateway.ledger.size).toBe(2);
  });

  test('after the stop is refused', async () => {
    const { payonce } = await openProgram(createScriptedGateway());
    await payonce.stop();
    expect(await payonce.charge(ORDER)).toMatchObject({ outcome: 'refused', code: 'shutting_down' });
    expect(await payonce.ready()).toBe(false);
  });
});

describe('a signal', () => {
  test('that has ended before is obeyed before anything is stored or sent', async () => {
    const gateway = createScriptedGateway();
    const { payonce, counts } = await openProgram(gateway);
    const reason = new Error('gone');
    await expect(payonce.charge(ORDER, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await counts()).toMatchObject({ payments: 0 });
    expect(gateway.calls).toEqual([]);
  });

  test('ends the wait and not the charge', async () => {
    const gateway = createScriptedGateway();
    const call = held();
    gateway.play = call.play;
    const { payonce } = await openProgram(gateway);
    const controller = new AbortController();
    const waiting = payonce.charge(ORDER, { ...PATIENT, signal: controller.signal, idempotencyKey: 'one' });
    waiting.catch(() => {});
    await call.called;
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    call.end();
    expect(await payonce.charge(ORDER, { ...PATIENT, idempotencyKey: 'one' })).toMatchObject({
      outcome: 'paid',
      replayed: true,
    });
    expect(gateway.calls).toHaveLength(1);
  });

  test('that never ends keeps nothing of a charge', async () => {
    const { payonce } = await openProgram(createScriptedGateway());
    const { signal } = new AbortController();
    let listening = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listening += 1;
      add(...args);
    }) as typeof add;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listening -= 1;
      remove(...args);
    }) as typeof remove;
    expect(await payonce.charge(ORDER, { ...PATIENT, signal })).toMatchObject({ outcome: 'paid' });
    expect(listening).toBe(0);
  });
});

describe('a wrong argument', () => {
  const WRONG: readonly (readonly [string, unknown, unknown])[] = [
    ['an empty order id', { ...ORDER, orderId: '' }, {}],
    ['a currency in lower case', { ...ORDER, currency: 'usd' }, {}],
    ['an amount as text', { ...ORDER, amountMinor: '100' }, {}],
    ['an amount beyond all numbers', { ...ORDER, amountMinor: 2 ** 60 }, {}],
    ['an amount with a fraction', { ...ORDER, amountMinor: 10.5 }, {}],
    ['no amount', { ...ORDER, amountMinor: Number.NaN }, {}],
    ['a card number as the method', { ...ORDER, method: `4${'0'.repeat(14)}2` }, {}],
    ['a key of another shape', ORDER, { key: 'alpha' }],
    ['a key that is an object', ORDER, { idempotencyKey: { route: 'a', key: 'b' } }],
    ['no argument', undefined, undefined],
  ];
  test.each(WRONG)('%s is rejected before anything is stored or sent', async (_what, input, options) => {
    const gateway = createScriptedGateway();
    const { payonce, counts } = await openProgram(gateway);
    const charged = payonce.charge(input as never, options as never);
    await expect(charged).rejects.toBeInstanceOf(PayonceInputError);
    expect(await counts()).toMatchObject({ payments: 0, requests: 0 });
    expect(gateway.calls).toEqual([]);
  });

  test('of the reading functions is rejected, too', async () => {
    const { payonce } = await openProgram(createScriptedGateway());
    const wrong: readonly Promise<unknown>[] = [
      payonce.payment(7 as never),
      payonce.payment('x', { account: 'acme' } as never),
      payonce.payment('x', { accountId: '' }),
      payonce.payments({ status: 'paid' } as never),
      payonce.payments({ limit: 0 }),
      payonce.payments({ limit: 501 }),
      payonce.payments({ before: 'x' }),
      payonce.payments({ orderId: '' }),
      payonce.payments('ORD123' as never),
      payonce.events('x', { after: -1 }),
      payonce.events('x', { cursor: 1 } as never),
      payonce.stop(-1),
      payonce.stop('10s' as never),
    ];
    for (const each of await Promise.allSettled(wrong)) {
      expect(each).toMatchObject({
        status: 'rejected',
        reason: { name: 'PayonceInputError', code: 'invalid_request' },
      });
    }
    expect(await payonce.ready()).toBe(true);
  });

  test('of createPayonce is rejected before the database is touched', async () => {
    const database = await openDatabase();
    await database.query('DROP SCHEMA payonce CASCADE');
    const { pool } = database.open({ max: 2 });
    const gateway = { ...createScriptedGateway(), name: '' };
    await expect(createPayonce({ pool, gateway })).rejects.toBeInstanceOf(PayonceInputError);
    expect(pool.totalCount).toBe(0);
  });
});

describe('an adapter that answers what it may not', () => {
  test.each([
    ['an approval without an id', { kind: 'approved' }],
    ['nothing', undefined],
    ['a word of its own', { kind: 'success', ref: 'ch_1' }],
    ['an approval whose id is a number', { kind: 'approved', ref: 7 }],
  ])('with %s is not believed: the charge is looked up', async (_what, answer) => {
    const gateway = createScriptedGateway({ landsWithinMs: 0 });
    gateway.play = ({ attempt, charge }) => {
      const outcome = charge();
      return attempt === 1 ? (answer as CallOutcome) : outcome;
    };
    const { payonce, logged } = await openProgram(gateway);
    expect(await payonce.charge(ORDER, PATIENT)).toMatchObject({
      outcome: 'paid',
      payment: { gatewayRef: 'ch_1' },
    });
    expect(logged).toContainEqual(expect.stringContaining('the gateway adapter returned an invalid answer'));
    expect(gateway.ledger.size).toBe(1);
  });

  test('to every call and lookup never ends in a charge that failed', async () => {
    const gateway = createScriptedGateway({ landsWithinMs: 0, lookupLagMs: 0 });
    gateway.play = ({ charge }) => {
      charge();
      return {} as CallOutcome;
    };
    gateway.lookupPlay = () => ({ kind: 'not_found' }) as never;
    const { payonce } = await openProgram(gateway);
    await payonce.charge(ORDER, { waitMs: 0 });
    const [payment] = await payonce.payments();
    const lookup = await until('a lookup has ended', async () => {
      const events = await payonce.events(payment?.paymentId ?? '', { limit: 500 });
      return events?.find((_event, index) => events[index - 1]?.type === 'lookup.started');
    });
    expect(lookup).toMatchObject({ type: 'lookup.unavailable', detail: 'adapter_answer_invalid' });
    expect(await payonce.charge(ORDER, { waitMs: 0 })).toMatchObject({ outcome: 'pending' });
  });

  test('with a code that is no word is reported as declined, without the code', async () => {
    const gateway = createScriptedGateway();
    gateway.play = () => ({ kind: 'declined', code: `do not honour 4${'0'.repeat(14)}2` });
    const { payonce } = await openProgram(gateway);
    expect(await payonce.charge(ORDER, PATIENT)).toMatchObject({
      outcome: 'declined',
      payment: { failureCode: 'declined' },
    });
  });
});
