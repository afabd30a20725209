/** Refunds, captures and voids that take effect after their request. */
import { describe, expect, test } from 'vitest';
import { refundsAt } from '../../../src/fake-gateway/ledger/charge-state.ts';
import {
  type Ledgers,
  newCharge,
  newOperation,
  noRefunds,
  pendingUntil,
  read,
  refund,
  refused,
  standing,
  statusNow,
  T0,
} from './fixtures.ts';

export function lateOperationTests(env: Ledgers): void {
  describe('refunds, captures and voids that take effect later', () => {
    const late = (id: string, key: string, asked: number | null, createdMs = T0 + 100) => ({
      ...refund(id, key, asked),
      createdMs,
      visibleMs: createdMs,
    });

    test('are in progress and unseen until then, and cannot be stopped', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const landing = late(charge.id, 'r1', null);
      expect(await env.ledger.operate(landing, T0)).toMatchObject({
        kind: 'landing',
        operation: { ...landing, amount: null },
      });
      expect(await env.other.operate(refund(charge.id, 'r1', null), T0 + 99)).toEqual(refused('in_progress'));
      expect(await env.other.operate(refund(charge.id, 'r1', 1), T0 + 99)).toEqual(refused('key_reused'));
      expect(refundsAt(await read(env, charge.id), T0 + 99)).toEqual([]);
      expect((await env.other.summary({ nowMs: T0 + 99 })).refunds).toEqual({ ...noRefunds, landing: 1 });
      expect(await env.other.operate(refund(charge.id, 'r2', 30), T0 + 50)).toMatchObject({ kind: 'done' });
      expect(refundsAt(await read(env, charge.id), T0 + 100)).toMatchObject([{ key: 'r2' }, { amount: 70 }]);
      expect(await statusNow(env, charge.id, T0 + 100)).toBe('refunded');
      expect((await env.other.summary({ nowMs: T0 + 100 })).refunds).toEqual({ ...noRefunds, succeeded: 2 });
      expect(await env.other.operate(refund(charge.id, 'r1', null), T0 + 100)).toMatchObject({
        kind: 'done',
        created: false,
        operation: { amount: 70, createdMs: T0 + 100 },
      });
    });

    test('are not made if too little is left by then, and the key counts as unused', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const elsewhere = (await env.ledger.book(newCharge({ amount: 100 }))).charge;
      await env.ledger.operate(late(charge.id, 'r1', 60), T0);
      await env.ledger.operate(late(charge.id, 'r2', 60, T0 + 200), T0);
      await env.other.operate({ ...refund(charge.id, 'now', 50), createdMs: T0 + 50 }, T0 + 50);
      expect((await standing(env, charge.id, T0 + 200)).refunded).toBe(50);
      expect(await env.other.operate(late(charge.id, 'r1', 60, T0 + 200), T0 + 200)).toEqual(
        refused('amount_too_large'),
      );
      const again = { ...refund(charge.id, 'r1', 20), createdMs: T0 + 200 };
      expect(await env.other.operate(again, T0 + 200)).toMatchObject({ kind: 'done', created: true });
      expect(await env.ledger.operate(again, T0 + 201)).toMatchObject({ kind: 'done', created: false });
      const moved = { ...refund(elsewhere.id, 'r2', 5), createdMs: T0 + 201 };
      expect(await env.other.operate(moved, T0 + 201)).toMatchObject({ kind: 'done', created: true });
      expect((await standing(env, charge.id, T0 + 999)).refunded).toBe(70);
      expect((await standing(env, elsewhere.id, T0 + 999)).refunded).toBe(5);
      expect((await read(env, charge.id)).operations.map(({ key }) => key)).toEqual(['now', 'r1']);
    });

    test('of a key that turned out unused, 10 requests at once for 10 charges refund once', async () => {
      const charges = await Promise.all(Array.from({ length: 10 }, () => env.ledger.book(newCharge())));
      const first = charges[0]?.charge.id ?? '';
      await env.ledger.operate(late(first, 'r', 1), T0);
      await env.ledger.operate({ ...refund(first, 'all', null), createdMs: T0 + 50 }, T0 + 50);
      const results = await Promise.all(
        charges.map(({ charge }, index) =>
          (index % 2 === 0 ? env.ledger : env.other).operate(
            { ...refund(charge.id, 'r', 30), createdMs: T0 + 100 },
            T0 + 100,
          ),
        ),
      );
      expect(results.filter(({ kind }) => kind === 'done')).toHaveLength(1);
      expect(results.filter(({ kind }) => kind === 'refused')).toHaveLength(9);
    });

    test('may find more possible than at their request: a charge that has settled by then', async () => {
      const pending = (await env.ledger.book(newCharge(pendingUntil(T0 + 10, 'succeeded')))).charge;
      expect(await env.ledger.operate(late(pending.id, 'r1', 1), T0)).toMatchObject({ kind: 'landing' });
      expect((await standing(env, pending.id, T0 + 100)).refunded).toBe(1);
      expect(await env.ledger.operate(late('ch_nobody', 'r2', 1), T0)).toEqual(refused('charge_not_found'));
    });

    test('captures and voids too: the first to land wins', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100, capture: false }));
      const common = { chargeId: charge.id } as const;
      await env.ledger.operate(newOperation({ ...common, kind: 'void', key: 'v', createdMs: T0 + 20 }), T0);
      await env.ledger.operate(
        newOperation({ ...common, kind: 'capture', key: 'c', createdMs: T0 + 10 }),
        T0,
      );
      expect((await standing(env, charge.id, T0 + 9)).captured).toBe(0);
      expect(await standing(env, charge.id, T0 + 20)).toMatchObject({ captured: 100, voided: false });
    });

    test('whatever the clock does, no more is refunded than was captured', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      await env.ledger.operate(late(charge.id, 'r1', 60, T0 + 10), T0);
      const after = { ...refund(charge.id, 'r2', 40), createdMs: T0 + 20 };
      expect(await env.ledger.operate(after, T0 + 20)).toMatchObject({ kind: 'done' });
      // The clock is set back.
      expect(await env.other.operate(refund(charge.id, 'r3', 70), T0)).toEqual(
        refused('charge_not_succeeded'),
      );
      await env.other.operate(late(charge.id, 'r4', 70, T0 + 5), T0);
      expect((await standing(env, charge.id, T0 + 999)).refunded).toBe(100);
    });
  });
}
