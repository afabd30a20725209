/** The reads of follow-ups: by name and by key, pages, audit trails and sums. */
import { describe, expect, test } from 'vitest';
import type { FollowUpRecord } from '../../../src/ports/store.ts';
import { type Environment, RETENTION_MS } from './environment.ts';
import { accepted, done, fail, intent, key, newPaymentId, numbers, order } from './fixtures.ts';
import {
  aRefund,
  CAPTURED,
  completed,
  giveBack,
  lookAt,
  opened,
  refund,
  succeed,
  written,
} from './follow-up-fixtures.ts';

export function followUpReadingTests(env: Environment): void {
  const of = ({ order: { accountId }, paymentId }: Pick<FollowUpRecord, 'order' | 'paymentId'>) =>
    ({ accountId, paymentId, kind: 'refund' }) as const;

  describe('followUpSituation', () => {
    test('of an unknown payment is empty', async () => {
      const paymentId = newPaymentId();
      expect(await lookAt(env.store, { accountId: 'acme', paymentId }, 'r', key('k').hash)).toEqual({
        ...{ nowMs: expect.any(Number), key: null, followUp: null, payment: null },
        sums: {
          ...{ paymentId, capturedMinor: 0, refundingMinor: 0, refundedMinor: 0, elsewhereMinor: 0 },
          absences: 0,
        },
      });
    });

    test('of a payment without refunds has what was captured, if it was', async () => {
      const paid = await completed(env.store, 'paid');
      const open = await accepted(env.store, 'open');
      const broken = await done(env.store, fail(await accepted(env.store, 'failed')));
      const captured = await Promise.all(
        [paid, open, broken].map(async (one) => (await lookAt(env.store, of(one), 'r')).sums.capturedMinor),
      );
      expect(captured).toEqual([CAPTURED, 0, 0]);
    });

    test('shows the one that the key is bound to rather than the one of that name', async () => {
      const payment = await completed(env.store);
      await opened(env.store, await refund(env.store, payment, 'named'));
      await opened(env.store, await refund(env.store, payment, 'keyed', { key: key('k') }));
      const nameOf = async (name: string | null, hash: string | null) =>
        (await lookAt(env.store, of(payment), name, hash)).followUp?.followUp.name ?? null;
      expect(await nameOf('named', key('k').hash)).toBe('keyed');
      expect(await nameOf('named', key('unseen').hash)).toBe('named');
      expect(await nameOf('named', null)).toBe('named');
      expect(await nameOf(null, key('k').hash)).toBe('keyed');
      expect(await nameOf(null, null)).toBeNull();
    });

    test('a key of another payment shows that payment’s refund, and this payment', async () => {
      const mine = await completed(env.store, 'mine');
      const other = await completed(env.store, 'other');
      await opened(env.store, await refund(env.store, other, 'r', { key: key('k') }));
      const { followUp, payment, sums } = await lookAt(env.store, of(mine), 'r', key('k').hash);
      expect([followUp?.paymentId, payment?.paymentId, sums.refundingMinor]).toEqual([
        other.paymentId,
        mine.paymentId,
        0,
      ]);
    });

    test('shows the frozen answer for as long as it is kept', async () => {
      const settled = await written(env.store, succeed(await aRefund(env.store), { body: 'the answer' }));
      const answer = async () => (await lookAt(env.store, of(settled), 'r-1')).followUp?.answer;
      await env.advanceClock(RETENTION_MS - 60_000);
      const kept = await answer();
      expect(kept?.body).toBe('the answer');
      expect(kept?.freshForMs).toBeGreaterThan(0);
      expect(kept?.freshForMs).toBeLessThanOrEqual(60_000);
      await env.advanceClock(60_001);
      expect(await answer()).toBeNull();
    });
  });

  describe('followUp and followUps', () => {
    test('one is found by its name, without its answer', async () => {
      const settled = await written(env.store, succeed(await aRefund(env.store)));
      const name = { ...of(settled), name: 'r-1' };
      expect(await env.store.followUp(name)).toEqual({ ...settled, answer: null });
      expect(await env.store.followUp({ ...name, name: 'R-1' })).toBeNull();
      expect(await env.store.followUp({ ...name, accountId: 'globex' })).toBeNull();
      expect(await env.store.followUp({ ...name, paymentId: newPaymentId() })).toBeNull();
    });

    test('a page shows the newest first, and goes on after its last one', async () => {
      const payment = await completed(env.store);
      const all: FollowUpRecord[] = [];
      for (const n of numbers(5))
        all.unshift(await opened(env.store, await refund(env.store, payment, `r-${n}`)));
      await aRefund(env.store, 'another order');
      const first = await env.store.followUps({ ...of(payment), limit: 3 });
      expect(first).toEqual(all.slice(0, 3));
      const before = first.at(-1)?.followUp.id ?? '';
      expect(await env.other.followUps({ ...of(payment), limit: 3, before })).toEqual(all.slice(3));
      expect(await env.store.followUps({ ...of(payment), accountId: 'globex', limit: 3 })).toEqual([]);
    });
  });

  describe('followUpEvents', () => {
    test('shows the trail of one refund, a page at a time', async () => {
      let record = await aRefund(env.store);
      for (const attempts of [2, 3, 4])
        record = await written(env.store, giveBack(record, 0, { operation: { attempts } }));
      const query = { ...of(record), name: 'r-1' };
      const page = async (after: number, limit: number) =>
        (await env.store.followUpEvents({ ...query, after, limit }))?.map(({ seq, attempts }) => [
          seq,
          attempts,
        ]);
      expect(await page(0, 2)).toEqual([
        [1, 1],
        [2, 2],
      ]);
      expect(await page(2, 10)).toEqual([
        [3, 3],
        [4, 4],
      ]);
      expect(await page(4, 10)).toEqual([]);
    });

    test('of an unknown refund there are none', async () => {
      const record = await aRefund(env.store);
      const query = { ...of(record), name: 'r-1', after: 0, limit: 10 };
      expect(await env.store.followUpEvents({ ...query, name: 'unknown' })).toBeNull();
      expect(await env.store.followUpEvents({ ...query, accountId: 'globex' })).toBeNull();
    });
  });

  describe('sums', () => {
    test('are those of the payments that have any', async () => {
      const [one, two, none] = [
        await completed(env.store, 'one'),
        await completed(env.store, 'two'),
        await completed(env.store, 'none'),
      ];
      const theirs = await completed(env.store, intent(order('one', { accountId: 'globex' })));
      for (const payment of [one, two, theirs]) await opened(env.store, await refund(env.store, payment));
      const ids = [one, two, none, theirs].map(({ paymentId }) => paymentId);
      const found = await env.store.sums('acme', ids);
      expect([...found].sort((a, b) => (a.paymentId < b.paymentId ? -1 : 1))).toEqual(
        [one, two].map(({ paymentId }) => ({
          ...{ paymentId, capturedMinor: CAPTURED, refundingMinor: 70, refundedMinor: 0, elsewhereMinor: 0 },
          absences: 0,
        })),
      );
      expect(await env.store.sums('acme', [])).toEqual([]);
    });
  });
}
