/** What a write does to a follow-up, and the locks of it. */
import type { PaymentSums } from '../../../src/ports/store.ts';
import type { Committed } from '../committed.ts';
import type { FollowUpChange } from '../types.ts';
import { sumsRow } from './committed.ts';
import type { FollowUpRow } from './rows.ts';

/** The lock on a row of table `follow_ups`. */
export const followUpLock = (followUp: string): string => `follow-up ${followUp}`;
/** The lock on a unique key of table `follow_up_requests`. */
export const followUpKeyLock = (key: string): string => `follow-up key ${key}`;
/** The lock on a row of table `payment_sums`, or on the unique key that the row will have. */
export const sumsLock = (payment: string): string => `sums ${payment}`;

/** What a statement did to a follow-up that was there, and to no sums. */
export function followUpChange(
  committed: Committed,
  kind: FollowUpChange['kind'],
  args: unknown,
  before: FollowUpRow,
  after: FollowUpRow,
): FollowUpChange {
  const { order, paymentId, followUp } = after.state;
  const { accountId } = order;
  // It was opened with them.
  const sums = sumsRow(committed, { accountId, paymentId }) as PaymentSums;
  return {
    ...{ kind, accountId, paymentId, id: followUp.id, before, after },
    ...{ sumsBefore: sums, sumsAfter: sums, event: null, args },
  };
}
