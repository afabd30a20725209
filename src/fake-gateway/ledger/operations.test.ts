/** Whatever is requested of a charge, whenever, and whatever the clock does: its money adds up at every moment. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newCharge, newOperation, T0 } from '../../../test/suites/fake-ledger/fixtures.ts';
import { standingAt } from './charge-state.ts';
import { createMemoryLedger } from './memory.ts';
import { operationsAt } from './operations.ts';
import type { NewOperation } from './port.ts';

const request = fc.record({
  kind: fc.constantFrom('refund', 'refund', 'refund', 'refund', 'capture', 'void'),
  key: fc.nat({ max: 5 }),
  charge: fc.constantFrom('captured', 'captured', 'held'),
  asked: fc.constantFrom(null, 1, 40, 40, 60, 100),
  wrongAmount: fc.boolean(),
  nowMs: fc.nat({ max: 60 }),
  landsAfterMs: fc.constantFrom(0, 0, 0, 5, 20),
  ending: fc.constantFrom(
    { outcome: 'succeeded', settleTo: null },
    { outcome: 'succeeded', settleTo: 'failed' },
    { outcome: 'pending', settleTo: 'failed' },
    { outcome: 'pending', settleTo: 'succeeded' },
    { outcome: 'failed', settleTo: null },
    { outcome: 'none', settleTo: null },
  ),
});

test.each([
  ['goes on', true],
  ['jumps back and forth', false],
])('no more is refunded than captured at any moment, when the clock %s', async (_clock, goesOn) => {
  const moments = Array.from({ length: 110 }, (_, index) => T0 + index);
  let refunded = 0;
  let landed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 12 }), async (requests) => {
      const ledger = createMemoryLedger();
      const charges = {
        captured: (await ledger.book(newCharge({ amount: 100 }))).charge.id,
        held: (await ledger.book(newCharge({ amount: 100, capture: false }))).charge.id,
      };
      const inTurn = goesOn ? [...requests].sort((a, b) => a.nowMs - b.nowMs) : requests;
      for (const { kind, key, charge, asked, wrongAmount, nowMs, landsAfterMs, ending } of inTurn) {
        const isRefund = kind === 'refund';
        const createdMs = T0 + nowMs + landsAfterMs;
        const wanted: NewOperation = newOperation({
          kind,
          key: `key-${key}`,
          chargeId: charges[charge],
          asked: kind === 'void' ? null : asked,
          wrongAmount: isRefund && wrongAmount,
          createdMs,
          ...(isRefund ? ending : {}),
          settleMs: isRefund && ending.settleTo !== null ? createdMs + 10 : null,
        } as NewOperation);
        await ledger.operate(wanted, T0 + nowMs);
      }
      for (const id of Object.values(charges)) {
        const charge = await ledger.byId(id);
        if (charge === undefined) throw new Error('no charge');
        for (const moment of moments) {
          const { captured, refunded: sum, pending, voided } = standingAt(charge, moment);
          expect(sum).toBeLessThanOrEqual(captured);
          expect(pending).toBeLessThanOrEqual(sum);
          expect(voided && captured > 0).toBe(false);
          expect(captured).toBeLessThanOrEqual(100);
          refunded += sum;
        }
        const done = operationsAt(charge, T0 + 1_000);
        landed += done.filter(({ seq }) =>
          charge.operations.some((one) => one.seq === seq && one.amount === null),
        ).length;
        expect(done.every(({ amount }) => amount >= 1 && amount <= 100)).toBe(true);
        expect(new Set(charge.operations.map(({ key }) => key)).size).toBe(charge.operations.length);
      }
    }),
    { numRuns: 400 },
  );
  expect(refunded).toBeGreaterThan(0);
  expect(landed).toBeGreaterThan(0);
});
