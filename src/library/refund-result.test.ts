import { describe, expect, test } from 'vitest';
import { refund } from '../../test/support/refund.ts';
import type { FailureProblem, RefundFailure } from '../domain/problems.ts';
import type { Refund } from '../domain/refund.ts';
import type { RefundAnswer, RefundProblem } from '../engine/api.ts';
import { refundAnswerBody } from '../engine/refunding/answer.ts';
import { toRefundResult } from './refund-result.ts';

const succeeded = { ...refund, status: 'SUCCEEDED', gatewayRef: 're_1', retryAfterMs: null } as const;
const failed = { ...refund, status: 'FAILED', failureCode: 'no', retryAfterMs: null } as const;

const settled = (of: Refund, problem: FailureProblem | null): RefundAnswer => ({
  kind: 'settled',
  frozen: { problem, body: refundAnswerBody(of, problem) },
  paymentId: of.paymentId,
  name: of.refundId,
  started: true,
  replayed: false,
});

const unsettled = (changes: Partial<Refund>): RefundAnswer => ({
  kind: 'unsettled',
  shown: { ...refund, ...changes },
  retryAfterMs: 700,
  replayed: true,
});

const problem = (code: RefundProblem, more: object = {}): RefundAnswer => ({
  kind: 'problem',
  code,
  detail: 'Why.',
  replayed: false,
  ...more,
});

const resultOf = (answer: RefundAnswer) => toRefundResult(answer, 'acme');

describe('the result of a refund', () => {
  test('is refunded only where the gateway made it, with the refund as values', () => {
    const { orderId, attempts, retryAfterMs, nextAttemptAtMs, inDoubt, seq, ...values } = succeeded;
    expect(resultOf(settled(succeeded, null))).toEqual({
      outcome: 'refunded',
      refund: { ...values, accountId: 'acme' },
      started: true,
      replayed: false,
    });
  });

  test.each([
    ['declined', 'refund_declined'],
    ['failed', 'gateway_failed'],
    ['failed', 'refund_exceeds_captured'],
  ] as const satisfies readonly (readonly [string, RefundFailure])[])(
    'is %s after %s, and says whether the money may be refunded again',
    (outcome, code) => {
      expect(resultOf(settled(failed, code))).toMatchObject({
        outcome,
        code,
        detail: expect.stringContaining('gave nothing back'),
        safeToRetryWithNewKey: true,
        refund: { status: 'FAILED', failureCode: 'no', accountId: 'acme' },
      });
      expect(resultOf(settled({ ...failed, inDoubt: true }, code))).toMatchObject({
        outcome,
        safeToRetryWithNewKey: false,
      });
    },
  );

  test.each([
    [failed, null],
    [refund, null],
    [succeeded, 'refund_declined'],
    [failed, 'card_declined'],
  ] as const)('is none where the answer contradicts itself: %#', (of, code) => {
    expect(() => resultOf(settled(of, code))).toThrow('contradicts itself');
  });

  test('is accepted, not refunded, while the gateway has not decided', () => {
    const answer: RefundAnswer = { kind: 'accepted', shown: refund, started: true, replayed: false };
    expect(resultOf(answer)).toEqual({
      outcome: 'accepted',
      refund,
      retryAfterMs: 1500,
      started: true,
      replayed: false,
    });
    for (const of of [succeeded, failed])
      expect(() => resultOf({ ...answer, shown: of })).toThrow('contradicts itself');
  });

  test('is never refunded while nothing is settled, whatever the refund says', () => {
    for (const status of ['PENDING', 'SUCCEEDED', 'FAILED'] as const)
      expect(resultOf(unsettled({ status })).outcome).toBe('pending');
    expect(resultOf(unsettled({ status: 'FAILED', inDoubt: true }))).toMatchObject({
      outcome: 'pending',
      reason: 'in_doubt',
      retryAfterMs: 700,
      replayed: true,
    });
  });

  test('is a review where a person must decide, with the reason', () => {
    expect(resultOf(unsettled({ status: 'REVIEW', failureCode: 'amount_mismatch' }))).toMatchObject({
      outcome: 'review',
      reason: 'amount_mismatch',
      refund: { refundId: refund.refundId },
    });
  });

  test('is refused where nothing was sent, with the refund that stands in the way', () => {
    expect(resultOf(problem('refund_conflict', { shown: refund, retryAfterMs: 5 }))).toEqual({
      outcome: 'refused',
      code: 'refund_conflict',
      detail: 'Why.',
      refund,
      retryAfterMs: 5,
      replayed: false,
    });
    expect(resultOf(problem('payment_not_found'))).toEqual({
      outcome: 'refused',
      code: 'payment_not_found',
      detail: 'Why.',
      refund: null,
      replayed: false,
    });
  });

  test('is pending, not refused, where the refund may have been stored', () => {
    expect(resultOf(problem('store_outcome_unknown', { retryAfterMs: 900 }))).toMatchObject({
      outcome: 'pending',
      reason: 'store_outcome_unknown',
      refund: null,
      retryAfterMs: 900,
    });
  });
});
