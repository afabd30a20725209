/** Refunds of the library on a real database. The gateway decides them as the test says. */
import { describe, expect, test } from 'vitest';
import type { CallOutcome, Refunds } from '../../src/index.ts';
import { createScriptedGateway } from '../support/scripted-gateway.ts';
import { openProgram } from './world.ts';

const ORDER = { orderId: 'ORD123', amountMinor: 10_000, currency: 'USD' };
/** Longer than anything here takes. */
const PATIENT = { waitMs: 60_000 };

/** A paid order, and what its gateway was asked to refund. `outcome` decides the n-th refund. */
async function paid(outcome: (n: number) => CallOutcome) {
  const asked: number[] = [];
  const refunds: Refunds = {
    async call({ amountMinor }, { mayLeave }) {
      if (!mayLeave()) return { kind: 'refused', reason: 'late' };
      asked.push(amountMinor);
      return outcome(asked.length);
    },
    lookup: async () => ({ kind: 'unavailable', reason: 'not asked' }),
  };
  const { payonce } = await openProgram({ ...createScriptedGateway(), refunds });
  const charged = await payonce.charge(ORDER, PATIENT);
  if (charged.outcome !== 'paid') throw new Error(charged.outcome);
  return { payonce, paymentId: charged.payment.paymentId, asked };
}

const made = (n: number): CallOutcome => ({ kind: 'approved', ref: `re_${n}` });

describe('a refund', () => {
  test('gives a part back once, however often it is asked for', async () => {
    const { payonce, paymentId, asked } = await paid(made);
    const part = { paymentId, amountMinor: 4000, refundId: 'return 17', reason: 'broken' };
    const results = await Promise.all([1, 2, 3].map(() => payonce.refund(part, PATIENT)));
    for (const result of results)
      expect(result).toMatchObject({
        outcome: 'refunded',
        refund: { ...part, accountId: 'default', status: 'SUCCEEDED', gatewayRef: 're_1' },
      });
    expect(results.filter((result) => 'started' in result && result.started)).toHaveLength(1);
    expect(asked).toEqual([4000]);
    expect((await payonce.payment(paymentId))?.sums).toMatchObject({
      capturedMinor: 10_000,
      refundedMinor: 4000,
      refundingMinor: 0,
      elsewhereMinor: 0,
    });
    expect(await payonce.findRefund(paymentId, 'return 17')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await payonce.refundEvents(paymentId, 'return 17')).toMatchObject([
      { type: 'refund.created', status: 'PENDING' },
      { type: 'refund.succeeded', status: 'SUCCEEDED' },
    ]);
  });

  test('without an amount gives back what is left, and then nothing is left', async () => {
    const { payonce, paymentId, asked } = await paid(made);
    await payonce.refund({ paymentId, amountMinor: 4000, refundId: 'part' }, PATIENT);
    const key = { ...PATIENT, idempotencyKey: 'rest' };
    const rest = await payonce.refund({ paymentId }, key);
    expect(rest).toMatchObject({ outcome: 'refunded', replayed: false, refund: { amountMinor: 6000 } });
    expect(await payonce.refund({ paymentId }, key)).toEqual({ ...rest, replayed: true });
    expect(await payonce.refund({ paymentId, amountMinor: 1 }, key)).toMatchObject({
      outcome: 'refused',
      code: 'idempotency_key_reused',
    });
    expect(await payonce.refund({ paymentId, refundId: 'more' }, PATIENT)).toMatchObject({
      outcome: 'refused',
      code: 'refund_exceeds_captured',
      refund: null,
    });
    expect(asked).toEqual([4000, 6000]);
    const first = await payonce.refunds(paymentId, { limit: 1 });
    const second = await payonce.refunds(paymentId, { before: first?.next ?? '' });
    expect([first, second].map((page) => page?.refunds.map(({ amountMinor }) => amountMinor))).toEqual([
      [6000],
      [4000],
    ]);
    expect(second?.next).toBeNull();
  });

  test('that is declined gives its money free for another one', async () => {
    const { payonce, paymentId } = await paid((n) =>
      n === 1 ? { kind: 'declined', code: 'no_funds' } : made(n),
    );
    const declined = await payonce.refund({ paymentId, refundId: 'a' }, PATIENT);
    expect(declined).toMatchObject({
      outcome: 'declined',
      code: 'refund_declined',
      safeToRetryWithNewKey: true,
      refund: { status: 'FAILED', failureCode: 'no_funds' },
    });
    expect(await payonce.refund({ paymentId, refundId: 'a' }, PATIENT)).toMatchObject({
      outcome: 'declined',
    });
    expect(await payonce.refund({ paymentId, refundId: 'b' }, PATIENT)).toMatchObject({
      outcome: 'refunded',
    });
  });

  test('that the gateway has not decided is accepted, and its money is reserved', async () => {
    const { payonce, paymentId } = await paid(() => ({ kind: 'pending', ref: 're_1' }));
    const part = { paymentId, amountMinor: 9000, refundId: 'a' };
    expect(await payonce.refund(part, PATIENT)).toMatchObject({
      outcome: 'accepted',
      refund: { status: 'PENDING', gatewayRef: 're_1' },
    });
    expect((await payonce.payments())[0]?.sums).toMatchObject({ refundingMinor: 9000, refundedMinor: 0 });
    expect(await payonce.refund({ ...part, amountMinor: 1 }, PATIENT)).toMatchObject({
      outcome: 'refused',
      code: 'refund_conflict',
      refund: { status: 'PENDING' },
    });
    expect(await payonce.refund({ ...part, refundId: 'b' }, PATIENT)).toMatchObject({
      code: 'refund_exceeds_captured',
    });
  });

  test('of a payment that does not exist is refused', async () => {
    const { payonce, paymentId } = await paid(made);
    const other = { paymentId, refundId: 'a', accountId: 'acme' };
    expect(await payonce.refund(other, PATIENT)).toMatchObject({ code: 'payment_not_found', refund: null });
    expect(await payonce.refunds('no id at all')).toBeNull();
    expect(await payonce.findRefund('no id at all', 'a')).toBeNull();
    expect(await payonce.refundEvents(paymentId, 'a')).toBeNull();
  });
});
