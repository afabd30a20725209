/** 3-D Secure: the payment waits for the customer, and goes on as they decide. */
import { setMaxListeners } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { ask as askGateway, jsonOf } from '../../../test/suites/fake-gateway.client.ts';
import {
  type EmulatedStripe,
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

const RETURN_URL = 'https://shop.example/back?cart=7';
const waiting = (changes = {}) =>
  paid({
    payment_method: 'pm_card_authenticationRequired',
    automatic_payment_methods: { enabled: true },
    return_url: RETURN_URL,
    ...changes,
  });

/** What a browser does at the page. */
async function answer(page: string | null | undefined, result: string) {
  const { origin, pathname, search } = new URL(page ?? '');
  const path = `${pathname}${search}`;
  const shown = await askGateway(origin, { path });
  const ending = await askGateway(origin, {
    path,
    body: `result=${result}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  return { shown, ending };
}

describe('a card that wants authentication', () => {
  test.each([
    ['succeeded', 'succeeded', 'succeeded', 1],
    ['failed', 'failed', 'requires_payment_method', 0],
  ])('if it %s, the customer comes back with it', async (result, redirect, status, live) => {
    const { sdk, ledger } = await start();
    const intent = await sdk.paymentIntents.create(waiting());
    expect(intent).toMatchObject({
      status: 'requires_action',
      latest_charge: null,
      next_action: { type: 'redirect_to_url', redirect_to_url: { return_url: RETURN_URL } },
    });
    expect((await ledger()).summary.charges).toBe(0);
    const { shown, ending } = await answer(intent.next_action?.redirect_to_url?.url, result);
    expect(shown).toMatchObject({
      status: 200,
      headers: { 'content-type': expect.stringContaining('text/html') },
    });
    const back = ending.kind === 'answer' ? new URL(ending.headers.location ?? '') : undefined;
    expect(ending).toMatchObject({ status: 303 });
    expect(Object.fromEntries(back?.searchParams ?? [])).toEqual({
      cart: '7',
      payment_intent: intent.id,
      payment_intent_client_secret: intent.client_secret,
      redirect_status: redirect,
    });
    expect(await sdk.paymentIntents.retrieve(intent.id)).toMatchObject({ status, next_action: null });
    expect((await ledger()).summary).toMatchObject({ live });
  });

  test('a failure is the last error, and the payment can be paid with another card', async () => {
    const { sdk } = await start();
    const { id, next_action: action } = await sdk.paymentIntents.create(waiting());
    await answer(action?.redirect_to_url?.url, 'failed');
    expect(await sdk.paymentIntents.retrieve(id)).toMatchObject({
      last_payment_error: { code: 'payment_intent_authentication_failure', type: 'invalid_request_error' },
      payment_method: null,
    });
    const confirmed = sdk.paymentIntents.confirm(id, {
      payment_method: 'pm_card_visa',
      return_url: RETURN_URL,
    });
    expect(await confirmed).toMatchObject({ status: 'succeeded' });
  });

  test('a failure after a charge that was declined late is the last error', async () => {
    const { sdk, advance } = await start();
    const { id } = await sdk.paymentIntents.create(waiting({ payment_method: 'pm_pending_declined' }));
    advance(2_000);
    expect(await sdk.paymentIntents.retrieve(id)).toMatchObject({
      last_payment_error: { code: 'card_declined' },
    });
    const again = { payment_method: 'pm_card_authenticationRequired', return_url: RETURN_URL };
    const { next_action: action } = await sdk.paymentIntents.confirm(id, again);
    await answer(action?.redirect_to_url?.url, 'failed');
    expect(await sdk.paymentIntents.retrieve(id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
  });

  test("without a page to come back to, the merchant's page shows the bank's", async () => {
    const { sdk } = await start();
    const intent = await sdk.paymentIntents.create(paid({ payment_method: 'pm_card_threeDSecure2Required' }));
    expect(intent.next_action).toMatchObject({
      type: 'use_stripe_sdk',
      use_stripe_sdk: { type: 'three_d_secure_redirect' },
    });
    const { stripe_js: page } = (intent.next_action?.use_stripe_sdk ?? {}) as { stripe_js?: string };
    expect((await answer(page, 'succeeded')).ending).toMatchObject({ status: 200 });
    expect(await sdk.paymentIntents.retrieve(intent.id)).toMatchObject({ status: 'succeeded' });
  });

  test('finds its page also where the gateway is mounted below a path', async () => {
    const { far, ledger } = await start();
    const mounted = `${far.url}/fake-gateway`;
    const created = await askGateway(mounted, {
      path: '/stripe/v1/payment_intents',
      body: PAID_FORM.replace('pm_card_visa', 'pm_card_authenticationRequired'),
      headers: { authorization: 'Bearer sk_test_fake', 'content-type': 'application/x-www-form-urlencoded' },
    });
    const intent = jsonOf<{ next_action: { use_stripe_sdk: { stripe_js: string } } }>(created);
    const page = intent.next_action.use_stripe_sdk.stripe_js;
    expect(page.startsWith(`${mounted}/stripe/authenticate/`)).toBe(true);
    expect((await answer(page, 'succeeded')).ending).toMatchObject({ status: 200 });
    expect((await ledger()).summary).toMatchObject({ live: 1 });
  });

  test('is charged once, however often the customer answers', async () => {
    const { sdk, ledger } = await start();
    const { next_action: action } = await sdk.paymentIntents.create(waiting());
    const page = action?.redirect_to_url?.url;
    const ends = await Promise.all([1, 2, 3].map(() => answer(page, 'succeeded')));
    expect(ends.map(({ ending }) => (ending.kind === 'answer' ? ending.status : 0))).toContain(303);
    expect((await answer(page, 'succeeded')).ending).toMatchObject({ status: 404 });
    expect((await ledger()).summary).toMatchObject({ charges: 1, live: 1 });
  });

  test('a canceled payment is sealed: the page no longer charges', async () => {
    const { sdk, ledger } = await start();
    const { id, next_action: action } = await sdk.paymentIntents.create(waiting());
    await sdk.paymentIntents.cancel(id);
    expect((await answer(action?.redirect_to_url?.url, 'succeeded')).ending).toMatchObject({ status: 404 });
    expect((await ledger()).summary.charges).toBe(0);
  });

  test('nobody gets to the page without the client secret', async () => {
    const { sdk, ledger } = await start();
    const { next_action: action } = await sdk.paymentIntents.create(waiting());
    const page = (action?.redirect_to_url?.url ?? '').replace(/.(?=$)/, 'x');
    expect((await answer(page, 'succeeded')).shown).toMatchObject({ status: 404 });
    expect((await ledger()).summary.charges).toBe(0);
  });

  test.each([{ off_session: true }, { error_on_requires_action: true }])(
    'is declined if nobody can be asked: %j',
    async (params) => {
      const { sdk, ledger } = await start();
      const { id } = await sdk.paymentIntents.create(payment());
      const refusal = await refusalOf(
        sdk.paymentIntents.confirm(id, { payment_method: 'pm_card_authenticationRequired', ...params }),
      );
      expect(refusal).toMatchObject({
        statusCode: 402,
        code: 'authentication_required',
        decline_code: 'authentication_required',
        payment_intent: { id, status: 'requires_payment_method' },
      });
      expect((await ledger()).summary).toMatchObject({ live: 0 });
    },
  );

  test('holds the money if it is captured by hand, and may still be pending after it', async () => {
    const { sdk, advance } = await start({ faults: { pending: 1 } });
    const { id, next_action: action } = await sdk.paymentIntents.create(
      waiting({ capture_method: 'manual' }),
    );
    await answer(action?.redirect_to_url?.url, 'succeeded');
    expect(await sdk.paymentIntents.retrieve(id)).toMatchObject({ status: 'processing' });
    advance(2_000);
    expect(await sdk.paymentIntents.retrieve(id)).toMatchObject({
      status: 'requires_capture',
      amount_capturable: 1_000,
    });
    advance(7 * 86_400_000);
    expect(await sdk.paymentIntents.retrieve(id)).toMatchObject({ status: 'canceled' });
  });
});
