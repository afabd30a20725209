/** What refunds, captures and voids have in common. */
import {
  countAt,
  type Fields,
  flagAt,
  textAt,
  textOrNullAt,
  textsAt,
  timeAt,
  waitsAt,
  wordAt,
} from './fields.ts';

/**
 * The status of a refund, a capture or a void:
 * - `PENDING`: it is under way.
 * - `SUCCEEDED`: the gateway made it. A refund can still fail within 30 days.
 * - `FAILED`: it changed nothing.
 * - `REVIEW`: a person must decide.
 */
export type FollowUpStatus = (typeof FOLLOW_UP_STATUSES)[number];

const FOLLOW_UP_STATUSES = ['PENDING', 'SUCCEEDED', 'FAILED', 'REVIEW'] as const;

/** What a refund, a capture and a void all say. All times are by the server's database. */
export interface FollowUp {
  /** The payment that it is about. */
  readonly paymentId: string;
  /** What was asked for, in minor units of `currency`. */
  readonly amountMinor: number;
  /** The payment's currency: ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** Its status. Only `SUCCEEDED` means that the gateway made it. */
  readonly status: FollowUpStatus;
  /** Why it is `FAILED` or in `REVIEW`, in a stable word; null otherwise. */
  readonly failureCode: string | null;
  /** The gateway's own id of it; null while it is not known. */
  readonly gatewayRef: string | null;
  /** Whether the same may be asked for again, under another name. */
  readonly safeToRetryWithNewKey: boolean;
  /** How long to wait before asking again, in milliseconds; null once it has ended. */
  readonly retryAfterMs: number | null;
  /** The earliest time of its next call or lookup, in milliseconds since the Unix epoch. Null while one is under way, and once it has ended. */
  readonly nextAttemptAtMs: number | null;
  /** Your own notes. Empty if there were none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** When it was accepted, in milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** When it changed last, in milliseconds since the Unix epoch. */
  readonly updatedAtMs: number;
}

/** One line of the audit trail of a refund, a capture or a void. */
export interface FollowUpEvent {
  /** Its place in the trail, from 1, without gaps. */
  readonly seq: number;
  /** What happened, in a stable word. New words may be added. */
  readonly type: string;
  /** Its status after it. */
  readonly status: FollowUpStatus;
  /** Calls to the gateway for it so far. */
  readonly attempts: number;
  /** Why, in a stable word. Null: there is nothing to add. */
  readonly detail: string | null;
  /** When, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** Where its status stands: a problem has it under another name. */
export type StatusField = 'status' | 'refund_status' | 'operation_status';

export function readFollowUp(fields: Fields, statusField: StatusField): FollowUp {
  return {
    paymentId: textAt(fields, 'payment_id'),
    amountMinor: countAt(fields, 'amount'),
    currency: textAt(fields, 'currency'),
    status: wordAt(fields, statusField, FOLLOW_UP_STATUSES),
    failureCode: textOrNullAt(fields, 'failure_code'),
    gatewayRef: textOrNullAt(fields, 'gateway_ref'),
    safeToRetryWithNewKey: flagAt(fields, 'safe_to_retry_with_new_key'),
    ...waitsAt(fields),
    metadata: textsAt(fields, 'metadata'),
    createdAtMs: timeAt(fields, 'created_at'),
    updatedAtMs: timeAt(fields, 'updated_at'),
  };
}

export function readFollowUpEvent(fields: Fields): FollowUpEvent {
  return {
    seq: countAt(fields, 'seq'),
    type: textAt(fields, 'type'),
    status: wordAt(fields, 'status', FOLLOW_UP_STATUSES),
    attempts: countAt(fields, 'attempts'),
    detail: textOrNullAt(fields, 'detail'),
    atMs: timeAt(fields, 'at'),
  };
}
