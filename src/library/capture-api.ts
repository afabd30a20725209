/** The types of captures and voids that callers of the library use. */
import type { CaptureOrVoid } from '../domain/capture-or-void.ts';
import type { ExclusiveFailure } from '../domain/problems.ts';
import type { ExclusiveProblem } from '../engine/api.ts';
import type { ForPerson, NothingSent, PerhapsStored, StillOpen, Told, ToldOfFailure } from './outcome-api.ts';
import type { RefundOptions } from './refund-api.ts';

/**
 * What to let go. An unknown field is refused, and so is a card number in any field. The payment names it: a payment is voided once.
 *
 * @example
 * const release = { paymentId: result.payment.paymentId };
 */
export interface VoidInput {
  /** The payment that is `AUTHORIZED`: its id. */
  readonly paymentId: string;
  /**
   * Your own notes: up to 50 texts by name, in a plain object. A name has 1 to 40 characters, a text up to 500. Never sent to the
   * gateway. Default: none.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Whose payment it is: 1 to 255 bytes of UTF-8. Default `default`. */
  readonly accountId?: string | undefined;
}

/**
 * What to capture. The rest is let go: a payment is captured once.
 *
 * @example
 * const part = { paymentId: result.payment.paymentId, amountMinor: 4000 };
 */
export interface CaptureInput extends VoidInput {
  /** Minor units of the payment's currency: a whole number from 1 to what was authorised. Default: all of it. */
  readonly amountMinor?: number | undefined;
}

/**
 * The key of one call of `capture` or `void`, and how long the call waits. A key is optional: without one, a call that asks for the same joins
 * what is under way or done. `keyScope` is `library captures` or `library voids` by default. All else is as for `refund`.
 *
 * @example
 * await payonce.capture({ paymentId }, { waitMs: 3000 });
 */
export type CaptureOptions = RefundOptions;

/** A capture or a void as it was when it ended for the first time. */
export type SettledCapture = Omit<
  CaptureOrVoid,
  'status' | 'attempts' | 'retryAfterMs' | 'nextAttemptAtMs' | 'inDoubt' | 'seq'
>;

/** The money is taken: the payment is `COMPLETED`. */
export interface Captured extends Told {
  readonly outcome: 'captured';
  /** The capture as it was when it was made. */
  readonly operation: SettledCapture & { readonly status: 'SUCCEEDED' };
}

/** The money is let go: the payment is `VOIDED`. */
export interface Voided extends Told {
  readonly outcome: 'voided';
  /** The void as it was when it was made. */
  readonly operation: SettledCapture & { readonly status: 'SUCCEEDED' };
}

/** It has failed: it is proved that it changed nothing. */
export interface NotDone extends ToldOfFailure {
  /** `declined`: the gateway declined it. `failed`: the gateway failed, or has an earlier one after all. */
  readonly outcome: 'declined' | 'failed';
  /** It as it was when it failed. Its `failureCode` says why. */
  readonly operation: SettledCapture & { readonly status: 'FAILED' };
  /** `capture_declined`, `void_declined`, `gateway_failed`, `payment_not_capturable` or `payment_not_voidable`, as in the HTTP API. */
  readonly code: ExclusiveFailure;
  /** Whether it could be asked for again when it failed. Payonce checks it again then. */
  readonly safeToRetryWithNewKey: boolean;
}

/** It is not known yet whether the gateway did it. Call again with the same arguments. */
export type OperationPending =
  | (StillOpen & {
      /** It as it is now. */
      readonly operation: CaptureOrVoid;
    })
  | (PerhapsStored & {
      readonly operation: null;
    });

/** A person must decide. Nothing else is captured or voided meanwhile. */
export interface OperationInReview extends ForPerson {
  /** It as it is now. */
  readonly operation: CaptureOrVoid;
}

/** Nothing was sent to the gateway for this call. */
export interface OperationRefused extends NothingSent<ExclusiveProblem> {
  /** The capture or the void that is in the way, as it is now; null if there is none. */
  readonly operation: CaptureOrVoid | null;
}

/**
 * The result of a capture. `outcome` is all that a program needs to decide.
 *
 * @example
 * if (result.outcome === 'captured') ship(result.operation.orderId);
 * else if (result.outcome === 'pending') askAgainIn(result.retryAfterMs);
 * else tellSupport(result);
 */
export type CaptureResult = Captured | NotDone | OperationPending | OperationInReview | OperationRefused;

/**
 * The result of a void. `outcome` is all that a program needs to decide.
 *
 * @example
 * if (result.outcome !== 'voided') tellSupport(result);
 */
export type VoidResult = Voided | NotDone | OperationPending | OperationInReview | OperationRefused;
