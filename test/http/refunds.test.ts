/** The HTTP side of refunds: the engine decides, this layer reads the request and writes the answer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefundFailure } from '../../src/domain/problems.ts';
import type { RefundAnswer, RefundProblem } from '../../src/engine/api.ts';
import { refundAnswerBody, refundFields } from '../../src/engine/refunding/answer.ts';
import { createServer } from '../../src/http/server.ts';
import { OPEN_ACCESS } from '../support/open-access.ts';
import { refund, refundNow } from '../support/refund.ts';
import { CARD, expectProblem, harness, PAYMENT_ID, refunded, SECRET, succeeded } from './support.ts';

const ROUTE = '/v1/payments/:id/refunds';
const ADDRESS = `/v1/payments/${PAYMENT_ID}/refunds`;
const LOCATION = `${ADDRESS}/${SECRET}-refund`;
const body = { amount: 4000, refund_id: `${SECRET}-refund` };

const failed = (problem: RefundFailure) => ({
  problem,
  body: refundAnswerBody({ ...refund, status: 'FAILED', retryAfterMs: null }, problem),
});

describe('a refund that has ended', () => {
  it.each([
    ['succeeded, to its starter', succeeded, true, false, 201],
    ['succeeded, to its starter again', succeeded, true, true, 201],
    ['succeeded, to one that joined', succeeded, false, false, 200],
    ['succeeded, to one that joined, again', succeeded, false, true, 200],
    ['declined', failed('refund_declined'), true, false, 422],
    ['declined, again', failed('refund_declined'), false, true, 422],
    ['failed at the gateway', failed('gateway_failed'), true, false, 502],
    ['left without money', failed('refund_exceeds_captured'), true, false, 409],
  ])('%s', async (_name, frozen, started, replayed, status) => {
    const { giveBack, lines } = harness({ refund: () => refunded({ started, replayed }, frozen) });
    const response = await giveBack(body);
    expect(response.statusCode).toBe(status);
    // Byte for byte.
    expect(response.rawPayload.equals(Buffer.from(frozen.body))).toBe(true);
    expect(response.headers['idempotent-replayed']).toBe(String(replayed));
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['content-type']).toBe(
      frozen.problem === null ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
    );
    expect(response.headers.location).toBe(status === 201 ? LOCATION : undefined);
    expect(lines.at(-1)).toMatchObject({ status, payment_id: PAYMENT_ID, route: ROUTE });
    expect(lines.at(-1)?.code).toBe(frozen.problem ?? undefined);
  });
});

describe('a refund that the gateway has and has not decided', () => {
  it.each([
    [true, 201],
    [false, 200],
  ])('is shown as it is now (started: %s)', async (started, status) => {
    const { giveBack, lines } = harness({
      refund: () => ({ kind: 'accepted', shown: refund, started, replayed: !started }),
    });
    const response = await giveBack(body);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toEqual(refundFields(refund));
    expect(response.json().status).toBe('PENDING');
    expect(response.headers.location).toBe(started ? LOCATION : undefined);
    expect(response.headers['idempotent-replayed']).toBe(String(!started));
    expect(lines.at(-1)).toMatchObject({ status, payment_id: PAYMENT_ID, route: ROUTE });
  });
});

describe('a refund that is not settled', () => {
  it.each(['PENDING', 'REVIEW'] as const)('in %s is a 202 that says when to ask again', async (status) => {
    const { giveBack } = harness({
      refund: () => ({
        kind: 'unsettled',
        shown: { ...refund, status },
        retryAfterMs: 1001,
        replayed: true,
      }),
    });
    const response = await giveBack(body);
    expect(response.statusCode).toBe(202);
    expect(response.headers['retry-after']).toBe('2');
    expect(response.headers.location).toBe(LOCATION);
    expect(response.headers['idempotent-replayed']).toBe('true');
    expect(response.json()).toEqual({ ...refundFields({ ...refund, status }), retry_after_ms: 1001 });
  });

  it('has an address that leads to it, whatever its id', async () => {
    const refundId = `${SECRET} a/b?c#d%2F&é`;
    const asked: string[] = [];
    const { giveBack, inject } = harness({
      refund: () => ({
        kind: 'unsettled',
        shown: { ...refund, refundId },
        retryAfterMs: 1000,
        replayed: false,
      }),
      findRefund: (_id, each) => {
        asked.push(each);
        return { ...refundNow, refundId };
      },
    });
    const { location } = (await giveBack(body)).headers;
    expect((await inject({ method: 'GET', url: String(location) })).json().refund_id).toBe(refundId);
    expect(asked).toEqual([refundId]);
  });
});

describe('a problem that the engine found', () => {
  const detail = 'What it means.';
  const problem = (code: RefundProblem, more: Partial<Extract<RefundAnswer, { kind: 'problem' }>> = {}) =>
    harness({ refund: () => ({ kind: 'problem', code, detail, replayed: false, ...more }) });

  it.each([
    ['payment_not_found', 404],
    ['payment_not_refundable', 409],
    ['other_gateway', 409],
    ['refund_conflict', 409],
    ['refund_exceeds_captured', 409],
    ['result_superseded', 409],
    ['idempotency_key_reused', 422],
    ['store_unavailable', 503],
    ['store_refused', 503],
    ['store_outcome_unknown', 503],
    ['installation_changed', 503],
    ['shutting_down', 503],
  ] as const satisfies readonly (readonly [RefundProblem, number])[])('%s is a %i', async (code, status) => {
    const { giveBack, lines } = problem(code);
    const response = await giveBack(body);
    expectProblem(response, status, code);
    expect(response.json()).toMatchObject({ detail });
    expect(response.json()).not.toHaveProperty('refund_status');
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(lines.at(-1)).toMatchObject({ status, code });
    // A payment that does not exist has no place in the log.
    expect('payment_id' in (lines.at(-1) ?? {})).toBe(code !== 'payment_not_found');
  });

  it('carries the refund that it is about, whose state does not hide the HTTP status', async () => {
    const { giveBack } = problem('refund_conflict', { shown: refund, retryAfterMs: 1500, replayed: true });
    const response = await giveBack(body);
    expectProblem(response, 409, 'refund_conflict');
    expect(response.json()).toMatchObject({
      refund_id: `${SECRET}-refund`,
      payment_id: PAYMENT_ID,
      refund_status: 'PENDING',
      retry_after_ms: 1500,
    });
    expect(response.headers['retry-after']).toBe('2');
    expect(response.headers['idempotent-replayed']).toBe('true');
  });
});

describe('what reaches the engine', () => {
  it('is the refund, without a key if there is none', async () => {
    const { giveBack, refunds } = harness();
    await giveBack({ ...body, reason: 'broken', metadata: { a: 'b' } });
    const wanted = {
      accountId: 'default',
      paymentId: PAYMENT_ID,
      amountMinor: 4000,
      refundId: `${SECRET}-refund`,
      reason: 'broken',
      metadata: { a: 'b' },
    };
    expect(refunds).toEqual([{ wanted, options: { waitMs: 10_000 } }]);
  });

  it('is the key under the template of the route, whatever the payment', async () => {
    const { giveBack, inject, refunds } = harness();
    await giveBack({}, { 'idempotency-key': `"${SECRET} key"` });
    const other = '01936b1e-7f2a-7c3d-8e4f-ffffffffffff';
    await inject({
      method: 'POST',
      url: `/v1/payments/${other.toUpperCase()}/refunds/?_=1`,
      headers: { 'content-type': 'application/json', 'idempotency-key': `${SECRET} key` },
      payload: '{}',
    });
    expect(refunds.map(({ wanted, options }) => [wanted.paymentId, options.key])).toEqual(
      [PAYMENT_ID, other].map((id) => [
        id,
        { route: 'POST /v1/payments/{payment_id}/refunds', key: `${SECRET} key` },
      ]),
    );
    expect(refunds[0]?.wanted).toMatchObject({ amountMinor: null, refundId: null, reason: null });
  });

  it.each([
    ['wait=3', 3000, 'wait=3'],
    ['wait=100', 60_000, 'wait=60'],
    ['respond-async', 0, 'respond-async'],
    ['something', 10_000, undefined],
  ])('is the wait of Prefer: %s', async (prefer, waitMs, applied) => {
    const { giveBack, refunds } = harness();
    const response = await giveBack(body, { prefer });
    expect(refunds[0]?.options.waitMs).toBe(waitMs);
    expect(response.headers['preference-applied']).toBe(applied);
  });
});

describe('a refund that is not taken', () => {
  it('has neither a refund_id nor a key', async () => {
    const { giveBack, refunds } = harness();
    const response = await giveBack({ amount: 1 });
    expectProblem(response, 400, 'refund_identity_required');
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(refunds).toEqual([]);
  });

  it('is told what is wrong with its body before it is asked for a name', async () => {
    const { giveBack, refunds } = harness();
    const response = await giveBack({ amount: 0, refundid: SECRET });
    expectProblem(response, 400, 'invalid_request');
    expect(response.json().errors).toMatchObject([{ pointer: '/refundid' }, { pointer: '/amount' }]);
    expect(refunds).toEqual([]);
  });

  it.each([
    ['a bad key', 400, 'idempotency_key_invalid', body, { 'idempotency-key': '' }],
    ['a card number as the key', 400, 'card_number_refused', body, { 'idempotency-key': CARD }],
    ['a card number as the reason', 400, 'card_number_refused', { ...body, reason: CARD }, {}],
    ['no body', 400, 'invalid_json', '', {}],
    ['a name twice', 400, 'invalid_json', '{"amount":1,"amount":2}', {}],
    ['another type', 415, 'unsupported_media_type', body, { 'content-type': 'text/plain' }],
    ['an encoded body', 415, 'unsupported_media_type', body, { 'content-encoding': 'gzip' }],
    ['a body that is too large', 413, 'payload_too_large', { reason: 'x'.repeat(65_536) }, {}],
  ])('has %s', async (_name, status, code, payload, headers) => {
    const { giveBack, refunds } = harness();
    const response = await giveBack(payload, headers as Record<string, string>);
    expectProblem(response, status, code);
    expect(response.body).not.toContain(CARD);
    expect(refunds).toEqual([]);
  });

  it.each(['1', SECRET, `${PAYMENT_ID}x`])('is of no payment: %s', async (id) => {
    const { inject, refunds } = harness();
    const url = `/v1/payments/${id}/refunds`;
    expectProblem(await inject({ method: 'POST', url, payload: body }), 404, 'payment_not_found');
    expect(refunds).toEqual([]);
  });

  it('comes while the server shuts down', async () => {
    const { giveBack, refunds } = harness({}, { isDraining: () => true });
    expectProblem(await giveBack(body), 503, 'shutting_down');
    expect(refunds).toEqual([]);
  });
});

it('a bug of ours while a refund is made is a 500 that says nothing about it', async () => {
  const { giveBack } = harness({ refund: () => Promise.reject(new TypeError('x is undefined')) });
  const response = await giveBack(body);
  expectProblem(response, 500, 'internal_error');
  expect(response.json().detail).toContain('nothing is charged or refunded twice');
});

it.each([
  ['DELETE', ADDRESS, 'GET, HEAD, POST'],
  ['POST', `${ADDRESS}/r`, 'GET, HEAD'],
  ['POST', `${ADDRESS}/r/events`, 'GET, HEAD'],
] as const)('%s %s is told what the address takes', async (method, url, allowed) => {
  const response = await harness().inject({ method, url });
  expectProblem(response, 405, 'method_not_allowed');
  expect(response.headers.allow).toBe(allowed);
});

it('every refund_id can be read at the address that is made from it', async () => {
  let asked: string | undefined;
  const payonce = {
    findRefund: async (_account: string, _id: string, refundId: string) => {
      asked = refundId;
      return refund;
    },
  };
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const app = createServer({ payonce: payonce as never, access: OPEN_ACCESS, logger });
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), async (refundId) => {
      fc.pre(!refundId.includes('\0') && refundId !== '.' && refundId !== '..');
      asked = undefined;
      await app.inject({ method: 'GET', url: `${ADDRESS}/${encodeURIComponent(refundId)}` });
      expect(asked).toBe(refundId);
    }),
  );
  await app.close();
});
