import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint, refundFingerprint } from './fingerprint.ts';
import type { Order } from './payment.ts';

const order: Order = {
  accountId: 'default',
  orderId: 'ORD123',
  amountMinor: 10000,
  currency: 'USD',
  method: 'tok_visa',
  metadata: {},
};

const orders = fc
  .record({
    orderId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    amountMinor: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    currency: fc.constantFrom('USD', 'EUR', 'JPY'),
    method: fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: undefined }),
  })
  .map(
    ({ method, ...rest }): Order => ({
      accountId: 'default',
      metadata: {},
      ...rest,
      ...(method === undefined ? {} : { method }),
    }),
  );

describe('a fingerprint', () => {
  it('stays the same in the next release, because it is stored', () => {
    const canonical = '["ORD123",10000,"USD","tok_visa"]';
    expect(fingerprint(order)).toBe(`1:${createHash('sha256').update(canonical).digest('base64url')}`);
    expect(fingerprint(order)).toBe('1:hAVbfCpCoy4jykXKsBtI-6BQayeD1LNzcbX_5a5bb5Q');
  });

  it('covers how long the order is tried only if the request says so', () => {
    const canonical = '["ORD123",10000,"USD","tok_visa",60]';
    expect(fingerprint(order, 60)).toBe(`1:${createHash('sha256').update(canonical).digest('base64url')}`);
    expect(fingerprint(order, null)).toBe(fingerprint(order));
    expect(fingerprint(order, 60)).not.toBe(fingerprint(order, 61));
  });

  it('ignores the notes, which do not affect money', () => {
    expect(fingerprint({ ...order, metadata: { note: 'gift' } })).toBe(fingerprint(order));
  });

  it.each([
    ['the order', { orderId: 'ORD124' }],
    ['the amount', { amountMinor: 10001 }],
    ['the currency', { currency: 'EUR' }],
    ['the method', { method: 'tok_other' }],
  ])('changes with %s', (_name, change) => {
    expect(fingerprint({ ...order, ...change })).not.toBe(fingerprint(order));
  });

  it('differs between no method and any method', () => {
    const { method: _method, ...without } = order;
    expect(fingerprint(without)).not.toBe(fingerprint(order));
    expect(fingerprint(without)).not.toBe(fingerprint({ ...order, method: 'null' }));
  });

  it('changes when text moves from one field to the next', () => {
    const a = fingerprint({ ...order, orderId: 'a","b', method: 'c' });
    const b = fingerprint({ ...order, orderId: 'a', method: 'b","c' });
    expect(a).not.toBe(b);
  });

  it('is equal exactly when the same charge is wanted', () => {
    fc.assert(
      fc.property(orders, orders, (a, b) => {
        const same =
          a.orderId === b.orderId &&
          a.amountMinor === b.amountMinor &&
          a.currency === b.currency &&
          a.method === b.method;
        expect(fingerprint(a) === fingerprint(b)).toBe(same);
        expect(fingerprint({ ...a })).toBe(fingerprint(a));
      }),
    );
  });
});

describe('a refund’s fingerprint', () => {
  const terms = { paymentId: '01920000-0000-7000-8000-000000000000', refundId: 'R1', amountMinor: 70 };

  it('stays the same in the next release, because it is stored', () => {
    const canonical = '["refund","01920000-0000-7000-8000-000000000000","R1",70,null,null]';
    const digest = createHash('sha256').update(canonical).digest('base64url');
    expect(refundFingerprint(terms)).toBe(`1:${digest}`);
  });

  it('covers the payment, the refund_id and the amount as it was asked for', () => {
    const others = [
      { ...terms, paymentId: '01920000-0000-7000-8000-000000000001' },
      { ...terms, refundId: 'R2' },
      { ...terms, refundId: null },
      { ...terms, amountMinor: 71 },
      { ...terms, amountMinor: null },
    ];
    expect(new Set([terms, ...others].map(refundFingerprint)).size).toBe(6);
  });

  it('is never that of a charge', () => {
    fc.assert(
      fc.property(orders, (one) => {
        const same = { ...terms, paymentId: one.orderId, amountMinor: one.amountMinor };
        expect(refundFingerprint(same)).not.toBe(fingerprint({ ...one, orderId: 'refund' }));
      }),
    );
  });
});
