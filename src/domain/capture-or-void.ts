/** A capture or a void as anyone outside may see it. */
import type { ExclusiveKind } from './effects.ts';
import type { FollowUpStatus } from './follow-up-status.ts';
import type { PaymentEvent } from './payment.ts';

/** All times are by the database's clock. */
export interface CaptureOrVoid {
  /** Which of the two it is. */
  readonly operation: ExclusiveKind;
  /** The payment whose authorisation it ends. */
  readonly paymentId: string;
  /** Whose payment it is. */
  readonly accountId: string;
  /** The payment's order. */
  readonly orderId: string;
  /** What is taken, or what a void lets go of, in minor units of `currency`. */
  readonly amountMinor: number;
  /**
   * What the gateway took, in minor units of `currency`, if that is not `amountMinor`: an operator has settled it. Null: it is, or nothing was
   * captured by it.
   */
  readonly capturedMinor: number | null;
  /** The payment's currency: ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** Its status. `SUCCEEDED`: the payment is `COMPLETED` or `VOIDED`. `FAILED`: it changed nothing, and may be asked for again. */
  readonly status: FollowUpStatus;
  /** Your own notes. Empty if there were none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Calls to the gateway for it, counted before each was sent. */
  readonly attempts: number;
  /** Why it is `FAILED` or in `REVIEW`, in a stable word; null otherwise. After a decline it is the gateway's own word. */
  readonly failureCode: string | null;
  /** The gateway's own id of it; null while it is not known. */
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

/** One line of the audit trail of a capture or a void. */
export interface CaptureOrVoidEvent extends Omit<PaymentEvent, 'status' | 'chargeN'> {
  /** Its status after it. */
  readonly status: FollowUpStatus;
}
