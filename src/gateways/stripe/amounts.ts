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

/** Eight digits, in Stripe's units. Currencies of small units may have more. */
const MOST: ReadonlyMap<string, number> = new Map(
  ['AUD', 'CAD', 'CHF', 'EUR', 'GBP', 'NZD', 'SGD', 'USD'].map((currency) => [currency, 99_999_999]),
);
const MOST_OF_ANY = 999_999_999_999;

/** In minor units. What Stripe charges is a multiple of it. */
function stepOf(currency: string): number {
  if (THREE_DECIMALS.has(currency)) return 10;
  return Math.max(1, Math.round(1 / unitOf(currency)));
}

function unitOf(currency: string): number {
  return UNITS.get(currency) ?? 1;
}

/** In Stripe's units; null if Stripe cannot write this amount. `currency`: ISO 4217, upper case. */
export function toStripe(amountMinor: number, currency: string): number | null {
  if (amountMinor % stepOf(currency) !== 0) return null;
  const amount = scaled(amountMinor, unitOf(currency));
  return Number.isSafeInteger(amount) ? amount : null;
}

/** In minor units of ISO 4217; null if it is none. `currency`: upper case. */
export function fromStripe(amount: number, currency: string): number | null {
  const minor = scaled(amount, 1 / unitOf(currency));
  return Number.isSafeInteger(minor) ? minor : null;
}

/** Divides by a whole number, because a product with 0.01 is not exact. */
function scaled(amount: number, by: number): number {
  return by < 1 ? amount / Math.round(1 / by) : amount * by;
}

/** Why Stripe cannot charge this amount, as a sentence without its full stop. Null: it may. */
export function amountProblem(amountMinor: number, currency: string): string | null {
  const step = stepOf(currency);
  if (amountMinor % step !== 0)
    return `Stripe charges ${currency} without its last decimals: the amount must be a multiple of ${step} minor units`;
  const least = scaled(LEAST.get(currency) ?? 1, 1 / unitOf(currency));
  if (amountMinor < least) return `Stripe charges at least ${least} minor units of ${currency}`;
  const most = Math.floor(scaled(MOST.get(currency) ?? MOST_OF_ANY, 1 / unitOf(currency)));
  return amountMinor > most ? `Stripe charges at most ${most} minor units of ${currency}` : null;
}
