/**
 * The exact bytes of every request; the queries of questions are spelled in another way each time, so they are decoded here. Stripe refuses an idempotency key that comes again with other form fields, so what an older release
 * has begun could not be finished if one of these changed.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodedPath } from '../../../test/support/decoded-path.ts';
import {
  CHARGE,
  intentBody,
  json,
  listBody,
  REFUND,
  refundBody,
} from '../../../test/support/stripe-answers.ts';
import { openStripeWorld, type StripeWorld, TEST_KEY } from '../../../test/support/stripe-world.ts';
import { answer } from '../../testing/server.ts';

const call = { timeoutMs: 60_000, mayLeave: () => true };
const { handle: _, ...PREPARE } = CHARGE;

let world: StripeWorld;
beforeAll(async () => {
  world = await openStripeWorld();
});
afterAll(() => world.close());

/** The one request that `work` sends. */
async function sent(body: Record<string, unknown> | object, work: () => Promise<unknown>) {
  const before = world.far.requests.length;
  world.far.script(answer(json(body as Record<string, unknown>)));
  await work();
  const requests = world.far.requests.slice(before);
  expect(requests).toHaveLength(1);
  const [request] = requests;
  const { host: _host, connection: _connection, ...headers } = request?.headers ?? {};
  return { line: `${request?.method} ${decodedPath(request)}`, headers, body: request?.body.split('&') };
}

const COMMON = {
  accept: 'application/json',
  'accept-encoding': 'identity',
  authorization: `Bearer ${TEST_KEY}`,
  'stripe-version': '2026-10-28.endive',
  'user-agent': 'payonce',
};
const form = (key: string, length: number) => ({
  ...COMMON,
  'content-length': String(length),
  'content-type': 'application/x-www-form-urlencoded',
  'idempotency-key': key,
});
const FRESH = { ...COMMON, 'cache-control': 'no-cache, no-store', pragma: 'no-cache' };
const IDENTITY = [
  `metadata[installation]=${CHARGE.installationId}`,
  'metadata[account]=default',
  'metadata[order_id]=ORD%201%2F%C3%BC',
  `metadata[reference]=${CHARGE.reference}`,
];

test('prepare makes an intent for cards, unconfirmed, with our names and nothing drawn', async () => {
  const body = [
    'amount=10000',
    'currency=usd',
    'allowed_payment_method_types[0]=card',
    ...IDENTITY,
    'metadata[operation]=charge',
    `metadata[key]=${CHARGE.key}`,
    'payment_method=pm_card_visa',
  ];
  const work = () => world.twoSteps.prepare({ ...PREPARE, prepareKey: 'prepare-key' }, call);
  expect(await sent(intentBody(), work)).toEqual({
    line: 'POST /v1/payment_intents',
    headers: form('prepare-key', body.join('&').length),
    body,
  });
});

test('prepare of a charge that is authorised first says so in one field more', async () => {
  const work = () =>
    world.twoSteps.prepare({ ...PREPARE, captureMethod: 'manual', prepareKey: 'prepare-key' }, call);
  const { body } = await sent(intentBody({ capture_method: 'manual' }), work);
  expect(body?.at(-2)).toBe('payment_method=pm_card_visa');
  expect(body?.at(-1)).toBe('capture_method=manual');
  expect(body).toHaveLength(11);
});

test('a capture says how much of the intent, and a void cancels it, each under its own key', async () => {
  const body = ['amount_to_capture=4000'];
  const paid = intentBody({ status: 'succeeded', amount_received: 4_000 });
  expect(await sent(paid, () => world.captures.capture.call(REFUND, call))).toEqual({
    line: 'POST /v1/payment_intents/pi_1/capture',
    headers: form(REFUND.key, body.join('&').length),
    body,
  });
  expect(
    await sent(intentBody({ status: 'canceled' }), () => world.captures.void.call(REFUND, call)),
  ).toEqual({
    line: 'POST /v1/payment_intents/pi_1/cancel',
    headers: form(REFUND.key, 0),
    body: [''],
  });
});

test('a call confirms the intent under the key of the charge', async () => {
  expect(await sent(intentBody({ status: 'succeeded' }), () => world.gateway.call(CHARGE, call))).toEqual({
    line: 'POST /v1/payment_intents/pi_1/confirm',
    headers: form(CHARGE.key, 0),
    body: [''],
  });
});

test('a seal cancels the intent under its own key', async () => {
  const work = () => world.twoSteps.seal({ ...CHARGE, sealKey: 'seal-key' }, call);
  expect(await sent(intentBody({ status: 'canceled' }), work)).toEqual({
    line: 'POST /v1/payment_intents/pi_1/cancel',
    headers: form('seal-key', 0),
    body: [''],
  });
});

test('a refund says how much of which intent, with our names', async () => {
  const body = [
    'amount=4000',
    'payment_intent=pi_1',
    ...IDENTITY,
    'metadata[operation]=refund',
    `metadata[key]=${REFUND.key}`,
  ];
  expect(await sent(refundBody(), () => world.refunds.call(REFUND, call))).toEqual({
    line: 'POST /v1/refunds',
    headers: form(REFUND.key, body.join('&').length),
    body,
  });
});

test.each([
  [
    'the intent, with its latest charge',
    '/v1/payment_intents/pi_1?expand[0]=latest_charge',
    intentBody(),
    () => world.gateway.lookup(CHARGE, call),
  ],
  [
    'the intents of the account',
    '/v1/payment_intents?limit=100&expand[0]=data.latest_charge',
    listBody([]),
    () => world.gateway.lookup(PREPARE, call),
  ],
  [
    'the intent that was to be captured',
    '/v1/payment_intents/pi_1?expand[0]=latest_charge',
    intentBody(),
    () => world.captures.capture.lookup(REFUND, call),
  ],
  [
    'the refunds of the intent',
    '/v1/refunds?payment_intent=pi_1&limit=100',
    listBody([refundBody()]),
    () => world.refunds.lookup(REFUND, call),
  ],
  [
    'the same for their sum',
    '/v1/refunds?payment_intent=pi_1&limit=100',
    listBody([refundBody()]),
    () => world.refunds.refunded?.(REFUND, call) ?? Promise.resolve(),
  ],
])('a question reads %s, without a key and past all caches', async (_name, path, body, work) => {
  expect(await sent(body, work)).toEqual({ line: `GET ${path}`, headers: FRESH, body: [''] });
});
