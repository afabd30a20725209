/** What every ledger of the fake gateway must do. Durability is tested next to the ledger that promises it. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isLive, landingRefunds, refundsAt, standingAt } from '../../src/fake-gateway/ledger/charge-state.ts';
import type { Charge, Ledger, NewCharge, NewOperation } from '../../src/fake-gateway/ledger/port.ts';
import { operationStatusAt, statusOf } from '../../src/fake-gateway/ledger/standing.ts';

export interface LedgerHarness {
  /** A ledger without charges. */
  empty(): Promise<Ledger>;
  /** The same ledger as another process sees it. */
  again(ledger: Ledger): Promise<Ledger>;
  close(): Promise<void>;
}

const T0 = 1_700_000_000_000;
let counter = 0;

/** A plain success of 100.00 USD at `T0`, under a key of its own by default. */
export function newCharge(changes: Partial<NewCharge> = {}): NewCharge {
  counter += 1;
  const amount = changes.amount ?? 10_000;
  const currency = changes.currency ?? 'USD';
  const createdMs = changes.createdMs ?? T0;
  return {
    key: `key-${counter}`,
    generation: 0,
    reference: `ref-${counter}`,
    orderId: `ORD${counter}`,
    method: null,
    amount,
    currency,
    askedAmount: amount,
    askedCurrency: currency,
    capture: true,
    outcome: 'succeeded',
    answer: 200,
    createdMs,
    visibleMs: createdMs,
    settleMs: null,
    settleTo: null,
    ...changes,
  };
}

/** A plain operation at `T0`. */
export function newOperation(
  changes: Partial<NewOperation> & Pick<NewOperation, 'kind' | 'key' | 'chargeId'>,
): NewOperation {
  const createdMs = changes.createdMs ?? T0;
  return {
    asked: null,
    wrongAmount: false,
    outcome: 'succeeded',
    answer: 200,
    createdMs,
    visibleMs: createdMs,
    settleMs: null,
    settleTo: null,
    ...changes,
  };
}

export function ledgerSuite(name: string, makeHarness: () => Promise<LedgerHarness>): void {
  describe(`fake gateway's ledger: ${name}`, () => {
    let harness: LedgerHarness;
    let ledger: Ledger;
    let other: Ledger;
    beforeAll(async () => {
      harness = await makeHarness();
    });
    beforeEach(async () => {
      ledger = await harness.empty();
      other = await harness.again(ledger);
    });
    afterAll(() => harness.close());

    describe('booking', () => {
      test('a charge comes back as it was booked, by key and by id, in every process', async () => {
        const wanted = newCharge({ orderId: 'ORD 1/ü🙂', method: 'tok_x', amount: Number.MAX_SAFE_INTEGER });
        const { charge, created } = await ledger.book(wanted);
        expect(created).toBe(true);
        expect(charge).toEqual({ ...wanted, id: charge.id, seq: 1, operations: [] });
        expect(charge.id).toMatch(/^ch_[0-9a-z]{16}$/);
        expect(await other.byKey(wanted.key)).toEqual([charge]);
        expect(await other.byId(charge.id)).toEqual(charge);
      });

      test('every field survives', async () => {
        const wanted = newCharge({
          generation: 3,
          orderId: null,
          askedAmount: 9_999,
          askedCurrency: 'EUR',
          capture: false,
          outcome: 'pending',
          answer: 202,
          visibleMs: T0 + 5,
          settleMs: T0 + 7,
          settleTo: 'declined',
        });
        const { charge } = await ledger.book(wanted);
        expect(charge).toMatchObject(wanted);
        expect(await other.byKey(wanted.key)).toEqual([charge]);
      });

      test('a key is booked once; the second gets what is there', async () => {
        const first = await ledger.book(newCharge({ key: 'k', amount: 1 }));
        const second = await other.book(newCharge({ key: 'k', amount: 2 }));
        expect(second).toEqual({ charge: first.charge, created: false });
        expect(await ledger.byKey('k')).toHaveLength(1);
      });

      test('100 bookings of one key at once, from two processes, make one charge', async () => {
        const results = await Promise.all(
          Array.from({ length: 100 }, (_, index) =>
            (index % 2 === 0 ? ledger : other).book(newCharge({ key: 'k', amount: index + 1 })),
          ),
        );
        expect(results.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(results.map(({ charge }) => `${charge.id} ${charge.amount}`)).size).toBe(1);
      });

      test('1,000 bookings of 300 keys at once make 300 charges, and each gets its own', async () => {
        const results = await Promise.all(
          Array.from({ length: 1_000 }, async (_, index) => {
            const key = `k${(index * 7) % 300}`;
            const booked = await (index % 3 === 0 ? ledger : other).book(newCharge({ key }));
            expect(booked.charge.key).toBe(key);
            return booked;
          }),
        );
        expect(results.filter(({ created }) => created)).toHaveLength(300);
        expect(new Set(results.map(({ charge }) => charge.id)).size).toBe(300);
      });

      test('generations of a key are charges of their own, oldest first', async () => {
        for (const generation of [2, 0, 1]) await ledger.book(newCharge({ key: 'k', generation }));
        expect((await other.byKey('k')).map(({ generation }) => generation)).toEqual([0, 1, 2]);
        expect((await ledger.book(newCharge({ key: 'k', generation: 1 }))).created).toBe(false);
      });

      test.each(['', 'ch_', 'ch_0', 'ch_zzzzzzzzzzzzzzzz', "'; DROP TABLE charges; --", 'ch_\u0000'])(
        'there is no charge with the id %j',
        async (id) => {
          await ledger.book(newCharge());
          expect(await ledger.byId(id)).toBeUndefined();
        },
      );

      test('another ledger has other ids', async () => {
        const { charge } = await ledger.book(newCharge());
        const elsewhere = await harness.empty();
        await elsewhere.book(newCharge());
        expect(await elsewhere.byId(charge.id)).toBeUndefined();
      });

      test('there is nothing under a key that was never used', async () => {
        expect(await ledger.byKey('nobody')).toEqual([]);
      });
    });

    test('attempts are counted across processes, each number given once', async () => {
      const numbers = await Promise.all(
        Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? ledger : other).countAttempt('k')),
      );
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
      expect(await ledger.countAttempt('other')).toBe(1);
    });

    describe('lists', () => {
      const all = { nowMs: T0 + 1_000, view: 'real', limit: 100 } as const;
      const keysOf = (charges: readonly Charge[]) => charges.map(({ key }) => key);

      test('are ordered by the time of effect, late charges in their place', async () => {
        await ledger.book(newCharge({ key: 'a', createdMs: T0 }));
        await ledger.book(newCharge({ key: 'late', createdMs: T0 + 500 }));
        await ledger.book(newCharge({ key: 'b', createdMs: T0 + 100 }));
        await ledger.book(newCharge({ key: 'c', createdMs: T0 + 100 }));
        expect(keysOf(await other.list(all))).toEqual(['a', 'b', 'c', 'late']);
      });

      test('show what has taken effect, and in public what is visible', async () => {
        await ledger.book(newCharge({ key: 'plain' }));
        await ledger.book(newCharge({ key: 'lagging', visibleMs: T0 + 50 }));
        await ledger.book(newCharge({ key: 'landing', createdMs: T0 + 100 }));
        await ledger.book(newCharge({ key: 'nothing', outcome: 'none', answer: 500 }));
        const shown = async (nowMs: number, view: 'real' | 'public') =>
          keysOf(await ledger.list({ ...all, nowMs, view }));
        expect(await shown(T0, 'real')).toEqual(['plain', 'lagging']);
        expect(await shown(T0, 'public')).toEqual(['plain']);
        expect(await shown(T0 + 49, 'public')).toEqual(['plain']);
        expect(await shown(T0 + 50, 'public')).toEqual(['plain', 'lagging']);
        expect(await shown(T0 + 99, 'real')).toEqual(['plain', 'lagging']);
        expect(await shown(T0 + 100, 'real')).toEqual(['plain', 'lagging', 'landing']);
      });

      test('are cut by time, reference and order', async () => {
        await ledger.book(newCharge({ key: 'a', reference: 'r1', orderId: 'o1' }));
        await ledger.book(newCharge({ key: 'b', reference: 'r1', orderId: 'o2', createdMs: T0 + 1 }));
        await ledger.book(newCharge({ key: 'c', reference: 'r2', orderId: 'o2', createdMs: T0 + 2 }));
        expect(keysOf(await ledger.list({ ...all, createdAfterMs: T0 }))).toEqual(['b', 'c']);
        expect(keysOf(await ledger.list({ ...all, reference: 'r1' }))).toEqual(['a', 'b']);
        expect(keysOf(await ledger.list({ ...all, orderId: 'o2' }))).toEqual(['b', 'c']);
        expect(keysOf(await ledger.list({ ...all, reference: 'r1', orderId: 'o2' }))).toEqual(['b']);
      });

      test('come in pages that miss nothing and repeat nothing, equal times included', async () => {
        for (let index = 0; index < 25; index += 1) {
          await ledger.book(newCharge({ key: `k${index}`, createdMs: T0 + Math.floor(index / 10) }));
        }
        const seen: string[] = [];
        let after: Charge | undefined;
        do {
          const page: readonly Charge[] = await ledger.list({
            ...all,
            limit: 4,
            ...(after === undefined ? {} : { after }),
          });
          seen.push(...keysOf(page));
          after = page.at(-1);
        } while (after !== undefined);
        expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `k${index}`));
      });
    });

    describe('the summary', () => {
      test('shows what each charge is by now, the money, and what is still to be charged', async () => {
        await ledger.book(newCharge({ amount: 100 }));
        await ledger.book(newCharge({ amount: 7, currency: 'JPY' }));
        await ledger.book(newCharge({ outcome: 'declined', answer: 402 }));
        await ledger.book(newCharge({ amount: 50, ...pendingUntil(T0 + 10, 'succeeded') }));
        await ledger.book(newCharge(pendingUntil(T0 + 20, 'declined')));
        await ledger.book(newCharge({ amount: 1, createdMs: T0 + 30 }));
        await ledger.book(newCharge({ outcome: 'none', answer: 500 }));
        const none = { refunded: 0, voided: 0 };
        expect(await other.summary({ nowMs: T0 })).toEqual({
          statuses: { succeeded: 2, declined: 1, pending: 2, ...none },
          landing: 1,
          money: { USD: { captured: 100, refunded: 0 }, JPY: { captured: 7, refunded: 0 } },
          duplicates: 0,
          refunds: noRefunds,
        });
        expect(await other.summary({ nowMs: T0 + 30 })).toEqual({
          statuses: { succeeded: 4, declined: 2, pending: 0, ...none },
          landing: 0,
          money: { USD: { captured: 151, refunded: 0 }, JPY: { captured: 7, refunded: 0 } },
          duplicates: 0,
          refunds: noRefunds,
        });
      });

      test('an empty ledger has an empty summary', async () => {
        expect(await ledger.summary({ nowMs: T0 })).toEqual({
          statuses: { succeeded: 0, declined: 0, pending: 0, refunded: 0, voided: 0 },
          landing: 0,
          money: {},
          duplicates: 0,
          refunds: noRefunds,
        });
        expect(await ledger.duplicates({ nowMs: T0 }, 10)).toEqual([]);
      });

      test('duplicates are references with more than one live charge, and no others', async () => {
        const refunded = await ledger.book(newCharge({ reference: 'refunded' }));
        await ledger.book(newCharge({ reference: 'refunded' }));
        await ledger.operate(refund(refunded.charge.id, 'rk', null), T0);
        for (const _ of [1, 2, 3]) await ledger.book(newCharge({ reference: 'three', orderId: 'O3' }));
        for (const _ of [1, 2]) await ledger.book(newCharge({ reference: 'two' }));
        await ledger.book(newCharge({ reference: 'declined', outcome: 'declined', answer: 402 }));
        await ledger.book(newCharge({ reference: 'declined' }));
        await ledger.book(newCharge({ reference: 'landing', createdMs: T0 + 9 }));
        await ledger.book(newCharge({ reference: 'landing' }));
        const three = { reference: 'three', live: 3 };
        const two = { reference: 'two', live: 2 };
        expect(await other.duplicates({ nowMs: T0 }, 10)).toEqual([three, two]);
        expect(await other.duplicates({ nowMs: T0 }, 1)).toEqual([three]);
        expect(await other.duplicates({ nowMs: T0, orderId: 'O3' }, 10)).toEqual([three]);
        expect(await other.duplicates({ nowMs: T0, reference: 'two' }, 10)).toEqual([two]);
        expect((await other.summary({ nowMs: T0 })).duplicates).toBe(2);
        expect((await other.summary({ nowMs: T0 + 9 })).duplicates).toBe(3);
        expect((await other.summary({ nowMs: T0, reference: 'three' })).statuses.succeeded).toBe(3);
      });

      test('agrees with the charges one by one, whatever they are', async () => {
        const booked = await Promise.all(fc.sample(anyCharge, 300).map((charge) => ledger.book(charge)));
        const bound = booked.filter(({ charge }) => charge.outcome !== 'none').map(({ charge }) => charge);
        await Promise.all(
          bound.map((charge, index) => ledger.operate(anyOperation(charge.id, index), T0 + 12)),
        );
        for (const nowMs of [T0, T0 + 5, T0 + 10, T0 + 15, T0 + 20, T0 + 30]) {
          const charges = await ledger.list({ nowMs, view: 'real', limit: 1_000 });
          const summary = await ledger.summary({ nowMs });
          for (const status of ['succeeded', 'declined', 'pending', 'refunded', 'voided'] as const) {
            const count = charges.filter((charge) => statusOf(standingAt(charge, nowMs)) === status).length;
            expect(summary.statuses[status], status).toBe(count);
          }
          expect(summary.landing).toBe(bound.length - charges.length);
          for (const what of ['captured', 'refunded'] as const) {
            const total = charges.reduce((sum, charge) => sum + standingAt(charge, nowMs)[what], 0);
            expect(Object.values(summary.money).reduce((sum, money) => sum + money[what], 0)).toBe(total);
          }
          const refunds = charges.flatMap((charge) =>
            refundsAt(charge, nowMs).map((one) => operationStatusAt(one, nowMs)),
          );
          const counts = { succeeded: 0, pending: 0, failed: 0, none: 0 };
          for (const status of refunds) counts[status] += 1;
          const landing = charges.reduce((sum, charge) => sum + landingRefunds(charge, nowMs).length, 0);
          expect({ ...summary.refunds, none: 0 }).toEqual({ ...counts, landing });
          const live = new Map<string, number>();
          for (const charge of charges.filter((one) => isLive(one, nowMs))) {
            live.set(charge.reference, (live.get(charge.reference) ?? 0) + 1);
          }
          const duplicates = await ledger.duplicates({ nowMs }, 1_000);
          expect(new Map(duplicates.map(({ reference, live: count }) => [reference, count]))).toEqual(
            new Map([...live].filter(([, count]) => count > 1)),
          );
          expect(summary.duplicates).toBe(duplicates.length);
        }
      });
    });

    describe('refunds, captures and voids', () => {
      test('partial refunds add up to the charge and not beyond', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100 }));
        const first = await ledger.operate(refund(charge.id, 'r1', 60), T0);
        expect(first).toMatchObject({
          kind: 'done',
          created: true,
          operation: { amount: 60, kind: 'refund' },
        });
        expect(await other.operate(refund(charge.id, 'r2', 41), T0)).toEqual(refused('amount_too_large'));
        expect(await statusNow(charge.id)).toBe('succeeded');
        expect(await other.operate(refund(charge.id, 'r3', null), T0)).toMatchObject({
          operation: { amount: 40 },
        });
        expect(await statusNow(charge.id)).toBe('refunded');
        expect(await ledger.operate(refund(charge.id, 'r4', 1), T0)).toEqual(refused('charge_not_succeeded'));
      });

      test('a key refunds once and gives the same again; with other parameters it is reused', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100 }));
        const elsewhere = await ledger.book(newCharge());
        const first = await ledger.operate(refund(charge.id, 'r1', 10), T0);
        const again = await other.operate(refund(charge.id, 'r1', 10), T0);
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
          expect(await ledger.operate(request, T0)).toEqual(refused('key_reused'));
        }
        expect((await standing(charge.id)).refunded).toBe(10);
        expect(await other.byOperationKey('r1')).toEqual(await ledger.byId(charge.id));
        expect((await read(charge.id)).operations).toHaveLength(1);
        expect(await other.byOperationKey('r2')).toBeUndefined();
      });

      test('20 refunds of one key at once, from two processes, refund once', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100 }));
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            (index % 2 === 0 ? ledger : other).operate(refund(charge.id, 'r', 30), T0),
          ),
        );
        expect(results.filter((result) => result.kind === 'done' && result.created)).toHaveLength(1);
        expect(results.every((result) => result.kind === 'done')).toBe(true);
        expect((await standing(charge.id)).refunded).toBe(30);
      });

      test('one key on 10 charges at once refunds one of them', async () => {
        const charges = await Promise.all(Array.from({ length: 10 }, () => ledger.book(newCharge())));
        const results = await Promise.all(
          charges.map(({ charge }, index) =>
            (index % 2 === 0 ? ledger : other).operate(refund(charge.id, 'r', 30), T0),
          ),
        );
        expect(results.filter(({ kind }) => kind === 'done')).toHaveLength(1);
        expect(results.filter(({ kind }) => kind === 'refused')).toHaveLength(9);
      });

      test('of 20 refunds of 30 at once on a charge of 100, three succeed', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100 }));
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            (index % 2 === 0 ? ledger : other).operate(refund(charge.id, `r${index}`, 30), T0),
          ),
        );
        expect(results.filter(({ kind }) => kind === 'done')).toHaveLength(3);
        expect((await standing(charge.id)).refunded).toBe(90);
      });

      test('a charge that is not captured is captured once or voided, and refunded only if captured', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100, capture: false }));
        expect(standingAt(charge, T0).captured).toBe(0);
        expect(await ledger.operate(refund(charge.id, 'r1', 1), T0)).toEqual(refused('not_captured'));
        const capture = (key: string, amount: number | null) =>
          ledger.operate(newOperation({ kind: 'capture', key, chargeId: charge.id, asked: amount }), T0);
        expect(await capture('c1', 101)).toEqual(refused('amount_too_large'));
        expect(await capture('c2', 80)).toMatchObject({ kind: 'done', operation: { amount: 80 } });
        expect(await capture('c3', null)).toEqual(refused('already_captured'));
        expect(await ledger.operate(refund(charge.id, 'r2', 81), T0)).toEqual(refused('amount_too_large'));
        expect(await ledger.operate(refund(charge.id, 'r3', null), T0)).toMatchObject({
          operation: { amount: 80 },
        });
        expect(await statusNow(charge.id)).toBe('refunded');

        const held = (await ledger.book(newCharge({ capture: false }))).charge;
        const voiding = (key: string) =>
          ledger.operate(newOperation({ kind: 'void', key, chargeId: held.id }), T0);
        expect(await voiding('v1')).toMatchObject({ kind: 'done', created: true });
        expect(await voiding('v2')).toEqual(refused('charge_not_succeeded'));
        expect(await statusNow(held.id)).toBe('voided');
        expect(isLive(await read(held.id), T0)).toBe(false);
      });

      test('what is captured at once cannot be voided or captured again', async () => {
        const { charge } = await ledger.book(newCharge());
        for (const kind of ['void', 'capture'] as const) {
          const result = await ledger.operate(newOperation({ kind, key: kind, chargeId: charge.id }), T0);
          expect(result).toEqual(refused('already_captured'));
        }
      });

      test('a charge that is pending, declined, still to land or unknown cannot be refunded', async () => {
        const pending = (await ledger.book(newCharge(pendingUntil(T0 + 10, 'succeeded')))).charge;
        const declined = (await ledger.book(newCharge({ outcome: 'declined', answer: 402 }))).charge;
        const landing = (await ledger.book(newCharge({ createdMs: T0 + 10 }))).charge;
        const nothing = (await ledger.book(newCharge({ outcome: 'none', answer: 500 }))).charge;
        expect(await ledger.operate(refund(pending.id, 'r1', 1), T0)).toEqual(
          refused('charge_not_succeeded'),
        );
        expect(await ledger.operate(refund(declined.id, 'r2', 1), T0)).toEqual(
          refused('charge_not_succeeded'),
        );
        for (const id of [landing.id, nothing.id, 'ch_nobody']) {
          expect(await ledger.operate(refund(id, `r-${id}`, 1), T0)).toEqual(refused('charge_not_found'));
        }
        const later = await ledger.operate({ ...refund(pending.id, 'r1', 1), createdMs: T0 + 10 }, T0 + 10);
        expect(later).toMatchObject({ kind: 'done', created: true });
      });

      test('an operation comes back as it was booked, by its key and with its charge, in every process', async () => {
        const { charge } = await ledger.book(newCharge({ amount: Number.MAX_SAFE_INTEGER }));
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
        const result = await ledger.operate(wanted, T0);
        expect(result).toMatchObject({
          kind: 'done',
          created: true,
          operation: { ...wanted, id: expect.stringMatching(/^re_[0-9a-z]{16}$/), amount: wanted.asked },
        });
        const booked = result.kind === 'done' ? result.operation : undefined;
        expect((await read(charge.id)).operations).toEqual([booked]);
        expect(result.kind === 'done' && result.charge).toEqual(await read(charge.id));
        expect(await other.byOperationKey(wanted.key)).toEqual(await read(charge.id));
        expect(await other.byKey(charge.key)).toEqual([await read(charge.id)]);
        expect(await other.list({ nowMs: T0, view: 'real', limit: 1 })).toEqual([await read(charge.id)]);
        expect((await other.book(newCharge({ key: charge.key }))).charge).toEqual(await read(charge.id));
      });

      test('a declined refund takes nothing, is kept, and its key gives the same again', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100 }));
        const declined = { ...refund(charge.id, 'r1', 60), outcome: 'failed', answer: 402 } as const;
        expect(await ledger.operate(declined, T0)).toMatchObject({ kind: 'done', created: true });
        expect((await standing(charge.id)).refunded).toBe(0);
        const again = await other.operate(refund(charge.id, 'r1', 60), T0 + 1);
        expect(again).toMatchObject({ kind: 'done', created: false, operation: { answer: 402 } });
        expect(await other.operate(refund(charge.id, 'r2', 100), T0)).toMatchObject({ kind: 'done' });
        expect((await other.summary({ nowMs: T0 })).refunds).toMatchObject({ succeeded: 1, failed: 1 });
      });

      test('a refund that is not made at all is kept under its key, and nowhere else', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100 }));
        const stale = { ...refund(charge.id, 'r1', 60), outcome: 'none', answer: 500 } as const;
        expect(await ledger.operate(stale, T0)).toMatchObject({ kind: 'done', created: true });
        expect(refundsAt(await read(charge.id), T0)).toEqual([]);
        expect((await standing(charge.id)).refunded).toBe(0);
        const again = await other.operate(refund(charge.id, 'r1', 60), T0);
        expect(again).toMatchObject({ created: false, operation: { answer: 500 } });
        expect(await other.operate(refund(charge.id, 'r1', 61), T0)).toEqual(refused('key_reused'));
        expect((await other.summary({ nowMs: T0 })).refunds).toEqual(noRefunds);
      });

      test('a pending refund counts until it fails, and leaves the charge live until it has succeeded', async () => {
        const fails = (await ledger.book(newCharge({ amount: 100 }))).charge;
        const succeeds = (await ledger.book(newCharge({ amount: 100 }))).charge;
        const pending = { outcome: 'pending', answer: 202, settleMs: T0 + 10 } as const;
        await ledger.operate({ ...refund(fails.id, 'f', null), ...pending, settleTo: 'failed' }, T0);
        await ledger.operate({ ...refund(succeeds.id, 's', null), ...pending, settleTo: 'succeeded' }, T0);
        for (const { id } of [fails, succeeds]) {
          expect(await standing(id, T0 + 9)).toMatchObject({ refunded: 100, pending: 100 });
          expect(await statusNow(id, T0 + 9)).toBe('succeeded');
          expect(await other.operate(refund(id, `x-${id}`, 1), T0 + 9)).toEqual(refused('amount_too_large'));
        }
        expect(await standing(fails.id, T0 + 10)).toMatchObject({ refunded: 0, pending: 0 });
        expect(await statusNow(fails.id, T0 + 10)).toBe('succeeded');
        expect(await standing(succeeds.id, T0 + 10)).toMatchObject({ refunded: 100, pending: 0 });
        expect(await statusNow(succeeds.id, T0 + 10)).toBe('refunded');
        expect((await other.summary({ nowMs: T0 + 9 })).refunds).toMatchObject({ pending: 2 });
        expect((await other.summary({ nowMs: T0 + 10 })).refunds).toMatchObject({ succeeded: 1, failed: 1 });
      });

      test('a refund that fails later makes the charge live again, and what it gave back can be refunded anew', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100 }));
        await ledger.operate({ ...refund(charge.id, 'r1', null), settleMs: T0 + 10, settleTo: 'failed' }, T0);
        expect([await statusNow(charge.id, T0 + 9), (await standing(charge.id, T0 + 9)).refunded]).toEqual([
          'refunded',
          100,
        ]);
        expect([await statusNow(charge.id, T0 + 10), (await standing(charge.id, T0 + 10)).refunded]).toEqual([
          'succeeded',
          0,
        ]);
        expect((await other.summary({ nowMs: T0 + 10 })).money).toEqual({
          USD: { captured: 100, refunded: 0 },
        });
        const anew = { ...refund(charge.id, 'r2', 100), createdMs: T0 + 10 };
        expect(await other.operate(anew, T0 + 10)).toMatchObject({ kind: 'done', created: true });
      });

      test('a wrong amount is one more if that is left, else one less, and never nothing', async () => {
        const { charge } = await ledger.book(newCharge({ amount: 100 }));
        const wrong = async (key: string, asked: number | null) => {
          const result = await ledger.operate({ ...refund(charge.id, key, asked), wrongAmount: true }, T0);
          return result.kind === 'done' ? result.operation.amount : result.kind;
        };
        expect(await wrong('r1', 50)).toBe(51);
        expect(await wrong('r2', 49)).toBe(48);
        expect(await wrong('r3', 1)).toBe(1);
        expect((await standing(charge.id)).refunded).toBe(100);
        expect(await other.operate(refund(charge.id, 'r1', 50), T0)).toMatchObject({
          created: false,
          operation: { asked: 50, amount: 51 },
        });
      });

      describe('that take effect later', () => {
        const late = (id: string, key: string, asked: number | null, createdMs = T0 + 100) => ({
          ...refund(id, key, asked),
          createdMs,
          visibleMs: createdMs,
        });

        test('are in progress and unseen until then, and cannot be stopped', async () => {
          const { charge } = await ledger.book(newCharge({ amount: 100 }));
          const landing = late(charge.id, 'r1', null);
          expect(await ledger.operate(landing, T0)).toMatchObject({
            kind: 'landing',
            operation: { ...landing, amount: null },
          });
          expect(await other.operate(refund(charge.id, 'r1', null), T0 + 99)).toEqual(refused('in_progress'));
          expect(await other.operate(refund(charge.id, 'r1', 1), T0 + 99)).toEqual(refused('key_reused'));
          expect(refundsAt(await read(charge.id), T0 + 99)).toEqual([]);
          expect((await other.summary({ nowMs: T0 + 99 })).refunds).toEqual({ ...noRefunds, landing: 1 });
          expect(await other.operate(refund(charge.id, 'r2', 30), T0 + 50)).toMatchObject({ kind: 'done' });
          expect(refundsAt(await read(charge.id), T0 + 100)).toMatchObject([{ key: 'r2' }, { amount: 70 }]);
          expect(await statusNow(charge.id, T0 + 100)).toBe('refunded');
          expect((await other.summary({ nowMs: T0 + 100 })).refunds).toEqual({ ...noRefunds, succeeded: 2 });
          expect(await other.operate(refund(charge.id, 'r1', null), T0 + 100)).toMatchObject({
            kind: 'done',
            created: false,
            operation: { amount: 70, createdMs: T0 + 100 },
          });
        });

        test('are not made if too little is left by then, and the key counts as unused', async () => {
          const { charge } = await ledger.book(newCharge({ amount: 100 }));
          const elsewhere = (await ledger.book(newCharge({ amount: 100 }))).charge;
          await ledger.operate(late(charge.id, 'r1', 60), T0);
          await ledger.operate(late(charge.id, 'r2', 60, T0 + 200), T0);
          await other.operate({ ...refund(charge.id, 'now', 50), createdMs: T0 + 50 }, T0 + 50);
          expect((await standing(charge.id, T0 + 200)).refunded).toBe(50);
          expect(await other.operate(late(charge.id, 'r1', 60, T0 + 200), T0 + 200)).toEqual(
            refused('amount_too_large'),
          );
          const again = { ...refund(charge.id, 'r1', 20), createdMs: T0 + 200 };
          expect(await other.operate(again, T0 + 200)).toMatchObject({ kind: 'done', created: true });
          expect(await ledger.operate(again, T0 + 201)).toMatchObject({ kind: 'done', created: false });
          const moved = { ...refund(elsewhere.id, 'r2', 5), createdMs: T0 + 201 };
          expect(await other.operate(moved, T0 + 201)).toMatchObject({ kind: 'done', created: true });
          expect((await standing(charge.id, T0 + 999)).refunded).toBe(70);
          expect((await standing(elsewhere.id, T0 + 999)).refunded).toBe(5);
          expect((await read(charge.id)).operations.map(({ key }) => key)).toEqual(['now', 'r1']);
        });

        test('of a key that turned out unused, 10 requests at once for 10 charges refund once', async () => {
          const charges = await Promise.all(Array.from({ length: 10 }, () => ledger.book(newCharge())));
          const first = charges[0]?.charge.id ?? '';
          await ledger.operate(late(first, 'r', 1), T0);
          await ledger.operate({ ...refund(first, 'all', null), createdMs: T0 + 50 }, T0 + 50);
          const results = await Promise.all(
            charges.map(({ charge }, index) =>
              (index % 2 === 0 ? ledger : other).operate(
                { ...refund(charge.id, 'r', 30), createdMs: T0 + 100 },
                T0 + 100,
              ),
            ),
          );
          expect(results.filter(({ kind }) => kind === 'done')).toHaveLength(1);
          expect(results.filter(({ kind }) => kind === 'refused')).toHaveLength(9);
        });

        test('may find more possible than at their request: a charge that has settled by then', async () => {
          const pending = (await ledger.book(newCharge(pendingUntil(T0 + 10, 'succeeded')))).charge;
          expect(await ledger.operate(late(pending.id, 'r1', 1), T0)).toMatchObject({ kind: 'landing' });
          expect((await standing(pending.id, T0 + 100)).refunded).toBe(1);
          expect(await ledger.operate(late('ch_nobody', 'r2', 1), T0)).toEqual(refused('charge_not_found'));
        });

        test('captures and voids too: the first to land wins', async () => {
          const { charge } = await ledger.book(newCharge({ amount: 100, capture: false }));
          const common = { chargeId: charge.id } as const;
          await ledger.operate(newOperation({ ...common, kind: 'void', key: 'v', createdMs: T0 + 20 }), T0);
          await ledger.operate(
            newOperation({ ...common, kind: 'capture', key: 'c', createdMs: T0 + 10 }),
            T0,
          );
          expect((await standing(charge.id, T0 + 9)).captured).toBe(0);
          expect(await standing(charge.id, T0 + 20)).toMatchObject({ captured: 100, voided: false });
        });

        test('whatever the clock does, no more is refunded than was captured', async () => {
          const { charge } = await ledger.book(newCharge({ amount: 100 }));
          await ledger.operate(late(charge.id, 'r1', 60, T0 + 10), T0);
          const after = { ...refund(charge.id, 'r2', 40), createdMs: T0 + 20 };
          expect(await ledger.operate(after, T0 + 20)).toMatchObject({ kind: 'done' });
          // The clock is set back.
          expect(await other.operate(refund(charge.id, 'r3', 70), T0)).toEqual(
            refused('charge_not_succeeded'),
          );
          await other.operate(late(charge.id, 'r4', 70, T0 + 5), T0);
          expect((await standing(charge.id, T0 + 999)).refunded).toBe(100);
        });
      });

      const read = async (id: string): Promise<Charge> => {
        const charge = await other.byId(id);
        if (charge === undefined) throw new Error(`no charge ${id}`);
        return charge;
      };
      const standing = async (id: string, nowMs = T0) => standingAt(await read(id), nowMs);
      const statusNow = async (id: string, nowMs = T0) => statusOf(await standing(id, nowMs));
    });

    test('settings are kept for all processes until they are forgotten', async () => {
      expect(await ledger.readSettings()).toBeNull();
      await ledger.writeSettings({ error_before: { rate: 0.5 } });
      expect(await other.readSettings()).toEqual({ error_before: { rate: 0.5 } });
      await other.writeSettings(null);
      expect(await ledger.readSettings()).toBeNull();
    });
  });
}

const pendingUntil = (settleMs: number, settleTo: 'succeeded' | 'declined') =>
  ({ outcome: 'pending', answer: 202, settleMs, settleTo }) as const;

const refund = (chargeId: string, key: string, asked: number | null): NewOperation =>
  newOperation({ kind: 'refund', key, chargeId, asked });

const noRefunds = { succeeded: 0, pending: 0, failed: 0, landing: 0 };

const refused = (error: string) => ({ kind: 'refused', error });

const anyCharge: fc.Arbitrary<NewCharge> = fc
  .record({
    outcome: fc.constantFrom('succeeded', 'succeeded', 'declined', 'pending', 'none'),
    settleTo: fc.constantFrom('succeeded', 'declined'),
    createdMs: fc.integer({ min: T0, max: T0 + 12 }),
    settleMs: fc.integer({ min: T0, max: T0 + 12 }),
    amount: fc.integer({ min: 1, max: 100 }),
    capture: fc.boolean(),
    currency: fc.constantFrom('USD', 'EUR', 'JPY'),
    reference: fc.integer({ min: 1, max: 100 }).map((index) => `shared-${index}`),
  })
  .map(({ settleMs, settleTo, outcome, ...rest }) =>
    newCharge({ ...rest, outcome, ...(outcome === 'pending' ? { settleMs, settleTo } : {}) }),
  );

/** A mixture of all operations; many of them are refused, which is fine. */
function anyOperation(chargeId: string, index: number): NewOperation {
  const kind = (['refund', 'capture', 'void', 'refund'] as const)[index % 4] ?? 'refund';
  const asked = kind === 'void' || index % 3 === 0 ? null : 1 + (index % 20);
  const plain = newOperation({ kind, key: `op-${index}`, chargeId, asked, createdMs: T0 + 12 });
  const endings: readonly Partial<NewOperation>[] = [
    {},
    { outcome: 'failed', answer: 402 },
    { outcome: 'none', answer: 500 },
    { outcome: 'pending', answer: 202, settleMs: T0 + 18, settleTo: 'succeeded' },
    { outcome: 'pending', answer: 202, settleMs: T0 + 18, settleTo: 'failed' },
    { settleMs: T0 + 25, settleTo: 'failed' },
    { createdMs: T0 + 14 },
  ];
  return kind === 'refund' ? { ...plain, ...endings[index % endings.length] } : plain;
}
