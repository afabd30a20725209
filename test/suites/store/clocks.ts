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
  recordOf,
  release,
  take,
} from './fixtures.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function clockTests(env: Environment): void {
  const situationOf = async (orderId: string) =>
    env.store.situation({ accountId: 'acme', orderId, keyHash: null });

  describe('witnessClock', () => {
    const reading = (wallMs: number, steppedBackMs: number | null = null) => ({ wallMs, steppedBackMs });

    test('returns what was left before, and leaves what it is given', async () => {
      const first = await env.store.witnessClock(reading(1_700_000_000_000));
      expect(first).toMatchObject({ last: null, steppedAtMs: null, steppedBackMs: 0 });
      await env.advanceClock(MINUTE);
      const second = await env.other.witnessClock(reading(1_700_000_060_000));
      expect(second.last?.wallMs).toBeCloseTo(1_700_000_000_000, 1);
      const sinceMs = second.nowMs - (second.last?.atMs ?? 0);
      expect(sinceMs).toBeGreaterThanOrEqual(MINUTE);
      expect(sinceMs).toBeLessThan(2 * MINUTE);
      const third = await env.store.witnessClock(reading(1_700_000_060_500));
      expect(third.last?.wallMs).toBeCloseTo(1_700_000_060_000, 1);
    });

    test('keeps when the clock was seen to step, and by how much it was set back', async () => {
      const step = await env.store.witnessClock(reading(1, 90_000));
      await env.store.witnessClock(reading(2));
      const later = await env.store.witnessClock(reading(3, -5000));
      expect(later.steppedAtMs).toBeCloseTo(step.nowMs, 1);
      expect(later.steppedBackMs).toBe(90_000);
      const last = await env.store.witnessClock(reading(4, 10_000));
      expect(last.steppedBackMs).toBe(90_000);
      expect((await env.store.witnessClock(reading(5))).steppedBackMs).toBe(100_000);
    });
  });

  describe('startWaitsAgain', () => {
    test('after the clock was set back, what waited waits again for as long, from now on', async () => {
      const waiting = await done(env.store, release(await accepted(env.store, 'waiting'), 10 * MINUTE));
      await accepted(env.store, 'first lease');
      await env.advanceClock(-60 * MINUTE);
      expect(await env.store.startWaitsAgain(GATEWAY)).toBe(2);
      const { nowMs, payment } = await situationOf('waiting');
      const dueInMs = (payment?.dueAtMs ?? 0) - nowMs;
      expect(dueInMs).toBeLessThan(11 * MINUTE);
      expect(dueInMs).toBeGreaterThan(9 * MINUTE);
      const leased = await situationOf('first lease');
      expect((leased.payment?.dueAtMs ?? 0) - leased.nowMs).toBeLessThan(LEASE_MS + MINUTE);
      expect(leased.payment).toMatchObject({ held: true, seq: 1 });
      expect((await recordOf(env.store, waiting.order)).seq).toBe(waiting.seq);
      // Whoever holds it can still write, and whoever comes when the lease is over finds it.
      await env.advanceClock(11 * MINUTE);
      const { payments } = await env.store.due({ gateway: GATEWAY, limit: 10, calls: true });
      expect(payments.map(({ order }) => order.orderId).sort()).toEqual(['first lease', 'waiting']);
    });

    test('leaves alone what the clock as it is now has written, also a second time', async () => {
      await done(env.store, release(await accepted(env.store, 'old'), 10 * MINUTE));
      await env.advanceClock(-60 * MINUTE);
      await done(env.store, release(await accepted(env.store, 'new'), 10 * MINUTE));
      expect(await env.other.startWaitsAgain('another gateway')).toBe(0);
      expect(await env.other.startWaitsAgain(GATEWAY)).toBe(1);
      await env.advanceClock(11 * MINUTE);
      const old = await recordOf(env.store, { accountId: 'acme', orderId: 'old' });
      const held = await done(env.store, take(old));
      expect(await env.store.startWaitsAgain(GATEWAY)).toBe(0);
      expect(await recordOf(env.store, held.order)).toEqual(held);
    });
  });

  describe('wakeFailed', () => {
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
      const query = { gateway: GATEWAY, beforeMs: nowMs, after: null, limit: 2 };
      await env.advanceClock(1000);
      expect(await env.store.wakeFailed({ ...query, gateway: 'another' })).not.toBeNull();
      expect(await dueNow()).toEqual([]);
      const next = await env.store.wakeFailed(query);
      expect(await dueNow()).toEqual(['a', 'b']);
      expect(await env.other.wakeFailed({ ...query, after: next })).toBeNull();
      expect(await dueNow()).toEqual(['a', 'b', 'c']);
      // Its state is as it was, and once it was looked at it is left alone.
      const record = await recordOf(env.store, { accountId: 'acme', orderId: 'a' });
      expect(record).toMatchObject({ seq: 2, charge: { status: 'FAILED' }, held: false });
      const looked = await done(env.store, release(record, null, { updatedAtMs: record.updatedAtMs + HOUR }));
      expect(looked.dueAtMs).toBeNull();
      await env.store.wakeFailed({ ...query, limit: 10 });
      expect(await dueNow()).toEqual(['b', 'c']);
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
