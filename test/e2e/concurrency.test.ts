/** The same order from everywhere at once: one payment, one call, one answer. */
import { afterAll, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { type Answer, json } from './support/client.ts';
import { openStage } from './support/stage.ts';

const stage = await openStage();
const { client, gateway } = stage;
afterAll(() => stage.close());

const N = 100;
const hundred = <T>(make: (index: number) => T) => Array.from({ length: N }, (_, index) => make(index));

function tally(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

test('100 at once with one key: all get 201, byte for byte the same', async () => {
  const answers = await Promise.all(hundred(() => client.pay({ orderId: 'one-key', key: 'one-key' })));
  expect(tally(answers)).toEqual({ 201: N });
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'false')).toHaveLength(1);
  expect(gateway.ledger.requestsOf('one-key')).toHaveLength(1);
});

test('100 at once with 100 keys: one started it, 99 joined', async () => {
  const pay = () => hundred((index) => client.pay({ orderId: 'many-keys', key: `many-keys-${index}` }));
  const answers = await Promise.all(pay());
  expect(tally(answers)).toEqual({ 200: N - 1, 201: 1 });
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  const again = await Promise.all(pay());
  expect(again.map(({ status, text }) => [status, text])).toEqual(
    answers.map(({ status, text }) => [status, text]),
  );
  expect(gateway.ledger.requestsOf('many-keys')).toHaveLength(1);
});

test('100 at once without keys: one charge', async () => {
  const answers = await Promise.all(hundred(() => client.pay({ orderId: 'no-keys' })));
  expect(tally(answers)).toEqual({ 200: N - 1, 201: 1 });
  expect(gateway.ledger.requestsOf('no-keys')).toHaveLength(1);
});

test('100 at once with one key through a failing gateway: one answer', async () => {
  gateway.plan('shaky', step.dropAfter, step.error(500));
  const answers = await Promise.all(hundred(() => client.pay({ orderId: 'shaky', key: 'shaky' })));
  expect(tally(answers)).toEqual({ 201: N });
  expect(gateway.ledger.liveOf('shaky')).toHaveLength(1);
});

test('one key, 100 orders at once: one wins, the others get 422 and leave nothing', async () => {
  const answers = await Promise.all(
    hundred((index) => client.pay({ orderId: `rival-${index}`, key: 'rival' })),
  );
  expect(tally(answers)).toEqual({ 201: 1, 422: N - 1 });
  const charged = gateway.ledger.charges.filter(({ body }) => body.order_id.startsWith('rival-'));
  expect(charged).toHaveLength(1);
  await Promise.all(
    hundred(async (index) => {
      const orderId = `rival-${index}`;
      if (answers[index]?.status === 201) expect(charged[0]?.body.order_id).toBe(orderId);
      else await expect(stage.payment(orderId)).rejects.toThrow('no payment');
    }),
  );
});

test('one order, 100 amounts at once: one wins, the others get 409', async () => {
  const answers = await Promise.all(
    hundred((index) => client.pay({ orderId: 'amounts', amount: index + 1, key: `amounts-${index}` })),
  );
  expect(tally(answers)).toEqual({ 201: 1, 409: N - 1 });
  const winner = answers.find(({ status }) => status === 201) as Answer;
  expect(gateway.ledger.requestsOf('amounts').map(({ body }) => body.amount)).toEqual([json(winner).amount]);
});

test('100 keys at once on a FAILED order: exactly one charge n+1', async () => {
  gateway.plan('failed', step.declined);
  expect((await client.pay({ orderId: 'failed', key: 'failed' })).status).toBe(402);
  const answers = await Promise.all(
    hundred((index) => client.pay({ orderId: 'failed', key: `failed-${index}` })),
  );
  expect(tally(answers)).toEqual({ 200: N - 1, 201: 1 });
  expect(gateway.ledger.keysOf('failed')).toEqual([1, 2].map((n) => stage.identity.key('failed', n)));
  expect(gateway.ledger.requestsOf('failed')).toHaveLength(2);
});

test('100 keys, two amounts, on a FAILED order: one charge, the other amount 409', async () => {
  gateway.plan('split', step.declined);
  await client.pay({ orderId: 'split', key: 'split' });
  const answers = await Promise.all(
    hundred((index) => client.pay({ orderId: 'split', key: `split-${index}`, amount: 1 + (index % 2) })),
  );
  expect(tally(answers)).toEqual({ 200: N / 2 - 1, 201: 1, 409: N / 2 });
  expect(gateway.ledger.liveOf('split')).toHaveLength(1);
});

test('100 orders with crossed pairs of keys at once: each key one order, no deadlock', async () => {
  const answers = await Promise.all(
    hundred((index) => client.pay({ orderId: `cross-${index % 50}`, key: `cross-${(index * 7) % 50}` })),
  );
  for (const { status } of answers) expect([200, 201, 422]).toContain(status);
});

test('the same order in two spellings of the seed and /v1: one charge', async () => {
  const answers = await Promise.all([
    client.start('mixed', '100.0'),
    client.pay({ orderId: 'mixed', key: 'mixed' }),
    client.start('mixed', '100'),
    client.start('mixed', '1e2'),
  ]);
  expect(new Set(answers.map((answer) => json(answer).payment_id)).size).toBe(1);
  expect(gateway.ledger.requestsOf('mixed')).toHaveLength(1);
});

test('100 that hang up at once: one charge, and the answer is there', async () => {
  const { step: slow, release } = step.held();
  gateway.plan('gone', slow);
  const hangUp = new AbortController();
  const left = hundred(() => client.pay({ orderId: 'gone', key: 'gone', signal: hangUp.signal }));
  const leave = Promise.allSettled(left);
  await until('the call', () => gateway.ledger.requestsOf('gone').length === 1);
  hangUp.abort();
  await leave;
  release();
  expect((await client.pay({ orderId: 'gone', key: 'gone' })).status).toBe(201);
  expect(gateway.ledger.requestsOf('gone')).toHaveLength(1);
});

test('afterwards nothing contradicts anything', async () => {
  await stage.quiet();
  expect(await stage.judge()).toEqual([]);
});
