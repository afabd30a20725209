/**
 * Finds card numbers where none may be. Payonce takes tokens only; a card number (PAN) that slips into a token,
 * a note or an order id would end up in rows, logs and answers and bring all of them under PCI DSS. So a request
 * that carries one is refused, and its text is never repeated.
 *
 * A candidate is 13 to 19 digits (ISO/IEC 7812-1), in one piece or in groups with one separator between them, whose
 * check digit is right (Luhn, annex B). One random number in ten passes that test, so what is certainly no card
 * is left alone: UUIDs, long hexadecimal words (hashes, object ids), numbers that begin with 0 (padded counters; no card
 * does), and 13, 16 or 19 digits in one piece that begin with 1 (Unix time in ms, µs or ns; the only
 * cards that begin with 1, UATP, have 15 digits). A card number inside a longer run of digits is not found.
 */

/** Whether the text holds anything that could be a card number. For tokens and notes. */
export function holdsCardNumber(text: string): boolean {
  return someCandidate(text, isPlausible);
}

/**
 * Whether the text holds a number with the prefix and length of a card brand. For order ids, which are often
 * plain numbers of their own: one Luhn-valid in ten must not be refused for that alone.
 */
export function holdsBrandedCardNumber(text: string): boolean {
  return someCandidate(text, isBranded);
}

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

/** Prefixes (first, last) with lengths (shortest, longest). Maestro's 12 digits are below the shortest candidate. */
const BRANDS: readonly (readonly [first: number, last: number, shortest: number, longest: number])[] = [
  [4, 4, 13, 13], // Visa
  [4, 4, 16, 16],
  [4, 4, 19, 19],
  [51, 55, 16, 16], // Mastercard
  [2221, 2720, 16, 16],
  [34, 34, 15, 15], // American Express
  [37, 37, 15, 15],
  [300, 305, 14, 19], // Diners Club
  [3095, 3095, 14, 19],
  [36, 36, 14, 19],
  [38, 39, 14, 19],
  [3528, 3589, 16, 19], // JCB
  [6011, 6011, 16, 19], // Discover
  [644, 659, 16, 19],
  [62, 62, 16, 19], // UnionPay; 622126 to 622925 are Discover's too
  [81, 81, 16, 19],
  [50, 50, 13, 19], // Maestro
  [56, 69, 13, 19],
];

/** One of these may stand between two digits: spaces, dashes, dots, underscores and invisible characters. */
const SEPARATOR = '[\\p{Zs}\\t\\p{Pd}\\u2212._\\u00b7\\p{Cf}]';
const RUN = new RegExp(`[0-9](?:${SEPARATOR}?[0-9]){${MIN_DIGITS - 1},}`, 'gu');
const BETWEEN_GROUPS = new RegExp(SEPARATOR, 'u');

/** RFC 9562 UUIDs, and hexadecimal words of at least 24 digits (the shortest common id) with a letter among them. */
const NO_CARD =
  /(?<![0-9a-z])(?:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|(?:0x)?(?=[0-9]*[a-f])[0-9a-f]{24,})(?![0-9a-z])/gi;

function someCandidate(text: string, accepts: (digits: string) => boolean): boolean {
  if (text.length < MIN_DIGITS || !mayHoldEnoughDigits(text)) return false;
  // The bar is no separator, so nothing on its left joins what is on its right.
  const plain = withAsciiDigits(text).replace(NO_CARD, '|');
  for (const [run] of plain.matchAll(RUN)) {
    if (someGroups(run.split(BETWEEN_GROUPS), accepts)) return true;
  }
  return false;
}

/** The cheap answer for almost every text; a character outside ASCII may turn into a digit later, so it counts as one. */
function mayHoldEnoughDigits(text: string): boolean {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f || (code >= 0x30 && code <= 0x39)) count += 1;
  }
  return count >= MIN_DIGITS;
}

/** Tries every sequence of whole groups, so that neither an expiry date behind the number nor a count before it hides it. */
function someGroups(groups: readonly string[], accepts: (digits: string) => boolean): boolean {
  for (let first = 0; first < groups.length; first += 1) {
    let digits = '';
    for (let last = first; last < groups.length && digits.length <= MAX_DIGITS; last += 1) {
      digits += groups[last];
      if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) continue;
      if (last === first && isUnixTime(digits)) continue;
      if (passesLuhn(digits) && accepts(digits)) return true;
    }
  }
  return false;
}

function isUnixTime(digits: string): boolean {
  return digits.startsWith('1') && (digits.length === 13 || digits.length === 16 || digits.length === 19);
}

function isPlausible(digits: string): boolean {
  return !digits.startsWith('0');
}

function isBranded(digits: string): boolean {
  return BRANDS.some(([first, last, shortest, longest]) => {
    if (digits.length < shortest || digits.length > longest) return false;
    const prefix = Number(digits.slice(0, String(first).length));
    return prefix >= first && prefix <= last;
  });
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
 * NFKC turns full-width, circled and mathematical digits into ASCII; what is then still a decimal digit (Arabic-Indic,
 * Devanagari …) stands in a block that begins with its zero, as Unicode promises for every such digit.
 */
function withAsciiDigits(text: string): string {
  return text.normalize('NFKC').replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
    return String(value);
  });
}
