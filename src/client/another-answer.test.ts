/** A front that is one answer behind: what the client makes of the answer to another request. */
import { expect, test } from 'vitest';
import {
  failed,
  ORDER,
  PAYMENT_ID,
  paid,
  paymentFields,
  problem,
  responseOf,
  type ScriptedAnswer,
  scriptedClient,
} from '../../test/client/scripted.ts';
import type { ClientOptions, FetchInit, FetchResponse } from './options.ts';

/** What the service answers to a request. `key`: as its header has it. */
type Service = (key: string | undefined) => ScriptedAnswer;

/** The front sends the first request twice. So the first one gets its own answer, and each later one the answer to the one before. */
function behind(service: Service, options: Partial<ClientOptions> = {}) {
  let held: FetchResponse | undefined;
  const fetch = async (_url: string, { headers }: FetchInit): Promise<FetchResponse> => {
    const own = responseOf(service(headers['idempotency-key']));
    const told = held ?? own;
    held = own;
    return told;
  };
  return scriptedClient([], { fetch, ...options }).client;
}

/** The service: each answer names the key of its request. */
const naming =
  (service: Service): Service =>
  (key) => {
    const answer = service(key);
    return key === undefined ? answer : { ...answer, headers: { 'idempotency-key': key } };
  };

/** The first attempt is declined, and the second one pays. */
const secondPays: Service = (key) =>
  key === '"k1"' ? failed(402, 'card_declined') : { status: 201, body: paymentFields() };

test('a second attempt is not told that the first one was declined', async () => {
  const client = behind(naming(secondPays));
  expect(await client.charge(ORDER, { idempotencyKey: 'k1' })).toMatchObject({ outcome: 'declined' });
  expect(await client.charge(ORDER, { idempotencyKey: 'k2' })).toMatchObject({ outcome: 'paid' });
});

test('it ends as pending if it hears nothing else', async () => {
  const client = behind(naming(secondPays), { maxRetries: 0 });
  await client.charge(ORDER, { idempotencyKey: 'k1' });
  expect(await client.charge(ORDER, { idempotencyKey: 'k2' })).toMatchObject({
    outcome: 'pending',
    reason: 'no_answer',
    detail: expect.stringContaining('names another key'),
    payment: null,
    idempotencyKey: 'k2',
  });
});

test('an attempt is not refused because another one was', async () => {
  const client = behind(
    naming((key) => (key === '"k1"' ? problem(400, 'invalid_request') : paid)),
    { maxRetries: 0 },
  );
  expect(await client.charge(ORDER, { idempotencyKey: 'k1' })).toMatchObject({ outcome: 'refused' });
  expect(await client.charge(ORDER, { idempotencyKey: 'k2' })).toMatchObject({ outcome: 'pending' });
});

test.each(['k', 'a b', 'a"b\\c', '"k"', '~'])(
  'its own answer is believed whatever its key is: %j',
  async (key) => {
    const fetch = async (_url: string, { headers }: FetchInit) =>
      responseOf(naming(() => paid)(headers['idempotency-key']));
    const { client } = scriptedClient([], { fetch, maxRetries: 0 });
    expect(await client.charge(ORDER, { idempotencyKey: key })).toMatchObject({ outcome: 'paid' });
  },
);

const shared = {
  payment_id: PAYMENT_ID,
  amount: 4000,
  currency: 'USD',
  failure_code: null,
  gateway_ref: 'x_1',
  safe_to_retry_with_new_key: true,
  metadata: {},
  created_at: '2026-11-23T12:00:00.000Z',
  updated_at: '2026-11-23T12:00:01.000Z',
};

test('a refund is not told that another one failed: the next one would move money back twice', async () => {
  const service: Service = (key) => {
    const refund = { ...shared, refund_id: `of ${key}`, reason: null };
    return key === '"k1"'
      ? problem(502, 'gateway_failed', { ...refund, refund_status: 'FAILED' })
      : { status: 201, body: { ...refund, status: 'SUCCEEDED' } };
  };
  const client = behind(naming(service));
  const part = { paymentId: PAYMENT_ID, amountMinor: 4000 };
  expect(await client.refund({ ...part, idempotencyKey: 'k1' })).toMatchObject({ outcome: 'failed' });
  expect(await client.refund({ ...part, idempotencyKey: 'k2' })).toMatchObject({
    outcome: 'refunded',
    refund: { refundId: 'of "k2"' },
  });
});

test.each(['capture', 'void'] as const)('a %s is not told that another one failed', async (operation) => {
  const service: Service = (key) => {
    const fields = { ...shared, operation, order_id: ORDER.orderId };
    return key === '"k1"'
      ? problem(502, 'gateway_failed', { ...fields, operation_status: 'FAILED' })
      : { status: 201, body: { ...fields, status: 'SUCCEEDED' } };
  };
  const client = behind(naming(service));
  const wanted = { paymentId: PAYMENT_ID };
  expect(await client[operation](wanted, { idempotencyKey: 'k1' })).toMatchObject({ outcome: 'failed' });
  expect(await client[operation](wanted, { idempotencyKey: 'k2' })).toMatchObject({
    outcome: operation === 'capture' ? 'captured' : 'voided',
  });
});

test('what is asked without a key does not believe an answer that names one', async () => {
  const sums = {
    amount_authorized: 10_000,
    amount_captured: 10_000,
    amount_refunding: 0,
    amount_refunded: 0,
    amount_refunded_elsewhere: 0,
    actions: [],
  };
  const now = { status: 200, body: { ...paymentFields(), ...sums } };
  const client = behind(naming((key) => (key === undefined ? now : problem(404, 'payment_not_found'))));
  expect(await client.charge(ORDER)).toMatchObject({ outcome: 'refused' });
  expect(await client.payment(PAYMENT_ID)).toMatchObject({ paymentId: PAYMENT_ID });
});

test('an answer without the name is taken as before: an older server names no key', async () => {
  const client = behind((key) => ({ ...secondPays(key), headers: { 'idempotency-key': '' } }));
  expect(await client.charge(ORDER, { idempotencyKey: 'k1' })).toMatchObject({ outcome: 'declined' });
  const older = behind(() => paid);
  expect(await older.charge(ORDER)).toMatchObject({ outcome: 'paid' });
});
