/** The service with Stripe, and Stripe's signed events over real sockets, to a Payonce that would look again only in an hour. */
import { afterAll, expect, test } from 'vitest';
import { createMemoryLedger, startFakeGateway } from '../../src/fake-gateway/index.ts';
import { createDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { createClient, json } from './support/client.ts';
import { FAST, startService } from './support/service.ts';

const HOUR_MS = 3_600_000;
const SECRET = 'whsec_new';
/** Where Payonce listens is known only after Stripe has started. */
let address = '';
const stripe = await startFakeGateway({
  ledger: createMemoryLedger(),
  faults: { pending: { rate: 0, delay_ms: 300 }, refund_pending: { rate: 0, delay_ms: 300 } },
  stripe: {
    account: 'acct_1Shop',
    webhook: {
      get url() {
        return `${address}/v1/gateways/stripe/webhooks`;
      },
      secret: SECRET,
      retryDelaysMs: Array.from({ length: 100 }, () => 100),
    },
  },
});
const database = await createDatabase();
// What Stripe promises is known, so it is no setting.
const { GATEWAY_LANDS_WITHIN_MS: _, ...fast } = FAST;
const service = await startService({
  ...fast,
  DATABASE_URL: database.url,
  GATEWAY: 'stripe',
  STRIPE_SECRET_KEY: 'sk_test_any',
  STRIPE_API_BASE: stripe.url,
  STRIPE_WEBHOOK_SECRET: `whsec_old, ${SECRET}`,
  PENDING_POLL_MS: String(HOUR_MS),
  LOOKUP_BASE_MS: String(HOUR_MS),
  LOOKUP_CAP_MS: String(HOUR_MS),
});
address = service.url;
const client = createClient(() => service.url);
afterAll(async () => {
  await service.kill();
  await stripe.close();
  await database.drop();
});

const read = async (path: string) => json(await client.get(path));

async function ends(path: string, status: string): Promise<void> {
  let shown: unknown;
  await until(
    () => `${path} to be ${status}: ${String(shown)}`,
    async () => {
      shown = (await read(path)).status;
      return shown === status;
    },
  );
}

/** Resolves to the new payment of an order that the customer has to wait for. */
async function begin(orderId: string, method: string): Promise<string> {
  const answer = await client.pay({ orderId, method, prefer: 'wait=0' });
  expect(answer.status).toBe(202);
  return `/v1/payments/${String(json(answer).payment_id)}`;
}

test('what Stripe decides later is known as soon as its event comes', async () => {
  await ends(await begin('pending', 'pm_pending'), 'COMPLETED');
  await ends(await begin('declined', 'pm_pending_declined'), 'FAILED');

  const paid = json(await client.pay({ orderId: 'refunded', method: 'pm_refund_pending' }));
  const payment = { payment_id: String(paid.payment_id), order_id: 'refunded' };
  const accepted = await client.refund({ payment, amount: 400, refundId: 'r' });
  expect([accepted.status, json(accepted).status]).toEqual([201, 'PENDING']);
  await ends(`/v1/payments/${payment.payment_id}/refunds/r`, 'SUCCEEDED');
});

test('the customer passes 3-D Secure, and the order is paid without another question', async () => {
  const payment = await begin('3ds', 'pm_card_authenticationRequired');
  const action = await until('the action', async () => (await read(payment)).next_action as object | null);
  expect(action).toMatchObject({ type: 'use_stripe_sdk', client_secret: expect.any(String) });
  const intents = await fetch(`${stripe.url}/stripe/v1/payment_intents`, {
    headers: { authorization: 'Bearer sk_test_any' },
  });
  const { data } = (await intents.json()) as {
    data: { metadata: { order_id: string }; next_action: { use_stripe_sdk: { stripe_js: string } } }[];
  };
  const page = data.find(({ metadata }) => metadata.order_id === '3ds')?.next_action.use_stripe_sdk.stripe_js;
  await fetch(String(page), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'result=succeeded',
    redirect: 'manual',
  });
  await ends(payment, 'COMPLETED');
});

test('the name of its events may hold the account; those that nobody signed are refused', async () => {
  const send = async (name: string) => {
    const url = `${address}/v1/gateways/${name}/webhooks`;
    const headers = { 'stripe-signature': 't=1,v1=00' };
    return (await fetch(url, { method: 'POST', headers, body: '{}' })).status;
  };
  expect(await Promise.all(['stripe', 'stripe:acct_1Shop', 'stripe:acct_2', 'http'].map(send))).toEqual([
    400, 400, 404, 404,
  ]);
});
