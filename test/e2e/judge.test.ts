/** The judge sees what happens on a stage. Its own tests are in `sim/chaos/judge`. */
import { afterAll, expect, test } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';
import * as step from './gateway/steps.ts';
import { openStage } from './support/stage.ts';

const stage = await openStage();
const { client, gateway, databaseUrl } = stage;
afterAll(() => stage.close());

async function verdict(): Promise<string> {
  return (await stage.judge()).join('\n');
}

/** What the judge finds after `lie` has changed something. `lie` returns the function that undoes the change. */
async function foundWhile(lie: () => () => void): Promise<string> {
  const undo = lie();
  const found = await verdict();
  undo();
  expect(await verdict()).toBe('');
  return found;
}

test('nothing is wrong', async () => {
  await client.pay({ orderId: 'good', key: 'good' });
  gateway.plan('bad', step.declined);
  await client.pay({ orderId: 'bad', key: 'bad' });
  expect(await verdict()).toBe('');
});

test('a second charge, a charge after FAILED, a charge without a payment', async () => {
  const [good, bad] = gateway.ledger.requests;
  if (!good || !bad) throw new Error('both were called');
  const found = await foundWhile(() => {
    gateway.ledger.add(good.key, good.body, 'succeeded');
    gateway.ledger.add(bad.key, bad.body, 'succeeded');
    gateway.ledger.add('orphan', { ...good.body, order_id: 'orphan' }, 'succeeded');
    return () => gateway.ledger.charges.splice(-3);
  });
  expect(found).toContain('charged_twice of order good: 2 live charges');
  expect(found).toContain('false_answer of order bad: charge 1 FAILED at');
  expect(found).toContain('lost of order orphan: charged, but there is no payment');
});

test.each([
  ['a key of nobody', 1, { key: 'made-up' }, 'called with the key made-up'],
  ['too many calls', 4, {}, 'good: 5 calls under one key'],
  ['calls without an intent', 1, {}, 'call 2 of charge 1 at'],
])('%s', async (_name, count, changes, finding) => {
  const [request] = gateway.ledger.requestsOf('good');
  if (!request) throw new Error('it was called');
  const found = await foundWhile(() => {
    gateway.ledger.requests.push(...Array.from({ length: count }, () => ({ ...request, ...changes })));
    return () => gateway.ledger.requests.splice(-count);
  });
  expect(found).toContain(finding);
});

test('answers that contradict the payment or each other', async () => {
  const [yes] = client.observed;
  if (!yes) throw new Error('it was answered');
  for (const [changes, finding] of [
    [{ text: yes.text.replace('"attempts":1', '"attempts":2') }, 'the key good was answered in two ways'],
    [{ status: 202, key: null }, '202: says COMPLETED'],
    [{ orderId: 'bad', key: null }, 'false_answer of order bad: 201'],
  ] as const) {
    const lie = () => {
      client.observed.push({ ...yes, ...changes, n: 99 });
      return () => client.observed.pop();
    };
    expect(await foundWhile(lie)).toContain(finding);
  }
});

test('a gap in the events', async () => {
  const payment = `(SELECT payment_id FROM payonce.payments WHERE order_id = 'bad')`;
  await query(databaseUrl, `UPDATE payonce.events SET seq = 9 WHERE seq = 2 AND payment_id = ${payment}`);
  expect(await verdict()).toContain('false_history of order bad: the events have a gap');
});
