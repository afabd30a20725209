/** The HTTP side of the answers table: the engine decides, this layer writes the answer. */
import { describe, expect, it } from 'vitest';
import { problemFields } from '../../src/engine/answer.ts';
import type { ChargeAnswer, ChargeProblem } from '../../src/engine/api.ts';
import { body, completed, expectProblem, harness, PAYMENT_ID, payment, settled } from './support.ts';

const failed = (problem: 'card_declined' | 'gateway_failed') => ({
  problem,
  body: JSON.stringify(problemFields(problem, 'Nothing was charged.', { ...payment, status: 'FAILED' })),
});

describe('a settled payment', () => {
  it.each([
    ['completed, to its starter', completed, true, false, 201],
    ['completed, to its starter again', completed, true, true, 201],
    ['completed, to one that joined', completed, false, false, 200],
    ['completed, to one that joined, again', completed, false, true, 200],
    ['declined', failed('card_declined'), true, false, 402],
    ['declined, again', failed('card_declined'), true, true, 402],
    ['declined, found without a key', failed('card_declined'), false, false, 402],
    ['failed at the gateway', failed('gateway_failed'), true, false, 502],
    ['failed at the gateway, again', failed('gateway_failed'), false, true, 502],
  ])('%s', async (_name, frozen, started, replayed, status) => {
    const { post, lines } = harness({ charge: () => settled(frozen, { started, replayed }) });
    const response = await post(body);
    expect(response.statusCode).toBe(status);
    // Byte for byte.
    expect(response.rawPayload.equals(Buffer.from(frozen.body))).toBe(true);
    expect(response.headers['content-length']).toBe(String(Buffer.byteLength(frozen.body)));
    expect(response.headers['idempotent-replayed']).toBe(String(replayed));
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['content-type']).toBe(
      frozen.problem === null ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
    );
    expect(response.headers.location).toBe(status === 201 ? `/v1/payments/${PAYMENT_ID}` : undefined);
    expect(response.headers['retry-after']).toBeUndefined();
    expect(lines.at(-1)).toMatchObject({ status, payment_id: PAYMENT_ID, route: '/v1/payments' });
  });
});

describe('an unsettled payment', () => {
  it('for which the customer must act says what they must do, and no other payment does', async () => {
    const nextAction = { type: 'redirect_to_url', url: 'https://bank.example/3ds' };
    const address = { url: `/v1/payments/${PAYMENT_ID}` };
    const { post, inject } = harness({
      charge: () => ({
        kind: 'unsettled',
        payment: { ...payment, nextAction },
        retryAfterMs: 1,
        replayed: false,
      }),
      payment: () => ({ ...payment, nextAction }),
    });
    expect((await post(body)).json()).toMatchObject({ status: 'PROCESSING', next_action: nextAction });
    expect((await inject(address)).json()).toMatchObject({ next_action: nextAction });
    const none = harness({ payment: () => payment });
    expect((await none.inject(address)).json()).not.toHaveProperty('next_action');
  });

  it.each([
    [1, '1'],
    [999, '1'],
    [1000, '1'],
    [1001, '2'],
    [0, '1'],
    [60_000, '60'],
  ])('to be asked about in %i ms', async (retryAfterMs, seconds) => {
    const { post } = harness({
      charge: () => ({ kind: 'unsettled', payment, retryAfterMs, replayed: true }),
    });
    const response = await post(body);
    expect(response.statusCode).toBe(202);
    expect(response.headers['retry-after']).toBe(seconds);
    expect(response.headers.location).toBe(`/v1/payments/${PAYMENT_ID}`);
    expect(response.headers['idempotent-replayed']).toBe('true');
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.json()).toMatchObject({
      payment_id: PAYMENT_ID,
      order_id: payment.orderId,
      amount: 10000,
      currency: 'USD',
      status: 'PROCESSING',
      attempts: 1,
      safe_to_retry_with_new_key: false,
      retry_after_ms: retryAfterMs,
    });
  });

  it.each(['PROCESSING', 'UNRESOLVED', 'REVIEW'] as const)(
    'in %s is not safe to retry with a new key',
    async (status) => {
      const { post } = harness({
        charge: () => ({
          kind: 'unsettled',
          payment: { ...payment, status },
          retryAfterMs: 500,
          replayed: false,
        }),
      });
      const response = await post(body);
      expect(response.json()).toMatchObject({ status, safe_to_retry_with_new_key: false });
      expect(response.headers['idempotent-replayed']).toBe('false');
    },
  );
});

describe('a problem that the engine found', () => {
  const detail = 'What it means.';
  const problem = (code: ChargeProblem, more: Partial<Extract<ChargeAnswer, { kind: 'problem' }>> = {}) =>
    harness({ charge: () => ({ kind: 'problem', code, detail, replayed: false, ...more }) });

  it.each([
    ['order_conflict', 409],
    ['result_expired', 409],
    ['idempotency_key_reused', 422],
    ['store_unavailable', 503],
    ['store_outcome_unknown', 503],
    ['shutting_down', 503],
  ] as const)('%s is a %i', async (code, status) => {
    const { post, lines } = problem(code);
    const response = await post(body);
    expectProblem(response, status, code);
    expect(response.json().detail).toBe(detail);
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(lines.at(-1)).toMatchObject({ status, code });
  });

  it('carries the payment that it is about, whose state does not hide the HTTP status', async () => {
    const { post, lines } = problem('order_conflict', { payment, retryAfterMs: 1500, replayed: true });
    const response = await post(body);
    expectProblem(response, 409, 'order_conflict');
    expect(response.json()).toMatchObject({
      payment_id: PAYMENT_ID,
      payment_status: 'PROCESSING',
      retry_after_ms: 1500,
    });
    expect(response.headers['retry-after']).toBe('2');
    expect(response.headers['idempotent-replayed']).toBe('true');
    expect(lines.at(-1)).toMatchObject({ payment_id: PAYMENT_ID });
  });

  it('while shutting down also ends the connection', async () => {
    const response = await problem('shutting_down').post(body);
    expect(response.headers.connection).toBe('close');
  });
});

describe('what reaches the engine', () => {
  it('is the order, without a key where there is none', async () => {
    const { post, charges } = harness();
    await post({ ...body, method: 'tok_hush', metadata: { a: 'b' } });
    expect(charges).toEqual([
      {
        order: {
          accountId: 'default',
          orderId: body.order_id,
          amountMinor: 10000,
          currency: 'USD',
          method: 'tok_hush',
          metadata: { a: 'b' },
        },
        options: { waitMs: 10_000 },
      },
    ]);
  });

  it.each(['hush-key', '"hush-key"'])('is the key %s under the template of the route', async (key) => {
    const { post, charges } = harness();
    await post(body, { 'idempotency-key': key });
    expect(charges[0]?.options).toEqual({
      waitMs: 10_000,
      key: { route: 'POST /v1/payments', key: 'hush-key' },
    });
  });

  it('is how long the order is tried, where the request says so', async () => {
    const { post, charges } = harness();
    await post({ ...body, give_up_after_s: 3600 });
    expect(charges[0]).toMatchObject({ options: { waitMs: 10_000, giveUpAfterS: 3600 } });
    const refused = await post({ ...body, give_up_after_s: 0 });
    expect([refused.statusCode, JSON.parse(refused.body).errors, charges.length]).toEqual([
      400,
      [{ pointer: '/give_up_after_s', detail: expect.stringContaining('1 to 259200') }],
      1,
    ]);
  });

  it('is the same route with a slash at the end', async () => {
    const { inject, charges } = harness();
    const response = await inject({
      method: 'POST',
      url: '/v1/payments/',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      payload: JSON.stringify(body),
    });
    expect(response.statusCode).toBe(201);
    expect(charges[0]?.options.key).toEqual({ route: 'POST /v1/payments', key: 'k' });
  });

  it.each([
    ['wait=3', 3_000, 'wait=3'],
    ['wait=600', 60_000, 'wait=60'],
    ['respond-async', 0, 'respond-async'],
    ['return=minimal', 10_000, undefined],
    ['wait=soon', 10_000, undefined],
  ])('is how long to wait: Prefer: %s', async (prefer, waitMs, applied) => {
    const { post, charges } = harness();
    const response = await post(body, { prefer });
    expect(charges[0]?.options.waitMs).toBe(waitMs);
    expect(response.headers['preference-applied']).toBe(applied);
  });

  it('is how long to wait by the configuration', async () => {
    const { post, charges } = harness({}, { defaultWaitMs: 1234, maxWaitMs: 2000 });
    await post(body);
    await post(body, { prefer: 'wait=9' });
    expect(charges.map((charge) => charge.options.waitMs)).toEqual([1234, 2000]);
  });
});

it('a fault of ours is a 500 with an id, and the log has the same id and no values', async () => {
  const { post, lines } = harness({
    charge: () => {
      throw Object.assign(new Error('duplicate key (hush-order)'), { detail: 'hush', code: '23505' });
    },
  });
  const response = await post(body);
  expectProblem(response, 500, 'internal_error');
  expect(response.body).not.toContain('duplicate');
  const id = /urn:uuid:(.+)/.exec(response.json().instance)?.[1];
  const entry = lines.find((line) => line.error_id === id);
  expect(entry).toMatchObject({
    level: 50,
    type: 'Error',
    code: '23505',
    stack: expect.stringContaining('answers.test.ts'),
  });
  expect(response.headers['idempotent-replayed']).toBe('false');
});
