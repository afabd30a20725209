/**
 * Finds card numbers where none are allowed. Payonce takes tokens only. A card number (PAN) in a token, a note, an
 * order id or a key would end up in rows, logs and answers, and bring all of them under PCI DSS. So a request that
 * carries one is refused, and its text is never repeated.
 *
 * One random number in ten has a valid check digit (Luhn, ISO/IEC 7812-1 annex B), so the check digit alone says
 * little. A card number begins with a brand's prefix, has one of that brand's lengths and a valid check digit, and
 * is written as people write one: in one piece, in the groups that are printed on the card, or digit by digit.
 * Digits that touch a letter or more digits are part of something else. cards-rates.test.ts measures how often this
 * is wrong, both ways, and decision 24 has the results.
 */

/** Whether the text contains what looks like a card number. For everything that a merchant writes. */
export function holdsCardNumber(text: string): boolean {
  if (digitsIn(text) < MIN_DIGITS) return false;
  const pieces = piecesOf(withAsciiDigits(text));
  return pieces.some((piece, first) => FIRST_GROUPS.has(piece.digits.length) && beginsACard(pieces, first));
}

/**
 * Whether the text has as many digits as a card number, in any notation. For a gateway's words, which are stored
 * and logged: a decline code needs no such number, so nothing is lost by leaving it out.
 */
export function hasManyDigits(text: string): boolean {
  return digitsIn(text) >= FEWEST_EVER;
}

/** Some Maestro cards have 12 digits. `holdsCardNumber` does not look for them. */
const FEWEST_EVER = 12;

/**
 * For other people's texts that are logged: long numbers become `x`. If the text contains a card number, all its
 * digits do.
 */
export function maskCardNumbers(text: string): string {
  const masked = text.replace(/[0-9]{12,}/g, (digits) => 'x'.repeat(digits.length));
  return holdsCardNumber(masked) ? masked.replace(/\p{Nd}/gu, 'x') : masked;
}

/**
 * Prefixes (first, last) and lengths of the brands whose cards are in use. Left out, because no such card remains:
 * Visa with 13 digits (European article numbers also have 13), Maestro with fewer than 16, and UATP. JCB's and
 * Mastercard's longer ranges were never used. 50, 56 to 58, 60, 63 to 65 and 67 are shared by Maestro, Discover,
 * RuPay, Elo, Verve and others.
 */
const BRANDS: readonly (readonly [first: number, last: number, ...lengths: number[]])[] = [
  [4, 4, 16, 19], // Visa
  [51, 55, 16], // Mastercard
  [2221, 2720, 16],
  [34, 34, 15], // American Express
  [37, 37, 15],
  [36, 36, 14, 16, 19], // Diners Club
  [38, 39, 14, 16, 19],
  [300, 305, 14, 16, 19],
  [3095, 3095, 14, 16, 19],
  [3528, 3589, 16], // JCB
  [62, 62, 16, 17, 18, 19], // UnionPay
  [50, 50, 16, 18, 19],
  [56, 58, 16, 18, 19],
  [60, 60, 16, 18, 19],
  [63, 65, 16, 18, 19],
  [67, 67, 16, 18, 19],
  [81, 82, 16], // UnionPay, RuPay
  [2200, 2204, 16, 17, 18, 19], // Mir
  [9792, 9792, 16], // Troy
];
const MIN_DIGITS = 14;
const MAX_DIGITS = 19;

/** The groups in which people write 14 to 19 digits. */
const GROUPS: ReadonlySet<string> = new Set([
  '4-6-4',
  '4-4-4-2',
  '4-6-5',
  '4-4-4-3',
  '4-4-4-4',
  '4-4-4-4-1',
  '4-4-4-4-2',
  '4-4-4-4-3',
  '6-13',
]);

/** The possible lengths of a first group. 14 and more: the number is in one piece. */
const FIRST_GROUPS: ReadonlySet<number> = new Set([1, 4, 6, 14, 15, 16, 17, 18, 19]);

/**
 * What separates two groups, the same between all of them: one or two spaces, or one sign with or without spaces
 * around it. Not a comma, because commas separate the numbers of a list.
 */
const BLANK = /^[ \t]{1,2}$/;
const SIGN = /^ ?[\p{Pd}\u2212._/\u00b7] ?$/u;

/** A run of digits, with the text around it. */
interface Piece {
  readonly digits: string;
  /** The text between the previous piece and this one. */
  readonly before: string;
  /** The text between this piece and the next. */
  readonly after: string;
}

function piecesOf(text: string): readonly Piece[] {
  const parts = text.split(/([0-9]+)/);
  const pieces: Piece[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    pieces.push({ digits: parts[i] ?? '', before: parts[i - 1] ?? '', after: parts[i + 1] ?? '' });
  }
  return pieces;
}

/** Whether a card number begins with this piece: the piece alone, or together with the next ones. */
function beginsACard(pieces: readonly Piece[], first: number): boolean {
  const head = pieces[first];
  if (head === undefined || isLetter(head.before.charCodeAt(head.before.length - 1))) return false;
  if (head.digits.length < MIN_DIGITS && !isSeparator(head.after)) return false;
  let digits = '';
  for (let last = first; digits.length < MAX_DIGITS; last += 1) {
    const tail = pieces[last];
    if (tail === undefined || (last > first && tail.before !== head.after)) return false;
    digits += tail.digits;
    if (digits.length < MIN_DIGITS || isLetter(tail.after.charCodeAt(0))) continue;
    if (isWritten(pieces, first, last) && isCardNumber(digits)) return true;
  }
  return false;
}

/** ASCII letters only: ids are made of them, and many scripts write words and numbers without a space in between. */
function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function isSeparator(text: string): boolean {
  return text.length <= 3 && (BLANK.test(text) || SIGN.test(text));
}

/** Whether people write card numbers in these groups, and the groups are not part of a longer number. */
function isWritten(pieces: readonly Piece[], first: number, last: number): boolean {
  const [head, tail] = [pieces[first], pieces[last]];
  if (head === undefined || tail === undefined) return false;
  // Digits in one piece after a point are a fraction.
  if (first === last) return !(first > 0 && head.before === '.');
  const groups = pieces.slice(first, last + 1).map((piece) => piece.digits.length);
  const separator = head.after;
  const before = head.before === separator ? groupLength(pieces[first - 1]) : 0;
  const behind = tail.after === separator ? groupLength(pieces[last + 1]) : 0;
  if (groups.every((length) => length === 1)) return before !== 1 && behind !== 1;
  if (!GROUPS.has(groups.join('-'))) return false;
  // Part of a longer number in groups of four, such as a parcel number or an IBAN. Where blanks separate the
  // groups, there may be another number on one side: an expiry date, a count.
  const isPart = BLANK.test(separator) ? before === 4 && behind > 0 : before === 4 || behind === 4;
  return !isPart;
}

/** Includes the letters right before the digits, as in DE89. 0: there is no group. */
function groupLength(piece: Piece | undefined): number {
  if (piece === undefined) return 0;
  return (/[A-Za-z]*$/.exec(piece.before.slice(-4))?.[0].length ?? 0) + piece.digits.length;
}

function isCardNumber(digits: string): boolean {
  const isBranded = BRANDS.some(([first, last, ...lengths]) => {
    const prefix = Number(digits.slice(0, String(first).length));
    return prefix >= first && prefix <= last && lengths.includes(digits.length);
  });
  return isBranded && passesLuhn(digits);
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, double = false; i >= 0; i -= 1, double = !double) {
    const digit = digits.charCodeAt(i) - 0x30;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/**
 * A cheap test that is enough for almost every text. A character outside ASCII may turn into a digit later, so it
 * counts as one.
 */
function digitsIn(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f || (code >= 0x30 && code <= 0x39)) count += 1;
  }
  return count;
}

/**
 * NFKC turns full-width, circled and mathematical digits into ASCII, and every space into one. The other decimal
 * digits (Arabic-Indic, Devanagari …) come in blocks that begin with their zero, as Unicode promises. Invisible
 * characters are removed.
 */
function withAsciiDigits(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  const plain = text.normalize('NFKC').replace(/\p{Cf}/gu, '');
  return plain.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
    return String(value);
  });
}
