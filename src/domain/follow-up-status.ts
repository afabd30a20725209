/** The status of a refund, a capture or a void for the outside. */
import type { PaymentStatus } from './payment.ts';

/** `PENDING`: it is under way. `SUCCEEDED`: the gateway did it. `FAILED`: it changed nothing. `REVIEW`: a person must decide. */
export type FollowUpStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'REVIEW';

const STATUS: Readonly<Record<PaymentStatus, FollowUpStatus>> = {
  PROCESSING: 'PENDING',
  UNRESOLVED: 'PENDING',
  COMPLETED: 'SUCCEEDED',
  FAILED: 'FAILED',
  REVIEW: 'REVIEW',
  // Only charges have these two.
  AUTHORIZED: 'SUCCEEDED',
  VOIDED: 'SUCCEEDED',
};

/** An operation's status in the words of follow-ups. */
export function followUpStatus(status: PaymentStatus): FollowUpStatus {
  return STATUS[status];
}
