/**
 * The words that everything else speaks: an order that somebody wants paid, and the payment that is our
 * record of it.
 */

/** Where a payment stands. COMPLETED is never left; FAILED is written only on proof that nothing was charged. */
export type PaymentStatus = 'PROCESSING' | 'COMPLETED' | 'FAILED' | 'UNRESOLVED' | 'REVIEW';

export const PAYMENT_STATUSES: readonly PaymentStatus[] = [
  'PROCESSING',
  'COMPLETED',
  'FAILED',
  'UNRESOLVED',
  'REVIEW',
];

/** What the merchant wants charged. All fields have been checked: nothing behind this type validates again. */
export interface Order {
  /** The tenant; every row belongs to one. */
  readonly accountId: string;
  /** 1 to 255 bytes of well-formed Unicode without NUL, exactly as it was sent. */
  readonly orderId: string;
  /** Minor units of `currency`; a safe integer of at least 1. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** The payment method's token, passed on to the gateway; absent where the client sent none. */
  readonly method?: string;
  /** The merchant's own notes: strings by name. Never sent to the gateway. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A payment as anyone outside may see it; `engine/answer.ts` writes it as JSON. */
export interface Payment {
  /** UUIDv7, given at acceptance. */
  readonly paymentId: string;
  readonly accountId: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: PaymentStatus;
  /** Calls to the gateway for the current charge, counted before each was sent. */
  readonly attempts: number;
  /** Why it FAILED or is in REVIEW; a stable word, null otherwise. */
  readonly failureCode: string | null;
  /** The adapter's name. */
  readonly gateway: string;
  /** Whether real money moves. False: a payment of the fake gateway or of a sandbox; COMPLETED then means that nobody paid. */
  readonly livemode: boolean;
  /** The gateway's own id of the charge, once known. */
  readonly gatewayRef: string | null;
  /** 1 for the first charge; n + 1 only after n is proved not to have happened. */
  readonly chargeN: number;
  /** Late evidence about its money waits to be looked into. */
  readonly inDoubt: boolean;
  /** When to ask again while it is not settled, in milliseconds; null once it is. */
  readonly retryAfterMs: number | null;
  /**
   * When it is tried or looked up next, at the earliest, in milliseconds since the Unix epoch; null while that is under way, and
   * where nothing is left to do.
   */
  readonly nextAttemptAtMs: number | null;
  /** Position of the last event; grows by one with every change. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch, by the database's clock. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** One line of the audit trail; `seq` has no gaps within a payment. */
export interface PaymentEvent {
  readonly seq: number;
  /** A stable word such as `payment.created`; the list is in `domain/events.ts`. */
  readonly type: string;
  readonly status: PaymentStatus;
  readonly chargeN: number;
  readonly attempts: number;
  /** What the gateway said, in the stable words of the outcomes; null where it had no part. */
  readonly detail: string | null;
  readonly atMs: number;
}
