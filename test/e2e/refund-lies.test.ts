/** A gateway that lies about refunds, somebody who refunds beside us, and clients that send what nobody expects. */
import { afterAll, expect, test } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { type Answer, json } from './support/client.ts';
import { openStage } from './support/stage.ts';

const stage = await openStage();
const { client, gateway } = stage;
afterAll(() => stage.close());

interface Paid {
  readonly payment_id: string;
  readonly order_id: string;
}

async function paid(orderId: string): Promise<Paid> {
  return json(await client.pay({ orderId, amount: 1000, key: orderId })) as unknown as Paid;
}

const read = async (path: string) => json(await client.get(path));
const listOf = ({ payment_id: id }: Paid) => `/v1/payments/${id}/refunds`;

async function ended(payment: Paid, refundId: string): Promise<Record<string, unknown>> {
  return await until(`${refundId} to end`, async () => {
    const shown = await read(`${listOf(payment)}/${encodeURIComponent(refundId)}`);
    return shown.status !== 'PENDING' && shown;
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const none = { effect: { kind: 'none' } } as const;

test.each([
  ['another refund', { id: 're_other', idempotency_key: '00000000-0000-5000-8000-000000000001' }],
  ['another charge', { charge: 'ch_other' }],
  ['another status', { status: 'queued' }],
  ['a capture', { object: 'capture' }],
  ['an amount that is no whole number', { amount: 400.5 }],
] as const)('200 with %s is no success: a lookup decides', async (what, change) => {
  const payment = await paid(`says ${what}`);
  const { amount = 400 } = change as { amount?: number };
  const lie = {
    status: 'succeeded',
    currency: 'USD',
    object: 'refund',
    amount,
    charge: 'ch_none',
    ...change,
  };
  gateway.refunds.plan(payment.order_id, { ...none, reply: { kind: 'altered', change: lie } });
  await client.refund({ payment, amount: 400, refundId: 'lied', prefer: 'wait=2' });
  expect(['SUCCEEDED', 'FAILED', 'REVIEW']).toContain((await ended(payment, 'lied')).status);
});

test('200 with noise, with half an answer and with a page of HTML, and nothing refunded', async () => {
  const payment = await paid('noise');
  const noise = ['garbage', 'truncated', 'drop'].map((kind) => ({ ...none, reply: { kind } })) as step.Step[];
  gateway.refunds.plan(payment.order_id, ...noise);
  const answer = await client.refund({ payment, amount: 400, refundId: 'noise' });
  expect([answer.status, json(answer).status]).toEqual([201, 'SUCCEEDED']);
  expect(gateway.refunds.liveOf('noise')).toHaveLength(1);
});

test('"no such charge" is not believed: the refund is looked up until its absence is proved', async () => {
  const payment = await paid('unknown charge');
  const reply: step.Reply = { kind: 'status', status: 404, body: '{"error":"charge_not_found"}' };
  gateway.refunds.plan(payment.order_id, ...Array.from({ length: 9 }, (): step.Step => ({ ...none, reply })));
  const answer = await client.refund({ payment, amount: 400, refundId: 'lost' });
  expect([answer.status, json(answer).code]).toEqual([502, 'gateway_failed']);
  expect(gateway.refunds.lookups.length).toBeGreaterThan(0);
  expect(await read(`/v1/payments/${payment.payment_id}`)).toMatchObject({ amount_refunding: 0 });
  // What failed without the gateway's word is looked up again before the money is used for another refund.
  gateway.refunds.plan(payment.order_id);
  const lookups = gateway.refunds.lookups.length;
  expect((await client.refund({ payment, refundId: 'next' })).status).toBe(201);
  expect(gateway.refunds.lookups.length).toBeGreaterThan(lookups);
});

test('somebody refunds at the gateway: the sum of that is learnt, and the rest can be refunded', async () => {
  const payment = await paid('elsewhere');
  const [charge] = gateway.ledger.liveOf(payment.order_id);
  if (charge === undefined) throw new Error('it was charged');
  charge.refunds.push({
    id: 're_by_hand',
    key: 'by hand',
    charge,
    amount: 600,
    atMs: Date.now(),
    status: 'succeeded',
  });
  const refused = await client.refund({ payment, amount: 500, refundId: 'too much' });
  expect([refused.status, json(refused).code, json(refused).failure_code]).toEqual([
    422,
    'refund_declined',
    'amount_too_large',
  ]);
  expect(await read(`/v1/payments/${payment.payment_id}`)).toMatchObject({ amount_refunded_elsewhere: 600 });
  expect((await client.refund({ payment, amount: 401, refundId: 'still too much' })).status).toBe(409);
  const rest = await client.refund({ payment, refundId: 'rest' });
  expect([rest.status, json(rest).amount]).toEqual([201, 400]);
});

test('ten refunds beside what somebody else refunded: as many as fit, and the sum is right', async () => {
  const payment = await paid('crowd elsewhere');
  const [charge] = gateway.ledger.liveOf(payment.order_id);
  if (charge === undefined) throw new Error('it was charged');
  charge.refunds.push({
    id: 're_hand_2',
    key: 'by hand 2',
    charge,
    amount: 500,
    atMs: Date.now(),
    status: 'succeeded',
  });
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => client.refund({ payment, amount: 100, refundId: `crowd-${n}` })),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
  const told = await read(`/v1/payments/${payment.payment_id}`);
  expect(told).toMatchObject({ amount_refunded: 500, amount_refunding: 0 });
  expect(Number(told.amount_refunded_elsewhere)).toBeLessThanOrEqual(500);
});

const LONG = 'ü'.repeat(127);
test.each([
  ['255 bytes', `${LONG}x`],
  ['percent signs', '%2F%00%'],
  ['slashes and dots', '../../payments/..'],
  ['a colon and spaces', ' id: key '],
  ['right to left', '\u202eabc'],
  ['an emoji of many parts', '👩‍👩‍👧‍👦'],
  ['composed', '\u00e9'],
  ['decomposed', 'e\u0301'],
  ['a name of JavaScript', '__proto__'],
  ['SQL', `'); DROP TABLE payonce.follow_ups; --`],
])('a refund_id with %s is one name, in the body and in the address', async (what, refundId) => {
  const payment = await paid(`id with ${what}`);
  const answer = await client.refund({ payment, amount: 10, refundId });
  expect([answer.status, json(answer).refund_id]).toEqual([201, refundId]);
  const shown = await client.get(String(answer.headers.location));
  expect(shown.status).toBe(200);
  expect(json(shown)).toMatchObject(json(answer));
  expect((await client.refund({ payment, amount: 10, refundId })).status).toBe(200);
  expect(gateway.refunds.requestsOf(payment.order_id)).toHaveLength(1);
});

test('what is no refund is refused, and nothing is stored or sent', async () => {
  const payment = await paid('refused');
  const id = '"refund_id":"x"';
  const bodies = [
    ...['1e3', '1.0', '"1"', '0', '-1', '-0', '9007199254740993', 'null', '[1]', 'true', '1e400'].map(
      (amount) => `{"amount":${amount},${id}}`,
    ),
    `{"amount":1,"amount":2,${id}}`,
    `{"amount":1,"refund_id":""}`,
    `{"amount":1,"refund_id":"${LONG}xy"}`,
    `{"amount":1,"refund_id":"a\\u0000b"}`,
    `{"amount":1,"refund_id":"\\ud800"}`,
    `{"amount":1,"refund_id":".."}`,
    `{"amount":1,"refund_id":7}`,
    `{"amount":1,${id},"currency":"USD"}`,
    `{"amount":1,${id},"order_id":"other"}`,
    '{"amount":1}',
    '[]',
    '',
  ];
  const answers: Answer[] = [];
  for (const body of bodies) answers.push(await client.send('POST', listOf(payment), body, JSON_TYPE));
  expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 400));
  expect((await read(listOf(payment))).data).toEqual([]);
  expect(gateway.refunds.requestsOf('refused')).toEqual([]);
});

test('a payment of nobody, one that failed, and an address that is none', async () => {
  gateway.plan('poor', step.declined);
  const poor = json(await client.pay({ orderId: 'poor' })) as unknown as Paid;
  const refused = await client.refund({ payment: poor, refundId: 'x' });
  expect([refused.status, json(refused).code]).toEqual([409, 'payment_not_refundable']);
  for (const id of ['01936b1e-7f2a-7c3d-8e4f-0123456789ab', 'nonsense', '%00']) {
    const answer = await client.send('POST', `/v1/payments/${id}/refunds`, '{"refund_id":"x"}', JSON_TYPE);
    expect([id, answer.status]).toEqual([id, 404]);
  }
});

test('every connection to the database is cut in the middle of fifty refunds', async () => {
  const payment = await paid('cut');
  const refund = async (n: number): Promise<number> => {
    const order = { payment, amount: 10, refundId: `cut-${n}` };
    const done = async () => {
      const answer = await client.refund(order).catch(() => null);
      return answer !== null && answer.status !== 503 && json(answer).status === 'SUCCEEDED' && answer.status;
    };
    return until(order.refundId, done);
  };
  const all = Promise.all(Array.from({ length: 50 }, (_, n) => refund(n)));
  for (const calls of [5, 20, 35]) {
    await until('the refunds to get on', () => gateway.refunds.requestsOf('cut').length >= calls);
    await query(
      stage.databaseUrl,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
  }
  await all;
  expect(gateway.refunds.liveOf('cut')).toHaveLength(50);
  expect(await read(`/v1/payments/${payment.payment_id}`)).toMatchObject({
    amount_refunded: 500,
    amount_refunding: 0,
  });
});
