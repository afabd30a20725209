/** Refunds from outside: what is told equals the gateway's ledger, and never more goes back than was taken. */
import { afterAll, expect, test } from 'vitest';
import { inParallel } from '../../sim/chaos/in-parallel.ts';
import type { Payment } from '../../sim/chaos/judge/case.ts';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { type Answer, json, type RefundOrder } from './support/client.ts';
import { SHORT_CALLS } from './support/service.ts';
import { onStage, openStage, type Stage } from './support/stage.ts';
import { raiseRefundStorm, STORM_ENV, STORM_MS } from './support/storm.ts';

const stage = await openStage();
const { client, gateway } = stage;
afterAll(() => stage.close());

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function tally(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function paid({ client }: Pick<Stage, 'client'>, orderId: string, amount = 1000): Promise<Payment> {
  const answer = await client.pay({ orderId, amount, key: orderId });
  expect(answer.status).toBe(201);
  return json(answer) as unknown as Payment;
}

const read = async (path: string) => json(await client.get(path));
const readPayment = ({ payment_id: id }: Payment) => read(`/v1/payments/${id}`);

test('100 refunds of 70 at once: of 1,000, 14 fit', async () => {
  const payment = await paid(stage, 'hundred');
  const answers = await Promise.all(
    times(100, (n) => client.refund({ payment, amount: 70, refundId: `hundred-${n}` })),
  );
  expect(tally(answers)).toEqual({ 201: 14, 409: 86 });
  const refused = answers.filter(({ status }) => status === 409).map((answer) => json(answer).code);
  expect(new Set(refused)).toEqual(new Set(['refund_exceeds_captured']));
  expect(await readPayment(payment)).toMatchObject({
    status: 'COMPLETED',
    amount_captured: 1000,
    amount_refunded: 980,
    amount_refunding: 0,
    amount_refunded_elsewhere: 0,
  });
  expect(gateway.refunds.requestsOf('hundred')).toHaveLength(14);
  const rest = await client.refund({ payment, refundId: 'the-rest' });
  expect([rest.status, json(rest).amount]).toEqual([201, 20]);
});

test('50 of one refund_id at once: one refund, one answer', async () => {
  const payment = await paid(stage, 'one-id');
  const answers = await Promise.all(
    times(50, () => client.refund({ payment, amount: 10, refundId: 'once' })),
  );
  expect(tally(answers)).toEqual({ 200: 49, 201: 1 });
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(gateway.refunds.requestsOf('one-id')).toHaveLength(1);
});

test('50 under one key at once: one refund, and all get 201', async () => {
  const payment = await paid(stage, 'one-key');
  const answers = await Promise.all(
    times(50, () => client.refund({ payment, amount: 10, key: 'refund-once' })),
  );
  expect(tally(answers)).toEqual({ 201: 50 });
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'false')).toHaveLength(1);
  expect(gateway.refunds.requestsOf('one-key')).toHaveLength(1);
});

test.each([
  ['one key, 50 ids', (n: number) => ({ amount: 10, refundId: `rival-${n}`, key: 'rival-key' }), 422, 10],
  ['one id, 50 amounts', (n: number) => ({ amount: n + 1, refundId: 'rival' }), 409, null],
  ['all that is left, 50 times', (n: number) => ({ refundId: `all-${n}` }), 409, 1000],
] as const)('%s at once: one wins, and the others leave nothing behind', async (what, order, lost, sum) => {
  const payment = await paid(stage, what);
  const answers = await Promise.all(times(50, (n) => client.refund({ payment, ...order(n) })));
  expect(tally(answers)).toEqual({ 201: 1, [lost]: 49 });
  const winner = json(answers.find(({ status }) => status === 201) as Answer);
  expect(await readPayment(payment)).toMatchObject({
    amount_refunded: sum ?? winner.amount,
    amount_refunding: 0,
  });
  expect((await read(`/v1/payments/${payment.payment_id}/refunds`)).data).toMatchObject([winner]);
  expect(gateway.refunds.requestsOf(what)).toHaveLength(1);
});

test('the same id on two payments, and the same key for a charge and a refund, are two things', async () => {
  const payments = await Promise.all(['two-a', 'two-b'].map((id) => paid(stage, id)));
  const answers = await Promise.all(
    payments.map((payment) =>
      client.refund({ payment, amount: 10, refundId: 'same', key: payment.order_id }),
    ),
  );
  expect(tally(answers)).toEqual({ 201: 2 });
  const [first, second] = payments as [Payment, Payment];
  const reused = await client.refund({ payment: second, amount: 10, refundId: 'same', key: first.order_id });
  expect([reused.status, json(reused).code]).toEqual([422, 'idempotency_key_reused']);
});

/** Asks again with the same name until the answer is final, as a merchant's client would. */
async function insist(stage: Stage, order: RefundOrder): Promise<Answer> {
  return await until(
    () => `a final answer about ${order.refundId}`,
    async () => {
      const answer = await stage.client.refund({ prefer: 'wait=3', ...order }).catch(() => null);
      if (answer === null || answer.status === 503) return null;
      return json(answer).status === 'PENDING' ? null : answer;
    },
    STORM_MS,
  );
}

test('every second answer is lost, with three clients for each refund', async () => {
  const payment = await paid(stage, 'lossy');
  gateway.refunds.otherwise = ({ nth }) => (nth === 1 ? step.dropAfter : step.honest);
  const answers = await Promise.all(
    times(30, (n) => insist(stage, { payment, amount: 100, refundId: `lossy-${n % 10}`, key: `lossy-${n}` })),
  );
  gateway.refunds.otherwise = () => step.honest;
  expect(tally(answers)).toEqual({ 200: 20, 201: 10 });
  expect(gateway.refunds.liveOf('lossy')).toHaveLength(10);
  expect(await readPayment(payment)).toMatchObject({ amount_refunded: 1000, amount_refunding: 0 });
  expect((await client.refund({ payment, refundId: 'lossy-more' })).status).toBe(409);
});

test.each([
  ['succeeded', { status: 'SUCCEEDED' }, { amount_refunded: 300, amount_refunding: 0 }],
  [
    'declined',
    { status: 'FAILED', failure_code: 'refund_declined' },
    { amount_refunded: 0, amount_refunding: 0 },
  ],
] as const)('accepted by the gateway, and %s later', async (then, refund, sums) => {
  const payment = await paid(stage, `pending-${then}`);
  const { step: pending, release } = step.heldPending(then);
  gateway.refunds.plan(payment.order_id, pending);
  const order = { payment, amount: 300, refundId: `pending ${then}` };
  const accepted = await client.refund(order);
  expect([accepted.status, json(accepted).status]).toEqual([201, 'PENDING']);
  expect(await readPayment(payment)).toMatchObject({ amount_refunded: 0, amount_refunding: 300 });
  release();
  const address = String(accepted.headers.location);
  const isOver = async () => {
    const shown = await read(address);
    return shown.status !== 'PENDING' && shown;
  };
  expect(await until('the refund to end', isOver)).toMatchObject(refund);
  expect(await readPayment(payment)).toMatchObject(sums);
  const again = await client.refund(order);
  expect(again.status).toBe(then === 'succeeded' ? 200 : 422);
  expect((await client.refund(order)).text).toBe(again.text);
});

test('the list and the events, page by page', async () => {
  const payment = await paid(stage, 'pages');
  const ids = ['a', 'b/c?d', 'e%2F é', '"', 'f'];
  for (const refundId of ids)
    expect((await client.refund({ payment, amount: 1, refundId })).status).toBe(201);
  const list = `/v1/payments/${payment.payment_id}/refunds`;
  const seen: unknown[] = [];
  for (let cursor: unknown = ''; cursor !== null; ) {
    const page = await read(`${list}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...(page.data as { refund_id: string }[]).map(({ refund_id: id }) => id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(ids.toReversed());
  for (const id of ids) {
    const address = `${list}/${encodeURIComponent(id)}`;
    expect(await read(address)).toMatchObject({ refund_id: id, status: 'SUCCEEDED', amount: 1 });
    const { data } = await read(`${address}/events`);
    expect((data as { type: string }[]).map(({ type }) => type)).toEqual([
      'refund.created',
      'refund.succeeded',
    ]);
  }
  const wrong = await client.get(
    `/v1/payments/${payment.payment_id}/events?cursor=${(await read(`${list}?limit=1`)).next_cursor}`,
  );
  expect(wrong.status).toBe(400);
});

test('afterwards nothing contradicts anything', async () => {
  await stage.quiet();
  expect(await stage.judge()).toEqual([]);
});

test(
  'every fault at its rate, while the process is killed and started again',
  () =>
    onStage({ env: { ...STORM_ENV, LOG_LEVEL: 'warn' } }, async (stormy) => {
      const payments = await Promise.all(times(8, (n) => paid(stormy, `storm-${n}`)));
      const storm = raiseRefundStorm(stormy, 20_261_127);
      const orders = payments.flatMap((payment) =>
        times(5, (n) => ({ payment, amount: 250, refundId: `${payment.order_id}/${n}` })),
      );
      const load = inParallel(orders, 12, (order) =>
        Promise.all(times(3, (n) => insist(stormy, { ...order, key: `${order.refundId}/${n}` }))),
      );
      for (const requests of [10, 25]) {
        await until('the load to get on', () => stormy.gateway.refunds.requests.length >= requests, STORM_MS);
        await stormy.service().kill();
        await stormy.start();
      }
      const texts = (await load).flat().map(({ text }) => text);
      storm.heal();
      const told = texts.map((text) => json({ text })).filter(({ status }) => status === 'SUCCEEDED');
      expect(told.length).toBeGreaterThan(10);
      expect(await stormy.judge()).toEqual([]);
    }),
  STORM_MS,
);

test('the process that sent it is stopped for longer than its lease: another one finishes, and it is made once', () =>
  onStage({ env: SHORT_CALLS }, async (pair) => {
    const zombie = pair.service();
    const first = pair.clientAt(() => zombie.url);
    const payment = await paid(pair, 'zombie');
    const { step: held, release } = step.held();
    pair.gateway.refunds.plan('zombie', held);
    const order = { payment, amount: 400, refundId: 'r', prefer: 'wait=60' };
    const asleep = first.refund(order).catch(() => null);
    await until('the call', () => pair.gateway.refunds.requestsOf('zombie').length === 1);
    zombie.signal('SIGSTOP');
    await pair.start();
    release();
    const answer = await insist(pair, order);
    expect([answer.status, json(answer).status]).toEqual([200, 'SUCCEEDED']);
    zombie.signal('SIGCONT');
    const woken = await asleep;
    if (woken !== null && woken.status !== 202) expect(woken.text).toBe(answer.text);
    expect(pair.gateway.refunds.liveOf('zombie')).toHaveLength(1);
    expect(await pair.judge()).toEqual([]);
  }));
