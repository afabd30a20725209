/**
 * The whole way of a payment at Stripe: the library on a real database, the adapter with Stripe's SDK, and the fake gateway as a Stripe
 * that fails. Whatever goes wrong, an order is one live charge in the ledger or none, and the answer says which.
 */
import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stripeGateway } from '../../src/gateways/stripe/index.ts';
import type { ChargeResult, Gateway, Payonce, PayonceOptions } from '../../src/index.ts';
import { ask } from '../suites/fake-gateway.client.ts';
import { type EmulatedStripe, runStripe } from '../suites/stripe.client.ts';
import { until } from '../support/until.ts';
import { openProgram } from './world.ts';

interface Shop {
  readonly stripe: EmulatedStripe;
  readonly gateway: Gateway;
  readonly payonce: Payonce;
}

async function openShop(changes: Partial<PayonceOptions> = {}): Promise<Shop> {
  const stripe = await runStripe();
  const gateway = await stripeGateway({ secretKey: 'sk_test_fake', apiBase: stripe.far.url });
  const { payonce } = await openProgram(gateway, { callTimeoutMs: 1_000, ...changes });
  onTestFinished(async () => {
    await payonce.stop(0);
    await gateway.close();
    await stripe.far.gateway.close();
  });
  return { stripe, gateway, payonce };
}

/** Charges a new order of 10.00 USD with this payment method, until it is settled. */
async function pay({ payonce }: Shop, method: string): Promise<ChargeResult> {
  const order = { orderId: randomUUID(), amountMinor: 1_000, currency: 'USD', method };
  return ended(() => payonce.charge(order, { waitMs: 60_000, idempotencyKey: 'once' }));
}

/** Asks again until it is settled. */
function ended<Result extends { readonly outcome: string }>(ask: () => Promise<Result>): Promise<Result> {
  return until('the outcome', async () => {
    const result = await ask();
    return result.outcome === 'pending' || result.outcome === 'accepted' ? null : result;
  });
}

const liveIn = async ({ stripe }: Shop) => (await stripe.ledger()).summary.live;

describe('an order at Stripe', () => {
  test.each([
    ['pm_card_visa', 'paid', 1],
    ['pm_card_chargeDeclined', 'declined', 0],
    ['pm_card_chargeDeclinedInsufficientFunds', 'declined', 0],
    // The confirm fails before and after it was executed; the error is kept under the key.
    ['pm_error', 'failed', 0],
    ['pm_error_after', 'paid', 1],
    ['pm_stale_500', 'failed', 0],
    ['pm_stale_500_after', 'paid', 1],
    ['pm_drop_before_once', 'paid', 1],
    ['pm_drop_after', 'paid', 1],
    ['pm_lost_answer', 'paid', 1],
    ['pm_truncated', 'paid', 1],
    ['pm_garbage', 'paid', 1],
    ['pm_429_once', 'paid', 1],
  ])('with %s is %s, with %i live charges', async (method, outcome, live) => {
    const shop = await openShop();
    const result = await pay(shop, method);
    expect(result.outcome).toBe(outcome);
    expect(await liveIn(shop)).toBe(live);
    expect((await shop.stripe.ledger()).duplicates).toEqual([]);
  });

  test('whose confirm is under way for a day is sealed, and the confirm that lands then charges nothing', async () => {
    const shop = await openShop();
    expect((await pay(shop, 'pm_lands_late')).outcome).toBe('failed');
    shop.stripe.advance(86_400_000);
    expect(await liveIn(shop)).toBe(0);
    expect((await shop.stripe.sdk.paymentIntents.list()).data.map(({ status }) => status)).toEqual([
      'canceled',
    ]);
  });

  test('that was declined is sealed: nobody can pay its intent any more, and the next card is another intent', async () => {
    const shop = await openShop();
    const order = { orderId: 'ORD1', amountMinor: 1_000, currency: 'USD' };
    const first = { ...order, method: 'pm_card_chargeDeclinedInsufficientFunds' };
    expect(await shop.payonce.charge(first, { idempotencyKey: 'a' })).toMatchObject({
      outcome: 'declined',
      payment: { failureCode: 'insufficient_funds' },
    });
    const { data } = await shop.stripe.sdk.paymentIntents.list();
    expect(data.map(({ status, metadata }) => [status, metadata.order_id])).toEqual([['canceled', 'ORD1']]);
    const next = { ...order, method: 'pm_card_visa' };
    expect(await shop.payonce.charge(next, { idempotencyKey: 'b' })).toMatchObject({ outcome: 'paid' });
    expect(await liveIn(shop)).toBe(1);
  });

  test('that Stripe never charges is refused, and nothing is sent', async () => {
    const shop = await openShop();
    const small = { orderId: 'ORD1', amountMinor: 49, currency: 'USD', method: 'pm_card_visa' };
    expect(await shop.payonce.charge(small)).toMatchObject({
      outcome: 'refused',
      code: 'order_not_chargeable',
      payment: null,
    });
    expect((await shop.stripe.sdk.paymentIntents.list()).data).toEqual([]);
  });

  test('whose customer has to act shows what to do, and is paid when they have done it', async () => {
    const shop = await openShop();
    const order = {
      orderId: 'ORD1',
      amountMinor: 1_000,
      currency: 'USD',
      method: 'pm_card_authenticationRequired',
    };
    const waiting = await shop.payonce.charge(order, { idempotencyKey: 'a', waitMs: 5_000 });
    expect(waiting).toMatchObject({
      outcome: 'pending',
      payment: { nextAction: { type: 'use_stripe_sdk', client_secret: expect.any(String) } },
    });
    const [intent] = (await shop.stripe.sdk.paymentIntents.list()).data;
    const page = new URL(String(intent?.next_action?.use_stripe_sdk?.stripe_js));
    await ask(page.origin, {
      path: `${page.pathname}${page.search}`,
      body: 'result=succeeded',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const paid = await ended(() => shop.payonce.charge(order, { idempotencyKey: 'a', waitMs: 1_000 }));
    expect(paid.outcome).toBe('paid');
    expect(await liveIn(shop)).toBe(1);
  });
});

describe('a refund at Stripe', () => {
  test.each([
    ['pm_card_visa', 'refunded', 400],
    ['pm_refund_error_after', 'refunded', 400],
    ['pm_refund_drop_after_once', 'refunded', 400],
    ['pm_refund_lost_once', 'refunded', 400],
    ['pm_refund_stale_500_after', 'refunded', 400],
    ['pm_refund_429_once', 'refunded', 400],
  ])('of a payment with %s is %s, once', async (method, outcome, refunded) => {
    const shop = await openShop();
    const paid = await pay(shop, method);
    const payment = paid.outcome === 'paid' ? paid.payment.paymentId : '';
    const wanted = { paymentId: payment, amountMinor: 400, refundId: 'r1' };
    const result = await ended(() => shop.payonce.refund(wanted, { waitMs: 1_000 }));
    expect(result.outcome).toBe(outcome);
    const { data } = await shop.stripe.ledger();
    expect(data[0]?.refunds?.map(({ amount, status }) => [amount, status])).toEqual([
      [refunded, 'succeeded'],
    ]);
    const [intent] = (await shop.stripe.sdk.paymentIntents.list()).data;
    expect(
      await shop.gateway.refunds?.refunded?.(
        { chargeRef: intent?.id ?? '', reference: '', currency: 'USD' },
        { timeoutMs: 60_000 },
      ),
    ).toEqual({ kind: 'refunded', amountMinor: refunded });
  });
});

describe('money that is authorised first at Stripe', () => {
  const order = { orderId: 'ORD1', amountMinor: 1_000, currency: 'USD', captureMethod: 'manual' } as const;

  async function authorized(method: string): Promise<Shop & { readonly paymentId: string }> {
    const shop = await openShop();
    const result = await ended(() => shop.payonce.charge({ ...order, method }, { waitMs: 60_000 }));
    expect(result.outcome).toBe('authorized');
    if (result.outcome !== 'authorized') throw new Error('It was not authorised.');
    return { ...shop, paymentId: result.payment.paymentId };
  }

  test.each([
    'pm_card_visa',
    'pm_capture_lost_answer',
    'pm_capture_error_after',
    'pm_capture_drop_before_once',
    'pm_capture_429_once',
  ])('with %s is captured in part, once', async (method) => {
    const shop = await authorized(method);
    const { paymentId, payonce, stripe } = shop;
    const captured = await ended(() => payonce.capture({ paymentId, amountMinor: 400 }, { waitMs: 60_000 }));
    expect(captured.outcome).toBe('captured');
    expect(await payonce.payment(paymentId)).toMatchObject({
      status: 'COMPLETED',
      sums: { capturedMinor: 400 },
    });
    const { data } = await stripe.sdk.paymentIntents.list();
    expect(data.map((one) => [one.status, one.amount_received])).toEqual([['succeeded', 400]]);
    const refund = { paymentId, refundId: 'r1', amountMinor: 401 };
    expect(await payonce.refund(refund)).toMatchObject({
      outcome: 'refused',
      code: 'refund_exceeds_captured',
    });
  });

  test.each(['pm_card_visa', 'pm_void_lost_answer', 'pm_void_error_after'])(
    'with %s is let go',
    async (method) => {
      const shop = await authorized(method);
      const { paymentId, payonce, stripe } = shop;
      expect((await ended(() => payonce.void({ paymentId }, { waitMs: 60_000 }))).outcome).toBe('voided');
      expect(await payonce.payment(paymentId)).toMatchObject({
        status: 'VOIDED',
        sums: { capturedMinor: 0 },
      });
      expect((await stripe.sdk.paymentIntents.list()).data.map(({ status }) => status)).toEqual(['canceled']);
      expect(await payonce.capture({ paymentId })).toMatchObject({ code: 'payment_not_capturable' });
      expect(await liveIn(shop)).toBe(0);
    },
  );
});
