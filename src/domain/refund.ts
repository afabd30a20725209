/** A refund as anyone outside may see it. */
import type { FollowUpStatus } from './follow-up-status.ts';

/**
 * The status of a refund:
 * - `PENDING`: it is under way. The gateway may have it already: then it only waits for the bank.
 * - `SUCCEEDED`: the gateway made it. It can still fail within 30 days, if the customer's bank sends the money back.
 * - `FAILED`: it gave nothing back. What it had reserved can be refunded again.
 * - `REVIEW`: a person must decide. Its amount stays reserved.
 */
export type RefundStatus = FollowUpStatus;

/** All times are by the database's clock. */
export interface Refund {
  /** Your name for it. If you gave none: a UUID, derived from your key. */
  readonly refundId: string;
  /** The payment whose money it gives back. */
  readonly paymentId: string;
  /** Whose payment it is. */
  readonly accountId: string;
  /** The payment's order. */
  readonly orderId: string;
  /** What is given back, in minor units of `currency`. */
  readonly amountMinor: number;
  /**
   * What the gateway gave back, in minor units of `currency`, if that is not `amountMinor`: an operator has settled it. Null: it is, or the
   * refund is not `SUCCEEDED`.
   */
  readonly refundedMinor: number | null;
  /** The payment's currency: ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** Its status. Only `SUCCEEDED` means that the gateway gave the money back. */
  readonly status: RefundStatus;
  /** Your reason, as you gave it; null if you gave none. */
  readonly reason: string | null;
  /** Your own notes. Empty if there were none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Calls to the gateway for it, counted before each was sent. */
  readonly attempts: number;
  /** Why it is `FAILED` or in `REVIEW`, in a stable word; null otherwise. After a decline it is the gateway's own word. */
  readonly failureCode: string | null;
  /** The gateway's own id of the refund; null while it is not known. */
  readonly gatewayRef: string | null;
  /** Whether late evidence about it has not been checked yet. */
  readonly inDoubt: boolean;
  /** How long to wait before asking again, in milliseconds: 1,000 to 60,000. Null once it is `SUCCEEDED` or `FAILED`. */
  readonly retryAfterMs: number | null;
  /** The earliest time of its next call or lookup, in milliseconds since the Unix epoch. Null while one is under way, and once it has ended. */
  readonly nextAttemptAtMs: number | null;
  /** The `seq` of its last event. Grows by one with every change. */
  readonly seq: number;
  /** When it was accepted, in milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** When it changed last, in milliseconds since the Unix epoch. */
  readonly updatedAtMs: number;
}

/** One line of a refund's audit trail. */
export interface RefundEvent {
  /** Its place in the trail, from 1, without gaps. */
  readonly seq: number;
  /** What happened, in a stable word. New words may be added. */
  readonly type: string;
  /** The refund's status after it. */
  readonly status: RefundStatus;
  /** Calls to the gateway for it so far. */
  readonly attempts: number;
  /** Why, in the stable words of the gateway's outcomes. Null: there is nothing to add. */
  readonly detail: string | null;
  /** When, in milliseconds since the Unix epoch, by the database's clock. */
  readonly atMs: number;
}
