import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalFromMinor, minorFromDecimal } from './money.ts';

describe('minor units from the text of a number', () => {
  it.each([
    ['100.0', 2, 10000],
    ['100', 2, 10000],
    ['1e2', 2, 10000],
    ['1E+2', 2, 10000],
    ['10000e-2', 2, 10000],
    ['0.10', 2, 10],
    ['0.1', 2, 10],
    ['0.01', 2, 1],
    ['0.010', 2, 1],
    ['0.0100000000000000000000000', 2, 1],
    ['1.005e1', 2, 1005],
    ['19.99', 2, 1999],
    ['5', 0, 5],
    ['5.00', 0, 5],
    ['1.234', 3, 1234],
    ['0.0001', 4, 1],
    ['90071992547409.91', 2, Number.MAX_SAFE_INTEGER],
    ['9007199254740991', 0, Number.MAX_SAFE_INTEGER],
    ['0.00000000000000000001e20', 2, 100],
  ])('%s with %i decimals is %i', (source, exponent, amountMinor) => {
    expect(minorFromDecimal(source, exponent)).toEqual({ kind: 'amount', amountMinor });
  });

  it.each([
    ['0.001', 2, 'too_precise'],
    ['100.001', 2, 'too_precise'],
    ['1e-3', 2, 'too_precise'],
    ['1e-999999999', 2, 'too_precise'],
    ['5.5', 0, 'too_precise'],
    ['0', 2, 'not_positive'],
    ['-0', 2, 'not_positive'],
    ['0.00', 2, 'not_positive'],
    ['0e999999999', 2, 'not_positive'],
    ['-1', 2, 'not_positive'],
    ['-0.01', 2, 'not_positive'],
    ['1e999999999', 2, 'too_large'],
    [`1e${'9'.repeat(400)}`, 2, 'too_large'],
    [`1e-${'9'.repeat(400)}`, 2, 'too_precise'],
    ['90071992547409.92', 2, 'too_large'],
    ['9007199254740993', 0, 'too_large'],
    ['1e15', 2, 'too_large'],
    ['', 2, 'not_a_number'],
    [' 1', 2, 'not_a_number'],
    ['+1', 2, 'not_a_number'],
    ['01', 2, 'not_a_number'],
    ['1.', 2, 'not_a_number'],
    ['.5', 2, 'not_a_number'],
    ['0x10', 2, 'not_a_number'],
    ['NaN', 2, 'not_a_number'],
    ['Infinity', 2, 'not_a_number'],
    ['1,00', 2, 'not_a_number'],
    ['1_000', 2, 'not_a_number'],
    ['\u0661', 2, 'not_a_number'],
    ['1\n', 2, 'not_a_number'],
  ])('%j with %i decimals is refused as %s', (source, exponent, reason) => {
    expect(minorFromDecimal(source, exponent)).toEqual({ kind: 'refused', reason });
  });

  it('takes no long time for a body full of zeros', () => {
    const zeros = '0'.repeat(60_000);
    expect(minorFromDecimal(`0.${zeros}1e60003`, 2)).toEqual({ kind: 'amount', amountMinor: 10000 });
    expect(minorFromDecimal(`1${zeros}1`, 2)).toEqual({ kind: 'refused', reason: 'too_large' });
  });
});

const minor = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const decimals = fc.integer({ min: 0, max: 4 });

describe('minor units as a decimal', () => {
  it.each([
    [10000, 2, '100.00'],
    [5, 2, '0.05'],
    [50, 2, '0.50'],
    [5, 0, '5'],
    [1, 3, '0.001'],
    [12345, 4, '1.2345'],
    [Number.MAX_SAFE_INTEGER, 2, '90071992547409.91'],
  ])('%i with %i decimals is %s', (amountMinor, exponent, text) => {
    expect(decimalFromMinor(amountMinor, exponent)).toBe(text);
  });

  it('converts back to the same minor units, whatever the amount', () => {
    fc.assert(
      fc.property(minor, decimals, (amountMinor, exponent) => {
        const text = decimalFromMinor(amountMinor, exponent);
        expect(minorFromDecimal(text, exponent)).toEqual({ kind: 'amount', amountMinor });
        expect(() => JSON.parse(text)).not.toThrow();
      }),
    );
  });

  it('however the same number is written: moved point, exponent, zeros', () => {
    fc.assert(
      fc.property(minor, decimals, fc.integer({ min: 1, max: 40 }), (amountMinor, exponent, point) => {
        const digits = String(amountMinor).padStart(40, '0');
        const whole = digits.slice(0, point).replace(/^0+(?=.)/, '') || '0';
        const fraction = `${digits.slice(point)}0`;
        const power = digits.length - point - exponent;
        expect(minorFromDecimal(`${whole}.${fraction}e${power}`, exponent)).toEqual({
          kind: 'amount',
          amountMinor,
        });
      }),
    );
  });

  it('is never more than one amount: a further non-zero decimal is refused', () => {
    fc.assert(
      fc.property(minor, decimals, fc.integer({ min: 1, max: 9 }), (amountMinor, exponent, digit) => {
        const text = decimalFromMinor(amountMinor, exponent);
        const longer = exponent === 0 ? `${text}.${digit}` : `${text}${digit}`;
        expect(minorFromDecimal(longer, exponent)).toEqual({ kind: 'refused', reason: 'too_precise' });
      }),
    );
  });
});
