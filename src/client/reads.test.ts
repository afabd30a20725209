/** What is read, and what is not believed. */
import { describe, expect, test } from 'vitest';
import {
  PAYMENT_ID,
  paymentFields,
  problem,
  type Scripted,
  scriptedClient,
} from '../../test/client/scripted.ts';
import { PayonceReadError } from './errors.ts';

const sums = {
  amount_captured: 10_000,
  amount_refunded: 1,
  amount_refunding: 2,
  amount_refunded_elsewhere: 3,
};
const now = (changes: Record<string, unknown> = {}) =>
  paymentFields({ ...sums, actions: ['refund'], ...changes });
const page = (next: string | null, ...data: object[]): Scripted => ({
  status: 200,
  body: { data, next_cursor: next },
});
const OTHER_ID = PAYMENT_ID.replace('0193', '0194');

describe('one payment', () => {
  test('is read with its sums, after retries', async () => {
    const { client, sent } = scriptedClient([
      'throws',
      problem(503, 'store_unavailable'),
      { status: 200, body: now() },
    ]);
    expect(await client.payment(PAYMENT_ID)).toMatchObject({
      paymentId: PAYMENT_ID,
      sums: {
        authorizedMinor: null,
        capturedMinor: 10_000,
        refundedMinor: 1,
        refundingMinor: 2,
        elsewhereMinor: 3,
      },
      actions: ['refund'],
    });
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual(
      Array(3).fill(`GET https://pay.example/prefix/v1/payments/${PAYMENT_ID}`),
    );
  });

  test('is null only if Payonce says so', async () => {
    expect(await scriptedClient([problem(404, 'payment_not_found')]).client.payment(PAYMENT_ID)).toBeNull();
    const proxy = scriptedClient([{ status: 404, body: 'not here' }], { maxRetries: 0 });
    await expect(proxy.client.payment(PAYMENT_ID)).rejects.toMatchObject({
      code: 'not_believed',
      status: 404,
    });
    const address = scriptedClient([problem(404, 'not_found')]);
    await expect(address.client.payment(PAYMENT_ID)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of another id is not believed', async () => {
    const { client } = scriptedClient([{ status: 200, body: now({ payment_id: OTHER_ID }) }], {
      maxRetries: 1,
    });
    await expect(client.payment(PAYMENT_ID)).rejects.toMatchObject({ code: 'not_believed' });
  });

  test('that is refused rejects with an error that names the fields', async () => {
    const errors = [{ pointer: '/url', detail: 'is wrong' }];
    const { client } = scriptedClient([problem(400, 'invalid_request', { errors })]);
    await expect(client.payment(PAYMENT_ID)).rejects.toThrow(
      'invalid_request: The detail of invalid_request. /url is wrong.',
    );
  });

  test('that cannot be read rejects with an error that says why, in time', async () => {
    const { client, time } = scriptedClient(['hangs']);
    const error = await client.payment(PAYMENT_ID, { deadlineMs: 5000 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PayonceReadError);
    expect(error).toMatchObject({ code: 'no_answer', status: null, fields: [], retryAfterMs: null });
    expect(time.nowMs()).toBeLessThanOrEqual(5000);
  });
});

describe('a list', () => {
  test('is read page by page, and only as far as somebody asks', async () => {
    const { client, sent } = scriptedClient([
      page('c 1', now(), now({ payment_id: OTHER_ID })),
      page(null, now({ attempts: 3 })),
    ]);
    const list = client.payments({ orderId: 'ORD123', status: 'COMPLETED', pageSize: 2 });
    expect(sent).toHaveLength(0);
    for await (const payment of list) if (payment.paymentId === OTHER_ID) break;
    expect(sent).toHaveLength(1);
    const attempts: number[] = [];
    for await (const payment of scriptedClient([
      page('c 1', now()),
      page(null, now({ attempts: 3 })),
    ]).client.payments())
      attempts.push(payment.attempts);
    expect(attempts).toEqual([1, 3]);
    for await (const payment of list) attempts.push(payment.attempts);
    expect(sent.map(({ url }) => url.split('/v1/payments')[1])).toEqual([
      '?order_id=ORD123&status=COMPLETED&limit=2',
      '?order_id=ORD123&status=COMPLETED&limit=2',
    ]);
  });

  test('gives one page, from a cursor', async () => {
    const { client, sent } = scriptedClient([page('c/2', now())]);
    const { things, next } = await client.payments({ pageSize: 1 }).page('c/1');
    expect([things.length, next]).toEqual([1, 'c/2']);
    expect(sent.map(({ url }) => url.split('?')[1])).toEqual(['limit=1&cursor=c%2F1']);
  });

  test('sends the cursor of the page before', async () => {
    const { client, sent } = scriptedClient([page('c/1', now()), page(null)]);
    for await (const _ of client.payments());
    expect(sent.map(({ url }) => url.split('?')[1])).toEqual(['limit=100', 'limit=100&cursor=c%2F1']);
  });

  test('that names a page twice ends with an error', async () => {
    const { client } = scriptedClient([page('same', now())]);
    const all = async (): Promise<void> => {
      for await (const _ of client.payments());
    };
    await expect(all()).rejects.toMatchObject({ code: 'not_believed' });
  });

  test('that goes round in a circle ends with an error', async () => {
    const { client } = scriptedClient([
      page('a', now()),
      page('b', now()),
      page('a', now()),
      page('b', now()),
    ]);
    const all = async (): Promise<void> => {
      for await (const _ of client.payments());
    };
    await expect(all()).rejects.toMatchObject({ code: 'not_believed' });
  });

  test.each([{ orderId: null }, { orderId: 5 }, { orderId: '' }, { status: null }, null])(
    'is not asked for with a wrong filter: %j',
    (filter) => {
      const { client, sent } = scriptedClient([page(null)]);
      expect(() => client.payments(filter as object)).toThrow('Nothing was sent');
      expect(sent).toEqual([]);
    },
  );

  test.each(['.', '..', '\ud800'])(
    'of the refund %j is not asked for: it would be something else',
    async (refundId) => {
      const { client, sent } = scriptedClient([page(null)]);
      await expect(client.findRefund(PAYMENT_ID, refundId)).rejects.toThrow('Nothing was sent');
      await expect(client.lookNow(PAYMENT_ID, { refundId })).rejects.toThrow('Nothing was sent');
      expect(() => client.refundEvents(PAYMENT_ID, refundId)).toThrow('Nothing was sent');
      expect(sent).toEqual([]);
    },
  );

  test.each<[string, Scripted]>([
    ['another order', page(null, now({ order_id: 'x' }))],
    ['no list', { status: 200, body: now() }],
    ['a list of texts', { status: 200, body: { data: ['x'], next_cursor: null } }],
    ['no cursor', { status: 200, body: { data: [] } }],
  ])('of %s is not believed', async (_what, answer) => {
    const { client } = scriptedClient([answer], { maxRetries: 0 });
    const first = async () => {
      for await (const payment of client.payments({ orderId: 'ORD123' })) return payment;
      return null;
    };
    await expect(first()).rejects.toMatchObject({ code: 'not_believed' });
  });

  test('of a payment that there is not rejects', async () => {
    const { client } = scriptedClient([problem(404, 'payment_not_found')]);
    const first = async () => {
      for await (const event of client.events(PAYMENT_ID)) return event;
      return null;
    };
    await expect(first()).rejects.toMatchObject({ code: 'payment_not_found', status: 404 });
  });
});
