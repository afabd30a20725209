import { describe, expect, test } from 'vitest';
import type { Advance, PaymentRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  accepted,
  complete,
  done,
  fail,
  GATEWAY,
  gatewayKey,
  LEASE_MS,
  nextCharge,
  numbers,
  recordOf,
  release,
  take,
} from './fixtures.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function clockTests(env: Environment): void {
  const situationOf = async (orderId: string) =>
    env.store.situation({ accountId: 'acme', orderId, keyHash: null });

  describe('noteLease', () => {
    test('returns the longest that anybody has noted, and the time', async () => {
      expect(await env.store.noteLease(15_000)).toMatchObject({ longestLeaseMs: 15_000 });
      const { nowMs } = await env.other.noteLease(120_000);
      const last = await env.store.noteLease(15_000);
      expect(last.longestLeaseMs).toBe(120_000);
      expect(last.nowMs).toBeGreaterThanOrEqual(nowMs);
    });

    test('is told to whoever sweeps, also where nothing is due', async () => {
      await env.other.noteLease(120_000);
      await env.store.noteLease(15_000);
      const query = { gateway: GATEWAY, limit: 10, calls: true };
      expect(await env.store.due(query)).toMatchObject({ longestLeaseMs: 120_000, payments: [] });
    });
  });

  describe('shortenWaits', () => {
    const query = { gateway: GATEWAY, after: null, limit: 100 };
    const dueInMs = async (orderId: string): Promise<number> => {
      const { nowMs, payment } = await situationOf(orderId);
      return (payment?.dueAtMs ?? 0) - nowMs;
    };
    const waiting = async (orderId: string) =>
      done(env.store, release(await accepted(env.store, orderId), 10 * MINUTE));

    test('after the clock was set back, what waits is due now, and what is held at the end of the longest lease', async () => {
      await env.store.noteLease(2 * LEASE_MS);
      const before = await waiting('waiting');
      await accepted(env.store, 'first lease');
      await done(env.store, take(await done(env.store, release(await accepted(env.store, 'held'), 0))));
      await env.advanceClock(-HOUR);
      expect(await env.store.shortenWaits(query)).toBeNull();
      expect(await dueInMs('waiting')).toBeLessThanOrEqual(0);
      for (const orderId of ['first lease', 'held']) {
        expect(await dueInMs(orderId)).toBeLessThanOrEqual(2 * LEASE_MS);
        expect(await dueInMs(orderId)).toBeGreaterThan(LEASE_MS);
        expect((await situationOf(orderId)).payment?.held).toBe(true);
      }
      // Neither fence nor `seq` has changed, so whoever holds it can still write.
      expect(await recordOf(env.store, before.order)).toMatchObject({ seq: before.seq, fence: before.fence });
      await env.advanceClock(MINUTE);
      const { payments } = await env.store.due({ gateway: GATEWAY, limit: 10, calls: true });
      expect(payments.map(({ order }) => order.orderId).sort()).toEqual(['first lease', 'held', 'waiting']);
    });

    test('a lease is never cut short: neither a second time, nor one of the clock as it is now', async () => {
      await env.store.noteLease(LEASE_MS);
      await done(env.store, release(await accepted(env.store, 'old'), 0));
      await env.advanceClock(-MINUTE / 5);
      await env.store.shortenWaits(query);
      await env.advanceClock(1000);
      const old = await recordOf(env.store, { accountId: 'acme', orderId: 'old' });
      // Claimed after the step, and its last change is still dated in the future.
      const held = await done(env.store, take(old));
      await env.store.shortenWaits(query);
      expect(await recordOf(env.store, held.order)).toEqual(held);
    });

    test('what waits by the clock as it is now goes on waiting, and so does another gateway’s', async () => {
      await waiting('other');
      await env.advanceClock(-HOUR);
      const now = await waiting('now');
      await env.store.shortenWaits({ ...query, gateway: 'another gateway' });
      expect(await dueInMs('other')).toBeGreaterThan(HOUR);
      await env.store.shortenWaits(query);
      expect(await recordOf(env.store, now.order)).toEqual(now);
      expect(await dueInMs('other')).toBeLessThanOrEqual(0);
    });

    test('a second step back finds what was written after the first, and evidence that has no event', async () => {
      const idle = await done(env.store, fail(await accepted(env.store, 'idle')));
      await env.advanceClock(10 * HOUR);
      const outcome = { kind: 'approved', ref: 'ch' } as const;
      const payment = { ...idle.order, paymentId: idle.paymentId };
      await env.store.addEvidence({ payment, chargeN: 1, outcome });
      await waiting('between');
      await env.advanceClock(-HOUR);
      await waiting('after');
      await env.advanceClock(-HOUR);
      await env.store.shortenWaits(query);
      for (const orderId of ['idle', 'between', 'after'])
        expect(await dueInMs(orderId)).toBeLessThanOrEqual(0);
    });

    test('goes through many a page at a time', async () => {
      for (const n of numbers(7)) await waiting(`order ${n}`);
      await env.advanceClock(-HOUR);
      let pages = 0;
      for (let after: number | null = null; ; pages += 1) {
        after = await env.other.shortenWaits({ ...query, after, limit: 3 });
        if (after === null) break;
      }
      expect(pages).toBe(2);
      for (const n of numbers(7)) expect(await dueInMs(`order ${n}`)).toBeLessThanOrEqual(0);
    });
  });

  describe('wakeIdle', () => {
    const ended = async (orderId: string, end: (record: PaymentRecord) => Advance = fail) =>
      done(env.store, end(await accepted(env.store, orderId)));
    const dueNow = async (): Promise<readonly string[]> => {
      const { payments } = await env.store.due({ gateway: GATEWAY, limit: 100, calls: true });
      return payments.map(({ order }) => order.orderId).sort();
    };

    test('makes due what failed and was not looked at since, a page at a time', async () => {
      for (const orderId of ['a', 'b', 'c']) await ended(orderId);
      await ended('completed', complete);
      const { nowMs } = await situationOf('a');
      const query = { gateway: GATEWAY, status: 'FAILED', beforeMs: nowMs, after: null, limit: 2 } as const;
      await env.advanceClock(1000);
      expect(await env.store.wakeIdle({ ...query, gateway: 'another' })).not.toBeNull();
      expect(await dueNow()).toEqual([]);
      const next = await env.store.wakeIdle(query);
      expect(await dueNow()).toEqual(['a', 'b']);
      expect(await env.other.wakeIdle({ ...query, after: next })).toBeNull();
      expect(await dueNow()).toEqual(['a', 'b', 'c']);
      // Its state is as it was, and once it was looked at it is left alone.
      const record = await recordOf(env.store, { accountId: 'acme', orderId: 'a' });
      expect(record).toMatchObject({ seq: 2, operation: { status: 'FAILED' }, held: false });
      const looked = await done(env.store, release(record, null, { updatedAtMs: record.updatedAtMs + HOUR }));
      expect(looked.dueAtMs).toBeNull();
      await env.store.wakeIdle({ ...query, limit: 10 });
      expect(await dueNow()).toEqual(['b', 'c']);
    });

    test('makes due what is left to a person and waits for nothing, whenever it was looked at', async () => {
      const review = (waitMs: number | null) => (record: PaymentRecord) =>
        release(record, waitMs, {
          operation: { status: 'REVIEW', step: 'none', failureCode: 'outcome_unknown' },
          event: { type: 'payment.review', detail: 'outcome_unknown' },
        });
      for (const orderId of ['a', 'b']) await ended(orderId, review(null));
      await ended('waits', review(HOUR));
      await ended('failed');
      const query = { gateway: GATEWAY, status: 'REVIEW', beforeMs: null, after: null, limit: 2 } as const;
      const next = await env.store.wakeIdle(query);
      expect(await dueNow()).toEqual(['a', 'b']);
      expect(await env.other.wakeIdle({ ...query, after: next })).toBeNull();
      expect(await dueNow()).toEqual(['a', 'b']);
      const record = await recordOf(env.store, { accountId: 'acme', orderId: 'a' });
      expect(record).toMatchObject({ seq: 2, operation: { status: 'REVIEW', step: 'none' }, held: false });
    });
  });

  describe('someCharges', () => {
    test('shows the stored name of the current charge', async () => {
      const first = await done(env.store, fail(await accepted(env.store, 'one')));
      await env.store.openNextCharge(nextCharge(first));
      const { paymentId, order } = first;
      expect(await env.store.someCharges(5)).toEqual([
        { accountId: order.accountId, orderId: 'one', paymentId, n: 2, chargeKey: gatewayKey(order, 2) },
      ]);
    });
  });
}
