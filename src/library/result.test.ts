import { describe, expect, test } from 'vitest';
import type { Payment } from '../domain/payment.ts';
import { answerBody } from '../engine/answer.ts';
import type { ChargeAnswer, ChargeProblem } from '../engine/api.ts';
import { problem } from '../engine/problem.ts';
import { toResult } from './result.ts';

const payment: Payment = {
  paymentId: '01890000-0000-7000-8000-000000000001',
  accountId: 'acme',
  orderId: 'ORD123',
  amountMinor: 9_007_199_254_740_991,
  currency: 'USD',
  metadata: { note: 'gift', ['__proto__']: 'x' },
  status: 'COMPLETED',
  attempts: 2,
  failureCode: null,
  gateway: 'mine',
  gatewayRef: 'ch_1',
  livemode: true,
  chargeN: 1,
  inDoubt: false,
  retryAfterMs: null,
  nextAttemptAtMs: null,
  nextAction: null,
  seq: 3,
  createdAtMs: 1_700_000_000_000,
  updatedAtMs: 1_700_000_000_500,
};

function settled(of: Payment, code: 'card_declined' | 'gateway_failed' | null): ChargeAnswer {
  const frozen = { problem: code, body: answerBody(of, code) };
  return { kind: 'settled', frozen, paymentId: of.paymentId, started: true, replayed: false };
}

const KNOWN = { accountId: 'acme', livemode: true };

const unsettled = (changes: Partial<Payment>): ChargeAnswer => ({
  kind: 'unsettled',
  payment: { ...payment, gatewayRef: null, ...changes },
  retryAfterMs: 700,
  replayed: true,
});

const outcomeOf = (answer: ChargeAnswer): string => toResult(answer, KNOWN).outcome;

describe('the result', () => {
  test('is paid only where the charge completed, with the payment as values', () => {
    const { chargeN, inDoubt, retryAfterMs, nextAttemptAtMs, nextAction, seq, ...values } = payment;
    expect(toResult(settled(payment, null), KNOWN)).toEqual({
      outcome: 'paid',
      payment: values,
      started: true,
      replayed: false,
    });
  });

  test.each([
    ['declined', 'card_declined'],
    ['failed', 'gateway_failed'],
  ] as const)('is %s where it failed, and says whether it may be tried again', (outcome, code) => {
    const failed = { ...payment, status: 'FAILED', gatewayRef: null, failureCode: 'no_funds' } as const;
    expect(toResult(settled(failed, code), KNOWN)).toMatchObject({
      outcome,
      code,
      detail: expect.stringContaining('othing was charged'),
      safeToRetryWithNewKey: true,
      payment: { status: 'FAILED', failureCode: 'no_funds' },
    });
    expect(toResult(settled({ ...failed, inDoubt: true }, code), KNOWN)).toMatchObject({
      outcome,
      safeToRetryWithNewKey: false,
    });
  });

  test.each([
    [{ status: 'FAILED' }, null],
    [{ status: 'REVIEW' }, null],
    [{ status: 'COMPLETED' }, 'card_declined'],
  ] as const)('is none where the answer contradicts itself: %o, %s', (changes, code) => {
    expect(() => toResult(settled({ ...payment, ...changes }, code), KNOWN)).toThrow('contradicts itself');
  });

  test('is never paid while nothing is settled, whatever the payment says', () => {
    for (const status of ['PROCESSING', 'UNRESOLVED', 'FAILED', 'COMPLETED'] as const) {
      expect(outcomeOf(unsettled({ status }))).toBe('pending');
    }
    expect(toResult(unsettled({ status: 'FAILED', inDoubt: true }), KNOWN)).toMatchObject({
      outcome: 'pending',
      reason: 'in_doubt',
      retryAfterMs: 700,
      replayed: true,
    });
  });

  test('is a review where a person must decide, with the reason', () => {
    expect(toResult(unsettled({ status: 'REVIEW', failureCode: 'duplicate_charges' }), KNOWN)).toMatchObject({
      outcome: 'review',
      reason: 'duplicate_charges',
      payment: { orderId: 'ORD123' },
    });
  });

  test.each([
    'order_conflict',
    'result_expired',
    'idempotency_key_reused',
    'store_unavailable',
    'shutting_down',
  ] as const satisfies readonly ChargeProblem[])('is refused for %s: nothing was sent', (code) => {
    const result = toResult(problem(code, null), KNOWN);
    expect(result).toMatchObject({ outcome: 'refused', code, payment: null });
    expect('detail' in result && result.detail).toMatch(/othing was sent|nothing was sent/i);
  });

  test('is pending, not refused, where the order may have been accepted', () => {
    const result = toResult({ ...problem('store_outcome_unknown', null), retryAfterMs: 1000 }, KNOWN);
    expect(result).toMatchObject({
      outcome: 'pending',
      reason: 'store_outcome_unknown',
      payment: null,
      retryAfterMs: 1000,
      detail: expect.stringContaining('may be charged'),
    });
  });
});
