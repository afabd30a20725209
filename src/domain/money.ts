/**
 * Exact money. An amount is a whole number of minor units (cents, yen, fils). Decimals exist only as text, and are
 * converted digit by digit. No step may use a binary fraction: there, 1.005 × 100 is not 100.5.
 */

export type MinorAmount =
  | { readonly kind: 'amount'; readonly amountMinor: number }
  | { readonly kind: 'refused'; readonly reason: MoneyProblem };

/**
 * `not_a_number`: the text is no JSON number. `not_positive`: zero or below. `too_precise`: more decimals than the
 * currency has. `too_large`: beyond 2^53 - 1 minor units, where JavaScript would round.
 */
export type MoneyProblem = 'not_a_number' | 'not_positive' | 'too_precise' | 'too_large';

/** The number grammar of JSON (RFC 8259 §6). */
const JSON_NUMBER = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** 2^53 - 1 has 16 digits. A longer number is refused before its exponent is written out. */
const MAX_DIGITS = 16;

/**
 * Converts the source text of a JSON number, in major units, to minor units: `"100.0"`, `"1e2"` and `"100"` with
 * two decimals are 10000, `"0.001"` is refused. Exact for any length of text and any exponent.
 */
export function minorFromDecimal(source: string, exponent: number): MinorAmount {
  const match = JSON_NUMBER.exec(source);
  if (match === null) return refused('not_a_number');
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const digits = stripLeadingZeros(whole + fraction);
  if (digits === '' || sign === '-') return refused('not_positive');
  const significant = stripTrailingZeros(digits);
  // Zeros to append to the significant digits. A huge power may be rounded or infinite here, because only its size
  // matters.
  const zeros = Number(power) - fraction.length + exponent + (digits.length - significant.length);
  if (zeros < 0) return refused('too_precise');
  if (significant.length + zeros > MAX_DIGITS) return refused('too_large');
  const amountMinor = Number(significant + '0'.repeat(zeros));
  return Number.isSafeInteger(amountMinor) ? { kind: 'amount', amountMinor } : refused('too_large');
}

/**
 * Writes minor units as a decimal number with exactly the currency's decimals: 10000 with two is `100.00`, 5 with
 * none is `5`. The text is a JSON number. `amountMinor` is a safe integer of at least 0, `exponent` 0 to 4.
 */
export function decimalFromMinor(amountMinor: number, exponent: number): string {
  const digits = String(amountMinor);
  if (exponent === 0) return digits;
  const padded = digits.padStart(exponent + 1, '0');
  return `${padded.slice(0, -exponent)}.${padded.slice(-exponent)}`;
}

function refused(reason: MoneyProblem): MinorAmount {
  return { kind: 'refused', reason };
}

// Loops, because patterns such as /0+$/ take quadratic time on long runs of zeros.
function stripLeadingZeros(digits: string): string {
  let start = 0;
  while (digits.charCodeAt(start) === 0x30) start += 1;
  return digits.slice(start);
}

function stripTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end -= 1;
  return digits.slice(0, end);
}
