/** Refunds, captures and voids that take effect when they are requested. */
import { describe, expect, test } from 'vitest';
import { isLive, refundsAt, standingAt } from '../../../src/fake-gateway/ledger/charge-state.ts';
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

export function operationTests(env: Ledgers): void {
  describe('refunds, captures and voids', () => {
    test('partial refunds add up to the charge and not beyond', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const first = await env.ledger.operate(refund(charge.id, 'r1', 60), T0);
      expect(first).toMatchObject({
        kind: 'done',
        created: true,
        operation: { amount: 60, kind: 'refund' },
      });
      expect(await env.other.operate(refund(charge.id, 'r2', 41), T0)).toEqual(refused('amount_too_large'));
      expect(await statusNow(env, charge.id)).toBe('succeeded');
      expect(await env.other.operate(refund(charge.id, 'r3', null), T0)).toMatchObject({
        operation: { amount: 40 },
      });
      expect(await statusNow(env, charge.id)).toBe('refunded');
      expect(await env.ledger.operate(refund(charge.id, 'r4', 1), T0)).toEqual(
        refused('charge_not_succeeded'),
      );
    });

    test('a key refunds once and gives the same again; with other parameters it is reused', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const elsewhere = await env.ledger.book(newCharge());
      const first = await env.ledger.operate(refund(charge.id, 'r1', 10), T0);
      const again = await env.other.operate(refund(charge.id, 'r1', 10), T0);
      expect(again).toMatchObject({ kind: 'done', created: false });
      expect(again.kind === 'done' && first.kind === 'done' && again.operation).toEqual(
        first.kind === 'done' && first.operation,
      );
      for (const request of [
        refund(charge.id, 'r1', 11),
        refund(charge.id, 'r1', null),
        refund(elsewhere.charge.id, 'r1', 10),
        { ...refund(charge.id, 'r1', 10), kind: 'capture' as const },
      ]) {
        expect(await env.ledger.operate(request, T0)).toEqual(refused('key_reused'));
      }
      expect((await standing(env, charge.id)).refunded).toBe(10);
      expect(await env.other.byOperationKey('r1')).toEqual(await env.ledger.byId(charge.id));
      expect((await read(env, charge.id)).operations).toHaveLength(1);
      expect(await env.other.byOperationKey('r2')).toBeUndefined();
    });

    test('20 refunds of one key at once, from two processes, refund once', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? env.ledger : env.other).operate(refund(charge.id, 'r', 30), T0),
        ),
      );
      expect(results.filter((result) => result.kind === 'done' && result.created)).toHaveLength(1);
      expect(results.every((result) => result.kind === 'done')).toBe(true);
      expect((await standing(env, charge.id)).refunded).toBe(30);
    });

    test('one key on 10 charges at once refunds one of them', async () => {
      const charges = await Promise.all(Array.from({ length: 10 }, () => env.ledger.book(newCharge())));
      const results = await Promise.all(
        charges.map(({ charge }, index) =>
          (index % 2 === 0 ? env.ledger : env.other).operate(refund(charge.id, 'r', 30), T0),
        ),
      );
      expect(results.filter(({ kind }) => kind === 'done')).toHaveLength(1);
      expect(results.filter(({ kind }) => kind === 'refused')).toHaveLength(9);
    });

    test('of 20 refunds of 30 at once on a charge of 100, three succeed', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? env.ledger : env.other).operate(refund(charge.id, `r${index}`, 30), T0),
        ),
      );
      expect(results.filter(({ kind }) => kind === 'done')).toHaveLength(3);
      expect((await standing(env, charge.id)).refunded).toBe(90);
    });

    test('a charge that is not captured is captured once or voided, and refunded only if captured', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100, capture: false }));
      expect(standingAt(charge, T0).captured).toBe(0);
      expect(await env.ledger.operate(refund(charge.id, 'r1', 1), T0)).toEqual(refused('not_captured'));
      const capture = (key: string, amount: number | null) =>
        env.ledger.operate(newOperation({ kind: 'capture', key, chargeId: charge.id, asked: amount }), T0);
      expect(await capture('c1', 101)).toEqual(refused('amount_too_large'));
      expect(await capture('c2', 80)).toMatchObject({ kind: 'done', operation: { amount: 80 } });
      expect(await capture('c3', null)).toEqual(refused('already_captured'));
      expect(await env.ledger.operate(refund(charge.id, 'r2', 81), T0)).toEqual(refused('amount_too_large'));
      expect(await env.ledger.operate(refund(charge.id, 'r3', null), T0)).toMatchObject({
        operation: { amount: 80 },
      });
      expect(await statusNow(env, charge.id)).toBe('refunded');

      const held = (await env.ledger.book(newCharge({ capture: false }))).charge;
      const voiding = (key: string) =>
        env.ledger.operate(newOperation({ kind: 'void', key, chargeId: held.id }), T0);
      expect(await voiding('v1')).toMatchObject({ kind: 'done', created: true });
      expect(await voiding('v2')).toEqual(refused('charge_not_succeeded'));
      expect(await statusNow(env, held.id)).toBe('voided');
      expect(isLive(await read(env, held.id), T0)).toBe(false);
    });

    test('what is captured at once cannot be voided or captured again', async () => {
      const { charge } = await env.ledger.book(newCharge());
      for (const kind of ['void', 'capture'] as const) {
        const result = await env.ledger.operate(newOperation({ kind, key: kind, chargeId: charge.id }), T0);
        expect(result).toEqual(refused('already_captured'));
      }
    });

    test('a charge that is pending, declined, still to land or unknown cannot be refunded', async () => {
      const pending = (await env.ledger.book(newCharge(pendingUntil(T0 + 10, 'succeeded')))).charge;
      const declined = (await env.ledger.book(newCharge({ outcome: 'declined', answer: 402 }))).charge;
      const landing = (await env.ledger.book(newCharge({ createdMs: T0 + 10 }))).charge;
      const nothing = (await env.ledger.book(newCharge({ outcome: 'none', answer: 500 }))).charge;
      expect(await env.ledger.operate(refund(pending.id, 'r1', 1), T0)).toEqual(
        refused('charge_not_succeeded'),
      );
      expect(await env.ledger.operate(refund(declined.id, 'r2', 1), T0)).toEqual(
        refused('charge_not_succeeded'),
      );
      for (const id of [landing.id, nothing.id, 'ch_nobody']) {
        expect(await env.ledger.operate(refund(id, `r-${id}`, 1), T0)).toEqual(refused('charge_not_found'));
      }
      const later = await env.ledger.operate({ ...refund(pending.id, 'r1', 1), createdMs: T0 + 10 }, T0 + 10);
      expect(later).toMatchObject({ kind: 'done', created: true });
    });

    test('an operation comes back as it was booked, by its key and with its charge, in every process', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: Number.MAX_SAFE_INTEGER }));
      const wanted = newOperation({
        kind: 'refund',
        key: 'r/ü 1',
        chargeId: charge.id,
        asked: Number.MAX_SAFE_INTEGER,
        outcome: 'pending',
        answer: 500,
        visibleMs: T0 + 5,
        settleMs: T0 + 7,
        settleTo: 'failed',
      });
      const result = await env.ledger.operate(wanted, T0);
      expect(result).toMatchObject({
        kind: 'done',
        created: true,
        operation: { ...wanted, id: expect.stringMatching(/^re_[0-9a-z]{16}$/), amount: wanted.asked },
      });
      const booked = result.kind === 'done' ? result.operation : undefined;
      expect((await read(env, charge.id)).operations).toEqual([booked]);
      expect(result.kind === 'done' && result.charge).toEqual(await read(env, charge.id));
      expect(await env.other.byOperationKey(wanted.key)).toEqual(await read(env, charge.id));
      expect(await env.other.byKey(charge.key)).toEqual([await read(env, charge.id)]);
      expect(await env.other.list({ nowMs: T0, view: 'real', limit: 1 })).toEqual([
        await read(env, charge.id),
      ]);
      expect((await env.other.book(newCharge({ key: charge.key }))).charge).toEqual(
        await read(env, charge.id),
      );
    });

    test('a declined refund takes nothing, is kept, and its key gives the same again', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const declined = { ...refund(charge.id, 'r1', 60), outcome: 'failed', answer: 402 } as const;
      expect(await env.ledger.operate(declined, T0)).toMatchObject({ kind: 'done', created: true });
      expect((await standing(env, charge.id)).refunded).toBe(0);
      const again = await env.other.operate(refund(charge.id, 'r1', 60), T0 + 1);
      expect(again).toMatchObject({ kind: 'done', created: false, operation: { answer: 402 } });
      expect(await env.other.operate(refund(charge.id, 'r2', 100), T0)).toMatchObject({ kind: 'done' });
      expect((await env.other.summary({ nowMs: T0 })).refunds).toMatchObject({ succeeded: 1, failed: 1 });
    });

    test('a refund that is not made at all is kept under its key, and nowhere else', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const stale = { ...refund(charge.id, 'r1', 60), outcome: 'none', answer: 500 } as const;
      expect(await env.ledger.operate(stale, T0)).toMatchObject({ kind: 'done', created: true });
      expect(refundsAt(await read(env, charge.id), T0)).toEqual([]);
      expect((await standing(env, charge.id)).refunded).toBe(0);
      const again = await env.other.operate(refund(charge.id, 'r1', 60), T0);
      expect(again).toMatchObject({ created: false, operation: { answer: 500 } });
      expect(await env.other.operate(refund(charge.id, 'r1', 61), T0)).toEqual(refused('key_reused'));
      expect((await env.other.summary({ nowMs: T0 })).refunds).toEqual(noRefunds);
    });

    test('a pending refund counts until it fails, and leaves the charge live until it has succeeded', async () => {
      const fails = (await env.ledger.book(newCharge({ amount: 100 }))).charge;
      const succeeds = (await env.ledger.book(newCharge({ amount: 100 }))).charge;
      const pending = { outcome: 'pending', answer: 202, settleMs: T0 + 10 } as const;
      await env.ledger.operate({ ...refund(fails.id, 'f', null), ...pending, settleTo: 'failed' }, T0);
      await env.ledger.operate({ ...refund(succeeds.id, 's', null), ...pending, settleTo: 'succeeded' }, T0);
      for (const { id } of [fails, succeeds]) {
        expect(await standing(env, id, T0 + 9)).toMatchObject({ refunded: 100, pending: 100 });
        expect(await statusNow(env, id, T0 + 9)).toBe('succeeded');
        expect(await env.other.operate(refund(id, `x-${id}`, 1), T0 + 9)).toEqual(
          refused('amount_too_large'),
        );
      }
      expect(await standing(env, fails.id, T0 + 10)).toMatchObject({ refunded: 0, pending: 0 });
      expect(await statusNow(env, fails.id, T0 + 10)).toBe('succeeded');
      expect(await standing(env, succeeds.id, T0 + 10)).toMatchObject({ refunded: 100, pending: 0 });
      expect(await statusNow(env, succeeds.id, T0 + 10)).toBe('refunded');
      expect((await env.other.summary({ nowMs: T0 + 9 })).refunds).toMatchObject({ pending: 2 });
      expect((await env.other.summary({ nowMs: T0 + 10 })).refunds).toMatchObject({
        succeeded: 1,
        failed: 1,
      });
    });

    test('a refund that fails later makes the charge live again, and what it gave back can be refunded anew', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      await env.ledger.operate(
        { ...refund(charge.id, 'r1', null), settleMs: T0 + 10, settleTo: 'failed' },
        T0,
      );
      expect([
        await statusNow(env, charge.id, T0 + 9),
        (await standing(env, charge.id, T0 + 9)).refunded,
      ]).toEqual(['refunded', 100]);
      expect([
        await statusNow(env, charge.id, T0 + 10),
        (await standing(env, charge.id, T0 + 10)).refunded,
      ]).toEqual(['succeeded', 0]);
      expect((await env.other.summary({ nowMs: T0 + 10 })).money).toEqual({
        USD: { captured: 100, refunded: 0 },
      });
      const anew = { ...refund(charge.id, 'r2', 100), createdMs: T0 + 10 };
      expect(await env.other.operate(anew, T0 + 10)).toMatchObject({ kind: 'done', created: true });
    });

    test('a wrong amount is one more if that is left, else one less, and never nothing', async () => {
      const { charge } = await env.ledger.book(newCharge({ amount: 100 }));
      const wrong = async (key: string, asked: number | null) => {
        const result = await env.ledger.operate({ ...refund(charge.id, key, asked), wrongAmount: true }, T0);
        return result.kind === 'done' ? result.operation.amount : result.kind;
      };
      expect(await wrong('r1', 50)).toBe(51);
      expect(await wrong('r2', 49)).toBe(48);
      expect(await wrong('r3', 1)).toBe(1);
      expect((await standing(env, charge.id)).refunded).toBe(100);
      expect(await env.other.operate(refund(charge.id, 'r1', 50), T0)).toMatchObject({
        created: false,
        operation: { asked: 50, amount: 51 },
      });
    });

    test('money that is only held is let go at its time, unless it was captured or a capture is under way', async () => {
      const held = (changes = {}) =>
        env.ledger.book(newCharge({ amount: 100, capture: false, expiresMs: T0 + 10, ...changes }));
      const [plain, captured, pending] = [await held(), await held(), await held()].map(
        ({ charge }) => charge.id,
      );
      const operation = { kind: 'capture', asked: 60 } as const;
      await env.ledger.operate(newOperation({ ...operation, key: 'c1', chargeId: captured ?? '' }), T0);
      const ends = { outcome: 'pending', answer: 202, settleMs: T0 + 20, settleTo: 'succeeded' } as const;
      await env.ledger.operate(
        newOperation({ ...operation, ...ends, key: 'c2', chargeId: pending ?? '' }),
        T0,
      );
      const statuses = (atMs: number) =>
        Promise.all([plain, captured, pending].map((id) => statusNow(env, id ?? '', atMs)));
      expect(await statuses(T0 + 9)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      expect(await statuses(T0 + 10)).toEqual(['voided', 'succeeded', 'succeeded']);
      expect(await standing(env, pending ?? '', T0 + 10)).toMatchObject({ captured: 0, ending: true });
      expect(await standing(env, pending ?? '', T0 + 20)).toMatchObject({ captured: 60, ending: false });
      expect((await env.other.summary({ nowMs: T0 + 9 })).statuses).toMatchObject({
        succeeded: 3,
        voided: 0,
      });
      expect(await env.other.summary({ nowMs: T0 + 20 })).toMatchObject({
        statuses: { succeeded: 2, voided: 1 },
        money: { USD: { captured: 120, refunded: 0 } },
      });
    });
  });
}
