/** Refunds through Stripe's own library. */
import { setMaxListeners } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import {
  type EmulatedStripe,
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

test('parts of a payment are refunded until nothing is left', async () => {
  const { sdk, ledger } = await start();
  const intent = await sdk.paymentIntents.create(paid());
  const first = await sdk.refunds.create({
    payment_intent: intent.id,
    amount: 300,
    reason: 'requested_by_customer',
    metadata: { why: 'a scratch' },
  });
  expect(first).toMatchObject({
    object: 'refund',
    amount: 300,
    currency: 'usd',
    status: 'succeeded',
    charge: intent.latest_charge,
    payment_intent: intent.id,
    reason: 'requested_by_customer',
    metadata: { why: 'a scratch' },
  });
  const charge = String(intent.latest_charge);
  const rest = await sdk.refunds.create({ charge });
  expect(rest).toMatchObject({ amount: 700, charge });
  expect(await sdk.charges.retrieve(charge)).toMatchObject({
    amount_refunded: 1_000,
    refunded: true,
    paid: true,
  });
  expect(await sdk.paymentIntents.retrieve(intent.id)).toMatchObject({
    status: 'succeeded',
    amount_received: 1_000,
  });
  expect(await sdk.refunds.retrieve(first.id)).toEqual(first);
  expect((await sdk.refunds.list({ payment_intent: intent.id })).data).toEqual([rest, first]);
  expect((await sdk.refunds.list({ charge })).data).toEqual([rest, first]);
  expect((await sdk.refunds.list({ payment_intent: 'pi_other' })).data).toEqual([]);
  expect((await ledger()).summary).toMatchObject({
    refunded: 1,
    money: { USD: { captured: 1_000, refunded: 1_000 } },
    refunds: { succeeded: 2 },
  });
  expect(await refusalOf(sdk.refunds.create({ charge }))).toMatchObject({
    statusCode: 400,
    rawType: 'invalid_request_error',
    code: 'charge_already_refunded',
  });
});

test('no more is refunded than is left', async () => {
  const { sdk, ledger } = await start();
  const { id } = await sdk.paymentIntents.create(paid());
  await sdk.refunds.create({ payment_intent: id, amount: 600 });
  const refusal = await refusalOf(sdk.refunds.create({ payment_intent: id, amount: 401 }));
  expect(refusal).toMatchObject({ statusCode: 400, param: 'amount', code: undefined });
  expect(refusal.message).toBe('Refund amount (401) is greater than unrefunded amount on charge (400)');
  expect((await ledger()).summary.money).toEqual({ USD: { captured: 1_000, refunded: 600 } });
  expect(await sdk.refunds.create({ payment_intent: id, amount: 400 })).toMatchObject({
    status: 'succeeded',
  });
});

test('of 20 refunds of 300 at once, three are made', async () => {
  const { sdk, ledger } = await start();
  const { id } = await sdk.paymentIntents.create(paid());
  const ends = await Promise.allSettled(
    Array.from({ length: 20 }, () => sdk.refunds.create({ payment_intent: id, amount: 300 })),
  );
  expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
  let made = ends.filter(({ status }) => status === 'fulfilled').length;
  while (made < 3) {
    await sdk.refunds.create({ payment_intent: id, amount: 300 });
    made += 1;
  }
  expect(made).toBe(3);
  expect((await ledger()).summary.money).toEqual({ USD: { captured: 1_000, refunded: 900 } });
});

test('only what was captured can be refunded', async () => {
  const { sdk } = await start();
  const held = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
  const open = await sdk.paymentIntents.create(payment());
  for (const { id } of [held, open]) {
    const refusal = await refusalOf(sdk.refunds.create({ payment_intent: id }));
    expect(refusal).toMatchObject({ statusCode: 400, param: 'payment_intent' });
    expect(refusal.message).toContain('does not have a successful charge to refund');
  }
  await sdk.paymentIntents.capture(held.id, { amount_to_capture: 250 });
  expect(await refusalOf(sdk.refunds.create({ payment_intent: held.id, amount: 251 }))).toMatchObject({
    param: 'amount',
  });
  expect(await sdk.refunds.create({ payment_intent: held.id })).toMatchObject({ amount: 250 });
});

test('what a capture of a part releases is listed as a refund, and no money moved', async () => {
  const { sdk, ledger } = await start();
  const held = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
  const expand = ['latest_charge'];
  await sdk.paymentIntents.capture(held.id, { amount_to_capture: 250 });
  const { data } = await sdk.refunds.list({ payment_intent: held.id });
  expect(data).toMatchObject([{ amount: 750, status: 'succeeded', metadata: {}, reason: null }]);
  expect(await sdk.refunds.retrieve(data[0]?.id ?? '')).toEqual(data[0]);
  expect((await sdk.paymentIntents.retrieve(held.id, { expand })).latest_charge).toMatchObject({
    amount_captured: 250,
    amount_refunded: 750,
    refunded: false,
  });
  expect((await ledger()).summary.money).toEqual({ USD: { captured: 250, refunded: 0 } });
  await sdk.refunds.create({ payment_intent: held.id });
  expect((await sdk.paymentIntents.retrieve(held.id, { expand })).latest_charge).toMatchObject({
    amount_refunded: 1_000,
    refunded: true,
  });
});

test('a capture of all releases nothing', async () => {
  const { sdk } = await start();
  const held = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
  await sdk.paymentIntents.capture(held.id, { amount_to_capture: 1_000 });
  expect((await sdk.refunds.list({ payment_intent: held.id })).data).toEqual([]);
});

test.each([
  ['payment_intent', 'pi_nothing'],
  ['charge', 'ch_nothing'],
])('a refund of a %s that does not exist is refused', async (name, id) => {
  const { sdk } = await start();
  expect(await refusalOf(sdk.refunds.create({ [name]: id }))).toMatchObject({
    statusCode: 404,
    code: 'resource_missing',
    param: name,
  });
});

test('a pending refund counts at once, and succeeds later', async () => {
  const { sdk, advance, ledger } = await start();
  const intent = await sdk.paymentIntents.create(paid({ payment_method: 'pm_card_pendingRefund' }));
  const refund = await sdk.refunds.create({ payment_intent: intent.id });
  expect(refund).toMatchObject({ status: 'pending', pending_reason: 'processing' });
  expect(await sdk.charges.retrieve(String(intent.latest_charge))).toMatchObject({ amount_refunded: 1_000 });
  expect(await refusalOf(sdk.refunds.create({ payment_intent: intent.id }))).toMatchObject({
    code: 'charge_already_refunded',
  });
  expect((await ledger()).summary.refunds).toMatchObject({ pending: 1 });
  advance(2_000);
  expect(await sdk.refunds.retrieve(refund.id)).toMatchObject({ status: 'succeeded' });
  expect((await ledger()).summary.refunds).toMatchObject({ pending: 0, succeeded: 1 });
});

test.each([
  ['pm_card_refundFail', 'succeeded', 3 * DAY_MS],
  ['pm_refund_fails_later', 'succeeded', 3 * DAY_MS],
  ['pm_refund_pending_failed', 'pending', 2_000],
])('a refund of %s fails later, and its money can be refunded again', async (method, status, afterMs) => {
  const { sdk, advance, ledger } = await start();
  const intent = await sdk.paymentIntents.create(paid({ payment_method: method }));
  const refund = await sdk.refunds.create({ payment_intent: intent.id });
  expect(refund).toMatchObject({ status });
  advance(afterMs - 1);
  expect(await sdk.refunds.retrieve(refund.id)).toMatchObject({ status });
  advance(1);
  expect(await sdk.refunds.retrieve(refund.id)).toMatchObject({
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
  });
  expect(await sdk.charges.retrieve(String(intent.latest_charge))).toMatchObject({
    amount_refunded: 0,
    refunded: false,
  });
  expect((await ledger()).summary).toMatchObject({ money: { USD: { refunded: 0 } }, refunds: { failed: 1 } });
  expect(await sdk.refunds.create({ payment_intent: intent.id, amount: 1_000 })).toMatchObject({
    amount: 1_000,
  });
});

test('a refund may be refused by the bank at once', async () => {
  const { sdk, ledger } = await start();
  const { id } = await sdk.paymentIntents.create(paid({ payment_method: 'pm_refund_declined' }));
  expect(await sdk.refunds.create({ payment_intent: id })).toMatchObject({
    status: 'failed',
    failure_reason: 'declined',
  });
  expect((await ledger()).summary).toMatchObject({ live: 1, money: { USD: { refunded: 0 } } });
});

test('a refund shows its charge and its payment in full', async () => {
  const { sdk } = await start();
  const { id } = await sdk.paymentIntents.create(paid());
  const refund = await sdk.refunds.create({ payment_intent: id, expand: ['charge', 'payment_intent'] });
  expect(refund).toMatchObject({
    charge: { object: 'charge', amount_refunded: 1_000 },
    payment_intent: { id },
  });
  const { data } = await sdk.refunds.list({ payment_intent: id, expand: ['data.charge'] });
  expect(data).toMatchObject([{ charge: { object: 'charge' }, payment_intent: id }]);
});
