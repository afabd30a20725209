/**
 * Card numbers as people write them, and ordinary text without card numbers. They measure how often `domain/cards.ts` is right. Every
 * number is generated. Card numbers have a valid check digit, so they may belong to somebody. So none is written in the repository.
 */
import { createRandom, type Random } from '../../sim/chaos/random.ts';

export type Maker = (random: Random) => string;

/** Makes `count` texts of a kind, the same ones every time. */
export function textsOf(kind: string, make: Maker, count: number): string[] {
  const random = createRandom(1, kind);
  return Array.from({ length: count }, () => make(random));
}

export function withCheckDigit(body: string): string {
  const sum = [...body]
    .reverse()
    .map(Number)
    .reduce((total, digit, i) => total + (i % 2 === 0 ? crossSum(2 * digit) : digit), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

const crossSum = (n: number): number => Math.floor(n / 10) + (n % 10);
const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.int(0, 9)).join('');
const padded = (n: number, length: number): string => String(n).padStart(length, '0');
const between =
  (first: number, last: number): Maker =>
  (random) =>
    String(random.int(first, last));

const card = (prefix: Maker, length: number): Maker => {
  return (random) => {
    const start = prefix(random);
    return withCheckDigit(start + digits(random, length - 1 - start.length));
  };
};
const oneOf = (...makers: readonly [Maker, ...Maker[]]): Maker => {
  return (random) => random.pick(makers)(random);
};
const word = (...words: readonly [string, ...string[]]): Maker => {
  return (random) => random.pick(words);
};

/** Numbers by brand. */
export const CARDS: Readonly<Record<string, Maker>> = {
  'Visa, 16 digits': card(word('4'), 16),
  'Visa, 19 digits': card(word('4'), 19),
  Mastercard: card(oneOf(between(51, 55), between(2221, 2720)), 16),
  'American Express': card(word('34', '37'), 15),
  'Diners Club, 14 digits': card(oneOf(word('36', '38', '39'), between(300, 305)), 14),
  'Diners Club, 16 digits': card(oneOf(word('36', '38', '39'), between(300, 305)), 16),
  Discover: card(oneOf(word('6011', '65'), between(644, 649)), 16),
  JCB: card(between(3528, 3589), 16),
  'UnionPay, 16 digits': card(word('62'), 16),
  'UnionPay, 19 digits': card(word('62'), 19),
  'Maestro, 16 digits': card(word('5018', '5020', '5038', '5893', '6304', '6759', '6761', '6703'), 16),
  'Maestro, 18 or 19 digits': oneOf(card(word('6759', '6767'), 18), card(word('6759', '5018'), 19)),
  'RuPay, Elo, Mir, Troy': card(word('6521', '8172', '5067', '2200', '2204', '9792'), 16),
};

/** By the number of digits: the groups in which they are printed on the card. */
const GROUPS: Readonly<Record<number, readonly number[]>> = {
  14: [4, 6, 4],
  15: [4, 6, 5],
  16: [4, 4, 4, 4],
  18: [4, 4, 4, 4, 2],
  19: [4, 4, 4, 4, 3],
};

export function grouped(number: string, separator: string, lengths = GROUPS[number.length] ?? []): string {
  let at = 0;
  const groups = lengths.map((length) => {
    at += length;
    return number.slice(at - length, at);
  });
  return groups.join(separator);
}

const SEPARATORS = [
  ' ',
  ' ',
  ' ',
  '-',
  '-',
  '.',
  '\u00a0',
  '\u2009',
  '\u2011',
  '\u2013',
  '  ',
  ' - ',
  '_',
  '/',
] as const;

/** The number as people write it, most often in one piece or with spaces. */
function written(number: string, random: Random): string {
  const chance = random.float();
  if (chance < 0.45) return number;
  if (chance < 0.95) return grouped(number, random.pick(SEPARATORS));
  if (chance < 0.97) return [...number].join(' ');
  if (chance < 0.99) return grouped(number, ' ', number.length === 15 ? [4, 4, 4, 3] : undefined);
  return [...number].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('');
}

/** A number inside the kind of text in which people leave one. */
export function inText(number: string, random: Random): string {
  const n = written(number, random);
  const expiry = `${padded(random.int(1, 12), 2)}/${random.int(26, 31)}`;
  return random.pick([
    n,
    n,
    n,
    `card ${n}`,
    `Card no.: ${n}, exp ${expiry}, cvc ${digits(random, 3)}`,
    `${n} ${expiry} ${digits(random, 3)}`,
    `${n} ${expiry.replace('/', '')} ${digits(random, 3)}`,
    `visa:${n}`,
    `Order ${random.int(1, 999)} paid with ${n}`,
    `${random.int(1, 9)} ${n}`,
    `{"number":"${n}"}`,
    `?number=${n}&exp=${expiry}`,
    `;${n}=${expiry.replace('/', '')}101`,
    `tok_${n}`,
    `1,${n},${expiry}`,
    `${random.pick(['tel', 'call'])} +49 170 ${digits(random, 7)}; ${n}`,
    `(${n})`,
    `支払い${n}です`,
  ]);
}

const MONTHS_31 = [1, 3, 5, 7, 8, 10, 12] as const;
interface Moment {
  readonly date: readonly [year: string, month: string, day: string];
  readonly time: readonly [hour: string, minute: string, second: string];
}
function moment(random: Random): Moment {
  return {
    date: [String(random.int(2018, 2032)), padded(random.pick(MONTHS_31), 2), padded(random.int(1, 31), 2)],
    time: [padded(random.int(0, 23), 2), padded(random.int(0, 59), 2), padded(random.int(0, 59), 2)],
  };
}
const at = (write: (when: Moment, random: Random) => string): Maker => {
  return (random) => write(moment(random), random);
};
const hex = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.int(0, 15).toString(16)).join('');
const letters = (random: Random, count: number): string =>
  Array.from({ length: count }, () => String.fromCharCode(random.int(65, 90))).join('');
const plain = (length: number, prefix: Maker = between(1, 9)): Maker => {
  return (random) => {
    const start = prefix(random);
    return start + digits(random, length - start.length);
  };
};
function ean13(random: Random): string {
  const body = digits(random, 12);
  const sum = [...body].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

const phone: Maker = oneOf(
  (random) => `+49 ${random.int(151, 179)} ${digits(random, 8)}`,
  (random) => `+1 (${random.int(201, 989)}) ${digits(random, 3)}-${digits(random, 4)}`,
  (random) => `+1-${random.int(201, 989)}-${digits(random, 3)}-${digits(random, 4)}`,
  (random) => `+44 7${digits(random, 3)} ${digits(random, 6)}`,
  (random) => `+33 ${random.int(6, 7)} ${[1, 2, 3, 4].map(() => digits(random, 2)).join(' ')}`,
  (random) => `0${random.int(6, 7)}${digits(random, 8)}`,
  (random) => `+91 9${digits(random, 4)} ${digits(random, 5)}`,
  (random) => `+86 1${digits(random, 2)} ${digits(random, 4)} ${digits(random, 4)}`,
  (random) => `+81-90-${digits(random, 4)}-${digits(random, 4)}`,
  (random) => `+852 ${random.pick(['5', '6', '9'])}${digits(random, 3)} ${digits(random, 4)}`,
  (random) => `+55 11 9${digits(random, 4)}-${digits(random, 4)}`,
  (random) => `+34 6${digits(random, 2)} ${digits(random, 3)} ${digits(random, 3)}`,
  (random) => `00371${digits(random, 8)}`,
);

/** Ordinary text, by kind. */
export const ORDINARY: Readonly<Record<string, Maker>> = {
  UUID: (random) =>
    `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`,
  'UUID of digits only': (random) => [8, 4, 4, 4, 12].map((length) => digits(random, length)).join('-'),
  'long hexadecimal word': (random) => hex(random, random.pick([24, 32, 40, 64])),
  'id of base 36': (random) => letters(random, 2) + plain(random.int(8, 18))(random) + letters(random, 2),
  'prefix and number': (random) =>
    random.pick(['ORD', 'order', 'INV', 'A']) + plain(random.int(13, 19))(random),
  'order id 404-7-7': (random) => `404-${digits(random, 7)}-${digits(random, 7)}`,
  'order id 3-7-7': (random) => `${random.int(100, 999)}-${digits(random, 7)}-${digits(random, 7)}`,
  'order id 2-5-5': (random) => `${random.int(10, 99)}-${digits(random, 5)}-${digits(random, 5)}`,
  'order id GPA.4-4-4-5': (random) => `GPA.${[4, 4, 4, 5].map((length) => digits(random, length)).join('-')}`,
  'number in five fours': (random) => [1, 2, 3, 4, 5].map(() => plain(4)(random)).join('-'),
  'number in four fours': (random) => [1, 2, 3, 4].map(() => plain(4)(random)).join('-'),
  '13 digits': plain(13),
  '13 digits, beginning with 6': plain(13, word('6')),
  '14 digits': plain(14),
  '15 digits': plain(15),
  '16 digits': plain(16),
  '16 digits, beginning with 4': plain(16, word('4')),
  '17 digits': plain(17),
  '18 digits': plain(18),
  '19 digits': plain(19),
  'EAN-13': ean13,
  IMEI: (random) => withCheckDigit(random.pick(['35', '86', '01', '99']) + digits(random, 12)),
  YYYYMMDDHHMMSS: at(({ date, time }) => [...date, ...time].join('')),
  YYYYMMDDHHMMSSmmm: at(({ date, time }, random) => [...date, ...time, digits(random, 3)].join('')),
  'YYYYMMDD-HHMMSS-n': at(
    ({ date, time }, random) => `${date.join('')}-${time.join('')}-${digits(random, 4)}`,
  ),
  'note with YYYYMMDDHHMMSS': at(({ date, time }) => `picked up ${[...date, ...time].join('')} by hand`),
  'ISO time': at(
    ({ date, time }, random) =>
      `${date.join('-')}T${time.join(':')}.${digits(random, random.pick([3, 6, 9]))}Z`,
  ),
  'date and time with blanks': at(({ date, time }) => `${date.join('.')} ${time.join('.')}`),
  'epoch in ms': (random) => String(random.int(1_500_000_000_000, 1_950_000_000_000)),
  'epoch in µs or ns': (random) => `1${random.int(5, 9)}${digits(random, random.pick([14, 17]))}`,
  'snowflake id': (random) => `1${random.int(0, 9)}${digits(random, random.pick([16, 17]))}`,
  phone,
  'phone and another number': oneOf(
    (random) => `${phone(random)} ${plain(random.int(3, 8))(random)}`,
    (random) => `${phone(random)} / ${phone(random)}`,
    (random) => `${phone(random)}, order ${plain(6)(random)}`,
    (random) => `${phone(random)} ${phone(random)}`,
  ),
  'tracking number': oneOf(
    (random) => `1Z${hex(random, 6).toUpperCase()}${digits(random, 10)}`,
    (random) => `94${digits(random, 20)}`,
    (random) =>
      `${['9400', 1, 2, 3, 4].map((n) => (typeof n === 'string' ? n : digits(random, 4))).join(' ')} ${digits(random, 2)}`,
    (random) => digits(random, 12),
    (random) => grouped(digits(random, 12), ' ', [4, 4, 4]),
    (random) => plain(15)(random),
    (random) => `JJD${digits(random, 18)}`,
    (random) => `RR${digits(random, 9)}DE`,
    (random) => `00340434${digits(random, 12)}`,
  ),
  IBAN: oneOf(
    (random) => `DE${digits(random, 20)}`,
    (random) =>
      `DE${digits(random, 2)} ${[1, 2, 3, 4].map(() => digits(random, 4)).join(' ')} ${digits(random, 2)}`,
    (random) => `GB${digits(random, 2)}${letters(random, 4)}${digits(random, 14)}`,
    (random) =>
      `FR${digits(random, 2)} ${[1, 2, 3, 4, 5].map(() => digits(random, 4)).join(' ')} ${digits(random, 3)}`,
    (random) =>
      `NL${digits(random, 2)} ${letters(random, 4)} ${digits(random, 4)} ${digits(random, 4)} ${digits(random, 2)}`,
    (random) => `BE${digits(random, 2)} ${[1, 2, 3].map(() => digits(random, 4)).join(' ')}`,
  ),
  'invoice number': oneOf(
    (random) => `INV-${random.int(2018, 2032)}-${digits(random, 6)}`,
    (random) => `${random.int(2018, 2032)}/${digits(random, 4)}/${digits(random, 5)}`,
    (random) => `RE${random.int(2018, 2032)}${digits(random, 10)}`,
    (random) => `${digits(random, 10)} ${digits(random, 6)}`,
  ),
  'French SIRET (Luhn)': (random) => {
    const siren = withCheckDigit(plain(8, between(3, 9))(random));
    return withCheckDigit(siren + digits(random, 4));
  },
  'decimal fraction': (random) => `${random.int(0, 180)}.${plain(random.int(13, 17))(random)}`,
  'list of amounts': (random) => [1, 2, 3, 4, 5].map(() => random.int(1, 9999)).join(', '),
};
