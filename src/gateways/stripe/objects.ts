/** The parts of Stripe's objects that count. What lacks one of them, or has it in another form, proves nothing. */
import { hasManyDigits } from '../../domain/cards.ts';
import { isObject, type JsonObject } from '../http/json.ts';
import { fromStripe } from './amounts.ts';

/** What intents and refunds have in common. */
interface Money {
  readonly id: string;
  /** In Stripe's word. */
  readonly status: string;
  /** In minor units of ISO 4217. */
  readonly amountMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** From our metadata. Empty: it is none of ours. */
  readonly key: string;
  readonly reference: string;
}

export interface Intent extends Money {
  readonly livemode: boolean;
  /** Whether it waits for a capture once it is confirmed. */
  readonly manual: boolean;
  /** Until when the money is held, in milliseconds since the epoch. Absent: Stripe does not say; only a read with the latest charge does. */
  readonly heldUntilMs?: number;
  /** What is held and can be captured, in minor units of ISO 4217. */
  readonly capturableMinor: number;
  /** What was taken, in minor units of ISO 4217. */
  readonly receivedMinor: number;
  /** Whether all of it has been given back. False if Stripe did not say: only a read with the latest charge does. */
  readonly refunded: boolean;
  /** Whether the money was held by the latest charge, and not captured. False if Stripe did not say. */
  readonly held: boolean;
  /** Why the last confirm was declined. Absent: none was. */
  readonly declineCode?: string;
  /** When it was made, in seconds since the epoch, by Stripe's clock. */
  readonly createdS: number;
  /** The intent as Stripe sent it. */
  readonly raw: JsonObject;
}

export interface Refund extends Money {
  /** The intent that it refunds. */
  readonly intent: string;
  /** Why it failed. Absent: it did not, or Stripe does not say. */
  readonly failureCode?: string;
}

/** Ids of Stripe: they can stand in a path as they are. */
const ID = /^[A-Za-z0-9_]{1,255}$/;

export function isStripeId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

export function parseIntent(value: unknown): Intent | undefined {
  if (!isObject(value) || value.object !== 'payment_intent') return undefined;
  const money = parseMoney(value);
  const { livemode, created, last_payment_error: failure, latest_charge } = value;
  if (money === undefined || typeof livemode !== 'boolean' || !isWhole(created)) return undefined;
  const receivedMinor = minorIn(value.amount_received, money.currency);
  const capturableMinor = minorIn(value.amount_capturable, money.currency);
  if (receivedMinor === null || capturableMinor === null) return undefined;
  const code = isObject(failure) ? (word(failure.decline_code) ?? word(failure.code)) : undefined;
  return {
    ...money,
    livemode,
    manual: value.capture_method === 'manual',
    ...heldUntil(latest_charge),
    capturableMinor,
    receivedMinor,
    refunded: isObject(latest_charge) && latest_charge.refunded === true,
    held: isObject(latest_charge) && latest_charge.status === 'succeeded' && latest_charge.captured === false,
    ...(code === undefined ? {} : { declineCode: code }),
    createdS: created,
    raw: value,
  };
}

function minorIn(amount: unknown, currency: string): number | null {
  return isWhole(amount) ? fromStripe(amount, currency) : null;
}

/** `capture_before` is in seconds. */
function heldUntil(charge: unknown): { readonly heldUntilMs?: number } {
  const details =
    isObject(charge) && isObject(charge.payment_method_details) ? charge.payment_method_details : {};
  const before = isObject(details.card) ? details.card.capture_before : undefined;
  return isWhole(before) ? { heldUntilMs: before * 1000 } : {};
}

export function parseRefund(value: unknown): Refund | undefined {
  if (!isObject(value) || value.object !== 'refund') return undefined;
  const money = parseMoney(value);
  const { payment_intent: intent, failure_reason: reason } = value;
  if (money === undefined || !isStripeId(intent)) return undefined;
  const code = word(reason);
  return { ...money, intent, ...(code === undefined ? {} : { failureCode: code }) };
}

function parseMoney(value: JsonObject): Money | undefined {
  const { id, status, amount, currency } = value;
  const metadata = isObject(value.metadata) ? value.metadata : {};
  if (!isStripeId(id) || typeof status !== 'string' || !isWhole(amount) || typeof currency !== 'string')
    return undefined;
  const upper = currency.toUpperCase();
  const amountMinor = fromStripe(amount, upper);
  if (amountMinor === null) return undefined;
  const { key, reference } = metadata;
  return { id, status, amountMinor, currency: upper, key: textOf(key), reference: textOf(reference) };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A code is stored, and reaches the client and the log: a short word, and no number as long as a card's. */
export function word(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(value) && !hasManyDigits(value)
    ? value
    : undefined;
}
