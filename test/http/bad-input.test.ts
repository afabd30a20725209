/** Every bad input is refused with a reason, reaches no gateway and leaves no part of itself in the log. */
import { describe, expect, it } from 'vitest';
import { BODIES, good, utf8 } from './bad-bodies.ts';
import { body, CARD, expectProblem, harness, SECRET } from './support.ts';

describe('POST /v1/payments with', () => {
  it.each(BODIES)('$name', async ({ payload, code, pointers }) => {
    const { post, charges, lines } = harness();
    const response = await post(payload, { 'idempotency-key': `${SECRET}-key` });
    expectProblem(response, 400, code);
    expect(charges).toEqual([]);
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(response.headers['preference-applied']).toBeUndefined();
    expect(response.body).not.toContain(CARD);
    expect(response.json().errors?.map((error: { pointer: string }) => error.pointer)).toEqual(pointers);
    expect(lines).toEqual([
      expect.objectContaining({ msg: 'request', method: 'POST', route: '/v1/payments', status: 400, code }),
    ]);
  });

  it('thousands of problems gets an answer of a sensible size', async () => {
    const fields = Array.from({ length: 5_000 }, (_, i) => `"f${i}":1`).join();
    const { post, charges } = harness();
    const response = await post(`{${fields}}`);
    expectProblem(response, 400, 'invalid_request');
    expect(response.json().errors).toHaveLength(51);
    expect(charges).toEqual([]);
  });

  it.each([
    ['', 'empty'],
    ['""', 'empty'],
    [`"${SECRET}`, 'an unfinished string'],
    [SECRET.repeat(64), '256 characters'],
    [`${SECRET}\u00e4`, 'other characters'],
  ])('the key %j (%s)', async (key) => {
    const { post, charges } = harness();
    const response = await post(body, { 'idempotency-key': key });
    expectProblem(response, 400, 'idempotency_key_invalid');
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(response.body).not.toContain(SECRET);
    expect(charges).toEqual([]);
  });

  it.each([
    ['another media type', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a relative of JSON', { 'content-type': 'application/merge-patch+json' }],
    ['no valid media type', { 'content-type': SECRET }],
    ['an empty media type', { 'content-type': '' }],
    ['a compressed body', { 'content-encoding': 'gzip' }],
  ])('%s', async (_name, headers) => {
    const { post, charges } = harness();
    const response = await post(body, headers);
    expectProblem(response, 415, 'unsupported_media_type');
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(charges).toEqual([]);
  });

  it('a body without any media type', async () => {
    const { inject, charges } = harness();
    const response = await inject({ method: 'POST', url: '/v1/payments', payload: utf8(good) });
    expectProblem(response, 415, 'unsupported_media_type');
    expect(charges).toEqual([]);
  });

  it('neither body nor media type', async () => {
    const { inject, charges } = harness();
    expectProblem(await inject({ method: 'POST', url: '/v1/payments' }), 400, 'invalid_json');
    expect(charges).toEqual([]);
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;x=y'])(
    '%s is taken',
    async (type) => {
      const { post, charges } = harness();
      expect((await post(body, { 'content-type': type })).statusCode).toBe(201);
      expect(charges).toHaveLength(1);
    },
  );

  it('a body over the limit, and not one at it', async () => {
    const { post, charges } = harness({}, { bodyLimitBytes: 200 });
    expect((await post(good.padEnd(200))).statusCode).toBe(201);
    const response = await post(good.padEnd(201));
    expectProblem(response, 413, 'payload_too_large');
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(response.headers.connection).toBe('close');
    expect(charges).toHaveLength(1);
  });
});

describe('an address', () => {
  it.each([
    ['GET', `/${SECRET}`],
    ['POST', `/v1/payment/${SECRET}`],
    ['GET', '/V1/payments'],
    ['GET', `/v1/payments/${SECRET}/charges`],
    ['GET', '/'],
  ] as const)('without a route: %s %s', async (method, url) => {
    const { inject, charges, lines } = harness();
    // The body would be malformed; nobody reads it.
    const payload =
      method === 'POST' ? { headers: { 'content-type': 'application/json' }, payload: '{' } : {};
    expectProblem(await inject({ method, url, ...payload }), 404, 'not_found');
    expect(charges).toEqual([]);
    expect(lines).toEqual([
      expect.objectContaining({ route: '(none)', status: 404, method, code: 'not_found' }),
    ]);
  });

  it.each([
    ['PUT', '/v1/payments', 'GET, HEAD, POST'],
    ['DELETE', '/v1/payments/', 'GET, HEAD, POST'],
    ['OPTIONS', '/v1/payments', 'GET, HEAD, POST'],
    ['PATCH', `/v1/payments/${SECRET}`, 'GET, HEAD'],
    ['POST', `/v1/payments/${SECRET}?a=${SECRET}`, 'GET, HEAD'],
    ['POST', `/v1/payments/${SECRET}/events/`, 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/readyz', 'GET, HEAD'],
  ] as const)('that does not take the method: %s %s', async (method, url, allow) => {
    const { inject, charges } = harness();
    const response = await inject({ method, url });
    expectProblem(response, 405, 'method_not_allowed');
    expect(response.headers.allow).toBe(allow);
    expect(charges).toEqual([]);
  });

  it.each(['/v1/payments/%', '/v1/payments/%ff', '/%zz', `/v1/payments/${SECRET}%e2%82`])(
    'that is malformed: %s',
    async (url) => {
      const { inject, charges, lines } = harness();
      const response = await inject({ method: 'GET', url });
      expect([400, 404]).toContain(response.statusCode);
      expectProblem(
        response,
        response.statusCode,
        response.statusCode === 400 ? 'invalid_request' : 'payment_not_found',
      );
      expect(response.body).not.toContain(SECRET);
      expect(charges).toEqual([]);
      expect(lines).toHaveLength(1);
    },
  );
});
