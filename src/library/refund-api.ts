/** The types of refunds that callers of the library use. */
import type { RefundFailure } from '../domain/problems.ts';
import type { Refund } from '../domain/refund.ts';
import type { RefundNow, RefundProblem } from '../engine/api.ts';
import type { AccountOption } from './api.ts';
import type { ForPerson, NothingSent, PerhapsStored, StillOpen, Told, ToldOfFailure } from './outcome-api.ts';

/**
 * What to refund. An unknown field is refused, and so is a card number in any field. Give it a `refundId`, or an `idempotencyKey` in the
 * options: one of them names the refund, so that the same call, made twice, refunds once.
 *
 * @example
 * const part = { paymentId: result.payment.paymentId, amountMinor: 4000, refundId: 'return-17' };
 */
export interface RefundInput {
  /** The payment whose money goes back: its id. */
  readonly paymentId: string;
  /**
   * Minor units of the payment's currency (cents, yen, fils): a whole number from 1 to 2^53 - 1. Default: all that is left of the payment.
   */
  readonly amountMinor?: number | undefined;
  /**
   * Your name for it: 1 to 255 bytes of UTF-8, other than `.` and `..`. A payment has one refund for each. Default: none; then the
   * `idempotencyKey` names it.
   */
  readonly refundId?: string | undefined;
  /** Why, for your own books: 1 to 500 characters. Default: none. */
  readonly reason?: string | undefined;
  /**
   * Your own notes: up to 50 texts by name, in a plain object. A name has 1 to 40 characters, a text up to 500. Never sent to the
   * gateway. Default: none.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Whose payment it is: 1 to 255 bytes of UTF-8. Default `default`. */
  readonly accountId?: string | undefined;
}

/**
 * The key of one call of `refund`, and how long the call waits.
 *
 * @example
 * await payonce.refund({ paymentId }, { idempotencyKey: 'refund-all', waitMs: 3000 });
 */
export interface RefundOptions {
  /**
   * Your name for this call: 1 to 255 printable ASCII characters. The same key with the same refund gets the same answer; with another
   * refund it is refused. Default: none. Then the `refundId` alone guards against a second refund.
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * The same key in another scope is another key: 1 to 255 printable ASCII characters. Default `library refunds`, so that keys of the
   * library and of the HTTP service on the same database never meet. To share them, use `POST /v1/payments/{payment_id}/refunds`.
   */
  readonly keyScope?: string | undefined;
  /** How long to wait for the outcome, in milliseconds: 0 (answer at once) to 600,000. Default 10,000. */
  readonly waitMs?: number | undefined;
  /**
   * Ends the wait, not the refund: the promise rejects with the signal's reason, and the refund goes on. Call `refund` again with the
   * same arguments to learn its outcome. If the signal is aborted before the call, nothing is stored and nothing is sent. Default: none.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A refund as it was when it ended for the first time. `payonce.findRefund` shows later changes. */
export type SettledRefund = Omit<
  Refund,
  'orderId' | 'status' | 'attempts' | 'retryAfterMs' | 'nextAttemptAtMs' | 'inDoubt' | 'seq'
>;

/** The gateway gave the money back. The customer's bank may still send it back within 30 days: `findRefund` shows that, and an alarm tells it. */
export interface Refunded extends Told {
  readonly outcome: 'refunded';
  /** The refund as it was when the gateway made it. */
  readonly refund: SettledRefund & { readonly status: 'SUCCEEDED' };
}

/** The gateway has the refund, and its bank has not decided yet. That can take days. Do not refund it in another way. */
export interface RefundAccepted extends Told {
  readonly outcome: 'accepted';
  /** The refund as it is now. */
  readonly refund: Refund & { readonly status: 'PENDING' };
  /** How long to wait before asking again, in milliseconds. */
  readonly retryAfterMs: number;
}

/** The refund has failed: it is proved that it gave nothing back. */
export interface NotRefunded extends ToldOfFailure {
  /** `declined`: the gateway declined it. `failed`: the gateway failed, or has an earlier refund after all. */
  readonly outcome: 'declined' | 'failed';
  /** The refund as it was when it failed. Its `failureCode` says why. */
  readonly refund: SettledRefund & { readonly status: 'FAILED' };
  /** `refund_declined`, `gateway_failed`, `refund_exceeds_captured` or `earlier_refund_found`, as in the HTTP API. */
  readonly code: RefundFailure;
  /**
   * Whether the money could be refunded again when this refund failed: as a new refund, with another `refundId`, or with a new key and
   * no `refundId`. Payonce checks it again then.
   */
  readonly safeToRetryWithNewKey: boolean;
}

/** It is not known yet whether the gateway has it. Do not refund in another way. Call `refund` again with the same arguments. */
export type RefundPending =
  | (StillOpen & {
      /** The refund as it is now. */
      readonly refund: Refund;
    })
  | (PerhapsStored & {
      readonly refund: null;
    });

/** A person must decide. Do not refund in another way: its amount stays reserved. */
export interface RefundInReview extends ForPerson {
  /** The refund as it is now. */
  readonly refund: Refund;
}

/** Nothing was sent to the gateway for this call. An earlier call may have made the refund: read `refund`. */
export interface RefundRefused extends NothingSent<RefundProblem> {
  /** The refund that it is about, as it is now; null if there is none or it is not known. Read its status: it may have been made. */
  readonly refund: Refund | null;
}

/**
 * The result of a refund. `outcome` is all that a program needs to decide.
 *
 * @example
 * switch (result.outcome) {
 *   case 'refunded':
 *     return tellCustomer(result.refund.amountMinor);
 *   case 'accepted':
 *     return tellCustomerThatTheBankTakesDays(result.refund.amountMinor);
 *   case 'declined':
 *   case 'failed':
 *     return result.safeToRetryWithNewKey ? offerAnotherTry() : tellSupport(result.detail);
 *   case 'pending':
 *     return askAgainIn(result.retryAfterMs);
 *   case 'review':
 *   case 'refused':
 *     return tellSupport(result);
 * }
 */
export type RefundResult =
  | Refunded
  | RefundAccepted
  | NotRefunded
  | RefundPending
  | RefundInReview
  | RefundRefused;

/** Which refunds of a payment to list. */
export interface RefundsFilter extends AccountOption {
  /** The most refunds to list: 1 to 500. Default 20. */
  readonly limit?: number | undefined;
  /** Where the page begins: `next` of the page before. Default: with the newest. */
  readonly before?: string | undefined;
}

/** One page of a payment's refunds. */
export interface RefundsPage {
  /** Newest first. */
  readonly refunds: readonly RefundNow[];
  /** Where the next page begins; null if this is the last one. */
  readonly next: string | null;
}
