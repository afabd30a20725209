/** A payment as the API shows it. */
import {
  countAt,
  countIfAnyAt,
  type Fields,
  flagAt,
  textAt,
  textOrNullAt,
  textsAt,
  timeAt,
  waitsAt,
  wordAt,
  wordsAt,
} from './fields.ts';

/**
 * The status of a payment:
 * - `PROCESSING`: Payonce calls the gateway, or waits for its turn.
 * - `AUTHORIZED`: the gateway holds the money, and nothing is taken yet.
 * - `COMPLETED`: the gateway charged it.
 * - `VOIDED`: the money that was held is free again, and nothing was taken.
 * - `FAILED`: it is proved that nothing was charged.
 * - `UNRESOLVED`: no more calls are made, and the outcome is not proved. Payonce goes on looking it up.
 * - `REVIEW`: a person must decide.
 */
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

const PAYMENT_STATUSES = [
  'PROCESSING',
  'AUTHORIZED',
  'COMPLETED',
  'VOIDED',
  'FAILED',
  'UNRESOLVED',
  'REVIEW',
] as const;

/** What the customer must do before the charge can go on, such as 3-D Secure: texts by name, for their page. It may hold a secret that is meant for them. */
export type NextAction = Readonly<Record<string, string>>;

/** The record of one order. All times are by the server's database. */
export interface Payment {
  /** Its id: a UUID in lower case. */
  readonly paymentId: string;
  /** Your order's name, exactly as it was given. */
  readonly orderId: string;
  /** What is charged, in minor units of `currency`. With manual capture: what is authorised. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** Its status. Only `COMPLETED` means that it was charged. */
  readonly status: PaymentStatus;
  /** Present: the money is authorised first, and taken by a capture. Absent: it is taken at once. */
  readonly captureMethod?: 'manual';
  /** Calls to the gateway for the current charge. */
  readonly attempts: number;
  /** Why it is `FAILED` or in `REVIEW`, in a stable word; null otherwise. If it is `VOIDED`: whether the authorisation ended by itself. */
  readonly failureCode: string | null;
  /** The name of the gateway that charges it. */
  readonly gateway: string;
  /** Whether real money moves. False: nobody has paid, even if it is `COMPLETED`. */
  readonly livemode: boolean;
  /** The gateway's own id of the charge; null while it is not known. */
  readonly gatewayRef: string | null;
  /** Whether the order may be charged again, as another attempt. */
  readonly safeToRetryWithNewKey: boolean;
  /** How long to wait before asking again, in milliseconds; null once it has ended. */
  readonly retryAfterMs: number | null;
  /** The earliest time of its next call or lookup, in milliseconds since the Unix epoch. Null while one is under way, and once it has ended. */
  readonly nextAttemptAtMs: number | null;
  /** What the customer must do at the gateway before it can go on; null if nothing. A list of payments does not say it. */
  readonly nextAction: NextAction | null;
  /** Your own notes. Empty if there were none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** When the order was accepted, in milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** When it changed last, in milliseconds since the Unix epoch. */
  readonly updatedAtMs: number;
}

/** What has become of a payment's money, in minor units of its currency. */
export interface Sums {
  /** What the gateway holds, or held until it was captured or voided. Null: the money is taken at once. */
  readonly authorizedMinor: number | null;
  /** What the charge, or its capture, took. */
  readonly capturedMinor: number;
  /** Refunds that have succeeded. */
  readonly refundedMinor: number;
  /** Refunds under way or in `REVIEW`: their money may be on its way. */
  readonly refundingMinor: number;
  /** What somebody else refunded at the gateway, as far as Payonce knows. */
  readonly elsewhereMinor: number;
}

/** A payment as it is read. */
export interface PaymentNow extends Payment {
  /** What has become of its money. */
  readonly sums: Sums;
  /** What may be asked for now: `capture`, `void`, `refund`, `look_now`, `resolve`. A newer server may have other words. */
  readonly actions: readonly string[];
}

/** One line of a payment's audit trail: one change, and the payment's state after it. */
export interface PaymentEvent {
  /** Its place in the trail, from 1, without gaps. */
  readonly seq: number;
  /** What happened, in a stable word. New words may be added. */
  readonly type: string;
  /** The payment's status after it. */
  readonly status: PaymentStatus;
  /** Which charge of the order it is about, from 1. */
  readonly chargeN: number;
  /** Calls to the gateway for that charge so far. */
  readonly attempts: number;
  /** Why, in a stable word. Null: there is nothing to add. */
  readonly detail: string | null;
  /** When, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** `statusField`: a problem about a payment has the payment's status under another name. */
export function readPayment(fields: Fields, statusField: 'status' | 'payment_status' = 'status'): Payment {
  return {
    paymentId: textAt(fields, 'payment_id'),
    orderId: textAt(fields, 'order_id'),
    amountMinor: countAt(fields, 'amount'),
    currency: textAt(fields, 'currency'),
    status: wordAt(fields, statusField, PAYMENT_STATUSES),
    ...(fields.capture_method === undefined
      ? {}
      : { captureMethod: wordAt(fields, 'capture_method', ['manual'] as const) }),
    attempts: countAt(fields, 'attempts'),
    failureCode: textOrNullAt(fields, 'failure_code'),
    gateway: textAt(fields, 'gateway'),
    livemode: flagAt(fields, 'livemode'),
    gatewayRef: textOrNullAt(fields, 'gateway_ref'),
    safeToRetryWithNewKey: flagAt(fields, 'safe_to_retry_with_new_key'),
    ...waitsAt(fields),
    nextAction: fields.next_action === undefined ? null : textsAt(fields, 'next_action'),
    metadata: textsAt(fields, 'metadata'),
    createdAtMs: timeAt(fields, 'created_at'),
    updatedAtMs: timeAt(fields, 'updated_at'),
  };
}

export function readPaymentNow(fields: Fields): PaymentNow {
  return {
    ...readPayment(fields),
    sums: {
      authorizedMinor: countIfAnyAt(fields, 'amount_authorized'),
      capturedMinor: countAt(fields, 'amount_captured'),
      refundedMinor: countAt(fields, 'amount_refunded'),
      refundingMinor: countAt(fields, 'amount_refunding'),
      elsewhereMinor: countAt(fields, 'amount_refunded_elsewhere'),
    },
    actions: wordsAt(fields, 'actions'),
  };
}

export function readPaymentEvent(fields: Fields): PaymentEvent {
  return {
    seq: countAt(fields, 'seq'),
    type: textAt(fields, 'type'),
    status: wordAt(fields, 'status', PAYMENT_STATUSES),
    chargeN: countAt(fields, 'charge'),
    attempts: countAt(fields, 'attempts'),
    detail: textOrNullAt(fields, 'detail'),
    atMs: timeAt(fields, 'at'),
  };
}
