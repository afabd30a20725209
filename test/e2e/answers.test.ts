/** The table of answers, row by row. */
import { afterAll, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { type Answer, json } from './support/client.ts';
import { openStage } from './support/stage.ts';

const stage = await openStage();
const { client, gateway } = stage;
afterAll(() => stage.close());

function told({ status, text }: Answer): { status: number; text: string } {
  return { status, text };
}

/** Expects a problem of this kind, in our format. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: json(answer).code }).toEqual({ status, code });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(json(answer)).toMatchObject({ status, title: expect.any(String), type: expect.any(String) });
}

async function completedOrder(orderId: string): Promise<Answer> {
  const answer = await client.pay({ orderId, key: `${orderId}/1` });
  expect(answer.status).toBe(201);
  return answer;
}

async function failedOrder(orderId: string): Promise<Answer> {
  gateway.plan(orderId, step.declined);
  const answer = await client.pay({ orderId, key: `${orderId}/1` });
  expect(answer.status).toBe(402);
  return answer;
}

/** An order whose calls and lookups never get an answer. */
async function unresolvedOrder(orderId: string): Promise<void> {
  gateway.always(orderId, step.errorAfter(500));
  const known = gateway.mode;
  const key = stage.identity.key(orderId, 1);
  stage.gateway.mode = (asked, nth) => (asked === key ? 'down' : known(asked, nth));
  await client.pay({ orderId, key: `${orderId}/1`, prefer: 'respond-async' });
  await stage.reaches(orderId, 'UNRESOLVED');
}

async function reviewOrder(orderId: string): Promise<void> {
  gateway.plan(orderId, step.altered({ amount: 1 }));
  await client.pay({ orderId, key: `${orderId}/1`, prefer: 'respond-async' });
  await stage.reaches(orderId, 'REVIEW');
}

/** Waits until the order's first call has reached the gateway. */
async function called(orderId: string): Promise<void> {
  await until('the call', () => gateway.ledger.requestsOf(orderId).length === 1);
}

async function nothingIsSent(orderId: string, work: () => Promise<void>): Promise<void> {
  const before = { calls: gateway.ledger.requestsOf(orderId).length, events: await stage.events(orderId) };
  await work();
  const after = { calls: gateway.ledger.requestsOf(orderId).length, events: await stage.events(orderId) };
  expect(after).toEqual(before);
}

test('an unseen key, no payment: charged, 201', async () => {
  const answer = await client.pay({ orderId: 'new', key: 'new' });
  expect(answer.status).toBe(201);
  expect(answer.headers).toMatchObject({ 'idempotent-replayed': 'false' });
  expect(json(answer)).toMatchObject({
    order_id: 'new',
    amount: 10_000,
    currency: 'USD',
    status: 'COMPLETED',
    attempts: 1,
    safe_to_retry_with_new_key: false,
  });
  expect(answer.headers.location).toBe(`/v1/payments/${json(answer).payment_id}`);
  expect(gateway.ledger.requestsOf('new')).toMatchObject([
    {
      key: stage.identity.key('new', 1),
      body: { amount: 10_000, currency: 'USD', reference: stage.identity.reference('new'), order_id: 'new' },
    },
  ]);
});

test('no key, no payment: charged, 201', async () => {
  const answer = await client.pay({ orderId: 'no-key' });
  expect(answer.status).toBe(201);
  expect(answer.headers['idempotent-replayed']).toBe('false');
});

test('a seen key, the same request: the frozen answer, byte for byte', async () => {
  const first = await completedOrder('again');
  for (let round = 0; round < 3; round += 1) {
    const again = await client.pay({ orderId: 'again', key: 'again/1' });
    expect(told(again)).toEqual(told(first));
    expect(again.headers['idempotent-replayed']).toBe('true');
  }
  expect(gateway.ledger.requestsOf('again')).toHaveLength(1);
});

test('the order of the fields and explicit defaults do not make another request', async () => {
  await completedOrder('canonical');
  for (const body of [
    '{"currency":"USD","amount":10000,"order_id":"canonical"}',
    '{ "order_id" : "c\\u0061nonical", "amount" : 10000, "currency" : "USD" }',
  ]) {
    const again = await client.send('POST', '/v1/payments', body, { 'idempotency-key': 'canonical/1' });
    expect(again.status).toBe(201);
  }
});

test('a seen key bare and quoted is one key', async () => {
  const first = await client.pay({ orderId: 'quoted', key: '"quoted-key"' });
  const bare = await client.pay({ orderId: 'quoted', key: 'quoted-key' });
  expect(told(bare)).toEqual(told(first));
  expect(bare.headers['idempotent-replayed']).toBe('true');
});

test('a seen key until settled: 202 with the current state, then the frozen 201', async () => {
  const { step: slow, release } = step.held();
  gateway.plan('open', slow);
  const first = await client.pay({ orderId: 'open', key: 'open', prefer: 'respond-async' });
  const second = await client.pay({ orderId: 'open', key: 'open', prefer: 'respond-async' });
  for (const answer of [first, second]) {
    expect(answer.status).toBe(202);
    expect(json(answer)).toMatchObject({ status: 'PROCESSING', safe_to_retry_with_new_key: false });
    expect(json(answer).retry_after_ms).toBeGreaterThan(0);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  }
  expect(first.headers['idempotent-replayed']).toBe('false');
  expect(second.headers['idempotent-replayed']).toBe('true');
  release();
  const third = await client.pay({ orderId: 'open', key: 'open' });
  expect(third.status).toBe(201);
});

test('a seen key with another request: 422 before everything, and nothing changes', async () => {
  await completedOrder('bound');
  await failedOrder('bound-failed');
  await nothingIsSent('bound', async () => {
    expectProblem(
      await client.pay({ orderId: 'bound', key: 'bound/1', amount: 1 }),
      422,
      'idempotency_key_reused',
    );
    const currency = await client.pay({ orderId: 'bound', key: 'bound/1', currency: 'EUR' });
    expectProblem(currency, 422, 'idempotency_key_reused');
    const other = await client.pay({ orderId: 'bound-other', key: 'bound/1' });
    expectProblem(other, 422, 'idempotency_key_reused');
    const failed = await client.pay({ orderId: 'bound-failed', key: 'bound/1' });
    expectProblem(failed, 422, 'idempotency_key_reused');
    expect(failed.headers['idempotent-replayed']).toMatch(/^(true|false)$/);
  });
  await expect(stage.payment('bound-other')).rejects.toThrow('no payment');
  expect((await client.pay({ orderId: 'bound-failed', key: 'bound-failed/1', amount: 1 })).status).toBe(422);
});

test('PROCESSING, the same terms: waits, joins and gets 200; another method joins', async () => {
  gateway.plan('join', step.slow(400));
  const starter = client.pay({ orderId: 'join', key: 'join-a', method: 'tok_visa' });
  await called('join');
  const joiners = await Promise.all([
    client.pay({ orderId: 'join', key: 'join-b', method: 'tok_visa' }),
    client.pay({ orderId: 'join', key: 'join-c', method: 'tok_amex' }),
    client.pay({ orderId: 'join' }),
  ]);
  expect((await starter).status).toBe(201);
  expect(joiners.map(({ status }) => status)).toEqual([200, 200, 200]);
  for (const joiner of joiners) expect(joiner.text).toBe((await starter).text);
  const again = await client.pay({ orderId: 'join', key: 'join-b', method: 'tok_visa' });
  expect(told(again)).toEqual({ status: 200, text: (await starter).text });
  expect(again.headers['idempotent-replayed']).toBe('true');
});

test('the wait ends: 202 with Retry-After, and the payment goes on', async () => {
  const { step: long, release } = step.heldPending('succeeded');
  gateway.plan('long', long);
  const first = await client.pay({ orderId: 'long', key: 'long', prefer: 'wait=1' });
  expect(first.status).toBe(202);
  expect(first.receivedAtMs - first.sentAtMs).toBeGreaterThan(900);
  expect(first.headers['retry-after']).toBeDefined();
  const joiner = await client.pay({ orderId: 'long', key: 'long-2', prefer: 'respond-async' });
  expect(joiner.status).toBe(202);
  expect(json(joiner).payment_id).toBe(json(first).payment_id);
  release();
  expect((await client.pay({ orderId: 'long', key: 'long-2' })).status).toBe(200);
  expect((await client.pay({ orderId: 'long', key: 'long' })).status).toBe(201);
});

const pending = step.heldPending('succeeded');

test.each([
  [
    'PROCESSING',
    async (id: string) => {
      gateway.plan(id, pending.step);
      await client.pay({ orderId: id, key: `${id}/1`, prefer: 'respond-async' });
      await until('the call to end', async () => (await stage.events(id)).length > 1);
    },
  ],
  ['UNRESOLVED', unresolvedOrder],
  ['REVIEW', reviewOrder],
] as const)('%s: the same terms 202, other terms 409, nothing sent', async (state, make) => {
  const orderId = `open-${state}`;
  await make(orderId);
  const calls = gateway.ledger.requestsOf(orderId).length;
  for (const key of [null, `${orderId}/2`]) {
    const same = await client.pay({ orderId, key, prefer: 'wait=0' });
    expect(same.status).toBe(202);
    expect(json(same)).toMatchObject({ status: state, safe_to_retry_with_new_key: false });
    expect(same.headers['retry-after']).toBeDefined();
  }
  for (const key of [null, `${orderId}/3`]) {
    expectProblem(await client.pay({ orderId, key, amount: 1 }), 409, 'order_conflict');
    expectProblem(await client.pay({ orderId, key, currency: 'EUR' }), 409, 'order_conflict');
  }
  expect(gateway.ledger.requestsOf(orderId)).toHaveLength(calls);
  pending.release();
});

test('COMPLETED: the same terms 200, other terms 409, nothing sent', async () => {
  const first = await completedOrder('done');
  await nothingIsSent('done', async () => {
    for (const key of [null, 'done/2', 'done/2', null]) {
      const answer = await client.pay({ orderId: 'done', key });
      expect(told(answer)).toEqual({ status: 200, text: first.text });
    }
    for (const key of [null, 'done/3']) {
      expectProblem(await client.pay({ orderId: 'done', key, amount: 10_001 }), 409, 'order_conflict');
    }
  });
});

test('our own 409 is never stored: the key stays free', async () => {
  await completedOrder('not-stored');
  expect((await client.pay({ orderId: 'not-stored', key: 'free', amount: 1 })).status).toBe(409);
  expect((await client.pay({ orderId: 'not-stored', key: 'free' })).status).toBe(200);
  expect((await client.pay({ orderId: 'not-stored', key: 'free', amount: 1 })).status).toBe(422);
});

test('FAILED without a key: the failure again; other terms 409; nothing sent', async () => {
  const first = await failedOrder('failed');
  expectProblem(first, 402, 'card_declined');
  expect(json(first)).toMatchObject({ safe_to_retry_with_new_key: true, order_id: 'failed' });
  await nothingIsSent('failed', async () => {
    expect(told(await client.pay({ orderId: 'failed' }))).toEqual(told(first));
    expectProblem(await client.pay({ orderId: 'failed', amount: 1 }), 409, 'order_conflict');
    expect(told(await client.pay({ orderId: 'failed', key: 'failed/1' }))).toEqual(told(first));
  });
});

test('FAILED with an unseen key: charge n+1, also with another amount; old keys keep their answer', async () => {
  const first = await failedOrder('another-card');
  gateway.plan('another-card', step.declined, step.declined, step.honest);
  const second = await client.pay({ orderId: 'another-card', key: 'another-card/2', amount: 700 });
  expect(second.status).toBe(402);
  const third = await client.pay({
    orderId: 'another-card',
    key: 'another-card/3',
    amount: 900,
    method: 'tok_2',
  });
  expect(third.status).toBe(201);
  expect(json(third)).toMatchObject({ amount: 900, payment_id: json(first).payment_id });
  expect(told(await client.pay({ orderId: 'another-card', key: 'another-card/1' }))).toEqual(told(first));
  const again = await client.pay({ orderId: 'another-card', key: 'another-card/2', amount: 700 });
  expect(told(again)).toEqual(told(second));
  expect(gateway.ledger.keysOf('another-card')).toEqual(
    [1, 2, 3].map((n) => stage.identity.key('another-card', n)),
  );
  expect(gateway.ledger.requestsOf('another-card').map(({ body }) => body.amount)).toEqual([
    10_000, 700, 900,
  ]);
  expect(await client.pay({ orderId: 'another-card', amount: 10_000 })).toMatchObject({ status: 409 });
  expect(await client.pay({ orderId: 'another-card', amount: 900 })).toMatchObject({ status: 200 });
});

test('a joiner of a failure gets the failure and may not start charge n+1 with the same key', async () => {
  const { step: declined, release } = step.held(step.declined);
  gateway.plan('both', declined);
  const starter = client.pay({ orderId: 'both', key: 'both/1' });
  await called('both');
  expect((await client.pay({ orderId: 'both', key: 'both/2', prefer: 'respond-async' })).status).toBe(202);
  release();
  const [one, two] = [await starter, await client.pay({ orderId: 'both', key: 'both/2' })];
  expect([one.status, two.status]).toEqual([402, 402]);
  expect(one.text).toBe(two.text);
  for (const key of ['both/1', 'both/2'])
    expect((await client.pay({ orderId: 'both', key })).status).toBe(402);
  expect(gateway.ledger.requestsOf('both')).toHaveLength(1);
});

test('a gateway that failed: 502 with proof', async () => {
  gateway.plan('broken', step.error(500), step.error(500), step.error(500), step.error(500));
  const answer = await client.pay({ orderId: 'broken', key: 'broken' });
  expectProblem(answer, 502, 'gateway_failed');
  expect(json(answer)).toMatchObject({ safe_to_retry_with_new_key: true });
  expect(told(await client.pay({ orderId: 'broken', key: 'broken' }))).toEqual(told(answer));
});

test('a client that hangs up changes nothing', async () => {
  const { step: slow, release } = step.held();
  gateway.plan('hang-up', slow);
  const hangUp = new AbortController();
  const left = client.pay({ orderId: 'hang-up', key: 'hang-up', signal: hangUp.signal });
  const leaves = expect(left).rejects.toThrow();
  await called('hang-up');
  hangUp.abort();
  await leaves;
  release();
  const answer = await client.pay({ orderId: 'hang-up', key: 'hang-up' });
  expect(answer.status).toBe(201);
  expect(answer.headers['idempotent-replayed']).toBe('true');
  expect(gateway.ledger.requestsOf('hang-up')).toHaveLength(1);
});

test('the intent is committed before the gateway is called', async () => {
  const seen: unknown[] = [];
  stage.gateway.onRequest = async ({ body }) => {
    if (body.order_id === 'intent') seen.push((await stage.payment('intent')).status);
  };
  await client.pay({ orderId: 'intent', key: 'intent' });
  expect(seen).toEqual(['PROCESSING']);
});

test('frozen answers survive kill -9 and a restart, byte for byte', async () => {
  const first = [
    await completedOrder('frozen-done'),
    await failedOrder('frozen-failed'),
    await client.pay({ orderId: 'frozen-done', key: 'frozen-joined' }),
  ];
  await stage.service().kill();
  await stage.start();
  const again = [
    await client.pay({ orderId: 'frozen-done', key: 'frozen-done/1' }),
    await client.pay({ orderId: 'frozen-failed', key: 'frozen-failed/1' }),
    await client.pay({ orderId: 'frozen-done', key: 'frozen-joined' }),
  ];
  expect(again.map(told)).toEqual(first.map(told));
  for (const { headers } of again) expect(headers['idempotent-replayed']).toBe('true');
});

test('afterwards nothing contradicts anything', async () => {
  stage.gateway.mode = () => 'truth';
  await stage.quiet();
  expect(await stage.judge()).toEqual([]);
});
