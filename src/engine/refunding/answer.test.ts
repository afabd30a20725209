import { describe, expect, it } from 'vitest';
import { refund } from '../../../test/support/refund.ts';
import { refundAnswerBody, refundFields, refundProblemFields } from './answer.ts';

const failed = { ...refund, status: 'FAILED', retryAfterMs: null, failureCode: 'do_not_refund' } as const;
const succeeded = { ...refund, status: 'SUCCEEDED', retryAfterMs: null, gatewayRef: 're_1' } as const;

describe('the fields of a refund', () => {
  it('come in their documented order, and say when to ask again while it has not ended', () => {
    expect(JSON.stringify(refundFields(refund))).toBe(
      JSON.stringify({
        refund_id: 'hush-refund',
        payment_id: '01936b1e-7f2a-7c3d-8e4f-0123456789ab',
        amount: 4000,
        currency: 'USD',
        status: 'PENDING',
        reason: 'hush: it was broken',
        failure_code: null,
        gateway_ref: null,
        safe_to_retry_with_new_key: false,
        retry_after_ms: 1500,
        next_attempt_at: '2026-11-23T12:00:05.000Z',
        metadata: { note: 'hush' },
        created_at: '2026-11-23T12:00:02.000Z',
        updated_at: '2026-11-23T12:00:03.000Z',
      }),
    );
  });

  it.each([failed, succeeded])('say nothing of a next try once it is $status', (ended) => {
    expect(refundFields(ended)).not.toHaveProperty('retry_after_ms');
    expect(refundFields(ended)).not.toHaveProperty('next_attempt_at');
  });

  it('say that its next try is under way', () => {
    expect(refundFields({ ...refund, nextAttemptAtMs: null })).toMatchObject({ next_attempt_at: null });
  });

  it('allow another refund of the money only after a failure that nothing contradicts', () => {
    const safe = (changes: object) => refundFields({ ...failed, ...changes }).safe_to_retry_with_new_key;
    expect([
      safe({}),
      safe({ inDoubt: true }),
      ...(['PENDING', 'SUCCEEDED', 'REVIEW'] as const).map((status) => safe({ status })),
    ]).toEqual([true, false, false, false, false]);
  });
});

describe('the frozen answer of a refund', () => {
  it('is the refund if it succeeded', () => {
    expect(refundAnswerBody(succeeded, null)).toBe(JSON.stringify(refundFields(succeeded)));
  });

  it.each([
    ['refund_declined', 422, /^The gateway declined the refund\..*another refund_id/],
    ['gateway_failed', 502, /^The gateway failed, and it is proved.*another refund_id/],
    ['refund_exceeds_captured', 409, /^The gateway shows other refunds.*no more than what is left/],
  ] as const)('is the problem %s with the refund if it failed', (code, status, detail) => {
    const body = JSON.parse(refundAnswerBody(failed, code));
    const { status: refundStatus, ...fields } = refundFields(failed);
    expect(body).toEqual({
      type: `/problems/${code}`,
      title: expect.any(String),
      status,
      code,
      detail: expect.stringMatching(detail),
      ...fields,
      refund_status: refundStatus,
    });
    expect(body.detail).toContain('gave nothing back');
  });

  it('does not invite to refund again while evidence about its money is being checked', () => {
    const { detail } = JSON.parse(refundAnswerBody({ ...failed, inDoubt: true }, 'gateway_failed'));
    expect(detail).toContain('Do not refund the money again yet.');
    expect(detail).not.toContain('may be refunded again');
  });
});

it('a problem about a refund keeps the HTTP status apart from the state of the refund', () => {
  expect(refundProblemFields('refund_conflict', 'Why.', refund)).toMatchObject({
    status: 409,
    code: 'refund_conflict',
    detail: 'Why.',
    refund_status: 'PENDING',
    refund_id: 'hush-refund',
  });
});
