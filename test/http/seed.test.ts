/** The exact contract of the demo. */
import { describe, expect, it } from 'vitest';
import { problemFields } from '../../src/engine/answer.ts';
import { CARD, completed, harness, PAYMENT_ID, payment, SECRET, settled } from './support.ts';

const order = `{"order_id":"${SECRET}-order","amount":100.0}`;

describe('POST /payments/start/', () => {
  it('answers with the id of the payment and nothing else', async () => {
    const { start, charges, lines } = harness();
    const response = await start(order);
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe(`{"payment_id":"${PAYMENT_ID}"}`);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['cache-control']).toBe('no-store');
    expect(charges).toEqual([
      {
        order: {
          accountId: 'default',
          orderId: `${SECRET}-order`,
          amountMinor: 10000,
          currency: 'USD',
          metadata: {},
        },
        options: { waitMs: 30_000 },
      },
    ]);
    expect(lines).toEqual([
      expect.objectContaining({ route: '/payments/start/', status: 200, payment_id: PAYMENT_ID }),
    ]);
  });

  it('answers a request that joined or found the payment in the same way', async () => {
    const { start } = harness({ charge: () => settled(completed, { started: false, replayed: false }) });
    const response = await start(order);
    expect([response.statusCode, response.body]).toEqual([200, `{"payment_id":"${PAYMENT_ID}"}`]);
  });

  it.each(['card_declined', 'gateway_failed'] as const)(
    'answers %s with the one error that the demo had',
    async (problem) => {
      const body = JSON.stringify(problemFields(problem, 'x', { ...payment, status: 'FAILED' }));
      const { start, lines } = harness({
        charge: () => settled({ problem, body }, { started: true, replayed: false }),
      });
      const response = await start(order);
      expect(response.statusCode).toBe(502);
      expect(response.body).toBe('{"error":"Gateway error"}');
      expect(lines[0]).toMatchObject({ status: 502, code: problem, payment_id: PAYMENT_ID });
    },
  );

  it('answers 202 where the outcome is open', async () => {
    const { start } = harness({
      charge: () => ({ kind: 'unsettled', payment, retryAfterMs: 1500, replayed: false }),
    });
    const response = await start(order);
    expect(response.statusCode).toBe(202);
    expect(response.body).toBe(`{"payment_id":"${PAYMENT_ID}"}`);
    expect(response.headers['retry-after']).toBe('2');
    expect(response.headers.location).toBe(`/payments/${PAYMENT_ID}/`);
  });

  it('works without the slash, and waits as long as the setting says', async () => {
    const { inject, charges } = harness({}, { seedWaitMs: 5 });
    const headers = { 'content-type': 'application/json', prefer: 'wait=9', 'idempotency-key': '"' };
    const response = await inject({ method: 'POST', url: '/payments/start', headers, payload: order });
    expect(response.statusCode).toBe(200);
    // Neither Prefer nor Idempotency-Key means anything here, not even a malformed one.
    expect(charges[0]?.options).toEqual({ waitMs: 5 });
    expect(response.headers['preference-applied']).toBeUndefined();
    expect(response.headers['idempotent-replayed']).toBeUndefined();
  });

  it.each([
    ['order_conflict', 409],
    ['store_unavailable', 503],
    ['store_outcome_unknown', 503],
    ['shutting_down', 503],
  ] as const)('words %s in its own way', async (code, status) => {
    const { start } = harness({
      charge: () => ({ kind: 'problem', code, detail: 'Why.', payment, replayed: false }),
    });
    const response = await start(order);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toEqual({ error: expect.stringContaining('Why.'), code, payment_id: PAYMENT_ID });
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
  });

  it.each([
    ['{"order_id":"a","amount":0.001}', 'invalid_request', 'amount must not have parts of a cent'],
    ['{"order_id":"a","amount":"100"}', 'invalid_request', 'amount must be a number'],
    ['{"order_id":"a","amount":1e999999999}', 'invalid_request', 'amount is too large'],
    ['{"order_id":"a","amount":0}', 'invalid_request', 'amount must be more than 0'],
    ['{"amount":-1}', 'invalid_request', 'order_id is required; amount must be more than 0'],
    ['{"order_id":"a","amount":1,"currency":"EUR"}', 'invalid_request', 'currency is not a known field'],
    ['[]', 'invalid_request', 'the request must be a JSON object'],
    [
      `{"order_id":"${CARD}","amount":1}`,
      'card_number_refused',
      'order_id holds what looks like a card number',
    ],
    ['{"order_id":"a","amount":1,"amount":1}', 'invalid_json', 'twice'],
    [`{"order_id":"${SECRET}`, 'invalid_json', 'not valid JSON'],
    ['', 'invalid_json', 'empty'],
  ])('refuses %s', async (payload, code, words) => {
    const { start, charges } = harness();
    const response = await start(payload);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining(words), code });
    expect(response.body).not.toContain(CARD);
    expect(response.body).not.toContain(SECRET);
    expect(charges).toEqual([]);
  });

  it('writes the errors of the server in its own way, too', async () => {
    const { inject, start, charges } = harness({}, { bodyLimitBytes: 100 });
    const codes = [
      await start(order.padEnd(101)),
      await start(order, { 'content-type': 'text/plain' }),
      await inject({ method: 'PUT', url: '/payments/start/' }),
      await inject({ method: 'GET', url: `/payments/${SECRET}/x/` }),
    ].map((response) => [response.statusCode, response.json().code, Object.keys(response.json())]);
    expect(codes).toEqual([
      [413, 'payload_too_large', ['error', 'code']],
      [415, 'unsupported_media_type', ['error', 'code']],
      [405, 'method_not_allowed', ['error', 'code']],
      [404, 'not_found', ['error', 'code']],
    ]);
    expect(charges).toEqual([]);
  });

  it('has the id of a fault of ours in its error', async () => {
    const { start, lines } = harness({
      charge: () => {
        throw new Error(SECRET);
      },
    });
    const response = await start(order);
    expect(response.statusCode).toBe(500);
    const id = lines.find((line) => line.error_id !== undefined)?.error_id as string;
    expect(response.json()).toEqual({ error: expect.stringContaining(id), code: 'internal_error' });
  });
});

describe('GET /payments/<id>/', () => {
  const get = (url: string, found: typeof payment | null) =>
    harness({ payment: () => found }).inject({ method: 'GET', url });

  it('tracks the payment', async () => {
    const response = await get(`/payments/${PAYMENT_ID}/`, payment);
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe(
      `{"payment_id":"${PAYMENT_ID}","order_id":"${SECRET}-order","amount":100.00,"status":"PROCESSING","attempts":1,` +
        '"created_at":"2026-11-23T12:00:00.000Z","updated_at":"2026-11-23T12:00:01.000Z"}',
    );
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it.each([
    [1, 'USD', '0.01'],
    [5, 'JPY', '5'],
    [1234, 'KWD', '1.234'],
    [Number.MAX_SAFE_INTEGER, 'USD', '90071992547409.91'],
  ])('%i of %s is %s', async (amountMinor, currency, text) => {
    const response = await get(`/payments/${PAYMENT_ID}`, { ...payment, amountMinor, currency });
    expect(response.body).toContain(`"amount":${text},`);
    expect(() => response.json()).not.toThrow();
  });

  it('writes every order id so that it can be read back', async () => {
    const orderId = '","amount":1,"\\\u2028';
    const response = await get(`/payments/${PAYMENT_ID}/`, { ...payment, orderId });
    expect(response.json()).toMatchObject({ order_id: orderId, amount: 100 });
  });

  it.each(['start', SECRET, PAYMENT_ID.slice(1), `${PAYMENT_ID}0`, 'x'.repeat(101)])(
    'there is none called %j',
    async (id) => {
      const response = await get(`/payments/${id}/`, payment);
      expect(response.statusCode).toBe(404);
      expect(response.json()).toEqual({ error: expect.any(String), code: 'payment_not_found' });
    },
  );

  it('says so where there is none', async () => {
    const response = await get(`/payments/${PAYMENT_ID}/`, null);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({ error: expect.any(String), code: 'payment_not_found' });
  });
});
