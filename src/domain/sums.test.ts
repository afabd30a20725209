import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAYMENT_STATUSES } from './payment.ts';
import { admit, isOverRefunded, refundableMinor, type Sums, sumChange } from './sums.ts';

const sums = (changes: Partial<Sums> = {}): Sums => ({
  capturedMinor: 1000,
  refundingMinor: 0,
  refundedMinor: 0,
  elsewhereMinor: 0,
  ...changes,
});

describe('what can be refunded', () => {
  it('is what was captured, less what is refunded, being refunded, or refunded by somebody else', () => {
    expect(refundableMinor(sums())).toBe(1000);
    expect(refundableMinor(sums({ refundingMinor: 100, refundedMinor: 200, elsewhereMinor: 300 }))).toBe(400);
  });

  it('is nothing if more went back than was captured', () => {
    const over = sums({ refundedMinor: 700, elsewhereMinor: 400 });
    expect([refundableMinor(over), isOverRefunded(over)]).toEqual([0, true]);
    expect(isOverRefunded(sums({ refundedMinor: 600, elsewhereMinor: 400 }))).toBe(false);
    // A refund that has not ended may still fail.
    expect(isOverRefunded(sums({ refundingMinor: 700, refundedMinor: 600 }))).toBe(false);
  });
});

describe('a refund that is asked for', () => {
  it('fits up to the last unit, and not beyond', () => {
    const some = sums({ refundedMinor: 300, refundingMinor: 600 });
    expect(admit(some, 100, true)).toEqual({ kind: 'admitted', amountMinor: 100, unsure: false });
    expect(admit(some, 101, true)).toEqual({ kind: 'exceeds', refundableMinor: 100 });
  });

  it('is all that is left if it names no amount', () => {
    expect(admit(sums({ elsewhereMinor: 250 }), null, true)).toEqual({
      kind: 'admitted',
      amountMinor: 750,
      unsure: false,
    });
    expect(admit(sums({ refundingMinor: 1000 }), null, true)).toEqual({
      kind: 'exceeds',
      refundableMinor: 0,
    });
  });

  it('may fit if less was refunded elsewhere than is known, where the gateway can be asked', () => {
    const some = sums({ refundedMinor: 300, elsewhereMinor: 600 });
    expect(admit(some, 101, true)).toEqual({ kind: 'admitted', amountMinor: 101, unsure: true });
    expect(admit(some, 700, true)).toEqual({ kind: 'admitted', amountMinor: 700, unsure: true });
    expect(admit(some, 701, true)).toEqual({ kind: 'exceeds', refundableMinor: 100 });
    expect(admit(some, 101, false)).toEqual({ kind: 'exceeds', refundableMinor: 100 });
  });

  it('that names no amount asks for everything only if nothing is left for sure', () => {
    expect(admit(sums({ elsewhereMinor: 1000 }), null, true)).toEqual({
      kind: 'admitted',
      amountMinor: 1000,
      unsure: true,
    });
    expect(admit(sums({ elsewhereMinor: 1000 }), null, false)).toEqual({
      kind: 'exceeds',
      refundableMinor: 0,
    });
  });
});

describe('the change of the sums', () => {
  it.each([
    ['PROCESSING', 'COMPLETED', -70, 70],
    ['PROCESSING', 'FAILED', -70, 0],
    ['PROCESSING', 'UNRESOLVED', 0, 0],
    // Nothing is released while a person decides.
    ['UNRESOLVED', 'REVIEW', 0, 0],
    ['REVIEW', 'FAILED', -70, 0],
    // It landed after it had counted as failed.
    ['FAILED', 'COMPLETED', 0, 70],
    // It failed days after it had succeeded.
    ['COMPLETED', 'FAILED', 0, -70],
  ] as const)('%s to %s', (before, after, refundingMinor, refundedMinor) => {
    expect(sumChange(before, after, 70)).toEqual({ refundingMinor, refundedMinor });
  });

  it('adds up to the same sums, whatever ways the refunds went', () => {
    const way = fc.array(fc.constantFrom(...PAYMENT_STATUSES), { maxLength: 6 });
    const refunds = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), way), { maxLength: 8 });
    fc.assert(
      fc.property(refunds, (all) => {
        let [refunding, refunded] = [0, 0];
        for (const [amount, statuses] of all) {
          refunding += amount;
          let before: (typeof statuses)[number] = 'PROCESSING';
          for (const after of statuses) {
            const change = sumChange(before, after, amount);
            refunding += change.refundingMinor;
            refunded += change.refundedMinor;
            before = after;
          }
        }
        const ended = all.map(([amount, statuses]) => [amount, statuses.at(-1) ?? 'PROCESSING'] as const);
        const sumOf = (is: (status: string) => boolean) =>
          ended.reduce((sum, [amount, status]) => sum + (is(status) ? amount : 0), 0);
        expect(refunded).toBe(sumOf((status) => status === 'COMPLETED'));
        expect(refunding).toBe(sumOf((status) => status !== 'COMPLETED' && status !== 'FAILED'));
      }),
    );
  });
});
