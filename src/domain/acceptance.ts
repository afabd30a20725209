/**
 * The answers table: what answer a request gets, from its key, its order and what is stored about both. Pure, and
 * in the table's order: the key first, then the order.
 */
import { isSettled } from './operation.ts';
import type { PaymentStatus } from './payment.ts';

export interface AcceptanceRequest {
  readonly amountMinor: number;
  readonly currency: string;
  /** Absent: the money is taken at once. */
  readonly captureMethod?: 'manual';
  /** Null: the request has no key. */
  readonly fingerprint: string | null;
}

/**
 * A key is bound to this, and not to a charge, if it came when the order's charge no longer had an answer to give.
 * Its answer is the payment as it is. Only a payment whose charge was made is ever bound like this.
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
  readonly captureMethod?: 'manual';
  readonly status: PaymentStatus;
  readonly chargeN: number;
  /** Late evidence has not been checked yet. Until it has, the next charge may not be opened. */
  readonly inDoubt: boolean;
  /** The current charge failed earlier, and is now in REVIEW, AUTHORIZED or COMPLETED because its money was found after all. */
  readonly failedBefore: boolean;
  /** The current charge's frozen answer is still kept, and agrees with the payment's status. */
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
  /** Join the order's current charge, or give its answer. A key is bound to it first. */
  | { readonly kind: 'join'; readonly chargeN: number; readonly settled: boolean }
  /**
   * Answer with the payment as it is: its frozen answer was erased, or no longer applies. `bind`: bind the key to
   * that first.
   */
  | { readonly kind: 'stands'; readonly bind: boolean }
  | { readonly kind: 'open_next'; readonly chargeN: number }
  /**
   * Late evidence must be checked or a person must decide first. Until then no charge is opened, and no key is
   * bound to an answer that may be wrong.
   */
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
  const isSameMoney = payment.amountMinor === request.amountMinor && payment.currency === request.currency;
  const same = isSameMoney && payment.captureMethod === request.captureMethod;
  if (payment.status === 'FAILED' && request.fingerprint !== null) {
    return { kind: 'open_next', chargeN: payment.chargeN + 1 };
  }
  if (!same) return { kind: 'conflict' };
  if (isSettled(payment.status) && !payment.answered) {
    return { kind: 'stands', bind: request.fingerprint !== null };
  }
  return { kind: 'join', chargeN: payment.chargeN, settled: isSettled(payment.status) };
}
