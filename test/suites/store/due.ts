import { describe, expect, test } from 'vitest';
import type { DueQuery, PaymentRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  accepted,
  complete,
  done,
  GATEWAY,
  intent,
  LEASE_MS,
  numbers,
  order,
  paymentKey,
  recordOf,
  release,
  take,
} from './fixtures.ts';

/** Waits are so long that a slow machine does not outlast them. */
const MINUTE = 60_000;

export function dueTests(env: Environment): void {
  async function due(query: Partial<DueQuery> = {}): Promise<readonly PaymentRecord[]> {
    const found = await env.other.due({ gateway: GATEWAY, limit: 100, calls: true, ...query });
    return found.payments;
  }
  async function names(query: Partial<DueQuery> = {}): Promise<readonly string[]> {
    return (await due(query)).map((record) => record.order.orderId);
  }
  async function waiting(orderId: string, waitMs: number | null): Promise<PaymentRecord> {
    return done(env.store, release(await accepted(env.store, orderId), waitMs));
  }

  describe('due', () => {
    test('nothing is due in an empty store, and its clock is read', async () => {
      const found = await env.store.due({ gateway: GATEWAY, limit: 10, calls: true });
      const { nowMs } = await env.store.situation({ accountId: 'any', orderId: 'any', keyHash: null });
      expect(found.payments).toEqual([]);
      expect(Math.abs(found.nowMs - nowMs)).toBeLessThan(60_000);
    });

    test('the oldest comes first, and what is not due yet does not come', async () => {
      await waiting('third', 3 * MINUTE);
      await waiting('first', MINUTE);
      await waiting('later', 60 * MINUTE);
      await waiting('never', null);
      await waiting('second', 2 * MINUTE);
      expect(await names()).toEqual([]);
      await env.advanceClock(10 * MINUTE);
      expect(await names()).toEqual(['first', 'second', 'third']);
      expect(await names({ limit: 2 })).toEqual(['first', 'second']);
    });

    test('what waits for a lookup is left to those who can ask, until it is long overdue', async () => {
      const steps = ['call', 'lookup', 'verify', 'none'] as const;
      for (const step of steps)
        await done(env.store, release(await accepted(env.store, step), 0, { operation: { step } }));
      const told = await done(
        env.store,
        release(await accepted(env.store, 'told'), 0, { operation: { step: 'lookup' } }),
      );
      const outcome = { kind: 'unknown', answered: false, reason: 'reset' } as const;
      await env.store.addEvidence({ payment: paymentKey(told), chargeN: 1, outcome });
      await env.advanceClock(1000);
      expect([...(await names())].sort()).toEqual(['call', 'lookup', 'none', 'told', 'verify']);
      expect([...(await names({ lookupsOverdueMs: 60_000 }))].sort()).toEqual(['call', 'told']);
      await env.advanceClock(60_000);
      expect(await names({ lookupsOverdueMs: 60_000 })).toHaveLength(5);
    });

    test('a payment is listed as it is', async () => {
      const record = await waiting('whole', 0);
      const { nowMs, payments } = await env.store.due({ gateway: GATEWAY, limit: 10, calls: true });
      expect(payments).toEqual([record]);
      expect(nowMs).toBeGreaterThanOrEqual(record.dueAtMs ?? Number.POSITIVE_INFINITY);
    });

    test('what somebody holds comes only when the lease has ended', async () => {
      await accepted(env.store, 'held');
      await env.advanceClock(LEASE_MS / 2);
      expect(await names()).toEqual([]);
      await env.advanceClock(LEASE_MS / 2 + 1);
      const [record] = await due();
      expect(record).toMatchObject({ order: { orderId: 'held' }, held: true });
    });

    test('a payment that was taken up is no longer due', async () => {
      const record = await waiting('taken', 0);
      expect(await names()).toEqual(['taken']);
      await done(env.store, take(record));
      expect(await names()).toEqual([]);
    });

    test('a settled payment is no longer due', async () => {
      await done(env.store, complete(await waiting('settled', 0)));
      expect(await names()).toEqual([]);
    });

    test('what waits to be sent is left out where calls are stopped', async () => {
      for (const step of ['call', 'lookup', 'verify'] as const) {
        const record = await accepted(env.store, step);
        await done(env.store, release(record, 0, { operation: { step } }));
      }
      expect(await names({ calls: false })).toEqual(['lookup', 'verify']);
      expect(await names({ calls: true })).toEqual(['call', 'lookup', 'verify']);
      expect(await names({ calls: false, limit: 1 })).toEqual(['lookup']);
    });

    test('what waits to be sent is found as far as it was due before a time, and the rest all the same', async () => {
      await waiting('early', 1000);
      await waiting('late', 3000);
      await done(
        env.store,
        release(await accepted(env.store, 'asked'), 4000, { operation: { step: 'lookup' } }),
      );
      await env.advanceClock(10_000);
      const lateMs = (await due()).find((record) => record.order.orderId === 'late')?.dueAtMs ?? 0;
      const namesUntil = (dueBeforeMs: number) => names({ calls: { dueBeforeMs } });
      expect(await namesUntil(lateMs - 500)).toEqual(['early', 'asked']);
      expect(await namesUntil(lateMs + 500)).toEqual(['early', 'late', 'asked']);
      expect(await namesUntil(0)).toEqual(['asked']);
    });

    test('evidence about what waits to be sent is not left out', async () => {
      const record = await waiting('waits', 0);
      expect(await names({ calls: false })).toEqual([]);
      const outcome = { kind: 'approved', ref: 'ch_late' } as const;
      await env.store.addEvidence({ payment: paymentKey(record), chargeN: 1, outcome });
      expect(await names({ calls: false })).toEqual(['waits']);
    });

    test('nobody gets another gateway’s payments', async () => {
      await accepted(
        env.store,
        intent('theirs', { gateway: 'another', start: { kind: 'waiting', waitMs: 0 } }),
      );
      await accepted(env.store, intent('ours', { start: { kind: 'waiting', waitMs: 0 } }));
      expect(await names()).toEqual(['ours']);
      expect(await names({ gateway: 'another' })).toEqual(['theirs']);
      expect(await names({ gateway: 'a third' })).toEqual([]);
    });

    test('every account’s payments are swept, each under its own account', async () => {
      for (const accountId of ['acme', 'globex']) {
        await accepted(
          env.store,
          intent(order('shared', { accountId }), { start: { kind: 'waiting', waitMs: 0 } }),
        );
      }
      const found = await due();
      expect(found.map((record) => record.order.accountId)).toEqual(['acme', 'globex']);
      for (const record of found) expect(record).toEqual(await recordOf(env.store, record.order));
    });

    test('many that are due are each claimed by one worker only', async () => {
      await Promise.all(
        numbers(50).map((n) =>
          env.store.accept(intent(`swept ${n}`, { start: { kind: 'waiting', waitMs: 0 } })),
        ),
      );
      const workers = await Promise.all(
        [env.store, env.other].map(async (store) => {
          const { payments } = await store.due({ gateway: GATEWAY, limit: 50, calls: true });
          const results = await Promise.all(payments.map((record) => store.advance(take(record))));
          return results.filter((result) => result.kind === 'done').length;
        }),
      );
      expect(workers.reduce((sum, count) => sum + count, 0)).toBe(50);
      expect(await names()).toEqual([]);
    });
  });
}
