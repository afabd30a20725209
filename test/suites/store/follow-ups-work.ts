/** What workers look for among follow-ups: due ones, evidence, those that were released; and what the sweep does to them. */
import { describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../../src/domain/outcomes.ts';
import type { DueQuery, FollowUpRecord } from '../../../src/ports/store.ts';
import { type Environment, RETENTION_MS } from './environment.ts';
import {
  accepted,
  complete,
  done,
  GATEWAY,
  LEASE_MS,
  newPaymentId,
  numbers,
  ofEveryKind,
  paymentKey,
  release,
} from './fixtures.ts';
import {
  aRefund,
  claim,
  completed,
  failed,
  found,
  giveBack,
  opened,
  refund,
  succeed,
  write,
  written,
} from './follow-up-fixtures.ts';

const APPROVED = { kind: 'approved', ref: 're_late' } as const;
const SENT = { kind: 'unknown', answered: false, reason: 'reset' } as const;
const HOUR = 3_600_000;

export function followUpWorkTests(env: Environment): void {
  const keyOf = (record: FollowUpRecord) => ({ payment: paymentKey(record), id: record.followUp.id });
  const again = (record: FollowUpRecord): Promise<FollowUpRecord> => found(env.store, keyOf(record));
  const tell = (record: FollowUpRecord, outcome: CallOutcome = APPROVED) =>
    env.store.addFollowUpEvidence({ ...keyOf(record), outcome });
  /** A refund of an order of its own that is given back. */
  const waiting = async (
    orderId: string,
    waitMs: number | null,
    step: FollowUpRecord['operation']['step'] = 'call',
  ): Promise<FollowUpRecord> =>
    written(env.store, giveBack(await aRefund(env.store, orderId), waitMs, { operation: { step } }));
  async function names(query: Partial<DueQuery> = {}): Promise<readonly string[]> {
    const { calls = true, ...rest } = query;
    const asked = { gateway: GATEWAY, limit: 100, ...rest, calls: ofEveryKind(calls) };
    return (await env.store.dueFollowUps(asked)).followUps.map(({ order }) => order.orderId);
  }

  describe('dueFollowUps', () => {
    test('lists each as it is, oldest first, and no payment', async () => {
      await done(env.store, release(await accepted(env.store, 'a payment'), 0));
      const second = await waiting('second', 2000);
      const first = await waiting('first', 1000);
      await waiting('later', HOUR);
      await waiting('idle', null);
      expect(await names()).toEqual([]);
      await env.advanceClock(5000);
      expect(await names()).toEqual(['first', 'second']);
      const { nowMs, followUps } = await env.store.dueFollowUps({
        gateway: GATEWAY,
        limit: 1,
        calls: ofEveryKind(true),
      });
      expect(followUps).toEqual([await again(first)]);
      expect(nowMs).toBeGreaterThanOrEqual(followUps[0]?.dueAtMs ?? Number.POSITIVE_INFINITY);
      const { payments } = await env.store.due({ gateway: GATEWAY, limit: 10, calls: true });
      expect(payments.map(({ order }) => order.orderId)).toEqual(['a payment']);
      await written(env.store, claim(await again(second)));
      expect(await names()).toEqual(['first']);
    });

    test('shows the time even if nothing is due', async () => {
      expect(
        (await env.store.dueFollowUps({ gateway: GATEWAY, limit: 1, calls: ofEveryKind(true) })).nowMs,
      ).toBeGreaterThan(0);
    });

    test('what somebody holds comes when the lease has ended', async () => {
      await aRefund(env.store);
      expect(await names()).toEqual([]);
      await env.advanceClock(LEASE_MS + 1);
      expect(await names()).toEqual(['the order']);
    });

    test('what waits to be sent is left out where calls are stopped, or was not due before a time', async () => {
      const call = await waiting('call', 0);
      for (const step of ['lookup', 'verify', 'none'] as const) await waiting(step, 0, step);
      expect(await names({ calls: false })).toEqual(['lookup', 'verify', 'none']);
      expect(await names({ calls: false, limit: 1 })).toEqual(['lookup']);
      expect(await names({ limit: 2 })).toEqual(['call', 'lookup']);
      const dueAtMs = call.dueAtMs ?? 0;
      expect(await names({ calls: { dueBeforeMs: dueAtMs - 1 } })).toEqual(['lookup', 'verify', 'none']);
      expect(await names({ calls: { dueBeforeMs: dueAtMs + 1 } })).toHaveLength(4);
      await tell(call);
      expect([...(await names({ calls: false }))].sort()).toEqual(['call', 'lookup', 'none', 'verify']);
    });

    test('what waits for a lookup is left to others until it is overdue', async () => {
      await waiting('call', 0);
      await waiting('lookup', 0, 'lookup');
      await tell(await waiting('told', 0, 'lookup'), SENT);
      await env.advanceClock(1000);
      expect([...(await names({ lookupsOverdueMs: 60_000 }))].sort()).toEqual(['call', 'told']);
      await env.advanceClock(60_000);
      expect(await names({ lookupsOverdueMs: 60_000 })).toHaveLength(3);
    });

    test('nobody gets another gateway’s, and its open ones are counted', async () => {
      const payment = await completed(env.store);
      const start = { kind: 'waiting', waitMs: 0 } as const;
      for (const gateway of ['a', 'a', 'b', GATEWAY]) {
        const wanted = await refund(env.store, payment, `at ${gateway} ${newPaymentId()}`, {
          gateway,
          start,
        });
        await opened(env.store, wanted);
      }
      expect([await names(), await names({ gateway: 'b' })].map((list) => list.length)).toEqual([1, 1]);
      const [theirs] = (await env.store.dueFollowUps({ gateway: 'b', limit: 1, calls: ofEveryKind(true) }))
        .followUps;
      // It is only watched from now on.
      const watching = { lease: { kind: 'release', waitMs: 60_000 } } as const;
      if (theirs !== undefined) await written(env.store, succeed(theirs, watching));
      expect(await env.store.gatewayAddress('a')).toMatchObject({ open: 2 });
      expect(await env.store.openElsewhere(GATEWAY)).toEqual([{ gateway: 'a', count: 2 }]);
      expect(await env.store.openElsewhere('a')).toEqual([{ gateway: GATEWAY, count: 1 }]);
    });

    test('many are each claimed by one worker only', async () => {
      const payment = await completed(env.store);
      const start = { kind: 'waiting', waitMs: 0 } as const;
      for (const n of numbers(30))
        await opened(env.store, await refund(env.store, payment, `r-${n}`, { amountMinor: 1, start }));
      const claimed = await Promise.all(
        [env.store, env.other].map(async (store) => {
          const { followUps } = await store.dueFollowUps({
            gateway: GATEWAY,
            limit: 50,
            calls: ofEveryKind(true),
          });
          const results = await Promise.all(followUps.map((record) => store.advanceFollowUp(claim(record))));
          return results.filter(({ kind }) => kind === 'done').length;
        }),
      );
      expect(claimed.reduce((sum, count) => sum + count, 0)).toBe(30);
      expect(await names()).toEqual([]);
    });
  });

  describe('addFollowUpEvidence', () => {
    test('is kept even if there is no such follow-up, and counts nowhere', async () => {
      const held = await aRefund(env.store);
      const id = newPaymentId();
      expect(await env.store.addFollowUpEvidence({ ...keyOf(held), id, outcome: APPROVED })).toBe(
        'no_payment',
      );
      const wrong = { ...paymentKey(held), paymentId: newPaymentId() };
      expect(await env.store.addFollowUpEvidence({ ...keyOf(held), payment: wrong, outcome: SENT })).toBe(
        'no_payment',
      );
      expect(await again(held)).toEqual(held);
      expect(await env.store.followUpNews('acme', id)).toMatchObject({ moneyRef: 're_late' });
    });
  });

  describe('followUpNews', () => {
    test('tells the last report of money, its id, and until when it may have been sent', async () => {
      const held = await aRefund(env.store);
      const news = () => env.store.followUpNews('acme', held.followUp.id);
      expect(await news()).toEqual({ moneyAtMs: null, moneyRef: null, sentUntilMs: null });
      await tell(held, SENT);
      const { sentUntilMs, ...rest } = await news();
      expect([rest, sentUntilMs]).toEqual([{ moneyAtMs: null, moneyRef: null }, expect.any(Number)]);
      await tell(held, { kind: 'pending', ref: 're_early' });
      expect(await news()).toEqual({ moneyAtMs: expect.any(Number), moneyRef: 're_early', sentUntilMs });
      await tell(held);
      const told = await news();
      expect(told).toMatchObject({ moneyRef: 're_late', sentUntilMs });
      expect(told.moneyAtMs).toBeGreaterThanOrEqual(sentUntilMs ?? 0);
      expect(await env.store.followUpNews('globex', held.followUp.id)).toMatchObject({ moneyRef: null });
    });

    test('the last report is the one that came in last, although the clock was set back', async () => {
      const held = await aRefund(env.store);
      await tell(held);
      const first = (await env.store.followUpNews('acme', held.followUp.id)).moneyAtMs ?? 0;
      await env.advanceClock(-HOUR);
      await tell(held);
      expect((await env.store.followUpNews('acme', held.followUp.id)).moneyAtMs).toBeLessThan(first + HOUR);
    });
  });

  describe('releasedFollowUps', () => {
    test('lists those that failed without the gateway’s word, in the order of ids, a page at a time', async () => {
      const payment = await completed(env.store);
      const released: FollowUpRecord[] = [];
      for (const n of numbers(3)) {
        const wanted = await refund(env.store, payment, `absent ${n}`, { expected: { absences: n } });
        released.push(await written(env.store, failed(await opened(env.store, wanted), { byAbsence: true })));
      }
      const expected = { absences: 3 };
      await opened(env.store, await refund(env.store, payment, 'open', { expected }));
      await written(
        env.store,
        failed(await opened(env.store, await refund(env.store, payment, 'no', { expected }))),
      );
      await written(
        env.store,
        succeed(await opened(env.store, await refund(env.store, payment, 'yes', { expected }))),
      );
      await written(env.store, failed(await aRefund(env.store, 'another'), { byAbsence: true }));
      const query = { payment: paymentKey(payment), kind: 'refund', after: null, limit: 2 } as const;
      const first = await env.store.releasedFollowUps(query);
      const rest = await env.store.releasedFollowUps({ ...query, after: first.at(-1)?.followUp.id ?? null });
      expect([...first, ...rest].map(({ followUp }) => followUp.name)).toEqual([
        'absent 0',
        'absent 1',
        'absent 2',
      ]);
      expect([first.length, first[0]?.operation]).toEqual([2, released[0]?.operation]);
      const theirs = { ...query, payment: { ...paymentKey(payment), accountId: 'globex' } };
      expect(await env.store.releasedFollowUps(theirs)).toEqual([]);
    });

    test('one that was found is not listed any more, also if it is declined later', async () => {
      const absent = await written(env.store, failed(await aRefund(env.store), { byAbsence: true }));
      const query = { payment: paymentKey(absent), kind: 'refund', after: null, limit: 10 } as const;
      const listed = await env.store.releasedFollowUps(query);
      expect(listed.map(({ absences }) => absences)).toEqual([1]);
      const back = await written(env.store, succeed(absent, { sums: { refundedMinor: 70, absences: -1 } }));
      expect(await env.store.releasedFollowUps(query)).toEqual([]);
      expect(back.absences).toBe(0);
      await written(env.store, {
        ...failed(back),
        sums: { refundingMinor: 0, refundedMinor: -70, absences: 0 },
      });
      expect(await env.store.releasedFollowUps(query)).toEqual([]);
    });
  });

  describe('the sweep and follow-ups', () => {
    test('expired answers are erased, those of charges and of refunds together, and nothing else is', async () => {
      const first = await written(env.store, succeed(await aRefund(env.store, 'one')));
      await env.advanceClock(RETENTION_MS + 1);
      const young = await written(env.store, failed(await aRefund(env.store, 'two')));
      expect((await again(first)).answer).toBeNull();
      // The charge of `one`, then its refund.
      expect(await env.store.eraseExpiredAnswers(1)).toBe(1);
      expect(await env.store.eraseExpiredAnswers(10)).toBe(1);
      expect(await env.store.eraseExpiredAnswers(10)).toBe(0);
      expect(await again(young)).toMatchObject({
        problem: 'refund_declined',
        answer: { body: expect.any(String) },
      });
      await env.advanceClock(-RETENTION_MS);
      expect(await again(first)).toMatchObject({ answer: null, operation: { status: 'COMPLETED' } });
    });

    test('two that erase at once count each answer once', async () => {
      for (const n of numbers(6)) await written(env.store, succeed(await aRefund(env.store, `order ${n}`)));
      await env.advanceClock(RETENTION_MS + 1);
      const counts = await Promise.all([env.store, env.other].map((store) => store.eraseExpiredAnswers(100)));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(12);
    });

    test('after the clock was set back, waits are shortened, and what waits by the new clock goes on waiting', async () => {
      await env.store.noteLease(2 * LEASE_MS);
      const query = { gateway: GATEWAY, after: null, limit: 100 };
      const old = await waiting('old', 600_000);
      const held = await aRefund(env.store, 'held');
      const settled = await written(
        env.store,
        succeed(await aRefund(env.store, 'settled'), {
          lease: { kind: 'release', waitMs: HOUR },
        }),
      );
      await env.advanceClock(-HOUR);
      const young = await waiting('young', 600_000);
      await env.store.shortenWaits({ ...query, gateway: 'another' });
      expect(await names()).toEqual([]);
      expect(await env.store.shortenWaits(query)).toBeNull();
      expect([...(await names())].sort()).toEqual(['old', 'settled']);
      expect(await again(old)).toMatchObject({ seq: old.seq, fence: old.fence, held: false });
      expect((await again(settled)).seq).toBe(settled.seq);
      expect(await again(young)).toEqual(young);
      const after = await again(held);
      const { nowMs } = await env.store.dueFollowUps({
        gateway: GATEWAY,
        limit: 1,
        calls: ofEveryKind(true),
      });
      const leftMs = (after.dueAtMs ?? 0) - nowMs;
      expect([after.held, leftMs > LEASE_MS, leftMs <= 2 * LEASE_MS]).toEqual([true, true, true]);
    });

    test('waits of payments and of refunds are shortened a page at a time', async () => {
      for (const n of numbers(5)) await waiting(`refunded ${n}`, 600_000 + n);
      for (const n of numbers(4))
        await done(env.store, release(await accepted(env.store, `order ${n}`), 600_000 + 10 * n));
      await env.advanceClock(-HOUR);
      let after: number | null = null;
      let pages = 0;
      do {
        after = await env.other.shortenWaits({ gateway: GATEWAY, after, limit: 2 });
        pages += 1;
      } while (after !== null && pages < 20);
      expect(pages).toBeGreaterThan(1);
      expect(await names()).toHaveLength(5);
      const { payments } = await env.store.due({ gateway: GATEWAY, limit: 100, calls: true });
      expect(payments).toHaveLength(4);
    });

    test('evidence that the old clock dated is looked into at once', async () => {
      const settled = await written(env.store, succeed(await aRefund(env.store)));
      await env.advanceClock(10 * HOUR);
      await tell(settled);
      await env.advanceClock(-HOUR);
      expect(await names()).toEqual([]);
      await env.store.shortenWaits({ gateway: GATEWAY, after: null, limit: 10 });
      expect(await names()).toEqual(['the order']);
    });

    test('a payment’s own writes leave its refunds alone', async () => {
      const held = await aRefund(env.store);
      const payment = await env.store.payment('acme', held.paymentId);
      if (payment !== null) await done(env.store, { ...complete(payment), settlement: null });
      expect(await again(held)).toEqual(held);
      await written(env.store, write(held));
    });
  });
}
