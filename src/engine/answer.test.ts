import { describe, expect, it } from 'vitest';
import { openOperation } from '../domain/operation.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { answerBody, paymentFields, problemFields, toPayment } from './answer.ts';
import { problem } from './problem.ts';
import { retryAfterMs } from './retry-after.ts';

const operation = {
  ...openOperation({ kind: 'charge', n: 2, openedAtMs: 900, calling: true, verifyFirst: false }),
  gatewayRef: 'ch',
};
const record: PaymentRecord = {
  order: { accountId: 'a', orderId: 'o1', amountMinor: 1000, currency: 'USD', metadata: { note: 'n' } },
  paymentId: 'p',
  gateway: 'scripted',
  operation,
  gatewayKey: 'k',
  seq: 3,
  fence: 2,
  claimId: 'c',
  held: false,
  dueAtMs: 3500,
  evidence: 0,
  absences: 0,
  problem: null,
  answer: null,
  createdAtMs: 0,
  updatedAtMs: 1000,
};
const payment = toPayment(record, true);
const completed = { ...payment, status: 'COMPLETED', retryAfterMs: null } as const;
const failed = { ...completed, status: 'FAILED', failureCode: 'no_funds' } as const;

describe('a payment as it is shown', () => {
  it('shows everything except leases and claims', () => {
    expect(payment).toEqual({
      paymentId: 'p',
      accountId: 'a',
      orderId: 'o1',
      amountMinor: 1000,
      currency: 'USD',
      metadata: { note: 'n' },
      status: 'PROCESSING',
      attempts: 1,
      failureCode: null,
      gateway: 'scripted',
      livemode: true,
      gatewayRef: 'ch',
      chargeN: 2,
      inDoubt: false,
      retryAfterMs: 2500,
      nextAttemptAtMs: 3500,
      nextAction: null,
      seq: 3,
      createdAtMs: 0,
      updatedAtMs: 1000,
    });
  });

  it('shows test payments as such, and what the fake gateway approved is never money', () => {
    expect(toPayment(record, false).livemode).toBe(false);
    expect(toPayment({ ...record, gateway: 'fake' }, true).livemode).toBe(false);
    expect(paymentFields(toPayment(record, false))).toMatchObject({ livemode: false });
    expect(JSON.parse(answerBody({ ...failed, livemode: false }, 'card_declined'))).toMatchObject({
      livemode: false,
    });
  });

  it('is in doubt with the first piece of late evidence', () => {
    expect(toPayment({ ...record, evidence: 1 }, true).inDoubt).toBe(true);
  });

  it('has nothing to wait for once it is settled', () => {
    for (const status of ['COMPLETED', 'FAILED'] as const) {
      expect(toPayment({ ...record, operation: { ...operation, status } }, true)).toMatchObject({
        retryAfterMs: null,
        nextAttemptAtMs: null,
      });
    }
  });

  it('has its documented fields in their documented order', () => {
    expect(JSON.stringify(paymentFields(payment))).toBe(
      '{"payment_id":"p","order_id":"o1","amount":1000,"currency":"USD","status":"PROCESSING","attempts":1,' +
        '"failure_code":null,"gateway":"scripted","livemode":true,"gateway_ref":"ch",' +
        '"safe_to_retry_with_new_key":false,"retry_after_ms":2500,"next_attempt_at":"1970-01-01T00:00:03.500Z","metadata":{"note":"n"},' +
        '"created_at":"1970-01-01T00:00:00.000Z",' +
        '"updated_at":"1970-01-01T00:00:01.000Z"}',
    );
    for (const name of ['retry_after_ms', 'next_attempt_at'])
      expect(paymentFields(completed)).not.toHaveProperty(name);
  });

  it('is tried next when it is due, and is being tried while a worker holds it', () => {
    const held = toPayment({ ...record, held: true }, true);
    expect(held.nextAttemptAtMs).toBeNull();
    expect(paymentFields(held)).toMatchObject({ next_attempt_at: null });
    expect(toPayment({ ...record, dueAtMs: null }, true).nextAttemptAtMs).toBeNull();
  });

  it('may be tried again with a new key only if it failed and no evidence waits', () => {
    const safe = (changes: object) => paymentFields({ ...failed, ...changes }).safe_to_retry_with_new_key;
    expect([safe({}), safe({ inDoubt: true }), safe({ status: 'COMPLETED' })]).toEqual([true, false, false]);
  });
});

describe('a frozen answer', () => {
  it('of a completed payment is the payment', () => {
    expect(answerBody(completed, null)).toBe(JSON.stringify(paymentFields(completed)));
  });

  it.each([
    ['card_declined', 402, 'The payment was declined; nothing was charged', /declined.*Nothing was charged/],
    ['gateway_failed', 502, 'The gateway failed; no money moved', /proved that nothing was charged/],
  ] as const)('of a failed payment is the problem %s with the payment', (code, status, title, detail) => {
    const { status: paymentStatus, ...fields } = paymentFields(failed);
    expect(JSON.parse(answerBody(failed, code))).toEqual({
      type: `/problems/${code}`,
      title,
      status,
      code,
      detail: expect.stringMatching(detail),
      ...fields,
      payment_status: paymentStatus,
    });
  });
});

describe('a problem', () => {
  it('without a payment has no payment fields', () => {
    expect(problemFields('not_found', 'Nothing.')).toEqual({
      type: '/problems/not_found',
      title: 'There is nothing here',
      status: 404,
      code: 'not_found',
      detail: 'Nothing.',
    });
  });

  it('of a charge request shows the payment if there is one, and is no replay', () => {
    expect(problem('order_conflict', payment)).toMatchObject({ kind: 'problem', payment, replayed: false });
    expect(problem('shutting_down', null)).not.toHaveProperty('payment');
  });

  it.each([
    'order_conflict',
    'result_expired',
    'idempotency_key_reused',
    'store_unavailable',
    'store_outcome_unknown',
    'shutting_down',
  ] as const)('%s says what happened', (code) => {
    expect(problem(code, null)).toMatchObject({ code, detail: expect.stringMatching(/^[A-Z].*\.$/) });
  });
});

describe('when to ask again', () => {
  const wait = (changes: Partial<PaymentRecord>) => retryAfterMs({ ...record, ...changes });

  it('is when the next step is due', () => {
    expect(wait({ dueAtMs: 3500.4 })).toBe(2500);
  });

  it('is at least a second and at most a minute away', () => {
    expect([wait({ dueAtMs: 1999 }), wait({ dueAtMs: 2001 })]).toEqual([1000, 1001]);
    expect([wait({ dueAtMs: 60_999 }), wait({ dueAtMs: 61_001 })]).toEqual([59_999, 60_000]);
  });

  it('is soon while a worker is on it, or if nothing is due', () => {
    expect([wait({ held: true, dueAtMs: 16_000 }), wait({ dueAtMs: null })]).toEqual([1000, 1000]);
  });

  it('is a minute while a person decides', () => {
    expect(wait({ operation: { ...operation, status: 'REVIEW' }, dueAtMs: 1001 })).toBe(60_000);
  });
});
