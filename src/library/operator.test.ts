/** What the library passes on of an operator's words, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { refundNow } from '../../test/support/refund.ts';
import type { OperatorAnswer } from '../engine/api.ts';
import type { RunningEngine } from '../engine/engine.ts';
import { operatorProblem } from '../engine/operator/problem.ts';
import { createFrontDoor } from './index.ts';
import type { Resolution } from './operator-api.ts';

const { paymentId } = refundNow;
const SAID = { paymentId, evidence: 'ticket 17', actor: 'amira' };
const TARGET = { accountId: 'default', paymentId, followUp: null };

function opened(answer: OperatorAnswer = { kind: 'refund', refund: refundNow }) {
  const asked: unknown[] = [];
  const hear = async (wanted: unknown) => {
    asked.push(wanted);
    return answer;
  };
  const engine = { lookNow: hear, resolve: hear };
  return { payonce: createFrontDoor(engine as unknown as RunningEngine, true), asked };
}

describe('lookNow', () => {
  it('passes on what is asked for', async () => {
    const { payonce, asked } = opened();
    await payonce.lookNow(paymentId.toUpperCase());
    await payonce.lookNow(paymentId, { refundId: 'r', actor: 'amira', accountId: 'acme' });
    expect(asked).toEqual([
      { ...TARGET, actor: null },
      { accountId: 'acme', paymentId, followUp: { kind: 'refund', name: 'r' }, actor: 'amira' },
    ]);
  });

  it.each([{ actor: '' }, { refundId: '' }, { who: 'amira' }, 'amira'])('refuses %j', async (options) => {
    const { payonce, asked } = opened();
    await expect(payonce.lookNow(paymentId, options as object)).rejects.toMatchObject({
      name: 'PayonceInputError',
    });
    expect(asked).toEqual([]);
  });
});

describe('resolve', () => {
  it('passes on what was stated', async () => {
    const { payonce, asked } = opened();
    const moved = { gatewayRef: 'x_1', amountMinor: 70 };
    await payonce.resolve({ ...SAID, outcome: 'failed', refundId: undefined });
    await payonce.resolve({ ...SAID, ...moved, outcome: 'completed' });
    await payonce.resolve({ ...SAID, ...moved, outcome: 'succeeded', refundId: 'r', accountId: 'acme' });
    const { evidence, actor } = SAID;
    const wish = { outcome: 'completed', ...moved, actor };
    expect(asked).toEqual([
      { ...TARGET, evidence, wish: { outcome: 'failed', actor } },
      { ...TARGET, evidence, wish },
      { accountId: 'acme', paymentId, followUp: { kind: 'refund', name: 'r' }, evidence, wish },
    ]);
  });

  it.each([
    undefined,
    { ...SAID },
    { ...SAID, outcome: 'succeeded' },
    { ...SAID, outcome: 'completed' },
    { ...SAID, outcome: 'completed', refundId: 'r', gatewayRef: 'x', amountMinor: 1 },
    { ...SAID, outcome: 'failed', amount: 1 },
    { ...SAID, outcome: 'failed', paymentId: 7 },
    { ...SAID, outcome: 'failed', refundId: '..' },
    { ...SAID, outcome: 'failed', evidence: '' },
  ])('refuses %j', async (input) => {
    const { payonce, asked } = opened();
    await expect(payonce.resolve(input as Resolution)).rejects.toMatchObject({
      name: 'PayonceInputError',
      code: 'invalid_request',
    });
    expect(asked).toEqual([]);
  });

  it('says what was taken, or why it was not', async () => {
    const failed = { ...SAID, outcome: 'failed' } as const;
    expect(await opened().payonce.resolve(failed)).toEqual({
      outcome: 'accepted',
      payment: null,
      refund: refundNow,
    });
    expect(await opened(operatorProblem('under_way')).payonce.resolve(failed)).toEqual({
      outcome: 'refused',
      code: 'under_way',
      detail: expect.stringContaining('Nothing was stored'),
      retryAfterMs: 1000,
    });
  });
});
