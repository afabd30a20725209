/** The judge of these tests is useless unless it can find what is wrong. */
import { afterAll, expect, test } from 'vitest';
import * as step from './gateway/steps.ts';
import { query } from './support/identity.ts';
import { openStage } from './support/stage.ts';

const stage = await openStage();
const { client, gateway, databaseUrl } = stage;
afterAll(() => stage.close());

async function verdict(): Promise<string> {
  return (await stage.judge()).join('\n');
}

test('nothing is wrong', async () => {
  await client.pay({ orderId: 'good', key: 'good' });
  gateway.plan('bad', step.declined);
  await client.pay({ orderId: 'bad', key: 'bad' });
  expect(await verdict()).toBe('');
});

test('a second charge, a charge after FAILED, a charge without a payment', async () => {
  const [good] = gateway.ledger.requestsOf('good');
  const [bad] = gateway.ledger.requestsOf('bad');
  if (!good || !bad) throw new Error('both were called');
  const added = [
    gateway.ledger.add(good.key, good.body, 'succeeded'),
    gateway.ledger.add(bad.key, bad.body, 'succeeded'),
    gateway.ledger.add('orphan', { ...good.body, order_id: 'orphan' }, 'succeeded'),
  ];
  const found = await verdict();
  expect(found).toContain('good: charged 2 times');
  expect(found).toContain('bad: FAILED, but it was charged');
  expect(found).toContain('bad: charge 1 FAILED, but it is live');
  expect(found).toContain('orphan: the gateway was called, but there is no payment');
  gateway.ledger.charges.splice(-added.length);
  expect(await verdict()).toBe('');
});

test('a charge that is not there, one of another amount, a wrong key, too many calls', async () => {
  const [charge] = gateway.ledger.liveOf('good');
  const [request] = gateway.ledger.requestsOf('good');
  if (!charge || !request) throw new Error('it was charged');
  charge.status = 'declined';
  expect(await verdict()).toContain('good: COMPLETED, but nothing was charged');
  charge.status = 'succeeded';
  Object.assign(charge.body, { amount: 1 });
  expect(await verdict()).toContain('good: wrong amount charged');
  Object.assign(charge.body, { amount: 10_000 });
  gateway.ledger.requests.push({ ...request, key: 'made-up' });
  expect(await verdict()).toContain("called with the key made-up, which is none of its operations'");
  gateway.ledger.requests.pop();
  gateway.ledger.requests.push(...Array.from({ length: 4 }, () => request));
  expect(await verdict()).toContain('good: 5 calls for charge 1');
  gateway.ledger.requests.splice(-4);
  expect(await verdict()).toBe('');
});

test('answers that contradict the payment or each other', async () => {
  const [yes, no] = client.observed;
  if (!yes || !no) throw new Error('both were answered');
  client.observed.push({ ...yes, text: yes.text.replace('"attempts":1', '"attempts":2') });
  expect(await verdict()).toContain('first was 201');
  client.observed.pop();
  client.observed.push({ ...yes, status: 202, key: null });
  expect(await verdict()).toContain('202, but settled');
  client.observed.pop();
  client.observed.push({ ...yes, orderId: 'bad', key: null });
  expect(await verdict()).toContain(': is FAILED');
  client.observed.pop();
  expect(await verdict()).toBe('');
});

test('a gap in the events, a transition that is not allowed', async () => {
  const payment = `(SELECT payment_id FROM payonce.payments WHERE order_id = 'bad')`;
  await query(databaseUrl, `UPDATE payonce.events SET seq = 9 WHERE seq = 2 AND payment_id = ${payment}`);
  expect(await verdict()).toContain('bad: the event sequence has a gap');
  await query(
    databaseUrl,
    `UPDATE payonce.events SET status = 'COMPLETED' WHERE seq = 1 AND payment_id = ${payment}`,
  );
  expect(await verdict()).toContain('bad: COMPLETED became FAILED');
});
