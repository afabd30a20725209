import { describe, expect, it } from 'vitest';
import type { RefundEvent } from '../../src/domain/refund.ts';
import type { EventFilter, RefundsFilter } from '../../src/engine/api.ts';
import { refundNowFields as refundFields } from '../../src/http/refund-now.ts';
import { refundNow as refund } from '../support/refund.ts';
import { body, expectProblem, harness, PAYMENT_ID, payment, SECRET } from './support.ts';

const REFUNDS = `/v1/payments/${PAYMENT_ID}/refunds`;
const REFUND = `${REFUNDS}/${SECRET}-refund`;
const id = (n: number) => `01936b1e-7f2a-7c3d-8e4f-${n.toString(16).padStart(12, '0')}`;
const unreachable = () => {
  throw new Error('asked');
};

describe('GET /v1/payments/:id/refunds/:refund_id', () => {
  it.each([REFUND, `${REFUND}/`, `${REFUND.replace('-', '%2D')}?_=1`])('%s', async (url) => {
    const asked: string[][] = [];
    const { inject, lines } = harness({
      findRefund: (...each) => {
        asked.push(each);
        return refund;
      },
    });
    const response = await inject({ method: 'GET', url });
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe(JSON.stringify(refundFields(refund)));
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['idempotent-replayed']).toBeUndefined();
    expect(asked).toEqual([[PAYMENT_ID, `${SECRET}-refund`]]);
    expect(lines).toEqual([
      expect.objectContaining({
        route: '/v1/payments/:id/refunds/:refund_id',
        status: 200,
        payment_id: PAYMENT_ID,
      }),
    ]);
  });

  it.each([REFUND, `${REFUND}/events`])(
    'says whether the payment or the refund is missing: %s',
    async (url) => {
      expectProblem(await harness().inject({ method: 'GET', url }), 404, 'payment_not_found');
      const { inject } = harness({ payment: () => payment });
      expectProblem(await inject({ method: 'GET', url }), 404, 'refund_not_found');
    },
  );

  it.each(['x'.repeat(256), '%00', '%C3%A9'.repeat(128), '%2E%2E%2F%00'])(
    'asks nobody about a refund_id such as %s',
    async (text) => {
      const { inject } = harness({
        payment: () => payment,
        findRefund: unreachable,
        refundEvents: unreachable,
      });
      for (const url of [`${REFUNDS}/${text}`, `${REFUNDS}/${text}/events`])
        expectProblem(await inject({ method: 'GET', url }), 404, 'refund_not_found');
    },
  );

  it.each(['%FF', '%ED%A0%80', '%zz'])('is at no address that is no URL, such as %s', async (text) => {
    const { inject } = harness({ findRefund: unreachable, payment: unreachable });
    expectProblem(await inject({ method: 'GET', url: `${REFUNDS}/${text}` }), 400, 'invalid_request');
  });

  it.each([SECRET, `${PAYMENT_ID}x`])('asks nobody about a payment such as %s', async (text) => {
    const { inject } = harness({
      payment: unreachable,
      findRefund: unreachable,
      refunds: unreachable,
      refundEvents: unreachable,
    });
    for (const url of ['/refunds', '/refunds/r', '/refunds/r/events'])
      expectProblem(
        await inject({ method: 'GET', url: `/v1/payments/${text}${url}` }),
        404,
        'payment_not_found',
      );
  });

  it.each([REFUND, `${REFUND}/events`, REFUNDS])('%s says when the database is away', async (url) => {
    const away = () =>
      Promise.reject(Object.assign(new Error(SECRET), { name: 'StoreError', kind: 'unavailable' }));
    const { inject } = harness({ findRefund: away, refunds: away, refundEvents: away });
    expectProblem(await inject({ method: 'GET', url }), 503, 'store_unavailable');
  });
});

describe('GET /v1/payments/:id/refunds', () => {
  const list = (next: string | null) => {
    const filters: RefundsFilter[] = [];
    const { inject } = harness({
      refunds: (_id, filter) => {
        filters.push(filter);
        return { refunds: [refund, { ...refund, refundId: `${SECRET}-older` }], next };
      },
    });
    return { filters, get: (query = '') => inject({ method: 'GET', url: `${REFUNDS}${query}` }) };
  };

  it('shows the refunds of the payment, newest first', async () => {
    const { get, filters } = list(null);
    const response = await get('/');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      data: [refundFields(refund), { ...refundFields(refund), refund_id: `${SECRET}-older` }],
      next_cursor: null,
    });
    expect(filters).toEqual([{ limit: 20 }]);
  });

  it('goes on where the page before ended', async () => {
    const { get, filters } = list(id(7));
    const { next_cursor: cursor } = (await get('?limit=2')).json();
    await get(`?limit=100&cursor=${cursor}`);
    expect(filters).toEqual([{ limit: 2 }, { limit: 100, before: id(7) }]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'cursor=x',
    `cursor=${Buffer.from(`1p:${PAYMENT_ID}`).toString('base64url')}`,
    `cursor=${Buffer.from('1r:nothing').toString('base64url')}`,
    'status=PENDING',
  ])('refuses ?%s', async (query) => {
    const { get, filters } = list(null);
    expectProblem(await get(`?${query}`), 400, 'invalid_request');
    expect(filters).toEqual([]);
  });

  it('says so where there is no such payment', async () => {
    expectProblem(await harness().inject({ method: 'GET', url: REFUNDS }), 404, 'payment_not_found');
  });
});

describe('GET /v1/payments/:id/refunds/:refund_id/events', () => {
  const all = Array.from(
    { length: 5 },
    (_, i): RefundEvent => ({
      seq: i + 1,
      type: 'call.started',
      status: 'PENDING',
      attempts: i,
      detail: null,
      atMs: refund.createdAtMs,
    }),
  );
  const trail = () => {
    const filters: EventFilter[] = [];
    const { inject } = harness({
      refundEvents: (_id, _refundId, filter) => {
        filters.push(filter);
        return all.filter(({ seq }) => seq > filter.after).slice(0, filter.limit);
      },
    });
    return { filters, get: (query = '') => inject({ method: 'GET', url: `${REFUND}/events${query}` }) };
  };

  it('is the audit trail, oldest first, in pages without gaps', async () => {
    const { get, filters } = trail();
    const first = (await get('?limit=3')).json();
    expect(first.data[0]).toEqual({
      seq: 1,
      type: 'call.started',
      status: 'PENDING',
      attempts: 0,
      detail: null,
      at: '2026-11-23T12:00:02.000Z',
    });
    const second = (await get(`?limit=3&cursor=${first.next_cursor}`)).json();
    expect([...first.data, ...second.data].map(({ seq }: RefundEvent) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(second.next_cursor).toBeNull();
    expect(filters).toEqual([
      { after: 0, limit: 4 },
      { after: 3, limit: 4 },
    ]);
  });

  it.each(['limit=0', 'cursor=x', `cursor=${Buffer.from('1e:1').toString('base64url')}`])(
    'refuses ?%s',
    async (query) => {
      const { get, filters } = trail();
      expectProblem(await get(`?${query}`), 400, 'invalid_request');
      expect(filters).toEqual([]);
    },
  );
});

describe('what has become of the money', () => {
  const sums = {
    amount_captured: 10_000,
    amount_refunded: 30,
    amount_refunding: 400,
    amount_refunded_elsewhere: 2,
  };

  it('is shown with a payment that is read', async () => {
    const { inject } = harness({ payment: () => payment, payments: () => [payment] });
    const one = await inject({ method: 'GET', url: `/v1/payments/${PAYMENT_ID}` });
    expect(one.json()).toMatchObject(sums);
    const names = Object.keys(one.json());
    expect(names.slice(names.indexOf('gateway_ref') + 1)).toEqual([
      'safe_to_retry_with_new_key',
      ...Object.keys(sums),
      'actions',
      'metadata',
      'created_at',
      'updated_at',
    ]);
    const list = await inject({ method: 'GET', url: '/v1/payments' });
    expect(list.json().data).toEqual([one.json()]);
  });

  it('is not in the answer to a charge, even if the engine knows it', async () => {
    const { post } = harness({
      charge: () => ({ kind: 'unsettled', payment, retryAfterMs: 1000, replayed: false }),
    });
    const response = await post(body);
    expect(response.statusCode).toBe(202);
    for (const name of Object.keys(sums)) expect(response.json()).not.toHaveProperty(name);
  });
});
