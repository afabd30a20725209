/** Captures and voids over HTTP: what is read, and how each answer is sent. */
import { describe, expect, it } from 'vitest';
import type { CaptureOrVoid } from '../../src/domain/capture-or-void.ts';
import type { ExclusiveKind } from '../../src/domain/effects.ts';
import type { CaptureOrVoidNow, ExclusiveAnswer, PaymentNow } from '../../src/engine/api.ts';
import { exclusiveAnswerBody } from '../../src/engine/capturing/answer.ts';
import { exclusiveProblem } from '../../src/engine/capturing/problem.ts';
import { expectProblem, harness, PAYMENT_ID, payment } from './support.ts';

const KINDS: readonly ExclusiveKind[] = ['capture', 'void'];
const AT_MS = Date.UTC(2026, 10, 23, 12, 0, 2);

/** It is under way. */
function shown(kind: ExclusiveKind, changes: Partial<CaptureOrVoid> = {}): CaptureOrVoid {
  return {
    operation: kind,
    paymentId: PAYMENT_ID,
    accountId: 'default',
    orderId: 'ORD1',
    amountMinor: 4000,
    capturedMinor: null,
    currency: 'USD',
    status: 'PENDING',
    metadata: { note: 'n' },
    attempts: 1,
    failureCode: null,
    gatewayRef: null,
    inDoubt: false,
    retryAfterMs: 1500,
    nextAttemptAtMs: null,
    seq: 2,
    createdAtMs: AT_MS,
    updatedAtMs: AT_MS,
    ...changes,
  };
}

const done = (kind: ExclusiveKind): CaptureOrVoid =>
  shown(kind, { status: 'SUCCEEDED', gatewayRef: 'x_1', retryAfterMs: null });

function settled(kind: ExclusiveKind, started: boolean): ExclusiveAnswer {
  const frozen = { problem: null, body: exclusiveAnswerBody(done(kind), null) };
  return { kind: 'settled', frozen, paymentId: PAYMENT_ID, name: '1', started, replayed: !started };
}

const post = (kind: ExclusiveKind, payload?: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST' as const,
  url: `/v1/payments/${PAYMENT_ID}/${kind}`,
  headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
});

describe.each(KINDS)('POST …/%s', (kind) => {
  it('needs no body and no key, and waits as long as the client prefers', async () => {
    const { inject, exclusives } = harness({ exclusive: () => settled(kind, true) });
    const response = await inject(post(kind, undefined, { prefer: 'wait=3' }));
    expect(response.statusCode).toBe(201);
    expect(response.headers.location).toBe(`/v1/payments/${PAYMENT_ID}/${kind}`);
    expect(response.headers['preference-applied']).toBe('wait=3');
    expect(response.json()).toEqual({
      operation: kind,
      payment_id: PAYMENT_ID,
      order_id: 'ORD1',
      amount: 4000,
      currency: 'USD',
      status: 'SUCCEEDED',
      failure_code: null,
      gateway_ref: 'x_1',
      safe_to_retry_with_new_key: false,
      metadata: { note: 'n' },
      created_at: '2026-11-23T12:00:02.000Z',
      updated_at: '2026-11-23T12:00:02.000Z',
    });
    const wanted = { accountId: 'default', paymentId: PAYMENT_ID, amountMinor: null, metadata: {} };
    expect(exclusives).toEqual([{ kind, wanted, options: { waitMs: 3000 } }]);
  });

  it('passes notes and its key on, in the scope of its route, and marks a replay', async () => {
    const { inject, exclusives } = harness({ exclusive: () => settled(kind, false) });
    const response = await inject(post(kind, { metadata: { a: 'b' } }, { 'idempotency-key': 'k1' }));
    expect([response.statusCode, response.headers['idempotent-replayed']]).toEqual([200, 'true']);
    expect(exclusives[0]).toMatchObject({
      wanted: { metadata: { a: 'b' } },
      options: { key: { route: `POST /v1/payments/{payment_id}/${kind}`, key: 'k1' } },
    });
  });

  it('is 202 while it is not known how it ends', async () => {
    const answer = { kind: 'unsettled', shown: shown(kind), retryAfterMs: 1500, replayed: false } as const;
    const { inject } = harness({ exclusive: () => answer });
    const response = await inject(post(kind));
    expect(response.statusCode).toBe(202);
    expect(response.headers['retry-after']).toBe('2');
    expect(response.json()).toMatchObject({ operation: kind, status: 'PENDING', retry_after_ms: 1500 });
  });

  it('that failed is a problem, frozen with all that it has', async () => {
    const failed = shown(kind, { status: 'FAILED', failureCode: 'too_late', retryAfterMs: null });
    const code = `${kind}_declined` as const;
    const frozen = { problem: code, body: exclusiveAnswerBody(failed, code) };
    const answer = {
      kind: 'settled',
      frozen,
      paymentId: PAYMENT_ID,
      name: '1',
      started: true,
      replayed: false,
    } as const;
    const { inject } = harness({ exclusive: () => answer });
    const response = await inject(post(kind));
    expectProblem(response, 422, code);
    expect(response.json()).toMatchObject({
      operation: kind,
      operation_status: 'FAILED',
      failure_code: 'too_late',
      safe_to_retry_with_new_key: true,
    });
  });

  it('that another one keeps out shows that one', async () => {
    const answer = { ...exclusiveProblem('operation_in_progress'), shown: shown('capture') };
    const { inject } = harness({ exclusive: () => answer });
    const response = await inject(post(kind));
    expectProblem(response, 409, 'operation_in_progress');
    expect(response.json()).toMatchObject({
      operation: 'capture',
      operation_status: 'PENDING',
      amount: 4000,
    });
  });

  it.each([
    [{ amount: '5' }],
    [{ amount: 0 }],
    [{ amount: null }],
    [{ amount: 1.5 }],
    [{ reason: 'none is taken' }],
    [{ refund_id: 'x' }],
    [[]],
  ])('refuses the body %j before the engine sees it', async (payload) => {
    const { inject, exclusives } = harness();
    expectProblem(await inject(post(kind, payload)), 400, 'invalid_request');
    expect(exclusives).toEqual([]);
  });

  it('of what is no payment is not found', async () => {
    const { inject, exclusives } = harness();
    const response = await inject({ ...post(kind), url: `/v1/payments/nothing/${kind}` });
    expectProblem(response, 404, 'payment_not_found');
    expect(exclusives).toEqual([]);
  });

  it('is read with what may be done now, and so is its trail', async () => {
    const now: CaptureOrVoidNow = { ...shown(kind, { status: 'REVIEW' }), actions: ['look_now', 'resolve'] };
    const event = {
      seq: 1,
      type: `${kind}.created`,
      status: 'PENDING',
      attempts: 1,
      detail: null,
      atMs: AT_MS,
    } as const;
    const { inject } = harness({
      findExclusive: () => now,
      exclusiveEvents: () => [event, { ...event, seq: 2 }],
    });
    const url = `/v1/payments/${PAYMENT_ID}/${kind}`;
    expect((await inject({ method: 'GET', url })).json()).toMatchObject({
      operation: kind,
      status: 'REVIEW',
      actions: ['look_now', 'resolve'],
    });
    const page = await inject({ method: 'GET', url: `${url}/events?limit=1` });
    expect(page.json()).toEqual({
      data: [
        {
          seq: 1,
          type: `${kind}.created`,
          status: 'PENDING',
          attempts: 1,
          detail: null,
          at: '2026-11-23T12:00:02.000Z',
        },
      ],
      next_cursor: expect.any(String),
    });
    const next = await inject({ method: 'GET', url: `${url}/events?cursor=${page.json().next_cursor}` });
    expect(next.statusCode).toBe(200);
  });

  it('that is not there is not found, and neither is its payment', async () => {
    const url = `/v1/payments/${PAYMENT_ID}/${kind}`;
    for (const path of [url, `${url}/events`]) {
      expectProblem(
        await harness({ payment: () => payment }).inject({ method: 'GET', url: path }),
        404,
        'operation_not_found',
      );
      expectProblem(await harness().inject({ method: 'GET', url: path }), 404, 'payment_not_found');
    }
  });

  it('takes the word of an operator', async () => {
    const now: CaptureOrVoidNow = { ...shown(kind, { status: 'REVIEW' }), actions: [] };
    const { inject, operated } = harness({ operate: () => ({ kind: 'exclusive', exclusive: now }) });
    const url = `/v1/payments/${PAYMENT_ID}/${kind}`;
    expect((await inject({ method: 'POST', url: `${url}/look-now` })).statusCode).toBe(202);
    const amount = kind === 'capture' ? 'amount_captured' : 'amount_voided';
    const stated = {
      outcome: 'succeeded',
      gateway_ref: 'x_1',
      [amount]: 4000,
      evidence: 'e',
      actor: 'amira',
    };
    const headers = { 'content-type': 'application/json' };
    const resolve = (payload: unknown) =>
      inject({ method: 'POST', url: `${url}/resolve`, headers, payload: JSON.stringify(payload) });
    expect((await resolve(stated)).statusCode).toBe(202);
    expectProblem(await resolve({ ...stated, outcome: 'completed' }), 400, 'invalid_request');
    expect(operated).toMatchObject([
      { paymentId: PAYMENT_ID, followUp: { kind, name: null }, actor: null },
      {
        followUp: { kind, name: null },
        wish: { outcome: 'completed', gatewayRef: 'x_1', amountMinor: 4000 },
      },
    ]);
  });
});

it('a void takes no amount, and a capture does', async () => {
  const { inject, exclusives } = harness({ exclusive: (kind) => settled(kind, true) });
  expectProblem(await inject(post('void', { amount: 5 })), 400, 'invalid_request');
  await inject(post('capture', { amount: 5 }));
  expect(exclusives).toMatchObject([{ kind: 'capture', wanted: { amountMinor: 5 } }]);
});

describe('a payment with manual capture', () => {
  it('is asked for, and any other word is refused', async () => {
    const { post: charge, charges } = harness();
    const order = { order_id: 'ORD1', amount: 10000, currency: 'USD' };
    await charge({ ...order, capture_method: 'manual' });
    await charge({ ...order, capture_method: 'automatic' });
    expect(charges.map(({ order: { captureMethod } }) => captureMethod)).toEqual(['manual', undefined]);
    for (const capture_method of ['Manual', '', null, true])
      expectProblem(await charge({ ...order, capture_method }), 400, 'invalid_request');
    expect(charges).toHaveLength(2);
  });

  it('shows what was authorised and what was captured', async () => {
    const url = `/v1/payments/${PAYMENT_ID}`;
    const read = async (changes: Partial<PaymentNow>) =>
      (await harness({ payment: () => ({ ...payment, ...changes }) }).inject({ method: 'GET', url })).json();
    const sums = { capturedMinor: 0, refundingMinor: 0, refundedMinor: 0, elsewhereMinor: 0 };
    expect(
      await read({ captureMethod: 'manual', status: 'AUTHORIZED', sums, actions: ['capture', 'void'] }),
    ).toMatchObject({
      status: 'AUTHORIZED',
      capture_method: 'manual',
      amount_authorized: payment.amountMinor,
      amount_captured: 0,
      actions: ['capture', 'void'],
    });
    expect(await read({ captureMethod: 'manual', status: 'PROCESSING', sums })).toMatchObject({
      amount_authorized: 0,
    });
    expect(await read({})).not.toHaveProperty('amount_authorized');
    expect(await read({})).not.toHaveProperty('capture_method');
  });
});
