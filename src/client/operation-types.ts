/** What a capture and a void take, and what they result in. */
import type { AskAgain, AttemptOptions } from './charge-types.ts';
import type { CaptureOrVoid } from './operation.ts';
import type { ForPerson, NotHeard, NothingSent, StillOpen, Told, ToldOfFailure } from './outcomes.ts';

/** What to let go. An unknown field is refused. */
export interface VoidInput {
  /** The payment that is `AUTHORIZED`: its id. */
  readonly paymentId: string;
  /** Your own notes: up to 50 texts by name. Never sent to the gateway. Default: none. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
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

/** How a capture or a void is made. The key is made from the payment and the attempt. Use the next attempt after one that has failed. */
export type OperationOptions = AttemptOptions;

/** The money is taken: the payment is `COMPLETED`. */
export interface Captured extends Told {
  readonly outcome: 'captured';
  /** The capture as it was when it was made. */
  readonly operation: CaptureOrVoid & { readonly status: 'SUCCEEDED' };
}

/** The money is let go: the payment is `VOIDED`. */
export interface Voided extends Told {
  readonly outcome: 'voided';
  /** The void as it was when it was made. */
  readonly operation: CaptureOrVoid & { readonly status: 'SUCCEEDED' };
}

/** It has failed: it is proved that it changed nothing. */
export interface NotDone extends ToldOfFailure {
  /** `declined`: the gateway declined it. `failed`: the gateway failed, or has an earlier one after all. */
  readonly outcome: 'declined' | 'failed';
  /** It as it was when it failed. Its `failureCode` says why. */
  readonly operation: CaptureOrVoid & { readonly status: 'FAILED' };
  /** `capture_declined`, `void_declined`, `gateway_failed`, `payment_not_capturable` or `payment_not_voidable`, as in the HTTP API. */
  readonly code:
    | 'capture_declined'
    | 'void_declined'
    | 'gateway_failed'
    | 'payment_not_capturable'
    | 'payment_not_voidable';
}

/** It is not known yet whether the gateway did it. Call again with the same arguments. */
export type OperationPending = AskAgain &
  (
    | (StillOpen & {
        /** It as it was last heard of. */
        readonly operation: CaptureOrVoid;
      })
    | (NotHeard & {
        /** It is not known. */
        readonly operation: null;
      })
  );

/** A person must decide. Nothing else is captured or voided meanwhile. */
export interface OperationInReview extends ForPerson, AskAgain {
  /** It as it is now. */
  readonly operation: CaptureOrVoid;
}

/** Nothing was sent to the gateway for this call. */
export interface OperationRefused extends NothingSent {
  /** The capture or the void that is in the way, as it is now; null if there is none. */
  readonly operation: CaptureOrVoid | null;
}

/** What a capture and a void can both result in, if they are not done. */
export type OperationNotDone = NotDone | OperationPending | OperationInReview | OperationRefused;

/**
 * The result of a capture. `outcome` is all that a program needs to decide.
 *
 * @example
 * if (result.outcome === 'captured') ship(result.operation.orderId);
 */
export type CaptureResult = Captured | OperationNotDone;

/** The result of a void. `outcome` is all that a program needs to decide. */
export type VoidResult = Voided | OperationNotDone;
