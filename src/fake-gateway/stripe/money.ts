/**
 * Amounts as Stripe counts them, and as the ledger does: in minor units of ISO 4217, so that the judge can add up charges of both
 * protocols.
 */
import { CURRENCIES } from '../../domain/currencies.ts';
import { invalid } from './errors.ts';

/** How many of Stripe's units are one minor unit of ISO 4217, where these differ. */
const UNITS: Readonly<Record<string, number>> = { ISK: 100, UGX: 100 };
/** Stripe counts ariary without decimals, ISO 4217 with two. */
const ARIARY_PARTS = 100;
const NOT_SUPPORTED = new Set(['CLF', 'UYW']);

/** The least amounts that Stripe publishes, in its units. For other currencies it is 1 here; Stripe converts 0.50 USD. */
const LEAST: Readonly<Record<string, number>> = {
  AED: 200,
  AUD: 50,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1_500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  INR: 50,
  JPY: 50,
  MXN: 1_000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  THB: 1_000,
  USD: 50,
};
/** Eight digits. */
const MOST = 99_999_999;

/** @param currency in capital letters, like everywhere in the ledger. @throws StripeError */
export function checkAmount(amount: number, currency: string): void {
  if (amount < 1) {
    throw invalid('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
  }
  const step = UNITS[currency] ?? (CURRENCIES.get(currency) === 3 ? 10 : 1);
  if (amount % step !== 0) {
    throw invalid(`Invalid amount: in ${currency.toLowerCase()} it must be a multiple of ${step}.`, {
      code: 'invalid_charge_amount',
      param: 'amount',
    });
  }
  const least = LEAST[currency] ?? 1;
  if (amount < least) {
    throw invalid(`Amount must be at least ${least} in the smallest unit of ${currency.toLowerCase()}.`, {
      code: 'amount_too_small',
      param: 'amount',
    });
  }
  if (amount > MOST) {
    throw invalid(`Amount must be no more than ${MOST} in the smallest unit of ${currency.toLowerCase()}.`, {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
}

/** The currency in capital letters. @throws StripeError if it is none. */
export function currencyOf(text: string): string {
  const currency = text.toUpperCase();
  if (CURRENCIES.has(currency) && !NOT_SUPPORTED.has(currency)) return currency;
  throw invalid(`Invalid currency: ${text.slice(0, 16)}. Use a three-letter ISO code in lower case.`, {
    param: 'currency',
  });
}

/** In minor units of ISO 4217. */
export function toLedger(amount: number, currency: string): number {
  return currency === 'MGA' ? amount * ARIARY_PARTS : amount / (UNITS[currency] ?? 1);
}

/** In Stripe's units. A fault may have added a part of an ariary, which Stripe cannot say. */
export function fromLedger(minor: number, currency: string): number {
  return currency === 'MGA' ? Math.ceil(minor / ARIARY_PARTS) : minor * (UNITS[currency] ?? 1);
}
