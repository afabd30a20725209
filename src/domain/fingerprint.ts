import { hash } from 'node:crypto';
import type { ExclusiveKind } from './effects.ts';
import type { Order } from './payment.ts';

/**
 * The fingerprint that a request's idempotency key is bound to. Two requests have the same fingerprint exactly when
 * they ask for the same charge. It covers what is charged and how, but not the merchant's notes. It is made of the
 * parsed order, so neither the layout of the JSON nor a field left at its default changes it.
 *
 * It has a version, because stored fingerprints live for years. A later field that affects money has two ways: it
 * is left out while it has its default, so that the old fingerprint stays, or it starts version 2.
 *
 * How long the order is tried is part of it only if the request says so, and how it is captured only if that is manual.
 *
 * `1:` and 43 characters of base64url: SHA-256 of a JSON array. Quoting and the order of the fields make it
 * unambiguous. A missing method is null, which no method can be.
 */
export function fingerprint(order: Order, giveUpAfterS: number | null = null): string {
  const { orderId, amountMinor, currency, method = null, captureMethod } = order;
  const patience = giveUpAfterS === null ? [] : [giveUpAfterS];
  const capture = captureMethod === undefined ? [] : [captureMethod];
  return fingerprintOf([orderId, amountMinor, currency, method, ...patience, ...capture]);
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

/** What the fingerprint of a capture or a void covers. */
export interface ExclusiveTerms {
  readonly kind: ExclusiveKind;
  readonly paymentId: string;
  /** As it was asked for, in minor units. Null: all that was authorised. */
  readonly amountMinor: number | null;
}

/** The same for a capture or a void. It never equals the fingerprint of a charge or a refund. */
export function exclusiveFingerprint({ kind, paymentId, amountMinor }: ExclusiveTerms): string {
  return fingerprintOf([kind, paymentId, amountMinor, null, null, null]);
}

function fingerprintOf(terms: readonly (string | number | null)[]): string {
  return `1:${hash('sha256', JSON.stringify(terms), 'base64url')}`;
}
