/** What is special about Stripe: handles, seals, lists, the identity of objects, accounts, and which orders it takes. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { decodedPath } from '../../../test/support/decoded-path.ts';
import {
  CHARGE,
  errorAnswer,
  type Fields,
  intentBody,
  json,
  listBody,
  REFUND,
  refundBody,
} from '../../../test/support/stripe-answers.ts';
import { openStripeWorld, type StripeWorld } from '../../../test/support/stripe-world.ts';
import * as server from '../../testing/server.ts';
import { amountProblem, fromStripe, toStripe } from './amounts.ts';
import { stripeGateway } from './index.ts';

const call = { timeoutMs: 60_000, mayLeave: () => true };
const { handle: _, ...PREPARE } = CHARGE;
const DAY_S = 86_400;

let world: StripeWorld;
beforeEach(async () => {
  world = await openStripeWorld();
});
afterEach(() => world.close());

/** Answers the next requests in this order. */
function script(...answers: server.RawAnswer[]): void {
  world.far.script(...answers.map((raw) => server.answer(raw)));
}
const sent = () => world.far.requests.map((one) => `${one.method} ${decodedPath(one)}`);

describe('prepare', () => {
  const prepare = (body: Fields) => {
    script(json(body));
    return world.twoSteps.prepare({ ...PREPARE, prepareKey: 'prepare-key' }, call);
  };

  test('names the intent, also if the answer was kept under the key', async () => {
    expect(await prepare(intentBody())).toEqual({ kind: 'prepared', handle: 'pi_1' });
    script(json(intentBody(), 200, { 'idempotent-replayed': 'true' }));
    expect(await world.twoSteps.prepare({ ...PREPARE, prepareKey: 'prepare-key' }, call)).toEqual({
      kind: 'prepared',
      handle: 'pi_1',
    });
  });

  test.each<[string, Fields]>([
    ['amount', { amount: 1 }],
    ['currency', { currency: 'eur' }],
    ['mode', { livemode: true }],
  ])('of another %s is no handle, and needs another key', async (_name, changes) => {
    expect(await prepare(intentBody(changes))).toEqual({
      kind: 'failed_for_good',
      reason: 'prepared_on_other_terms',
    });
  });

  test.each<[string, Fields]>([
    ['of another charge', { metadata: { key: 'another', reference: CHARGE.reference } }],
    ['of another order', { metadata: { key: CHARGE.key, reference: 'another' } }],
    ['without an id', { id: '' }],
    ['with an id that leads elsewhere', { id: '../refunds' }],
    ['that is a charge', { object: 'charge' }],
  ])('with an intent %s is no handle, and may be repeated', async (_name, changes) => {
    expect(await prepare(intentBody(changes))).toMatchObject({ kind: 'failed' });
  });

  test.each([
    ['reset', server.reset],
    ['truncated', server.writeAndClose(server.bytesOf(json(intentBody())).subarray(0, -1))],
    ['not JSON', server.answer({ ...json(intentBody()), body: 'OK' })],
  ])('whose answer is %s may be repeated, and is one request', async (_name, reply) => {
    world.far.script(reply);
    const outcome = await world.twoSteps.prepare({ ...PREPARE, prepareKey: 'prepare-key' }, call);
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect(sent()).toEqual(['POST /v1/payment_intents']);
  });

  test('sends nothing if it may not leave', async () => {
    const late = { ...call, mayLeave: () => false };
    expect(await world.twoSteps.prepare({ ...PREPARE, prepareKey: 'prepare-key' }, late)).toEqual({
      kind: 'failed',
      reason: 'lease_over_before_send',
    });
    expect(world.far.connections()).toBe(0);
  });

  test('of an amount that Stripe cannot write is declined unsent', async () => {
    const request = { ...PREPARE, amountMinor: 1_001, currency: 'KWD', prepareKey: 'prepare-key' };
    expect(await world.twoSteps.prepare(request, call)).toEqual({
      kind: 'declined',
      code: 'amount_not_chargeable',
    });
    expect(world.far.connections()).toBe(0);
  });
});

describe('a call', () => {
  test.each(['', '../refunds', 'pi_1/capture', undefined])(
    'without a handle that Stripe could have given sends nothing: %s',
    async (handle) => {
      const request = handle === undefined ? PREPARE : { ...PREPARE, handle };
      expect(await world.gateway.call(request, call)).toEqual({ kind: 'refused', reason: 'handle_unusable' });
      expect(await world.refunds.call({ ...REFUND, chargeRef: handle ?? '' }, call)).toMatchObject({
        kind: 'refused',
      });
      expect(world.far.connections()).toBe(0);
    },
  );

  test('is not approved by another intent, even if that is paid', async () => {
    script(json(intentBody({ id: 'pi_2', status: 'succeeded' })));
    expect(await world.gateway.call(CHARGE, call)).toEqual({
      kind: 'unknown',
      answered: false,
      reason: 'answer_about_another_charge',
    });
  });

  test('counts what was taken, and not what was asked for', async () => {
    script(json(intentBody({ status: 'succeeded', amount_received: 9_999 })));
    expect(await world.gateway.call(CHARGE, call)).toEqual({
      kind: 'mismatch',
      ref: 'pi_1',
      reason: 'amount_mismatch',
    });
  });

  test.each<[string, Fields | null]>([
    ['no intent', null],
    ['another intent', intentBody({ id: 'pi_2', status: 'requires_payment_method' })],
    ['a paid intent', intentBody({ status: 'succeeded' })],
    ['an intent that the bank decides about', intentBody({ status: 'processing' })],
  ])('is not declined by an error with %s', async (_name, intent) => {
    script(errorAnswer(402, { type: 'card_error', code: 'card_declined', payment_intent: intent }));
    expect(await world.gateway.call(CHARGE, call)).toMatchObject({ kind: 'unknown', answered: false });
  });

  test('of a currency in which Stripe has other units compares in minor units', async () => {
    const request = { ...CHARGE, amountMinor: 500, currency: 'ISK' };
    script(
      json(intentBody({ currency: 'isk', amount: 50_000, amount_received: 50_000, status: 'succeeded' })),
    );
    expect(await world.gateway.call(request, call)).toEqual({ kind: 'approved', ref: 'pi_1' });
  });

  test('takes an error under another key for another request’s', async () => {
    script(errorAnswer(429, {}, { 'idempotency-key': 'another' }));
    expect(await world.gateway.call(CHARGE, call)).toEqual({
      kind: 'unknown',
      answered: false,
      reason: 'answer_about_another_key',
    });
  });
});

describe('a seal', () => {
  const seal = () => world.twoSteps.seal({ ...CHARGE, sealKey: 'seal-key' }, call);

  test('means nothing, whatever it answers', async () => {
    for (const raw of [
      json(intentBody({ status: 'canceled' })),
      errorAnswer(400, { code: 'payment_intent_unexpected_state' }),
      errorAnswer(500, { type: 'api_error' }),
    ]) {
      script(raw);
      expect(await seal()).toBeUndefined();
    }
    world.far.script(server.reset);
    expect(await seal()).toBeUndefined();
    expect(sent()).toEqual(Array(4).fill('POST /v1/payment_intents/pi_1/cancel'));
  });

  test('that could not be sent says so', async () => {
    await world.far.close();
    expect(await seal()).toEqual({ kind: 'not_sent', reason: 'connection_refused' });
  });
});

describe('a read of the handle', () => {
  const look = (raw: server.RawAnswer) => {
    script(raw);
    return world.gateway.lookup(CHARGE, call);
  };

  test('that was paid and then refunded in full is reversed; in part, it is paid', async () => {
    const charge = (refunded: boolean) => ({ id: 'ch_1', object: 'charge', amount_refunded: 1, refunded });
    expect(await look(json(intentBody({ status: 'succeeded', latest_charge: charge(true) })))).toEqual({
      kind: 'reversed',
      refs: ['pi_1'],
    });
    expect(await look(json(intentBody({ status: 'succeeded', latest_charge: charge(false) })))).toEqual({
      kind: 'succeeded',
      ref: 'pi_1',
    });
  });

  test.each(['canceled', 'requires_payment_method'])(
    'that is %s but has received money is no seal',
    async (status) => {
      expect(await look(json(intentBody({ status, amount_received: 1 })))).toMatchObject({
        kind: 'mismatch',
        ref: 'pi_1',
      });
    },
  );

  test('404 is never absence: the key may be of another account', async () => {
    expect(await look(errorAnswer(404, { code: 'resource_missing' }))).toEqual({
      kind: 'unavailable',
      reason: 'handle_unknown',
    });
  });

  test.each<[string, Fields]>([
    ['another intent', { id: 'pi_2' }],
    ['another key', { metadata: { key: 'another', reference: CHARGE.reference } }],
    ['no metadata', { metadata: {} }],
    ['the other mode', { livemode: true }],
  ])('that shows %s proves nothing', async (_name, changes) => {
    const raw = json(intentBody({ status: 'canceled', ...changes }));
    expect(await look(raw)).toMatchObject({ kind: 'unavailable' });
  });

  test('from a cache shows money, and nothing else', async () => {
    const old = { age: '4' };
    expect(await look(json(intentBody({ status: 'canceled' }), 200, old))).toEqual({
      kind: 'unavailable',
      reason: 'cached_answer',
    });
    expect(await look(json(intentBody({ status: 'succeeded' }), 200, old))).toMatchObject({
      kind: 'succeeded',
    });
  });

  test.each([
    ['is too long', 'x'.repeat(2_049)],
    ['has a NUL', 'https://bank.example/\0'],
    ['has half of a surrogate pair', 'https://bank.example/\ud800'],
  ])('shows the customer’s secret if Stripe.js has to go on, and no text that %s', async (_which, url) => {
    const next_action = { type: 'use_stripe_sdk', redirect_to_url: { url } };
    expect(await look(json(intentBody({ status: 'requires_action', next_action })))).toEqual({
      kind: 'requires_action',
      ref: 'pi_1',
      action: { type: 'use_stripe_sdk', client_secret: 'pi_1_secret_abc' },
    });
  });
});

describe('a lookup without a handle', () => {
  const NOW = { date: 'Tue, 01 Jan 2030 00:00:00 GMT' };
  const nowS = Date.UTC(2030, 0, 1) / 1000;
  const foreign = (id: string, changes: Fields = {}) =>
    intentBody({ id, metadata: {}, created: nowS, ...changes });
  const look = (...pages: Fields[]) => {
    script(...pages.map((page) => json(page, 200, NOW)));
    return world.gateway.lookup(PREPARE, call);
  };

  /** What was asked after the question for the clock, and the one before it. */
  const asked = () => sent().slice(2);

  beforeEach(() => look(listBody([]), listBody([])));

  test('goes through all pages, and finds its own by the key', async () => {
    const own = intentBody({ id: 'pi_9', status: 'succeeded', created: nowS });
    expect(await look(listBody([foreign('pi_3'), foreign('pi_2')], true), listBody([own]))).toEqual({
      kind: 'succeeded',
      ref: 'pi_9',
    });
    expect(asked()[1]).toContain('starting_after=pi_2');
  });

  test('is absent only after the last page', async () => {
    expect(await look(listBody([foreign('pi_3')], true), listBody([]))).toEqual({ kind: 'absent' });
    expect(await look(listBody([foreign('pi_3')], true))).toEqual({
      kind: 'unavailable',
      reason: 'incomplete_list',
    });
  });

  test('goes back 60 days by Stripe’s clock, and without its clock to the end', async () => {
    const madeBefore = (days: number) => foreign(`pi_${days}`, { created: nowS - days * DAY_S });
    expect(await look(listBody([madeBefore(61)], true))).toEqual({ kind: 'absent' });
    expect(await look(listBody([madeBefore(59)], true), listBody([]))).toEqual({ kind: 'absent' });
    expect(asked()).toHaveLength(3);
    script(json(listBody([madeBefore(61)], true)), json(listBody([])));
    expect(await world.gateway.lookup(PREPARE, call)).toEqual({ kind: 'absent' });
    expect(asked()).toHaveLength(5);
  });

  test('ends after ten pages, and then proves nothing', async () => {
    const pages = Array.from({ length: 11 }, (_, page) => listBody([foreign(`pi_${page}`)], true));
    expect(await look(...pages)).toEqual({ kind: 'unavailable', reason: 'list_too_long' });
    expect(asked()).toHaveLength(10);
  });

  test('sees a second page that fails as no answer', async () => {
    script(json(listBody([foreign('pi_3')], true)), errorAnswer(500, { type: 'api_error' }));
    expect(await world.gateway.lookup(PREPARE, call)).toMatchObject({ kind: 'unavailable' });
  });

  test('weighs several intents of the charge: money first, then what may still lead to it', async () => {
    const own = (id: string, status: string) => intentBody({ id, status, created: nowS });
    expect(await look(listBody([own('pi_1', 'canceled'), own('pi_2', 'succeeded')]))).toEqual({
      kind: 'succeeded',
      ref: 'pi_2',
    });
    expect(await look(listBody([own('pi_1', 'succeeded'), own('pi_2', 'succeeded')]))).toEqual({
      kind: 'duplicated',
      refs: ['pi_1', 'pi_2'],
    });
    expect(await look(listBody([own('pi_1', 'canceled'), own('pi_2', 'requires_confirmation')]))).toEqual({
      kind: 'open',
      ref: 'pi_2',
    });
    expect(await look(listBody([own('pi_1', 'canceled')]))).toEqual({ kind: 'sealed', ref: 'pi_1' });
  });

  test('sees a charge that was paid and given back as over, whatever intent was left unconfirmed', async () => {
    const latest_charge = { id: 'ch_1', object: 'charge', refunded: true };
    const givenBack = intentBody({ id: 'pi_1', status: 'succeeded', latest_charge, created: nowS });
    const leftOver = intentBody({ id: 'pi_2', created: nowS });
    expect(await look(listBody([leftOver, givenBack]))).toMatchObject({ kind: 'reversed' });
  });

  test.each<Fields>([
    { object: 'payment_intent', data: [], has_more: false },
    { object: 'list', data: {}, has_more: false },
    { object: 'list', data: [] },
    { object: 'list', data: [{}], has_more: false },
  ])('cannot read %j', async (body) => {
    expect(await look(body)).toEqual({ kind: 'unavailable', reason: 'unparseable_answer' });
  });
});

describe('refunds', () => {
  const foreign = (id: string, changes: Fields = {}) => refundBody({ id, metadata: {}, ...changes });
  const list = (...pages: Fields[]) => script(...pages.map((page) => json(page)));

  test('are found among those that others made, on whatever page', async () => {
    list(listBody([foreign('re_8'), foreign('re_7')], true), listBody([refundBody()]));
    expect(await world.refunds.lookup(REFUND, call)).toEqual({ kind: 'succeeded', ref: 're_1' });
    expect(sent()[1]).toContain('starting_after=re_7');
    list(listBody([foreign('re_8')]));
    expect(await world.refunds.lookup(REFUND, call)).toEqual({ kind: 'absent' });
  });

  test('are found by the key, never by the amount', async () => {
    list(listBody([foreign('re_8', { amount: 4_000, metadata: { key: 'another' } })]));
    expect(await world.refunds.lookup(REFUND, call)).toEqual({ kind: 'absent' });
  });

  test('of another intent, or in a list that is cut off, prove nothing', async () => {
    list(listBody([refundBody({ payment_intent: 'pi_2' })]));
    expect(await world.refunds.lookup(REFUND, call)).toMatchObject({ kind: 'unavailable' });
    list(...Array.from({ length: 11 }, (_, page) => listBody([foreign(`re_${page}`)], true)));
    expect(await world.refunds.lookup(REFUND, call)).toEqual({
      kind: 'unavailable',
      reason: 'list_too_long',
    });
  });

  test('are absent from an empty list only if the account knows the intent', async () => {
    const sum = () => world.refunds.refunded?.(REFUND, call);
    const isUnknown = { kind: 'unavailable', reason: 'handle_unknown' };
    list(listBody([]), intentBody({ status: 'succeeded' }));
    expect(await world.refunds.lookup(REFUND, call)).toEqual({ kind: 'absent' });
    expect(sent()[1]).toContain('/v1/payment_intents/pi_1');
    script(json(listBody([])), errorAnswer(404, { code: 'resource_missing' }));
    expect(await world.refunds.lookup(REFUND, call)).toEqual(isUnknown);
    script(json(listBody([])), errorAnswer(404, { code: 'resource_missing' }));
    expect(await sum()).toEqual(isUnknown);
    list(listBody([]), intentBody({ id: 'pi_2', status: 'succeeded' }));
    expect(await sum()).toMatchObject({ kind: 'unavailable' });
    script(json(listBody([])), json({}, 503));
    expect(await world.refunds.lookup(REFUND, call)).toMatchObject({ kind: 'unavailable' });
  });

  test('that were kept under the key are looked at in the list: they may have failed since', async () => {
    script(json(refundBody(), 200, { 'idempotent-replayed': 'true' }));
    expect(await world.refunds.call(REFUND, call)).toEqual({
      kind: 'unknown',
      answered: true,
      reason: 'replayed_answer',
    });
  });

  test('are added up if they take money back, by whoever they were made', async () => {
    const sum = () => world.refunds.refunded?.(REFUND, call);
    list(
      listBody([
        refundBody({ amount: 100 }),
        foreign('re_2', { amount: 20, status: 'pending' }),
        foreign('re_3', { amount: 3, status: 'requires_action' }),
        foreign('re_4', { amount: 4_000, status: 'failed' }),
        foreign('re_5', { amount: 5_000, status: 'canceled' }),
      ]),
      intentBody({ status: 'succeeded' }),
    );
    expect(await sum()).toEqual({ kind: 'refunded', amountMinor: 123 });
    list(listBody([refundBody({ currency: 'eur' })]));
    expect(await sum()).toEqual({ kind: 'unavailable', reason: 'currency_mismatch' });
    list(listBody([refundBody({ status: 'a_word_from_the_future' })]));
    expect(await sum()).toEqual({ kind: 'unavailable', reason: 'status_unknown' });
  });

  test.each([
    ['reset', server.reset],
    ['closed', server.close],
    ['not JSON', server.answer({ ...json(refundBody()), body: 'OK' })],
    ['of another key', server.answer(json(refundBody({ metadata: { key: 'another' } })))],
  ])('whose answer is %s are unknown, and one request', async (_name, reply) => {
    world.far.script(reply);
    expect(await world.refunds.call(REFUND, call)).toMatchObject({ kind: 'unknown', answered: false });
    expect(sent()).toEqual(['POST /v1/refunds']);
  });

  test('of an amount that Stripe cannot write are declined unsent', async () => {
    const request = { ...REFUND, amountMinor: 150, currency: 'MGA' };
    expect(await world.refunds.call(request, call)).toEqual({
      kind: 'declined',
      code: 'amount_not_refundable',
    });
    expect(world.far.connections()).toBe(0);
  });
});

describe('amounts', () => {
  test.each([
    ['USD', 1_000, 1_000],
    ['JPY', 500, 500],
    ['ISK', 500, 50_000],
    ['UGX', 500, 50_000],
    ['MGA', 50_000, 500],
    ['KWD', 5_120, 5_120],
  ])('of %s: %i minor units are %i at Stripe, and back', (currency, minor, stripe) => {
    expect(toStripe(minor, currency)).toBe(stripe);
    expect(fromStripe(stripe, currency)).toBe(minor);
  });

  test.each([
    ['KWD', 5_124],
    ['MGA', 50_050],
    ['ISK', Number.MAX_SAFE_INTEGER],
  ])('of %s: %i cannot be written', (currency, minor) => {
    expect(toStripe(minor, currency)).toBeNull();
  });

  test('that came back with a fraction of a krona are none', () => {
    expect(fromStripe(50_050, 'ISK')).toBeNull();
  });

  test.each<[string, number, RegExp | null]>([
    ['USD', 49, /at least 50 minor units of USD/],
    ['USD', 50, null],
    ['USD', 99_999_999, null],
    ['USD', 100_000_000, /at most 99999999 minor units of USD/],
    ['JPY', 100_000_000, null],
    ['IDR', 999_999_999_999, null],
    ['IDR', 1_000_000_000_000, /at most/],
    ['ISK', 1, null],
    ['ISK', 10_000_000_000, /at most 9999999999 minor units of ISK/],
    ['ISK', Number.MAX_SAFE_INTEGER, /at most/],
    ['KWD', 1_001, /multiple of 10/],
    ['MGA', 1_050, /multiple of 100/],
    ['XPF', 1, null],
  ])('of %s: %i may be charged unless Stripe says no in all cases', (currency, minor, problem) => {
    const found = amountProblem(minor, currency);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toMatch(problem);
  });
});

describe('an order', () => {
  const refused = (changes: Partial<typeof CHARGE> | { readonly method?: string }) =>
    world.gateway.refuses?.({ ...CHARGE, ...changes });

  test('needs the id of a payment method', () => {
    const { method: _method, ...without } = CHARGE;
    expect(world.gateway.refuses?.(without)).toMatch(/pm_/);
    expect(refused({ method: 'tok_visa' })).toMatch(/pm_/);
    expect(refused({})).toBeNull();
  });

  test('needs an amount that Stripe takes', () => {
    expect(world.gateway.refuses?.({ ...CHARGE, amountMinor: 1 })).toMatch(/at least/);
  });
});

describe('the account', () => {
  const open = (options: Partial<Parameters<typeof stripeGateway>[0]>) =>
    stripeGateway({
      secretKey: 'sk_test_0',
      apiBase: `http://127.0.0.1:${world.far.port}`,
      ...options,
    }).then((gateway) => {
      onTestFinished(() => gateway.close());
      return gateway.name;
    });

  test('is asked for, and is part of the name', async () => {
    script(json({ id: 'acct_1A2b', object: 'account' }));
    expect(await open({})).toBe('stripe:acct_1A2b');
    expect(sent()).toEqual(['GET /v1/account']);
  });

  test('that is given must be the key’s', async () => {
    script(json({ id: 'acct_1', object: 'account' }));
    expect(await open({ account: 'acct_1' })).toBe('stripe:acct_1');
    await expect(open({ account: 'acct_2' })).rejects.toThrow(/belongs to acct_1.*given is acct_2/);
  });

  test('that is given is enough if Stripe is down', async () => {
    script(errorAnswer(503, { type: 'api_error' }));
    expect(await open({ account: 'acct_1' })).toBe('stripe:acct_1');
    await expect(open({})).rejects.toThrow(/http_503.*give the account’s id/);
  });

  test('cannot be asked for with a restricted key', async () => {
    await expect(open({ secretKey: 'rk_test_0' })).rejects.toThrow(/restricted key/);
    expect(await open({ secretKey: 'rk_test_0', account: 'acct_1' })).toBe('stripe:acct_1');
    expect(sent()).toEqual([]);
  });

  test('is not opened with a key that Stripe refuses, even if it is given', async () => {
    script(errorAnswer(401, {}));
    await expect(open({ account: 'acct_1' })).rejects.toThrow(/refuses the secret key/);
  });

  test.each(['pk_test_secret', 'sk_org_secret', 'secret', '', 'sk_test_sec\nret'])(
    'is not opened with the key %j, which is not repeated',
    async (secretKey) => {
      const opening = open({ secretKey });
      await expect(opening).rejects.toThrow(TypeError);
      await expect(opening).rejects.not.toThrow(/secret\b.*_secret|sec\nret/);
    },
  );

  test.each(['stripe', 'ftp://a', 'https://user:hidden@a', 'https://a/v1', 'https://a/?x'])(
    'is not opened at %s',
    async (apiBase) => {
      await expect(open({ apiBase })).rejects.toThrow(TypeError);
      await expect(open({ apiBase })).rejects.not.toThrow(/hidden/);
    },
  );

  test('is not opened with a live key in the clear', async () => {
    await expect(open({ secretKey: 'sk_live_0' })).rejects.toThrow(/https/);
    expect(world.far.connections()).toBe(0);
  });
});
