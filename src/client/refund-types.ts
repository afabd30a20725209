/** What a refund takes, and what it results in. */
import type { CallOptions } from './charge-types.ts';
import type { ForPerson, NotHeard, NothingSent, StillOpen, Told, ToldOfFailure } from './outcomes.ts';
import type { Refund } from './refund.ts';

/** What every refund says. */
interface RefundTerms {
  /** The payment whose money goes back: its id. */
  readonly paymentId: string;
  /** Minor units of the payment's currency: a whole number from 1 to 2^53 - 1. Default: all that is left of the payment. */
  readonly amountMinor?: number | undefined;
  /** Why, for your own books: 1 to 500 characters. Default: none. */
  readonly reason?: string | undefined;
  /** Your own notes: up to 50 texts by name. Never sent to the gateway. Default: none. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A refund with a name of its own. */
interface NamedById {
  /** Your name for it: 1 to 255 bytes of UTF-8. A payment has one refund for each. */
  readonly refundId: string;
  /** A key of your own beside it: 1 to 255 printable ASCII characters. Default: none. The name alone prevents a second refund. */
  readonly idempotencyKey?: string | undefined;
}

/** A refund that a key names. */
interface NamedByKey {
  /** Your key: 1 to 255 printable ASCII characters. */
  readonly idempotencyKey: string;
  /** Absent: the key names it. */
  readonly refundId?: undefined;
}

/**
 * What to refund. An unknown field is refused. Each refund has a name: the same name again never refunds twice.
 *
 * @example
 * const part = { paymentId: result.payment.paymentId, amountMinor: 4000, refundId: 'return-17' };
 */
export type RefundInput = RefundTerms & (NamedById | NamedByKey);

/** How a refund is made. */
export type RefundOptions = CallOptions;

/** The gateway gave the money back. The customer's bank may still send it back within 30 days: `findRefund` shows that. */
export interface Refunded extends Told {
  readonly outcome: 'refunded';
  /** The refund as it was when the gateway made it. */
  readonly refund: Refund & { readonly status: 'SUCCEEDED' };
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
  readonly refund: Refund & { readonly status: 'FAILED' };
  /** `refund_declined`, `gateway_failed`, `refund_exceeds_captured` or `earlier_refund_found`, as in the HTTP API. */
  readonly code: 'refund_declined' | 'gateway_failed' | 'refund_exceeds_captured' | 'earlier_refund_found';
}

/** It is not known yet whether the gateway has it. Do not refund in another way. Call `refund` again with the same arguments. */
export type RefundPending =
  | (StillOpen & {
      /** The refund as it was last heard of. */
      readonly refund: Refund;
    })
  | (NotHeard & {
      /** It is not known. */
      readonly refund: null;
    });

/** A person must decide. Do not refund in another way: its amount stays reserved. */
export interface RefundInReview extends ForPerson {
  /** The refund as it is now. */
  readonly refund: Refund;
}

/** Nothing was sent to the gateway for this call. An earlier call may have made the refund: read `refund`. */
export interface RefundRefused extends NothingSent {
  /** The refund that it is about, as it is now; null if there is none or it is not known. Read its status: it may have been made. */
  readonly refund: Refund | null;
}

/**
 * The result of a refund. `outcome` is all that a program needs to decide.
 *
 * @example
 * if (result.outcome === 'refunded') tellCustomer(result.refund.amountMinor);
 */
export type RefundResult =
  | Refunded
  | RefundAccepted
  | NotRefunded
  | RefundPending
  | RefundInReview
  | RefundRefused;
