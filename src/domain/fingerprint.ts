import { hash } from 'node:crypto';
import type { Order } from './payment.ts';

/**
 * The fingerprint that a request's idempotency key is bound to. Two requests have the same fingerprint exactly when
 * they ask for the same charge. It covers what is charged and how, but not the merchant's notes. It is made of the
 * parsed order, so neither the layout of the JSON nor a field left at its default changes it.
 *
 * It has a version, because stored fingerprints live for years. A later field that affects money has two ways: it
 * is left out while it has its default, so that the old fingerprint stays, or it starts version 2.
 *
 * How long the order is tried is part of it only if the request says so.
 *
 * `1:` and 43 characters of base64url: SHA-256 of a JSON array. Quoting and the order of the fields make it
 * unambiguous. A missing method is null, which no method can be.
 */
export function fingerprint(order: Order, giveUpAfterS: number | null = null): string {
  const { orderId, amountMinor, currency, method = null } = order;
  const more = giveUpAfterS === null ? [] : [giveUpAfterS];
  return fingerprintOf([orderId, amountMinor, currency, method, ...more]);
}

/** What a refund's fingerprint covers. */
export interface RefundTerms {
  readonly paymentId: string;
  /** Null: the request has none, and its key names the refund. */
  readonly refundId: string | null;
  /** As it was asked for, in minor units. Null: all that is left. What that is differs from one request to the next. */
  readonly amountMinor: number | null;
}

/** The same for a refund. It never equals the fingerprint of a charge. */
export function refundFingerprint({ paymentId, refundId, amountMinor }: RefundTerms): string {
  return fingerprintOf(['refund', paymentId, refundId, amountMinor, null, null]);
}

function fingerprintOf(terms: readonly (string | number | null)[]): string {
  return `1:${hash('sha256', JSON.stringify(terms), 'base64url')}`;
}
