/** Results of captures and voids, whose `outcome` cannot be misread. */
import { describe, expect, it } from 'vitest';
import type { CaptureOrVoid } from '../domain/capture-or-void.ts';
import type { FailureProblem } from '../domain/problems.ts';
import type { ExclusiveAnswer } from '../engine/api.ts';
import { exclusiveAnswerBody } from '../engine/capturing/answer.ts';
import { toCaptureResult, toVoidResult } from './capture-result.ts';

const CAPTURE: CaptureOrVoid = {
  operation: 'capture',
  paymentId: '01936b1e-7f2a-7c3d-8e4f-0123456789ab',
  accountId: 'acme',
  orderId: 'ORD1',
  amountMinor: 4000,
  capturedMinor: null,
  currency: 'USD',
  status: 'PENDING',
  metadata: {},
  attempts: 1,
  failureCode: null,
  gatewayRef: null,
  inDoubt: false,
  retryAfterMs: 1000,
  nextAttemptAtMs: null,
  seq: 1,
  createdAtMs: 1_000,
  updatedAtMs: 2_000,
};

function settled(changes: Partial<CaptureOrVoid>, problem: FailureProblem | null): ExclusiveAnswer {
  const body = exclusiveAnswerBody({ ...CAPTURE, retryAfterMs: null, ...changes }, problem);
  const { paymentId } = CAPTURE;
  return { kind: 'settled', frozen: { problem, body }, paymentId, name: '1', started: true, replayed: false };
}

describe('the result of a capture or a void', () => {
  it('says that it is done', () => {
    const result = toCaptureResult(settled({ status: 'SUCCEEDED', gatewayRef: 'x_1' }, null), 'acme');
    expect(result).toEqual({
      outcome: 'captured',
      operation: {
        operation: 'capture',
        paymentId: CAPTURE.paymentId,
        accountId: 'acme',
        orderId: 'ORD1',
        amountMinor: 4000,
        capturedMinor: null,
        currency: 'USD',
        metadata: {},
        failureCode: null,
        gatewayRef: 'x_1',
        createdAtMs: 1_000,
        updatedAtMs: 2_000,
        status: 'SUCCEEDED',
      },
      started: true,
      replayed: false,
    });
    expect(toVoidResult(settled({ operation: 'void', status: 'SUCCEEDED' }, null), 'acme').outcome).toBe(
      'voided',
    );
  });

  it.each([
    ['capture_declined', 'declined'],
    ['void_declined', 'declined'],
    ['gateway_failed', 'failed'],
    ['payment_not_capturable', 'failed'],
  ] as const)('of %s is %s, with its code', (code, outcome) => {
    const failed = { status: 'FAILED', failureCode: 'x' } as const;
    expect(toCaptureResult(settled(failed, code), 'acme')).toMatchObject({
      outcome,
      code,
      safeToRetryWithNewKey: true,
      operation: { status: 'FAILED', failureCode: 'x' },
    });
    const inDoubt = toVoidResult(settled({ ...failed, inDoubt: true }, code), 'acme');
    expect(inDoubt).toMatchObject({ safeToRetryWithNewKey: false });
  });

  it('of what is under way, in review, or refused says so', () => {
    const told = { retryAfterMs: 1000, replayed: false };
    const open: ExclusiveAnswer = { kind: 'unsettled', shown: CAPTURE, ...told };
    expect(toCaptureResult(open, 'acme')).toMatchObject({ outcome: 'pending', operation: CAPTURE });
    const review = { ...open, shown: { ...CAPTURE, status: 'REVIEW' } } as const;
    expect(toVoidResult(review, 'acme')).toMatchObject({ outcome: 'review' });
    const problem = {
      kind: 'problem',
      code: 'operation_in_progress',
      detail: 'd',
      shown: CAPTURE,
      replayed: false,
    } as const;
    expect(toVoidResult(problem, 'acme')).toMatchObject({ outcome: 'refused', operation: CAPTURE });
    const lost = { kind: 'problem', code: 'store_outcome_unknown', detail: 'd', replayed: false } as const;
    expect(toCaptureResult(lost, 'acme')).toMatchObject({ outcome: 'pending', operation: null });
  });

  it.each([
    [settled({ status: 'FAILED' }, null)],
    [settled({ status: 'SUCCEEDED' }, 'capture_declined')],
    [settled({ status: 'FAILED' }, 'card_declined')],
    [settled({ status: 'FAILED' }, 'refund_declined')],
  ])('that contradicts itself is an error, never a guess', (answer) => {
    expect(() => toCaptureResult(answer, 'acme')).toThrow('contradicts itself');
  });
});
