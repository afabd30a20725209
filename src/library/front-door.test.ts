/** What the methods of the library pass on to the engine. The engine behind them is written by hand. */
import { describe, expect, test } from 'vitest';
import { refund } from '../../test/support/refund.ts';
import type { RefundAnswer } from '../engine/api.ts';
import type { RunningEngine } from '../engine/engine.ts';
import type { Payonce } from './api.ts';
import { createFrontDoor } from './index.ts';

const paymentId = refund.paymentId;

/** A library on an engine that answers the same to every refund, and what the engine was asked. */
function opened(answer: RefundAnswer | Promise<RefundAnswer>): {
  readonly payonce: Payonce;
  readonly asked: unknown[][];
} {
  const asked: unknown[][] = [];
  const hear =
    (name: string, value: unknown) =>
    async (...what: unknown[]) => {
      asked.push([name, ...what]);
      return value;
    };
  const engine = {
    refund: hear('refund', answer),
    findRefund: hear('findRefund', refund),
    refunds: hear('refunds', { refunds: [refund], next: null }),
    refundEvents: hear('refundEvents', []),
  };
  return { payonce: createFrontDoor(engine as unknown as RunningEngine, true), asked };
}

const accepted: RefundAnswer = { kind: 'accepted', shown: refund, started: true, replayed: false };

describe('a refund of the library', () => {
  test('reaches the engine as it was asked for, and its answer comes back', async () => {
    const { payonce, asked } = opened(accepted);
    const input = { paymentId, amountMinor: 4000, refundId: 'r', accountId: 'acme' };
    const result = await payonce.refund(input, { idempotencyKey: 'k', waitMs: 5 });
    expect(result).toMatchObject({ outcome: 'accepted', refund: { refundId: refund.refundId } });
    expect(asked).toEqual([
      [
        'refund',
        { ...input, reason: null, metadata: {} },
        { waitMs: 5, key: { route: 'library refunds', key: 'k' } },
      ],
    ]);
  });

  test('is not begun for a signal that has ended before', async () => {
    const { payonce, asked } = opened(accepted);
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(payonce.refund({ paymentId, refundId: 'r' }, { signal })).rejects.toThrow('gone');
    expect(asked).toEqual([]);
  });

  test('goes on when its signal ends the wait', async () => {
    const { payonce, asked } = opened(new Promise<RefundAnswer>(() => {}));
    const controller = new AbortController();
    const result = payonce.refund({ paymentId, refundId: 'r' }, { signal: controller.signal });
    controller.abort(new Error('tired'));
    await expect(result).rejects.toThrow('tired');
    expect(asked).toHaveLength(1);
  });

  test('is a rejection, never a throw, where its arguments are wrong', async () => {
    const { payonce, asked } = opened(accepted);
    await expect(payonce.refund({ paymentId })).rejects.toMatchObject({ code: 'refund_identity_required' });
    await expect(payonce.findRefund(paymentId, '')).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(payonce.refundEvents(paymentId, 'r', { limit: 0 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(asked).toEqual([]);
  });
});

test('refunds are read in the account that is named', async () => {
  const { payonce, asked } = opened(accepted);
  const accountId = 'acme';
  const upper = paymentId.toUpperCase();
  expect(await payonce.findRefund(upper, 'R', { accountId })).toBe(refund);
  expect(await payonce.refunds(upper, { accountId, limit: 3, before: paymentId })).toEqual({
    refunds: [refund],
    next: null,
  });
  expect(await payonce.refundEvents(upper, 'R', { accountId, after: 2, limit: 4 })).toEqual([]);
  expect(asked).toEqual([
    ['findRefund', 'acme', paymentId, 'R'],
    ['refunds', 'acme', paymentId, { limit: 3, before: paymentId }],
    ['refundEvents', 'acme', paymentId, 'R', { after: 2, limit: 4 }],
  ]);
});
