/** What a charge takes, and what it results in. */
import type {
  ForPerson,
  NotEnded,
  NotHeard,
  NothingSent,
  StillOpen,
  Told,
  ToldOfFailure,
} from './outcomes.ts';
import type { NextAction, Payment } from './payment.ts';

/**
 * What to charge. An unknown field is refused.
 *
 * @example
 * const order = { orderId: 'ORD123', amountMinor: 10_000, currency: 'USD', method: 'tok_visa' };
 */
export interface ChargeInput {
  /** Your order's name: 1 to 255 bytes of UTF-8. Two texts that differ in anything are two orders. */
  readonly orderId: string;
  /** Minor units of `currency` (cents, yen, fils): a whole number from 1 to 2^53 - 1. 10.00 USD is 1000. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code in upper case, such as `USD`. */
  readonly currency: string;
  /** A token of your payment provider, never a card number. Default: none. */
  readonly method?: string | undefined;
  /** Your own notes: up to 50 texts by name. Never sent to the gateway. Default: none. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** How long Payonce tries to charge the order, in whole seconds: 1 to 259,200. Default: the server's. */
  readonly giveUpAfterS?: number | undefined;
  /**
   * `manual`: the gateway only authorises the money, and `capture` takes it later, or `void` lets it go. Default `automatic`: the money is
   * taken at once.
   */
  readonly captureMethod?: 'automatic' | 'manual' | undefined;
}

/** How long a call goes on. */
export interface CallOptions {
  /**
   * How long the call goes on in all, in milliseconds: 1 to 86,400,000. It ends in time even if nothing is known yet: with the outcome
   * `pending`. Default: the client's.
   */
  readonly deadlineMs?: number | undefined;
  /**
   * Ends the call, not what it asked for: the promise rejects with the signal's reason. Call again with the same arguments to learn the
   * outcome. Default: none.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Which try this is. The same order with the same attempt is one charge, however often it is asked for, and also after a crash: the key is
 * made from the two.
 */
export interface AttemptOptions extends CallOptions {
  /**
   * The number of this try: 1 to 1000. Another number is another try: Payonce makes it only if the earlier ones are proved to have taken
   * nothing; otherwise the call gets what became of them. Use the next number when the customer tries again, with the same card or another one. Default 1.
   */
  readonly attempt?: number | undefined;
  /** Your own key instead: 1 to 255 printable ASCII characters. Not together with `attempt`. Default: made from the order and the attempt. */
  readonly idempotencyKey?: string | undefined;
}

/** How a charge is made. */
export interface ChargeOptions extends AttemptOptions {
  /**
   * Called when the customer must act, such as for 3-D Secure: once for each action. The call goes on when the promise that it returns is fulfilled;
   * this time does not count for `deadlineMs`. If it throws, the call rejects with that error, and the charge goes on. Default: none. Then
   * the call ends with `pending` and the reason `customer_must_act`.
   */
  readonly onNextAction?: ((action: NextAction, payment: Payment) => void | Promise<void>) | undefined;
}

/** The customer has paid: ship. No other outcome means that. If the payment's `livemode` is false, it was no real money. */
export interface Paid extends Told {
  readonly outcome: 'paid';
  /** The payment as it was when the charge ended. */
  readonly payment: Payment & { readonly status: 'COMPLETED' };
}

/** The gateway holds the money, and nothing is taken yet. Only with `captureMethod: 'manual'`. Call `capture` to take it. */
export interface Authorized extends Told {
  readonly outcome: 'authorized';
  /** The payment as it was when it was authorised. */
  readonly payment: Payment & { readonly status: 'AUTHORIZED' };
}

/** The order was authorised, and the money was let go since: nothing is paid. Only for a call that finds the order so. */
export interface Released extends Told {
  readonly outcome: 'released';
  /** The payment as it is now. */
  readonly payment: Payment & { readonly status: 'VOIDED' };
}

/** The charge has failed: it is proved that nothing was charged. */
export interface NotPaid extends ToldOfFailure {
  /** `declined`: the gateway declined it. `failed`: the gateway failed. */
  readonly outcome: 'declined' | 'failed';
  /** The payment as it was when the charge ended. Its `failureCode` says why. */
  readonly payment: Payment & { readonly status: 'FAILED' };
  /** `card_declined` or `gateway_failed`, as in the HTTP API. */
  readonly code: 'card_declined' | 'gateway_failed';
}

/** What to ask again with. */
export interface AskAgain {
  /** The key of the request. The same order with this key gets the outcome, from anywhere. */
  readonly idempotencyKey: string;
}

/** Nothing is proved yet. Do not ship, and do not charge in another way. Call `charge` again with the same arguments. */
export type Pending = AskAgain &
  (
    | (StillOpen & {
        /** The payment as it was last heard of. */
        readonly payment: Payment;
      })
    /** The customer must do something first. Pass `nextAction` to their page, then call `charge` again with the same arguments. */
    | (NotEnded & {
        readonly outcome: 'pending';
        readonly reason: 'customer_must_act';
        /** What they must do. Keep it out of logs. */
        readonly nextAction: NextAction;
        /** The payment as it was last heard of. */
        readonly payment: Payment;
      })
    /** It is not known whether the order was taken. */
    | (NotHeard & {
        /** The order's payment is not known. `payments({ orderId })` finds it, if there is one. */
        readonly payment: null;
      })
  );

/** A person must decide. Do not ship, and do not charge in another way. */
export interface InReview extends ForPerson, AskAgain {
  /** The payment as it is now. */
  readonly payment: Payment;
}

/** Nothing was sent to the gateway for this call. An earlier call may have charged the order: read `payment`. */
export interface Refused extends NothingSent {
  /** The order's payment; null if there is none or it is not known. Read its status: it need not be paid. */
  readonly payment: Payment | null;
}

/**
 * The result of a charge. `outcome` is all that a program needs to decide.
 *
 * @example
 * switch (result.outcome) {
 *   case 'paid':
 *     return ship(result.payment);
 *   case 'authorized':
 *     return captureWhenShipped(result.payment);
 *   case 'declined':
 *   case 'failed':
 *     return result.safeToRetryWithNewKey ? offerAnotherTry() : tellSupport(result.detail);
 *   case 'pending':
 *     return askAgainIn(result.retryAfterMs);
 *   case 'review':
 *   case 'released':
 *   case 'refused':
 *     return tellSupport(result);
 * }
 */
export type ChargeResult = Paid | Authorized | Released | NotPaid | Pending | InReview | Refused;
