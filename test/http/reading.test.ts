import { describe, expect, it } from 'vitest';
import type { PaymentEvent } from '../../src/domain/payment.ts';
import type { EventFilter, ListFilter, NotReady } from '../../src/engine/api.ts';
import { paymentNowFields } from '../../src/http/payment-now.ts';
import { CARD, expectProblem, harness, PAYMENT_ID, payment, SECRET } from './support.ts';

const id = (n: number) => `01936b1e-7f2a-7c3d-8e4f-${n.toString(16).padStart(12, '0')}`;

class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: string;
  constructor(kind: 'unavailable' | 'outcome_unknown') {
    super(SECRET);
    this.kind = kind;
  }
}

describe('GET /v1/payments/:id', () => {
  it.each([
    `/v1/payments/${PAYMENT_ID}`,
    `/v1/payments/${PAYMENT_ID}/`,
    `/v1/payments/${PAYMENT_ID.toUpperCase()}?_=1`,
  ])('%s', async (url) => {
    const asked: string[] = [];
    const { inject, lines } = harness({
      payment: (each) => {
        asked.push(each);
        return payment;
      },
    });
    const response = await inject({ method: 'GET', url });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual(paymentNowFields(payment));
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['idempotent-replayed']).toBeUndefined();
    expect(asked).toEqual([PAYMENT_ID]);
    expect(lines).toEqual([
      expect.objectContaining({ route: '/v1/payments/:id', status: 200, payment_id: PAYMENT_ID }),
    ]);
  });

  it('as HEAD has the same headers and no body', async () => {
    const { inject, lines } = harness({ payment: () => payment });
    const response = await inject({ method: 'HEAD', url: `/v1/payments/${PAYMENT_ID}` });
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('');
    expect(response.headers['content-length']).toBe(
      String(Buffer.byteLength(JSON.stringify(paymentNowFields(payment)))),
    );
    expect(response.headers['cache-control']).toBe('no-store');
    expect(lines[0]).toMatchObject({ method: 'HEAD', route: '/v1/payments/:id' });
  });

  it('says so where there is none', async () => {
    expectProblem(
      await harness().inject({ method: 'GET', url: `/v1/payments/${PAYMENT_ID}` }),
      404,
      'payment_not_found',
    );
  });

  it.each([
    SECRET,
    '1',
    PAYMENT_ID.replaceAll('-', ''),
    `${PAYMENT_ID}x`,
    '%00',
    'x'.repeat(101),
    `${PAYMENT_ID}%20`,
  ])('asks nobody about an id such as %j', async (text) => {
    const { inject } = harness({
      payment: () => {
        throw new Error('asked');
      },
    });
    expectProblem(await inject({ method: 'GET', url: `/v1/payments/${text}` }), 404, 'payment_not_found');
    expectProblem(
      await inject({ method: 'GET', url: `/v1/payments/${text}/events` }),
      404,
      'payment_not_found',
    );
  });

  it.each(
    [
      `/v1/payments/${PAYMENT_ID}`,
      `/payments/${PAYMENT_ID}/`,
      '/v1/payments',
      `/v1/payments/${PAYMENT_ID}/events`,
    ].flatMap((url) => [
      [url, 'unavailable'] as const,
      // A read whose answer was lost has stored nothing.
      [url, 'outcome_unknown'] as const,
    ]),
  )('%s says when the database is away, and when to come back (%s)', async (url, kind) => {
    const away = () => Promise.reject(new StoreError(kind));
    const { inject, lines } = harness({ payment: away, payments: away, events: away });
    const response = await inject({ method: 'GET', url });
    expect(response.statusCode).toBe(503);
    expect(response.json().code).toBe('store_unavailable');
    expect(response.headers['retry-after']).toBe('1');
    // Not a fault of ours: one line and no stack.
    expect(lines).toEqual([expect.objectContaining({ status: 503, code: 'store_unavailable' })]);
  });

  it('never says that the database was away where it may have written', async () => {
    const { inject } = harness({ charge: () => Promise.reject(new StoreError('outcome_unknown')) });
    const payload = { order_id: 'one', amount: 1, currency: 'USD' };
    const response = await inject({ method: 'POST', url: '/v1/payments', payload });
    expectProblem(response, 503, 'store_outcome_unknown');
  });

  it('is a 500 where the engine breaks', async () => {
    const { inject } = harness({ payment: () => Promise.reject(new TypeError('x is undefined')) });
    expectProblem(await inject({ method: 'GET', url: `/v1/payments/${PAYMENT_ID}` }), 500, 'internal_error');
  });
});

describe('GET /v1/payments', () => {
  const all = Array.from({ length: 45 }, (_, i) => ({ ...payment, paymentId: id(45 - i) }));
  const list = () => {
    const filters: ListFilter[] = [];
    const { inject, lines } = harness({
      payments: (filter) => {
        filters.push(filter);
        const from =
          filter.before === undefined ? 0 : all.findIndex((each) => each.paymentId === filter.before) + 1;
        return all.slice(from, from + filter.limit);
      },
    });
    return { filters, lines, get: (query = '') => inject({ method: 'GET', url: `/v1/payments${query}` }) };
  };

  it('shows twenty, and says whether more follow', async () => {
    const { get, filters } = list();
    const response = await get();
    expect(response.statusCode).toBe(200);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.json().data).toEqual(all.slice(0, 20).map(paymentNowFields));
    expect(response.json().next_cursor).toEqual(expect.stringMatching(/^[A-Za-z0-9_-]+$/));
    expect(filters).toEqual([{ limit: 21 }]);
  });

  it('shows every payment once over its pages, and ends', async () => {
    const { get } = list();
    interface Page {
      data: { payment_id: string }[];
      next_cursor: string | null;
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < 10; pages += 1) {
      const page: Page = (await get(`?limit=10${cursor === null ? '' : `&cursor=${cursor}`}`)).json();
      seen.push(...page.data.map((each) => each.payment_id));
      cursor = page.next_cursor;
      if (cursor === null) break;
    }
    expect(seen).toEqual(all.map((each) => each.paymentId));
    expect(cursor).toBeNull();
  });

  it('has no next page behind a full last one', async () => {
    const { get } = list();
    expect((await get('?limit=45')).json().next_cursor).toBeNull();
    expect((await get('/?limit=44')).json().next_cursor).not.toBeNull();
  });

  it('filters by order and status, decoded', async () => {
    const { get, filters, lines } = list();
    await get(`?order_id=${SECRET}%2Fa+b%20%E2%82%AC&status=COMPLETED&limit=100`);
    expect(filters).toEqual([{ orderId: `${SECRET}/a b \u20ac`, status: 'COMPLETED', limit: 101 }]);
    expect(lines).toEqual([expect.objectContaining({ route: '/v1/payments' })]);
  });

  it('reports all that is wrong at once, and asks nobody', async () => {
    const { get, filters } = list();
    const response = await get(
      `?order_id=&status=${SECRET}&limit=0&cursor=${SECRET}&orderid=${SECRET}&limit=1`,
    );
    expectProblem(response, 400, 'invalid_request');
    expect(response.json().errors.map((error: { parameter: string }) => error.parameter)).toEqual([
      'orderid',
      'limit',
      'order_id',
      'status',
      'cursor',
      'limit',
    ]);
    expect(response.body).not.toContain(SECRET);
    expect(filters).toEqual([]);
  });

  it.each([
    `order_id=${'%C3%A9'.repeat(128)}`,
    `order_id=${CARD}`,
    'order_id=%ff',
    'order_id=a%00b',
    'order_id=a&order_id=a',
    'status=completed',
    'status=',
    'limit=101',
    'limit=1.0',
    'limit=',
    'cursor=',
    'cursor=x',
    `cursor=${Buffer.from(`1e:${PAYMENT_ID}`).toString('base64url')}`,
    `cursor=${Buffer.from('1p:nothing').toString('base64url')}`,
    `cursor=${Buffer.from(`2p:${PAYMENT_ID}`).toString('base64url')}`,
    'foo=bar',
    '%zz',
  ])('refuses ?%s', async (query) => {
    const { get, filters } = list();
    expectProblem(await get(`?${query}`), 400, 'invalid_request');
    expect(filters).toEqual([]);
  });
});

describe('GET /v1/payments/:id/events', () => {
  const all = Array.from(
    { length: 5 },
    (_, i): PaymentEvent => ({
      seq: i + 1,
      type: 'call.started',
      status: 'PROCESSING',
      chargeN: 1,
      attempts: i,
      detail: null,
      atMs: payment.createdAtMs,
    }),
  );
  const trail = () => {
    const filters: EventFilter[] = [];
    const { inject } = harness({
      events: (_id, filter) => {
        filters.push(filter);
        return all.filter((each) => each.seq > filter.after).slice(0, filter.limit);
      },
    });
    return {
      filters,
      get: (query = '') => inject({ method: 'GET', url: `/v1/payments/${PAYMENT_ID}/events${query}` }),
    };
  };

  it('is the audit trail, oldest first', async () => {
    const { get, filters } = trail();
    const response = await get('/');
    expect(response.statusCode).toBe(200);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.json().next_cursor).toBeNull();
    expect(response.json().data[0]).toEqual({
      seq: 1,
      type: 'call.started',
      status: 'PROCESSING',
      charge: 1,
      attempts: 0,
      detail: null,
      at: '2026-11-23T12:00:00.000Z',
    });
    expect(filters).toEqual([{ after: 0, limit: 21 }]);
  });

  it('comes in pages without gaps', async () => {
    const { get } = trail();
    const first = (await get('?limit=3')).json();
    const second = (await get(`?limit=3&cursor=${first.next_cursor}`)).json();
    expect([...first.data, ...second.data].map((each: { seq: number }) => each.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(second.next_cursor).toBeNull();
  });

  it.each([
    'limit=0',
    'limit=500',
    'cursor=x',
    `cursor=${Buffer.from('1e:0').toString('base64url')}`,
    `cursor=${Buffer.from('1e:1e5').toString('base64url')}`,
    'order_id=a',
  ])('refuses ?%s', async (query) => {
    const { get, filters } = trail();
    expectProblem(await get(`?${query}`), 400, 'invalid_request');
    expect(filters).toEqual([]);
  });

  it('says so where there is no such payment', async () => {
    const { inject } = harness({ events: () => null });
    expectProblem(
      await inject({ method: 'GET', url: `/v1/payments/${PAYMENT_ID}/events` }),
      404,
      'payment_not_found',
    );
  });
});

describe('probes', () => {
  it('say that the process lives, and whether it takes payments', async () => {
    let reason: NotReady | null = 'database_unavailable';
    const { inject, lines } = harness({}, { notReady: async () => reason });
    expect((await inject({ method: 'GET', url: '/healthz' })).json()).toEqual({ status: 'ok' });
    const before = await inject({ method: 'GET', url: '/readyz' });
    expect([before.statusCode, before.body, before.headers['retry-after']]).toEqual([
      503,
      '{"status":"not_ready","reason":"database_unavailable","detail":"The database cannot be used at the moment, so no payments are taken. Payonce tries it again by itself; its log says what is wrong."}',
      '1',
    ]);
    reason = null;
    const after = await inject({ method: 'GET', url: '/readyz/' });
    expect([after.statusCode, after.body]).toEqual([200, '{"status":"ready"}']);
    expect((await inject({ method: 'HEAD', url: '/healthz' })).statusCode).toBe(200);
    // At debug level, so that they do not drown the payments.
    expect(new Set(lines.map((line) => line.level))).toEqual(new Set([20]));
  });

  it('ask the engine if nobody else is named, and read an error as "not ready"', async () => {
    const { inject } = harness({ notReady: () => Promise.reject(new Error(SECRET)) });
    expect((await inject({ method: 'GET', url: '/readyz' })).statusCode).toBe(503);
  });
});

it('an id is too long only where the whole request is', async () => {
  const { inject } = harness();
  for (const path of ['/v1/payments/', '/payments/']) {
    const response = await inject({ method: 'GET', url: path + 'x'.repeat(16_000) });
    expect([response.statusCode, response.json().code]).toEqual([404, 'payment_not_found']);
  }
});
