/**
 * Amounts as Stripe writes them, and the orders that it surely refuses. Its documentation of currencies, read in November 2026. An order
 * is refused here only if Stripe says so in all cases: what depends on the account, it refuses itself when the intent is made.
 */

/**
 * Stripe's units for one minor unit of ISO 4217. ISK and UGX have no decimals, but Stripe wants two zeros. MGA has two by ISO and none at
 * Stripe. All other currencies: 1.
 */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['ISK', 100],
  ['UGX', 100],
  ['MGA', 1 / 100],
]);

/** The last of their three decimals must be 0: Stripe's partners round it. */
const THREE_DECIMALS: ReadonlySet<string> = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);

/** The least of each currency, in Stripe's units. In others, it is what equals 0.50 USD on the day, which only Stripe knows. */
const LEAST: ReadonlyMap<string, number> = new Map([
  ['AED', 200],
  ['AUD', 50],
  ['BRL', 50],
  ['CAD', 50],
  ['CHF', 50],
  ['CZK', 1500],
  ['DKK', 250],
  ['EUR', 50],
  ['GBP', 30],
  ['HKD', 400],
  ['HUF', 17_500],
  ['INR', 50],
  ['JPY', 50],
  ['MXN', 1000],
  ['MYR', 200],
  ['NOK', 300],
  ['NZD', 50],
  ['PLN', 200],
  ['RON', 200],
  ['SEK', 300],
  ['SGD', 50],
  ['THB', 1000],
  ['USD', 50],
]);

/** Where eight digits are the most. Currencies of small units may have more. */
const EIGHT_DIGITS: ReadonlySet<string> = new Set(['AUD', 'CAD', 'CHF', 'EUR', 'GBP', 'NZD', 'SGD', 'USD']);

/** In Stripe's units. */
const mostOf = (currency: string): number => (EIGHT_DIGITS.has(currency) ? 99_999_999 : 999_999_999_999);

/** In Stripe's units; null if Stripe cannot write this amount. `currency`: ISO 4217, upper case. */
export function toStripe(amountMinor: number, currency: string): number | null {
  if (THREE_DECIMALS.has(currency) && amountMinor % 10 !== 0) return null;
  const amount = scaled(amountMinor, UNITS.get(currency) ?? 1);
  return Number.isSafeInteger(amount) ? amount : null;
}

/** In minor units of ISO 4217; null if it is none. `currency`: upper case. */
export function fromStripe(amount: number, currency: string): number | null {
  const minor = scaled(amount, 1 / (UNITS.get(currency) ?? 1));
  return Number.isSafeInteger(minor) ? minor : null;
}

/** Divides by a whole number, because a product with 0.01 is not exact. */
function scaled(amount: number, by: number): number {
  return by < 1 ? amount / Math.round(1 / by) : amount * by;
}

/** Why Stripe cannot charge this amount, as the end of a sentence. Null: it may. */
export function amountProblem(amountMinor: number, currency: string): string | null {
  const amount = toStripe(amountMinor, currency);
  if (amount === null) {
    return currency === 'MGA'
      ? 'Stripe charges MGA in whole ariary: the amount must be a multiple of 100'
      : `the amount must be a multiple of 10: Stripe charges ${currency} without its last decimal`;
  }
  const least = LEAST.get(currency) ?? 1;
  if (amount < least) {
    return `the amount is less than the ${fromStripe(least, currency)} minor units of ${currency} that Stripe charges at least`;
  }
  const most = mostOf(currency);
  if (amount > most) {
    return `the amount is more than the ${Math.floor(most / (UNITS.get(currency) ?? 1))} minor units of ${currency} that Stripe charges at most`;
  }
  return null;
}
