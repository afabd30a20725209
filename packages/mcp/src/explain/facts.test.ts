import type { PaymentNow } from 'payonce/client';
import { expect, test } from 'vitest';
import { tellPaymentNow } from '../tell/payment.ts';
import { factsText, followUpText } from './facts.ts';

const payment = (changes: Partial<PaymentNow> = {}): PaymentNow => ({
  paymentId: '0193a5c2-7b1e-7c3d-8f00-000000000001',
  orderId: 'A-1',
  amountMinor: 1000,
  currency: 'USD',
  status: 'COMPLETED',
  attempts: 1,
  failureCode: null,
  gateway: 'http',
  livemode: true,
  gatewayRef: 'ch_1',
  safeToRetryWithNewKey: false,
  retryAfterMs: null,
  nextAttemptAtMs: null,
  nextAction: null,
  metadata: {},
  createdAtMs: 0,
  updatedAtMs: 0,
  sums: {
    authorizedMinor: null,
    capturedMinor: 1000,
    refundedMinor: 0,
    refundingMinor: 0,
    elsewhereMinor: 0,
  },
  actions: ['refund'],
  ...changes,
});

const none = { ...payment().sums, capturedMinor: 0 };

test.each<[Partial<PaymentNow>, 'yes' | 'held' | 'no' | 'unknown', RegExp]>([
  [{}, 'yes', /^Order A-1 is paid: the gateway took 1000 minor units of USD\. Nothing more is needed/],
  [{ livemode: false }, 'yes', /no real money moved/],
  [{ sums: { ...payment().sums, refundedMinor: 400 } }, 'yes', /400 minor units of USD were refunded/],
  [{ status: 'AUTHORIZED', sums: none }, 'held', /Nothing is taken yet\. Somebody must capture/],
  [{ status: 'VOIDED', sums: none }, 'no', /Nothing was taken/],
  [
    { status: 'FAILED', sums: none, failureCode: 'card_declined' },
    'no',
    /proved that nothing was charged.*"card_declined".*must not/,
  ],
  [{ status: 'FAILED', sums: none, safeToRetryWithNewKey: true }, 'no', /as the next attempt/],
  [{ status: 'PROCESSING', sums: none }, 'unknown', /not known yet.*Ask again/],
  [
    { status: 'UNRESOLVED', sums: none, nextAttemptAtMs: 0 },
    'unknown',
    /not proved.*at 1970-01-01T00:00:00\.000Z or later/,
  ],
  [
    { status: 'REVIEW', sums: none, failureCode: 'amount_mismatch' },
    'unknown',
    /A person must decide.*Do not charge or refund/,
  ],
])('%j', (changes, moved, text) => {
  expect(factsText(payment(changes))).toMatch(text);
  expect(tellPaymentNow(payment(changes)).money_moved).toBe(moved);
});

test('what the customer’s page needs is not told: it may be a secret', () => {
  const waiting = payment({ status: 'UNRESOLVED', nextAction: { client_secret: 'pi_1_secret_2' } });
  const told = tellPaymentNow(waiting);
  expect(told.customer_must_act).toBe(true);
  expect(JSON.stringify(told) + factsText(waiting)).not.toContain('pi_1_secret_2');
  expect(factsText(waiting)).toMatch(/The customer must act/);
});

test('a refund and a capture each have a sentence', () => {
  const common = { amountMinor: 400, currency: 'USD', failureCode: null } as const;
  expect(followUpText({ ...common, refundId: 'r-1', status: 'PENDING' } as never)).toBe(
    'Refund r-1 of 400 minor units of USD is under way.',
  );
  expect(
    followUpText({
      ...common,
      operation: 'capture',
      status: 'FAILED',
      failureCode: 'capture_declined',
    } as never),
  ).toBe(
    'The capture of 400 minor units of USD has failed: it changed nothing. The reason is "capture_declined".',
  );
});
