import { describe, expect, test } from 'vitest';
import type { PaymentRecord } from '../../../src/ports/store.ts';
import { type Environment, RETENTION_MS } from './environment.ts';
import {
  ACCOUNT,
  accepted,
  complete,
  done,
  eventsOf,
  fail,
  intent,
  key,
  nextCharge,
  numbers,
  order,
  paymentKey,
  recordOf,
  seen,
} from './fixtures.ts';

export function answerTests(env: Environment): void {
  async function settle(orderId: string): Promise<PaymentRecord> {
    return done(env.store, fail(await accepted(env.store, intent(orderId, { key: key(orderId, 'fp') }))));
  }
  async function answerOf(orderId: string) {
    const asked = { accountId: ACCOUNT, orderId, keyHash: key(orderId).hash };
    return (await env.store.situation(asked)).key;
  }

  describe('eraseExpiredAnswers', () => {
    test('erases answers that are past their retention, and no others', async () => {
      await settle('old');
      await accepted(env.store, intent('open', { key: key('open', 'fp') }));
      await env.advanceClock(RETENTION_MS - 60_000);
      await settle('young');
      expect(await env.store.eraseExpiredAnswers(100)).toBe(0);
      await env.advanceClock(60_001);
      expect(await env.store.eraseExpiredAnswers(100)).toBe(1);
      expect(await answerOf('old')).toMatchObject({ answer: null, expired: true });
      expect(await answerOf('young')).toMatchObject({
        answer: { problem: 'gateway_failed' },
        expired: false,
      });
      expect(await answerOf('open')).toMatchObject({ answer: null, expired: false });
    });

    test('erases nothing but the bodies', async () => {
      const before = await settle('old');
      await env.advanceClock(RETENTION_MS + 1);
      const aged = await recordOf(env.store, before.order);
      await env.store.eraseExpiredAnswers(100);
      expect(await recordOf(env.store, before.order)).toEqual(aged);
      expect(aged).toMatchObject({
        problem: 'gateway_failed',
        operation: { status: 'FAILED' },
        answer: null,
      });
      expect(await answerOf('old')).toEqual({
        fingerprint: 'fp',
        chargeN: 1,
        started: true,
        answer: null,
        expired: true,
      });
      expect(await env.store.answerOf(paymentKey(before), 1)).toBeNull();
      expect(await eventsOf(env.store, before)).toHaveLength(2);
      // The order and the key protect for ever.
      expect(await env.store.accept(intent('old'))).toEqual({ kind: 'exists' });
      expect(await env.store.accept(intent('other', { key: key('old', 'fp') }))).toEqual({ kind: 'exists' });
    });

    test('erases no more than asked, and the rest another time', async () => {
      await Promise.all(numbers(7).map((n) => settle(`old ${n}`)));
      await env.advanceClock(RETENTION_MS + 1);
      expect(await env.store.eraseExpiredAnswers(3)).toBe(3);
      expect(await env.store.eraseExpiredAnswers(3)).toBe(3);
      expect(await env.store.eraseExpiredAnswers(3)).toBe(1);
      expect(await env.store.eraseExpiredAnswers(3)).toBe(0);
    });

    test('two that erase at once count each answer once', async () => {
      await Promise.all(numbers(200).map((n) => settle(`old ${n}`)));
      await env.advanceClock(RETENTION_MS + 1);
      const counts = await Promise.all(
        [env.store, env.other, env.store, env.other].map((store) => store.eraseExpiredAnswers(1000)),
      );
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    });

    test('the answer of a charge that is settled long after its neighbours is erased, too', async () => {
      const late = await accepted(env.store, intent('late', { key: key('late', 'fp') }));
      await settle('old');
      await env.advanceClock(RETENTION_MS + 1);
      expect(await env.store.eraseExpiredAnswers(100)).toBe(1);
      await done(env.store, fail(await recordOf(env.store, late.order)));
      expect(await env.store.eraseExpiredAnswers(100)).toBe(0);
      await env.advanceClock(RETENTION_MS + 1);
      expect(await env.store.eraseExpiredAnswers(100)).toBe(1);
      expect(await answerOf('late')).toMatchObject({ answer: null, expired: true });
    });

    test('an answer that waited for years is found, even if nothing lies in between', async () => {
      await settle('ancient');
      await env.advanceClock(1000 * 86_400_000);
      await settle('old');
      await env.advanceClock(RETENTION_MS + 1);
      expect(await env.store.eraseExpiredAnswers(100)).toBe(2);
    });

    test('an erased charge may be followed by the next, which has an answer of its own', async () => {
      const failed = await settle('old');
      await env.advanceClock(RETENTION_MS + 1);
      await env.store.eraseExpiredAnswers(100);
      await env.store.openNextCharge(nextCharge(failed, { key: key('second') }));
      await done(env.store, complete(await recordOf(env.store, order('old')), 'well'));
      expect(await answerOf('old')).toMatchObject({ answer: null, expired: true });
      expect((await seen(env.store, 'old', key('second'))).key).toMatchObject({ answer: { body: 'well' } });
    });
  });
}
