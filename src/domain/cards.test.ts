import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsBrandedCardNumber, holdsCardNumber } from './cards.ts';

/** Appends the check digit. Every number in this file is built, so that none stands in the repository. */
function withCheckDigit(body: string): string {
  for (let check = 0; check < 10; check += 1) {
    const digits = [...body, String(check)].map(Number).reverse();
    const sum = digits.reduce((total, digit, i) => total + (i % 2 === 0 ? digit : crossSum(2 * digit)), 0);
    if (sum % 10 === 0) return body + check;
  }
  throw new Error('one of ten digits always fits');
}

const crossSum = (n: number) => Math.floor(n / 10) + (n % 10);

/** A number with this prefix and length: zeros in the middle. */
const number = (prefix: string, length: number) => withCheckDigit(prefix.padEnd(length - 1, '0'));
const wrong = (card: string) => card.slice(0, -1) + ((Number(card.at(-1)) + 1) % 10);

const VISA = number('4', 16);
const SEPARATORS = [
  ' ',
  '-',
  '.',
  '_',
  '\t',
  '\u00a0',
  '\u2009',
  '\u2010',
  '\u2011',
  '\u2013',
  '\u2212',
  '\u00b7',
  '\u200b',
  '\u00ad',
];

const BRANDS: readonly (readonly [string, string, number])[] = [
  ['Visa', '4', 13],
  ['Visa', '4', 16],
  ['Visa', '4', 19],
  ['Mastercard', '51', 16],
  ['Mastercard', '55', 16],
  ['Mastercard', '2221', 16],
  ['Mastercard', '2720', 16],
  ['American Express', '34', 15],
  ['American Express', '37', 15],
  ['Diners Club', '300', 14],
  ['Diners Club', '36', 14],
  ['Diners Club', '38', 16],
  ['JCB', '3528', 16],
  ['JCB', '3589', 16],
  ['Discover', '6011', 16],
  ['Discover', '644', 16],
  ['Discover', '65', 16],
  ['UnionPay', '62', 16],
  ['UnionPay', '62', 19],
  ['UnionPay', '81', 16],
  ['Maestro', '50', 13],
  ['Maestro', '6759', 16],
  ['Maestro', '56', 19],
];

describe('a card number', () => {
  it.each(BRANDS)('of %s (%s…, %i digits) is found, branded or not', (_brand, prefix, length) => {
    const card = number(prefix, length);
    expect(holdsCardNumber(card)).toBe(true);
    expect(holdsBrandedCardNumber(card)).toBe(true);
    expect(holdsCardNumber(wrong(card))).toBe(false);
    expect(holdsBrandedCardNumber(wrong(card))).toBe(false);
  });

  it.each([13, 14, 15, 16, 17, 18, 19])(
    'of no brand and %i digits is found outside of order ids',
    (length) => {
      const card = number('9', length);
      expect(holdsCardNumber(card)).toBe(true);
      expect(holdsBrandedCardNumber(card)).toBe(false);
    },
  );

  it('has one right check digit of ten', () => {
    const right = [...'0123456789'].filter((check) => holdsCardNumber(VISA.slice(0, -1) + check));
    expect(right).toEqual([VISA.at(-1)]);
  });

  it.each([12, 20])('cannot have %i digits', (length) => {
    expect(holdsCardNumber(number('4', length))).toBe(false);
  });

  it('is found amid other text', () => {
    for (const text of [
      `tok_${VISA}`,
      `card${VISA}x`,
      `(${VISA})`,
      `paid with ${VISA}, thanks`,
      `;${VISA}=2512`,
      `a\n${VISA}\nb`,
    ]) {
      expect(holdsCardNumber(text), JSON.stringify(text.replace(VISA, '…'))).toBe(true);
      expect(holdsBrandedCardNumber(text)).toBe(true);
    }
  });

  it('is found behind or before other groups of digits', () => {
    const grouped = VISA.replace(/(.{4})(?=.)/g, '$1 ');
    for (const text of [`7 ${grouped}`, `${grouped} 12 26 123`, `order 12-${grouped} 99`]) {
      expect(holdsCardNumber(text)).toBe(true);
    }
  });

  it.each(SEPARATORS.map((separator) => [separator]))('is found with %j between its digits', (separator) => {
    expect(holdsCardNumber([...VISA].join(separator))).toBe(true);
    expect(holdsCardNumber(VISA.replace(/(.{4})(?=.)/g, `$1${separator}`))).toBe(true);
  });

  it('is not pieced together over two separators or a letter', () => {
    expect(holdsCardNumber(`${VISA.slice(0, 8)}  ${VISA.slice(8)}`)).toBe(false);
    expect(holdsCardNumber(`${VISA.slice(0, 8)}x${VISA.slice(8)}`)).toBe(false);
  });

  it.each([
    ['full-width', 0xff10],
    ['Arabic-Indic', 0x0660],
    ['extended Arabic-Indic', 0x06f0],
    ['Devanagari', 0x0966],
    ['Thai', 0x0e50],
    ['mathematical bold', 0x1d7ce],
    ['mathematical monospace', 0x1d7f6],
    ['Chakma', 0x11136],
  ])('is found in %s digits', (_name, zero) => {
    const digits = (card: string) =>
      [...card].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
    const card = number('51984273', 16);
    expect(holdsCardNumber(digits(card))).toBe(true);
    expect(holdsBrandedCardNumber(digits(card))).toBe(true);
    expect(holdsCardNumber(digits(wrong(card)))).toBe(false);
  });

  it('is found however it is grouped, and not with another check digit', () => {
    const body = fc.stringMatching(/^[2-9][0-9]{11,17}$/);
    fc.assert(
      fc.property(
        body,
        fc.constantFrom(...SEPARATORS),
        fc.array(fc.boolean(), { minLength: 19, maxLength: 19 }),
        (text, separator, cuts) => {
          const card = withCheckDigit(text);
          const grouped = [...card]
            .map((digit, i) => (i > 0 && cuts[i] === true ? separator + digit : digit))
            .join('');
          expect(holdsCardNumber(grouped)).toBe(true);
          expect(holdsCardNumber(wrong(card))).toBe(false);
        },
      ),
    );
  });
});

describe('what is no card number', () => {
  it('is empty or short', () => {
    for (const text of ['', 'ORD123', 'tok_visa', '123456789012', 'ä'.repeat(50)])
      expect(holdsCardNumber(text)).toBe(false);
  });

  it('is a UUID, whatever its digits', () => {
    const digit = fc.stringMatching(/^[0-9]{30}$/);
    fc.assert(
      fc.property(
        digit,
        fc.constantFrom('4', '7'),
        fc.constantFrom('8', '9', 'a', 'b'),
        (d, version, variant) => {
          const uuid = `${d.slice(0, 8)}-${d.slice(8, 12)}-${version}${d.slice(12, 15)}-${variant}${d.slice(15, 18)}-${d.slice(18)}`;
          expect(holdsCardNumber(uuid)).toBe(false);
          expect(holdsCardNumber(`order ${uuid.toUpperCase()} of customer ${uuid}`)).toBe(false);
        },
      ),
    );
    expect(holdsCardNumber(`01890a5d-ac96-774b-bcce-b302099a8057 ${VISA}`)).toBe(true);
  });

  it('is a long hexadecimal word', () => {
    for (const word of [`${VISA}abcdef01`, `0x${VISA}abcdef01`, `deadbeef-${'a'.repeat(8)}${VISA}`]) {
      expect(holdsCardNumber(word)).toBe(false);
    }
    expect(holdsCardNumber(`abc${VISA}`)).toBe(true);
  });

  it('is Unix time in milliseconds, microseconds or nanoseconds', () => {
    for (const length of [13, 16, 19]) expect(holdsCardNumber(number('17639', length))).toBe(false);
    for (const length of [14, 15, 17, 18]) expect(holdsCardNumber(number('17639', length))).toBe(true);
  });

  it('begins with 0', () => {
    expect(holdsCardNumber('0'.repeat(16))).toBe(false);
    expect(holdsCardNumber(number('0000000012345', 16))).toBe(false);
  });
});

describe('a number of no brand', () => {
  it.each([
    ['4', 14],
    ['4', 15],
    ['4', 17],
    ['4', 18],
    ['51', 15],
    ['51', 17],
    ['2220', 16],
    ['2721', 16],
    ['34', 14],
    ['34', 16],
    ['306', 16],
    ['3094', 16],
    ['3096', 16],
    ['3527', 16],
    ['3590', 16],
    ['81', 15],
    ['9', 16],
    ['1', 15],
  ])('%s… with %i digits may stand in an order id, but in no token', (prefix, length) => {
    const digits = number(prefix, length);
    expect([holdsBrandedCardNumber(digits), holdsCardNumber(digits)]).toEqual([false, true]);
  });

  it('is no Unix time where it stands in groups', () => {
    const digits = number('1', 16);
    const grouped = digits.replace(/(.{4})(?=.)/g, '$1 ');
    expect([holdsCardNumber(digits), holdsCardNumber(grouped)]).toEqual([false, true]);
  });
});

it('answers quickly, even about a text made to be slow', () => {
  const started = performance.now();
  for (let i = 0; i < 50; i += 1) {
    holdsCardNumber('1 '.repeat(250));
    holdsCardNumber('1'.repeat(500));
    holdsCardNumber('\uff11\u200b'.repeat(250));
  }
  // As much text as a whole body may hold. Well under 100 ms here; the bound only catches a runaway pattern.
  expect(performance.now() - started).toBeLessThan(2_000);
});
