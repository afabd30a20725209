/**
 * The answers table: what a request is told, from its key, its order and what is stored about both. Pure, and
 * in the table's order: the key first, then the order.
 */
import { isSettled } from './charge.ts';
import type { PaymentStatus } from './payment.ts';

export interface AcceptanceRequest {
  readonly amountMinor: number;
  readonly currency: string;
  /** Null: the request has no key. */
  readonly fingerprint: string | null;
}

/**
 * What a key is bound to that came when the order's charge had no answer any more that could be given: to no charge, but to the payment
 * as it stands. Only a COMPLETED payment is ever bound so, and that stays as it is.
 */
export const AS_IT_STANDS = 0;

export interface KnownKey {
  readonly fingerprint: string;
  /** The charge, or `AS_IT_STANDS`. */
  readonly chargeN: number;
  readonly answered: boolean;
  readonly expired: boolean;
}

export interface KnownPayment {
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: PaymentStatus;
  readonly chargeN: number;
  /** Late evidence waits to be looked into; until then the next charge may not be opened. */
  readonly inDoubt: boolean;
  /** The current charge once failed; in REVIEW or COMPLETED now, because its money turned up after all. */
  readonly failedBefore: boolean;
  /** The current charge has a frozen answer that is kept still, and that tells what the payment is. */
  readonly answered: boolean;
}

export type Verdict =
  /** Nothing is known of the order: charge it. */
  | { readonly kind: 'accept' }
  | { readonly kind: 'key_reused' }
  /** The key's own frozen answer. */
  | { readonly kind: 'replay' }
  | { readonly kind: 'expired' }
  /** The key's operation is unsettled. */
  | { readonly kind: 'wait_for_key'; readonly chargeN: number }
  /** Join or find the order's current charge; with a key, bind it first. */
  | { readonly kind: 'join'; readonly chargeN: number; readonly settled: boolean }
  /** The payment as it stands: its frozen answer was erased, or was overtaken. `bind`: the key is bound to that first. */
  | { readonly kind: 'stands'; readonly bind: boolean }
  | { readonly kind: 'open_next'; readonly chargeN: number }
  /** Late evidence, or a person, must speak first: no charge is opened, and no key bound to an answer that may be wrong. */
  | { readonly kind: 'blocked' }
  | { readonly kind: 'conflict' };

export function decideAnswer(
  request: AcceptanceRequest,
  key: KnownKey | null,
  payment: KnownPayment | null,
): Verdict {
  if (key !== null) {
    if (key.fingerprint !== request.fingerprint) return { kind: 'key_reused' };
    if (key.answered) return { kind: 'replay' };
    if (key.chargeN === AS_IT_STANDS) return { kind: 'stands', bind: false };
    if (key.expired) return { kind: 'expired' };
    return { kind: 'wait_for_key', chargeN: key.chargeN };
  }
  if (payment === null) return { kind: 'accept' };
  if (payment.status === 'REVIEW' && payment.failedBefore) return { kind: 'blocked' };
  if (payment.status === 'FAILED' && payment.inDoubt) return { kind: 'blocked' };
  const same = payment.amountMinor === request.amountMinor && payment.currency === request.currency;
  if (payment.status === 'FAILED' && request.fingerprint !== null) {
    return { kind: 'open_next', chargeN: payment.chargeN + 1 };
  }
  if (!same) return { kind: 'conflict' };
  if (isSettled(payment.status) && !payment.answered) {
    return { kind: 'stands', bind: request.fingerprint !== null };
  }
  return { kind: 'join', chargeN: payment.chargeN, settled: isSettled(payment.status) };
}
