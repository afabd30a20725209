/** What every ledger of the fake gateway must do. Durability is tested next to the ledger that promises it. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isLive, landingRefunds, refundsAt, standingAt } from '../../src/fake-gateway/ledger/charge-state.ts';
import type { Charge, Ledger, NewCharge, NewOperation } from '../../src/fake-gateway/ledger/port.ts';
import { operationStatusAt, statusOf } from '../../src/fake-gateway/ledger/standing.ts';
import { booksTests } from './fake-ledger/books.ts';
import {
  type Ledgers,
  newCharge,
  newOperation,
  noRefunds,
  pendingUntil,
  refund,
  T0,
} from './fake-ledger/fixtures.ts';
import { lateOperationTests } from './fake-ledger/late-operations.ts';
import { operationTests } from './fake-ledger/operations.ts';

export interface LedgerHarness {
  /** A ledger without charges. */
  empty(): Promise<Ledger>;
  /** The same ledger as another process sees it. */
  again(ledger: Ledger): Promise<Ledger>;
  close(): Promise<void>;
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

    const ledgers: Ledgers = {
      get ledger() {
        return ledger;
      },
      get other() {
        return other;
      },
    };
    operationTests(ledgers);
    lateOperationTests(ledgers);
    booksTests(ledgers);

    test('settings are kept for all processes until they are forgotten', async () => {
      expect(await ledger.readSettings()).toBeNull();
      await ledger.writeSettings({ error_before: { rate: 0.5 } });
      expect(await other.readSettings()).toEqual({ error_before: { rate: 0.5 } });
      await other.writeSettings(null);
      expect(await ledger.readSettings()).toBeNull();
    });
  });
}

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
