import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grouped, withCheckDigit } from '../../test/support/card-texts.ts';
import { hasManyDigits, holdsCardNumber, maskCardNumbers } from './cards.ts';

/** A number with this prefix and length: zeros in the middle. */
const number = (prefix: string, length: number) => withCheckDigit(prefix.padEnd(length - 1, '0'));
const wrong = (card: string) => card.slice(0, -1) + ((Number(card.at(-1)) + 1) % 10);

const VISA = number('4', 16);
const AMEX = number('37', 15);
const DINERS = number('36', 14);
const LONG = number('62', 19);
const FOURS = grouped(VISA, ' ');

/** What separates groups, one of each kind. */
const SEPARATORS = [
  ' ',
  '  ',
  '-',
  ' - ',
  '.',
  '_',
  '/',
  '\t',
  '\u00a0',
  '\u2009',
  '\u2010',
  '\u2011',
  '\u2013',
  '\u2212',
  '\u00b7',
];

const BRANDS: readonly (readonly [string, string, number])[] = [
  ['Visa', '4', 16],
  ['Visa', '4', 19],
  ['Mastercard', '51', 16],
  ['Mastercard', '55', 16],
  ['Mastercard', '2221', 16],
  ['Mastercard', '2720', 16],
  ['American Express', '34', 15],
  ['American Express', '37', 15],
  ['Diners Club', '300', 14],
  ['Diners Club', '305', 16],
  ['Diners Club', '3095', 14],
  ['Diners Club', '36', 14],
  ['Diners Club', '38', 16],
  ['Diners Club', '39', 19],
  ['JCB', '3528', 16],
  ['JCB', '3589', 16],
  ['Discover', '6011', 16],
  ['Discover', '644', 16],
  ['Discover', '65', 16],
  ['UnionPay', '62', 16],
  ['UnionPay', '62', 17],
  ['UnionPay', '62', 19],
  ['UnionPay', '81', 16],
  ['RuPay', '82', 16],
  ['Maestro', '50', 16],
  ['Maestro', '58', 18],
  ['Maestro', '6759', 16],
  ['Maestro', '6759', 18],
  ['Maestro', '5018', 19],
  ['Mir', '2200', 16],
  ['Mir', '2204', 19],
  ['Troy', '9792', 16],
];

describe('a card number', () => {
  it.each(BRANDS)(
    'of %s (%s…, %i digits) is found, and not with another check digit',
    (_brand, prefix, length) => {
      expect([
        holdsCardNumber(number(prefix, length)),
        holdsCardNumber(wrong(number(prefix, length))),
      ]).toEqual([true, false]);
    },
  );

  it('has one valid check digit out of ten', () => {
    const right = [...'0123456789'].filter((check) => holdsCardNumber(VISA.slice(0, -1) + check));
    expect(right).toEqual([VISA.at(-1)]);
  });

  it('is found in the middle of other text', () => {
    for (const text of [
      `tok_${VISA}`,
      `(${VISA})`,
      `paid with ${VISA}, thanks`,
      `;${VISA}=2512`,
      `?number=${VISA}&exp=12`,
      `1,${VISA},12/26`,
      `a\n${VISA}\nb`,
      `番号${VISA}です`,
    ]) {
      expect(holdsCardNumber(text), JSON.stringify(text.replace(VISA, '…'))).toBe(true);
    }
  });

  it('is found after or before other groups of digits', () => {
    for (const text of [
      `7 ${FOURS}`,
      `${FOURS} 12 26 123`,
      `${FOURS} 1226 123`,
      `order 12-${FOURS} 99`,
      `2026 ${FOURS}`,
    ]) {
      expect(holdsCardNumber(text), text.replace(FOURS, '…')).toBe(true);
    }
  });

  it.each(SEPARATORS.map((separator) => [separator]))('is found with %j between its groups', (separator) => {
    for (const card of [VISA, AMEX, DINERS, LONG])
      expect(holdsCardNumber(grouped(card, separator))).toBe(true);
    expect(holdsCardNumber([...VISA].join(separator))).toBe(true);
  });

  it.each([
    [DINERS, [4, 4, 4, 2]],
    [AMEX, [4, 4, 4, 3]],
    [LONG, [6, 13]],
    [number('62', 17), [4, 4, 4, 4, 1]],
    [number('6759', 18), [4, 4, 4, 4, 2]],
  ])('is found in other groups that people write', (card, lengths) => {
    expect(holdsCardNumber(grouped(card, ' ', lengths))).toBe(true);
  });

  it.each(['\u200b', '\u00ad', '\u2060'])('is found with %j, which is invisible, inside', (sign) => {
    expect(holdsCardNumber(VISA.slice(0, 5) + sign + VISA.slice(5))).toBe(true);
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
    expect(holdsCardNumber(digits(wrong(card)))).toBe(false);
  });
});

describe('what is no card number', () => {
  it('is empty or short', () => {
    for (const text of ['', 'ORD123', 'tok_visa', '123456789012', 'ä'.repeat(50)])
      expect(holdsCardNumber(text)).toBe(false);
  });

  it('touches a letter or more digits', () => {
    for (const text of [
      `ORD${VISA}`,
      `${VISA}x`,
      `${VISA}7`,
      `1${VISA}`,
      `abc${VISA}`,
      `${grouped(VISA, '-')}x`,
    ]) {
      expect(holdsCardNumber(text), text.replace(VISA, '…')).toBe(false);
    }
  });

  it('is part of a longer number in groups of four', () => {
    for (const text of [
      `1234-${grouped(VISA, '-')}`,
      `${grouped(VISA, '-')}-1234`,
      `9400 ${FOURS} 12`,
      `DE89 ${FOURS} 00`,
    ]) {
      expect(holdsCardNumber(text), text.replace(VISA, '…')).toBe(false);
    }
  });

  it('is a fraction', () => {
    expect(holdsCardNumber(`0.${VISA}`)).toBe(false);
    expect(holdsCardNumber(`paid.${VISA}`)).toBe(true);
  });

  it('is grouped as nobody writes a card number', () => {
    const splits = fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(splits, fc.constantFrom(' ', '-', '.'), (cuts, separator) => {
        const ends = [...cuts.sort((a, b) => a - b), 16];
        const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0));
        fc.pre(lengths.join('-') !== '4-4-4-4');
        expect(holdsCardNumber(grouped(VISA, separator, lengths))).toBe(false);
      }),
    );
    for (const [lengths, card] of [
      [[3, 7, 7], number('62', 17)],
      [[4, 4, 4, 5], number('62', 17)],
      [[8, 6], DINERS],
    ] as const) {
      expect(holdsCardNumber(grouped(card, '-', lengths))).toBe(false);
    }
  });

  it('is grouped by different separators, by commas, or over two lines', () => {
    const [a, b, c, d] = FOURS.split(' ');
    for (const text of [
      `${a} ${b}-${c} ${d}`,
      `${a},${b},${c},${d}`,
      `${a}, ${b}, ${c}, ${d}`,
      `${a}\n${b}\n${c}\n${d}`,
    ]) {
      expect(holdsCardNumber(text)).toBe(false);
    }
  });

  it('is one of many single digits', () => {
    expect(holdsCardNumber(`1 ${[...VISA].join(' ')}`)).toBe(false);
    expect(holdsCardNumber(`${[...VISA].join(' ')} 1`)).toBe(false);
    expect(holdsCardNumber(`${[...VISA].join(' ')} 12/26`)).toBe(true);
  });

  it.each([
    ['4', 13],
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
    ['306', 14],
    ['3094', 16],
    ['3096', 16],
    ['36', 13],
    ['36', 15],
    ['3527', 16],
    ['3590', 16],
    ['50', 13],
    ['59', 16],
    ['6759', 13],
    ['66', 16],
    ['67', 17],
    ['81', 15],
    ['83', 16],
    ['2205', 16],
    ['9', 16],
    ['1', 13],
    ['1', 15],
    ['0', 16],
    ['62', 20],
  ])('begins with %s and has %i digits', (prefix, length) => {
    expect(holdsCardNumber(number(prefix, length))).toBe(false);
  });
});

it('a number as long as a card’s is noticed in any notation, and a shorter one is not', () => {
  for (const text of [
    'pan4000000000000002x',
    '4000--0000.0000_0002',
    '501800000009',
    'a5b0c1d8e0f0g0h0i0j0k0l9',
  ]) {
    expect(hasManyDigits(text)).toBe(true);
  }
  for (const text of ['', 'card_declined', 'do_not_honor_05', '12345678901'])
    expect(hasManyDigits(text)).toBe(false);
});

it('is masked in other people’s text, and the rest stays', () => {
  expect(maskCardNumbers(`no card ${VISA} here, error 7`)).toBe(`no card ${'x'.repeat(16)} here, error 7`);
  expect(maskCardNumbers(`pan${VISA}x`)).toBe(`pan${'x'.repeat(16)}x`);
  expect(maskCardNumbers(`${grouped(VISA, '-')} 7`)).toBe('xxxx-xxxx-xxxx-xxxx x');
  const others = 'connect ECONNREFUSED 192.168.100.100:54321 at 2026-01-31T12:00:00.123Z';
  expect(maskCardNumbers(others)).toBe(others);
});

it('a text that is made to be slow does not take long', () => {
  const length = 65_536;
  for (const unit of [
    '1 ',
    '1',
    '4000 ',
    '4000-',
    'a1',
    'a',
    'a 4000 4000 4000 4000 1 ',
    '\uff11\u200b',
    '1.',
  ]) {
    expect(holdsCardNumber(unit.repeat(length / unit.length))).toBeTypeOf('boolean');
    expect(holdsCardNumber(`${'a'.repeat(length)} ${unit.repeat(100)}`)).toBeTypeOf('boolean');
  }
});
