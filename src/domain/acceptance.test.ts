import { describe, expect, it } from 'vitest';
import { AS_IT_STANDS, decideAnswer, type KnownKey, type KnownPayment } from './acceptance.ts';
import type { PaymentStatus } from './payment.ts';

const keyed = { amountMinor: 100, currency: 'USD', fingerprint: 'f1' };
const bare = { ...keyed, fingerprint: null };
const key = (changes: Partial<KnownKey> = {}): KnownKey => ({
  fingerprint: 'f1',
  chargeN: 1,
  answered: false,
  expired: false,
  ...changes,
});
const payment = (status: PaymentStatus, changes: Partial<KnownPayment> = {}): KnownPayment => ({
  amountMinor: 100,
  currency: 'USD',
  status,
  chargeN: 1,
  inDoubt: false,
  failedBefore: false,
  answered: true,
  ...changes,
});
const UNSETTLED: PaymentStatus[] = ['PROCESSING', 'UNRESOLVED', 'REVIEW'];
const ALL: PaymentStatus[] = [...UNSETTLED, 'COMPLETED', 'FAILED'];

describe('a key that was seen', () => {
  it.each([...ALL, null])('with another body is refused before anything else (payment: %s)', (status) => {
    const found = status && payment(status, { amountMinor: 999 });
    expect(decideAnswer(keyed, key({ fingerprint: 'f2', answered: true }), found)).toEqual({
      kind: 'key_reused',
    });
  });

  it.each(ALL)('with the same body gets the frozen answer of its own operation (payment: %s)', (status) => {
    expect(decideAnswer(keyed, key({ answered: true }), payment(status, { chargeN: 2 }))).toEqual({
      kind: 'replay',
    });
  });

  it('is refused when its answer has been erased', () => {
    expect(decideAnswer(keyed, key({ expired: true }), payment('COMPLETED'))).toEqual({ kind: 'expired' });
  });

  it.each(UNSETTLED)('waits for its unsettled operation (%s)', (status) => {
    expect(decideAnswer(keyed, key(), payment(status))).toEqual({ kind: 'wait_for_key', chargeN: 1 });
  });
});

describe('an order that was never seen', () => {
  it.each([keyed, bare])('is charged', (request) => {
    expect(decideAnswer(request, null, null)).toEqual({ kind: 'accept' });
  });
});

describe('an order with a payment', () => {
  it.each(UNSETTLED)('is joined while %s', (status) => {
    const joined = { kind: 'join', chargeN: 1, settled: false };
    expect(decideAnswer(keyed, null, payment(status))).toEqual(joined);
    expect(decideAnswer(bare, null, payment(status))).toEqual(joined);
  });

  it('gets its frozen answer when COMPLETED', () => {
    expect(decideAnswer(keyed, null, payment('COMPLETED'))).toEqual({
      kind: 'join',
      chargeN: 1,
      settled: true,
    });
  });

  it.each([...UNSETTLED, 'COMPLETED' as const])('is joined despite late evidence (%s)', (status) => {
    const joined = { kind: 'join', chargeN: 1, settled: status === 'COMPLETED' };
    expect(decideAnswer(keyed, null, payment(status, { inDoubt: true }))).toEqual(joined);
  });

  it.each([...UNSETTLED, 'COMPLETED' as const])('conflicts when the terms differ (%s)', (status) => {
    const other = [payment(status, { amountMinor: 101 }), payment(status, { currency: 'EUR' })];
    for (const found of other) {
      expect(decideAnswer(keyed, null, found)).toEqual({ kind: 'conflict' });
      expect(decideAnswer(bare, null, found)).toEqual({ kind: 'conflict' });
    }
  });
});

describe('an order whose frozen answer was erased, or no longer agrees with its status', () => {
  const found = payment('COMPLETED', { answered: false });

  it('is answered with the payment as it is, and a new key is bound to that', () => {
    expect(decideAnswer(keyed, null, found)).toEqual({ kind: 'stands', bind: true });
    expect(decideAnswer(bare, null, found)).toEqual({ kind: 'stands', bind: false });
    expect(decideAnswer(bare, null, payment('FAILED', { answered: false }))).toEqual({
      kind: 'stands',
      bind: false,
    });
  });

  it('is answered in the same way when that key comes again', () => {
    const bound = key({ chargeN: AS_IT_STANDS });
    expect(decideAnswer(keyed, bound, found)).toEqual({ kind: 'stands', bind: false });
    expect(decideAnswer({ ...keyed, fingerprint: 'f2' }, bound, found)).toEqual({ kind: 'key_reused' });
  });

  it('conflicts on other terms, and is charged again by a new key if it failed', () => {
    expect(decideAnswer(keyed, null, { ...found, amountMinor: 5 })).toEqual({ kind: 'conflict' });
    expect(decideAnswer(keyed, null, payment('FAILED', { answered: false }))).toEqual({
      kind: 'open_next',
      chargeN: 2,
    });
  });
});

describe('an order whose charge FAILED', () => {
  it('is charged again for a new key, whatever its terms', () => {
    const next = { kind: 'open_next', chargeN: 3 };
    expect(decideAnswer(keyed, null, payment('FAILED', { chargeN: 2 }))).toEqual(next);
    expect(decideAnswer(keyed, null, payment('FAILED', { chargeN: 2, amountMinor: 5 }))).toEqual(next);
  });

  it('is charged again even if it failed before', () => {
    const failed = payment('FAILED', { failedBefore: true });
    expect(decideAnswer(keyed, null, failed)).toEqual({ kind: 'open_next', chargeN: 2 });
    expect(decideAnswer(bare, null, failed)).toEqual({ kind: 'join', chargeN: 1, settled: true });
  });

  it('gets the same failure again without a key', () => {
    expect(decideAnswer(bare, null, payment('FAILED'))).toEqual({ kind: 'join', chargeN: 1, settled: true });
  });

  it('conflicts without a key when the terms differ', () => {
    expect(decideAnswer(bare, null, payment('FAILED', { amountMinor: 5 }))).toEqual({ kind: 'conflict' });
  });

  it('is not charged again while late evidence is unchecked', () => {
    const doubted = payment('FAILED', { inDoubt: true });
    expect(decideAnswer(keyed, null, doubted)).toEqual({ kind: 'blocked' });
    expect(decideAnswer(bare, null, doubted)).toEqual({ kind: 'blocked' });
  });

  it('binds no new key to its old answer once its money was found and a person must decide', () => {
    const found = payment('REVIEW', { failedBefore: true });
    expect(decideAnswer(keyed, null, found)).toEqual({ kind: 'blocked' });
    expect(decideAnswer(bare, null, found)).toEqual({ kind: 'blocked' });
  });
});
