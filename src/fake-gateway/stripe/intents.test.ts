/** PaymentIntents through Stripe's own library: their states, and what each of them allows. */
import { setMaxListeners } from 'node:events';
import Stripe from 'stripe';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type EmulatedStripe,
  errorOf,
  PAID_FORM,
  paid,
  payment,
  refusalOf,
  runStripe,
} from '../../../test/suites/stripe.client.ts';

setMaxListeners(0);
const running: EmulatedStripe[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ far }) => far.gateway.close()));
});
async function start(options: Parameters<typeof runStripe>[0] = {}): Promise<EmulatedStripe> {
  const stripe = await runStripe(options);
  running.push(stripe);
  return stripe;
}

const DAY_MS = 86_400_000;

describe('a payment', () => {
  test('that is created moves no money; confirmed, it is one charge in the ledger', async () => {
    const { sdk, ledger } = await start();
    const created = await sdk.paymentIntents.create(
      payment({
        metadata: { order_id: 'ORD1', reference: 'ref-1' },
        description: 'A book',
        customer: 'cus_1',
      }),
    );
    expect(created).toMatchObject({
      object: 'payment_intent',
      status: 'requires_payment_method',
      amount: 1_000,
      currency: 'usd',
      amount_received: 0,
      latest_charge: null,
      livemode: false,
      metadata: { order_id: 'ORD1', reference: 'ref-1' },
      description: 'A book',
      customer: 'cus_1',
    });
    expect((await ledger()).summary).toMatchObject({ charges: 0, landing: 0 });

    const confirmed = await sdk.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' });
    expect(confirmed).toMatchObject({ id: created.id, status: 'succeeded', amount_received: 1_000 });
    expect(await ledger()).toMatchObject({
      summary: { charges: 1, live: 1, money: { USD: { captured: 1_000, refunded: 0 } } },
      data: [
        {
          id: confirmed.latest_charge,
          reference: 'ref-1',
          order_id: 'ORD1',
          amount: 1_000,
          method: 'pm_card_visa',
        },
      ],
    });
    expect(await sdk.paymentIntents.retrieve(created.id)).toEqual(confirmed);
  });

  test('can be created and confirmed at once, with its charge in full', async () => {
    const { sdk } = await start();
    const intent = await sdk.paymentIntents.create(paid({ expand: ['latest_charge'] }));
    expect(intent).toMatchObject({
      status: 'succeeded',
      latest_charge: {
        object: 'charge',
        amount: 1_000,
        amount_captured: 1_000,
        captured: true,
        paid: true,
        status: 'succeeded',
        payment_intent: intent.id,
        payment_method_details: { card: { brand: 'visa', last4: '4242' } },
      },
    });
    const charge = intent.latest_charge as Stripe.Charge;
    expect(await sdk.charges.retrieve(charge.id)).toEqual(charge);
    expect((await sdk.charges.list({ payment_intent: intent.id })).data).toEqual([charge]);
    expect(await sdk.charges.retrieve(charge.id, { expand: ['payment_intent'] })).toMatchObject({
      payment_intent: { id: intent.id, status: 'succeeded' },
    });
  });

  test('waits for its confirmation if it has a method', async () => {
    const { sdk } = await start();
    const { id, status } = await sdk.paymentIntents.create(payment({ payment_method: 'pm_card_mastercard' }));
    expect(status).toBe('requires_confirmation');
    expect(await sdk.paymentIntents.confirm(id)).toMatchObject({ status: 'succeeded' });
  });

  test('is never charged twice, whatever keys the confirmations have', async () => {
    const { sdk, ledger } = await start();
    const { id } = await sdk.paymentIntents.create(payment());
    const confirm = (key: string) =>
      sdk.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }, { idempotencyKey: key });
    const ends = await Promise.allSettled(['a', 'b', 'c', 'd'].map(confirm));
    expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1);
    expect(await refusalOf(confirm('e'))).toMatchObject({
      statusCode: 400,
      code: 'payment_intent_unexpected_state',
      payment_intent: { id, status: 'succeeded' },
    });
    expect((await ledger()).summary).toMatchObject({ charges: 1, live: 1 });
  });

  test.each([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['pm_declined', 'card_declined', 'generic_decline'],
  ])('with %s is declined, and can be paid with another method', async (method, code, decline) => {
    const { sdk, ledger } = await start();
    const { id } = await sdk.paymentIntents.create(payment({ metadata: { order_id: 'O' } }));
    const refusal = await refusalOf(sdk.paymentIntents.confirm(id, { payment_method: method }));
    expect(refusal).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(refusal).toMatchObject({ statusCode: 402, rawType: 'card_error', code, decline_code: decline });
    expect(refusal.payment_intent).toMatchObject({
      id,
      status: 'requires_payment_method',
      payment_method: null,
      last_payment_error: {
        code,
        decline_code: decline,
        charge: refusal.charge,
        payment_method: { id: method },
      },
    });
    expect(await sdk.charges.retrieve(String(refusal.charge))).toMatchObject({
      status: 'failed',
      paid: false,
      failure_code: code,
      outcome: { reason: decline },
    });
    expect((await ledger()).summary).toMatchObject({ declined: 1, live: 0, money: {} });
    expect(await sdk.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })).toMatchObject({
      status: 'succeeded',
      last_payment_error: null,
    });
    expect((await ledger()).summary).toMatchObject({ declined: 1, live: 1, duplicates: 0 });
  });

  test('may be under way for a while, and then succeed or be declined', async () => {
    const { sdk, advance, ledger } = await start();
    const good = await sdk.paymentIntents.create(paid({ payment_method: 'pm_pending' }));
    const bad = await sdk.paymentIntents.create(paid({ payment_method: 'pm_pending_declined' }));
    expect([good.status, bad.status]).toEqual(['processing', 'processing']);
    expect(await refusalOf(sdk.paymentIntents.cancel(good.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect(await refusalOf(sdk.paymentIntents.confirm(bad.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect((await ledger()).summary).toMatchObject({ pending: 2, live: 0 });
    advance(2_000);
    expect(await sdk.paymentIntents.retrieve(good.id)).toMatchObject({
      status: 'succeeded',
      amount_received: 1_000,
    });
    expect(await sdk.paymentIntents.retrieve(bad.id)).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      last_payment_error: { code: 'card_declined', charge: bad.latest_charge },
    });
    expect((await ledger()).summary).toMatchObject({ pending: 0, live: 1, declined: 1 });
    expect(await sdk.paymentIntents.confirm(bad.id, { payment_method: 'pm_card_visa' })).toMatchObject({
      status: 'succeeded',
    });
  });

  test('without a method cannot be confirmed', async () => {
    const { sdk } = await start();
    const { id } = await sdk.paymentIntents.create(payment());
    expect(await refusalOf(sdk.paymentIntents.confirm(id))).toMatchObject({
      statusCode: 400,
      code: 'payment_intent_unexpected_state',
    });
  });
});

describe('canceling', () => {
  test.each<[state: string, params: Stripe.PaymentIntentCreateParams]>([
    ['requires_payment_method', payment()],
    ['requires_confirmation', payment({ payment_method: 'pm_card_visa' })],
    ['requires_action', paid({ payment_method: 'pm_card_authenticationRequired' })],
    ['requires_capture', paid({ capture_method: 'manual' })],
  ])('seals a payment in %s: nothing can charge it any more', async (state, params) => {
    const { sdk, ledger } = await start();
    const { id, status } = await sdk.paymentIntents.create(params);
    expect(status).toBe(state);
    const canceled = await sdk.paymentIntents.cancel(id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'abandoned',
      canceled_at: Date.parse('2030-01-01') / 1_000,
      amount_capturable: 0,
      next_action: null,
    });
    const confirm = sdk.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    for (const later of [confirm, sdk.paymentIntents.capture(id), sdk.paymentIntents.cancel(id)]) {
      expect(await refusalOf(later)).toMatchObject({
        statusCode: 400,
        rawType: 'invalid_request_error',
        code: 'payment_intent_unexpected_state',
        payment_intent: { id, status: 'canceled' },
      });
    }
    expect((await ledger()).summary).toMatchObject({ live: 0, money: {} });
  });

  test('is refused once the payment has succeeded', async () => {
    const { sdk } = await start();
    const { id } = await sdk.paymentIntents.create(paid());
    const refusal = await refusalOf(sdk.paymentIntents.cancel(id));
    expect(refusal).toMatchObject({
      code: 'payment_intent_unexpected_state',
      payment_intent: { status: 'succeeded' },
    });
    expect(refusal.message).toContain('because it has a status of succeeded');
  });
});

describe('capturing by hand', () => {
  test('holds the money, and takes it or a part of it once', async () => {
    const { sdk, ledger } = await start();
    const held = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
    expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 1_000, amount_received: 0 });
    expect((await ledger()).summary).toMatchObject({ live: 1, money: {} });
    const captured = await sdk.paymentIntents.capture(held.id, {
      amount_to_capture: 400,
      expand: ['latest_charge'],
    });
    expect(captured).toMatchObject({
      status: 'succeeded',
      amount: 1_000,
      amount_capturable: 0,
      amount_received: 400,
      latest_charge: { captured: true, amount: 1_000, amount_captured: 400 },
    });
    expect((await ledger()).summary).toMatchObject({ money: { USD: { captured: 400 } } });
    expect(await refusalOf(sdk.paymentIntents.capture(held.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  test('takes no more than is held', async () => {
    const { sdk } = await start();
    const { id } = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
    expect(await refusalOf(sdk.paymentIntents.capture(id, { amount_to_capture: 1_001 }))).toMatchObject({
      code: 'amount_too_large',
      param: 'amount_to_capture',
    });
    expect(await sdk.paymentIntents.capture(id)).toMatchObject({ amount_received: 1_000 });
  });

  test('is over after seven days: the hold ends by itself', async () => {
    const { sdk, advance, ledger } = await start();
    const left = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
    const taken = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
    await sdk.paymentIntents.capture(taken.id);
    advance(7 * DAY_MS - 1);
    expect(await sdk.paymentIntents.retrieve(left.id)).toMatchObject({ status: 'requires_capture' });
    advance(1);
    expect(await sdk.paymentIntents.retrieve(left.id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'automatic',
      canceled_at: Date.parse('2030-01-08') / 1_000,
    });
    expect(await sdk.paymentIntents.retrieve(taken.id)).toMatchObject({ status: 'succeeded' });
    expect(await refusalOf(sdk.paymentIntents.capture(left.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect((await ledger()).summary).toMatchObject({ live: 1, voided: 1 });
  });
});

describe('amounts', () => {
  test.each<[amount: number | string, currency: string, code: string]>([
    [49, 'usd', 'amount_too_small'],
    [29, 'gbp', 'amount_too_small'],
    [100_000_000, 'usd', 'amount_too_large'],
    [1_050, 'isk', 'invalid_charge_amount'],
    [1_050, 'ugx', 'invalid_charge_amount'],
    [1_005, 'bhd', 'invalid_charge_amount'],
    [0, 'usd', 'parameter_invalid_integer'],
    [-5, 'usd', 'parameter_invalid_integer'],
    ['10.5', 'usd', 'parameter_invalid_integer'],
    ['1e3', 'usd', 'parameter_invalid_integer'],
  ])('of %s %s are refused: %s', async (amount, currency, code) => {
    const { ask, ledger } = await start();
    const body = `amount=${amount}&currency=${currency}&payment_method=pm_card_visa&confirm=true`;
    const answer = await ask('/payment_intents', { body });
    expect(answer).toMatchObject({ status: 400 });
    expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error', code, param: 'amount' });
    expect((await ledger()).summary.charges).toBe(0);
  });

  test.each([
    [50, 'usd', 50],
    [99_999_999, 'usd', 99_999_999],
    [500, 'jpy', 500],
    [100, 'isk', 1],
    [12_300, 'ugx', 123],
    [7, 'mga', 700],
    [1_230, 'bhd', 1_230],
  ])('of %i %s are %i minor units in the ledger', async (amount, currency, minor) => {
    const { sdk, ledger } = await start();
    const intent = await sdk.paymentIntents.create(paid({ amount, currency, expand: ['latest_charge'] }));
    expect(intent).toMatchObject({ amount, amount_received: amount, latest_charge: { amount, currency } });
    expect((await ledger()).summary.money).toEqual({
      [currency.toUpperCase()]: { captured: minor, refunded: 0 },
    });
    const refund = await sdk.refunds.create({ payment_intent: intent.id });
    expect(refund).toMatchObject({ amount, currency });
  });
});

describe('parameters', () => {
  test.each<[form: string, error: object]>([
    ['currency=usd', { code: 'parameter_missing', param: 'amount' }],
    ['amount=1000', { code: 'parameter_missing', param: 'currency' }],
    ['amount=1000&currency=xyz', { param: 'currency' }],
    ['amount=1000&currency=usd&colour=red', { code: 'parameter_unknown', param: 'colour' }],
    ['amount=1000&currency=usd&payment_method_options[card][network]=visa', { code: 'parameter_unknown' }],
    ['amount=1000&currency=usd&transfer_group=g', { code: 'parameter_unknown', param: 'transfer_group' }],
    [
      'amount=1000&currency=usd&payment_method=pm_unknown',
      { code: 'resource_missing', param: 'payment_method' },
    ],
    ['amount=1000&currency=usd&confirm=yes', { param: 'confirm' }],
    ['amount=1000&currency=usd&capture_method=later', { param: 'capture_method' }],
    [
      'amount=1000&currency=usd&payment_method_types[]=card',
      { code: 'parameter_unknown', param: 'payment_method_types' },
    ],
    [
      'amount=1000&currency=usd&allowed_payment_method_types[]=ideal',
      { param: 'allowed_payment_method_types' },
    ],
    ['amount=1000&currency=usd&return_url=https%3A%2F%2Fshop.example', { param: 'return_url' }],
    ['amount=1000&currency=usd&payment_method=pm_card_visa&confirm=true', { param: 'return_url' }],
    [`${PAID_FORM}&return_url=https%3A%2F%2Fshop.example`, { param: 'return_url' }],
    [`${PAID_FORM}&expand[]=customer`, { param: 'expand' }],
    [`amount=1000&currency=usd&metadata[${'n'.repeat(41)}]=1`, { param: expect.stringMatching(/^metadata/) }],
    [`amount=1000&currency=usd&metadata[n]=${'v'.repeat(501)}`, { param: 'metadata[n]' }],
    ['amount=1000&currency=usd&metadata[fault_create]=explodes', { param: 'metadata[fault_create]' }],
  ])('%s is refused, and nothing is made', async (body, error) => {
    const { ask, sdk, ledger } = await start();
    const answer = await ask('/payment_intents', { body });
    expect(answer).toMatchObject({ status: 400 });
    expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error', ...error });
    expect((await sdk.paymentIntents.list()).data).toEqual([]);
    expect((await ledger()).summary.charges).toBe(0);
  });

  test('payment_method_types is known to versions of the API before it was removed', async () => {
    const { ask } = await start();
    const body =
      'amount=1000&currency=usd&payment_method_types[]=card&payment_method=pm_card_visa&confirm=true';
    const headers = { 'stripe-version': '2024-06-20' };
    expect(await ask('/payment_intents', { body, headers })).toMatchObject({
      status: 200,
      headers: { 'stripe-version': '2024-06-20' },
    });
  });

  test('allowed_payment_method_types needs no page to come back to', async () => {
    const { sdk } = await start();
    const intent = await sdk.paymentIntents.create({
      amount: 1_000,
      currency: 'usd',
      allowed_payment_method_types: ['card'],
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    expect(intent).toMatchObject({
      status: 'succeeded',
      allowed_payment_method_types: ['card'],
      payment_method_types: ['card'],
      automatic_payment_methods: null,
    });
  });

  test.each(['/payment_intents/pi_x', '/charges/ch_x', '/refunds/re_x', '/events/evt_x'])(
    '%s does not exist',
    async (path) => {
      const { ask } = await start();
      const answer = await ask(path);
      expect(answer).toMatchObject({ status: 404 });
      expect(errorOf(answer)).toMatchObject({ code: 'resource_missing' });
    },
  );

  test('JSON, and paths that are not emulated, are refused in words', async () => {
    const { ask } = await start();
    const json = { headers: { 'content-type': 'application/json' }, body: '{"amount":1000}' };
    expect(errorOf(await ask('/payment_intents', json)).message).toMatch(/form encoding/);
    const unknown = await ask('/subscriptions', { body: 'a=1' });
    expect(unknown).toMatchObject({ status: 404 });
    expect(errorOf(unknown).message).toMatch(
      /Unrecognized request URL \(POST: \/stripe\/v1\/subscriptions\)/,
    );
  });
});

describe('lists', () => {
  test('show everything at once, newest first, page by page, by customer and by time', async () => {
    const { sdk, advance } = await start();
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      ids.unshift(
        (await sdk.paymentIntents.create(payment({ customer: index % 2 === 0 ? 'cus_a' : 'cus_b' }))).id,
      );
      advance(1_000);
    }
    const idsOf = (list: { data: readonly { id: string }[] }) => list.data.map(({ id }) => id);
    expect(idsOf(await sdk.paymentIntents.list())).toEqual(ids);
    const seen: string[] = [];
    for await (const intent of sdk.paymentIntents.list({ limit: 2 })) seen.push(intent.id);
    expect(seen).toEqual(ids);
    const page = await sdk.paymentIntents.list({ limit: 3, ending_before: ids[5] ?? '' });
    expect([idsOf(page), page.has_more]).toEqual([ids.slice(2, 5), true]);
    expect(idsOf(await sdk.paymentIntents.list({ customer: 'cus_b' }))).toEqual(
      [1, 3, 5].map((at) => ids[at]),
    );
    const t0 = Date.parse('2030-01-01') / 1_000;
    const created = async (range: Stripe.RangeQueryParam) =>
      idsOf(await sdk.paymentIntents.list({ created: range }));
    expect(await created({ gte: t0 + 5 })).toEqual(ids.slice(0, 2));
    expect(await created({ gt: t0 + 5 })).toEqual(ids.slice(0, 1));
    expect(await created({ lte: t0 + 1 })).toEqual(ids.slice(5));
    expect(await created({ lt: t0 + 1, gte: t0 })).toEqual(ids.slice(6));
    expect(idsOf(await sdk.paymentIntents.list({ created: t0 + 3 }))).toEqual([ids[3]]);
  });
});

describe('keys and accounts', () => {
  test.each<[header: string | undefined, status: number]>([
    [undefined, 401],
    ['', 401],
    ['Bearer ', 401],
    ['Bearer pk_test_x', 401],
    ['Bearer sk_live_x', 401],
    ['Bearer nonsense', 401],
    ['Bearer sk_test_x', 200],
    [`Basic ${Buffer.from('sk_test_x:').toString('base64')}`, 200],
  ])('the credentials %s are answered %i', async (authorization, status) => {
    const { ask } = await start();
    const answer = await ask('/payment_intents', { headers: { authorization: authorization ?? '' } });
    expect(answer).toMatchObject({ status });
    if (status === 401) expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error' });
  });

  test('with a key of its own, no other key is taken', async () => {
    const { ask } = await start({ stripe: { apiKey: 'sk_test_mine', account: 'acct_mine' } });
    const account = (key: string) => ask('/account', { headers: { authorization: `Bearer ${key}` } });
    expect(await account('sk_test_other')).toMatchObject({ status: 401 });
    expect(await account('sk_test_mine')).toMatchObject({
      status: 200,
      text: expect.stringContaining('acct_mine'),
    });
  });

  test('the account can be read with a secret key, and not with a restricted one', async () => {
    const { sdk, ask } = await start();
    expect(await sdk.accounts.retrieveCurrent()).toMatchObject({ object: 'account', charges_enabled: true });
    expect(await ask('/account', { headers: { authorization: 'Bearer rk_test_x' } })).toMatchObject({
      status: 403,
    });
    expect(await ask('/payment_intents', { headers: { authorization: 'Bearer rk_test_x' } })).toMatchObject({
      status: 200,
    });
  });
});
