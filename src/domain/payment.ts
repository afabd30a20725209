/** The words that all other code uses: an order that somebody wants paid, and the payment that is our record of it. */
import type { NextAction } from './outcomes.ts';

/**
 * The status of a payment:
 * - `PROCESSING`: calls are made, or wait for their turn.
 * - `COMPLETED`: the gateway charged it. This never changes.
 * - `AUTHORIZED`: the gateway holds the money, and nothing is taken yet. A capture or a void comes next. Only with
 *   manual capture.
 * - `VOIDED`: the money that was held is free again, and nothing was taken.
 * - `FAILED`: it is proved that nothing was charged. This changes only with the order's next charge, or if its
 *   money is found after all.
 * - `UNRESOLVED`: no more calls are made, and the outcome is not proved. Lookups go on.
 * - `REVIEW`: a person must decide. Lookups go on, once a day.
 */
export type PaymentStatus =
  | 'PROCESSING'
  | 'AUTHORIZED'
  | 'COMPLETED'
  | 'VOIDED'
  | 'FAILED'
  | 'UNRESOLVED'
  | 'REVIEW';

export const PAYMENT_STATUSES: readonly PaymentStatus[] = [
  'PROCESSING',
  'AUTHORIZED',
  'COMPLETED',
  'VOIDED',
  'FAILED',
  'UNRESOLVED',
  'REVIEW',
];

/** When the gateway takes the money. `automatic`: at once. `manual`: it authorises the money, and a capture takes it later. */
export type CaptureMethod = 'automatic' | 'manual';

/** What the merchant wants charged. All fields have been checked, and no later code validates them again. */
export interface Order {
  /** The tenant; every row belongs to one. */
  readonly accountId: string;
  /** 1 to 255 bytes of well-formed Unicode without NUL, exactly as it was sent. */
  readonly orderId: string;
  /** Minor units of `currency`; a safe integer of at least 1. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** The payment method's token, passed on to the gateway. Absent if the client sent none. */
  readonly method?: string;
  /** Present: the money is authorised first, and taken by a capture. Absent: it is taken at once. */
  readonly captureMethod?: 'manual';
  /** The merchant's own notes: strings by name. Never sent to the gateway. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A payment as anyone outside may see it: the record of one order. All times are by the database's clock. */
export interface Payment {
  /** Its id: a UUIDv7 in lower case, given when the order was accepted. */
  readonly paymentId: string;
  /** Whose order it is. `default`: the caller named no account. */
  readonly accountId: string;
  /** Your order's name, exactly as it was given. An account has one payment for each. */
  readonly orderId: string;
  /** What is charged, in minor units of `currency` (cents, yen, fils). With manual capture: what is authorised. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** Your own notes, as they were given. Empty if there were none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Its status. Only `COMPLETED` means that it was charged. */
  readonly status: PaymentStatus;
  /** Present: the money is authorised first, and taken by a capture. Absent: it is taken at once. */
  readonly captureMethod?: 'manual';
  /** Calls to the gateway for the current charge, counted before each was sent. */
  readonly attempts: number;
  /**
   * Why it is `FAILED` or in `REVIEW`, in a stable word; null otherwise. After a decline it is the gateway's own word. If it is `VOIDED`:
   * `authorization_expired` if the authorisation ended at the gateway, and nobody asked for a void here;
   * `not_authorized` if somebody had said that money is held, and the gateway shows that the charge was declined.
   */
  readonly failureCode: string | null;
  /** The name of the adapter that charges it. */
  readonly gateway: string;
  /**
   * Whether real money moves. False: a payment of the fake gateway or of a sandbox. Then nobody has paid, even if
   * it is `COMPLETED`.
   */
  readonly livemode: boolean;
  /** The gateway's own id of the charge; null while it is not known. */
  readonly gatewayRef: string | null;
  /** Which charge of the order this is: 1 for the first, n + 1 only after it is proved that charge n took no money. */
  readonly chargeN: number;
  /**
   * Whether late evidence about its money has not been checked yet. Until it has, a `FAILED` order cannot be
   * charged again.
   */
  readonly inDoubt: boolean;
  /** How long to wait before asking again, in milliseconds: 1,000 to 60,000. Null once it is `COMPLETED`, `AUTHORIZED`, `VOIDED` or `FAILED`. */
  readonly retryAfterMs: number | null;
  /**
   * The earliest time of its next call or lookup, in milliseconds since the Unix epoch. Null while one is under
   * way, and if nothing is left to do.
   */
  readonly nextAttemptAtMs: number | null;
  /**
   * What the customer must do at the gateway before it can go on, such as 3-D Secure: pass it to their page. Null: nothing, or it is settled.
   * A list of payments does not say it.
   */
  readonly nextAction: NextAction | null;
  /** The `seq` of its last event. Grows by one with every change. */
  readonly seq: number;
  /** When the order was accepted, in milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** When it changed last, in milliseconds since the Unix epoch. */
  readonly updatedAtMs: number;
}

/** One line of a payment's audit trail: one change, and the payment's state after it. */
export interface PaymentEvent {
  /** Its place in the trail, from 1, without gaps. */
  readonly seq: number;
  /**
   * What happened, in a stable word: `payment.created`, `payment.authorized`, `payment.captured`, `payment.voided`,
   * `payment.completed`, `payment.failed`, `payment.review`, `charge.opened`, or one that begins with `call.`, `lookup.` or `verify.`. New words may be added.
   */
  readonly type: string;
  /** The payment's status after it. */
  readonly status: PaymentStatus;
  /** Which charge of the order it is about, from 1. */
  readonly chargeN: number;
  /** Calls to the gateway for that charge so far. */
  readonly attempts: number;
  /** Why, in the stable words of the gateway's outcomes. Null: there is nothing to add. */
  readonly detail: string | null;
  /** When, in milliseconds since the Unix epoch, by the database's clock. */
  readonly atMs: number;
}
