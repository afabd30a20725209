/** What was refunded by somebody else, such as a person in the gateway's dashboard. */
import { isSettled } from '../../domain/operation.ts';
import { type PaymentSums, StoreError } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import { lookUp } from '../exchange.ts';
import { lookAtReleased } from '../follow-ups/released.ts';
import type { ElsewhereSaid, HeldFollowUp } from '../follow-ups/traits.ts';
import { paymentKey } from '../unit.ts';
import { lookUpRefund, refundRequest, refundsOf } from './at-gateway.ts';

/**
 * Asks the gateway for its sum of all refunds of the payment, and subtracts ours: those that succeeded, and those whose money may be on its
 * way. While no other one is on its way, the result is exact, except that nobody knows at once if one that succeeded has failed since: then it
 * is too low until the next question. `isThere`: whether the one that is held is in the gateway's sum.
 *
 * The write compares the sums once more, and writes nothing if they have changed since.
 */
export async function askElsewhere(
  engine: Engine,
  held: HeldFollowUp,
  isThere: boolean,
): Promise<ElsewhereSaid> {
  const { record } = held;
  const refunds = refundsOf(engine);
  const sums = await sumsOf(engine, record);
  if (sums === 'unreadable') return { kind: 'unanswered', outcome: UNREADABLE };
  if (sums === undefined) return NOT_SAID;
  // One of ours that counts as failed without the gateway's word may be in the gateway's sum.
  const released = sums.absences === 0 ? NONE_MADE : await lookAtOurs(engine, held);
  if (released.kind === 'unavailable') return { kind: 'unanswered', outcome: released };
  if (released.foundMinor > 0) return NOT_SAID;
  const outcome = await lookUp(engine, held, async (options) =>
    refunds.refunded === undefined ? NOT_SAID : refunds.refunded(refundRequest(engine, record), options),
  );
  if (outcome.kind === 'not_said') return outcome;
  if (outcome.kind !== 'refunded') return { kind: 'unanswered', outcome };
  const { refundingMinor, refundedMinor, absences } = sums;
  const { status } = record.operation;
  const ownMinor = record.order.amountMinor;
  const notThereMinor = isThere || status === 'FAILED' ? 0 : ownMinor;
  const theirsMinor = outcome.amountMinor - (refundingMinor + refundedMinor - notThereMinor);
  const isQuiet = refundingMinor === (isSettled(status) ? 0 : ownMinor);
  const asked = { refundingMinor, refundedMinor, absences };
  // If it is negative, one of ours has failed since.
  return {
    kind: 'said',
    elsewhere: { amountMinor: Math.max(0, theirsMinor), asked, exact: isQuiet && theirsMinor >= 0 },
  };
}

/** Rather no answer than one without them. */
async function lookAtOurs(
  engine: Engine,
  held: HeldFollowUp,
): Promise<Awaited<ReturnType<typeof lookAtReleased>> | typeof UNREADABLE> {
  try {
    return await lookAtReleased(engine, held, { releasedKinds: ['refund'], lookup: lookUpRefund });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return UNREADABLE;
  }
}

async function sumsOf(
  { store }: Engine,
  record: HeldFollowUp['record'],
): Promise<PaymentSums | undefined | 'unreadable'> {
  const { accountId, paymentId } = paymentKey(record);
  try {
    const [sums] = await store.sums(accountId, [paymentId]);
    return sums;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return 'unreadable';
  }
}

const NONE_MADE = { kind: 'looked', foundMinor: 0 } as const;
const NOT_SAID = { kind: 'not_said' } as const;
const UNREADABLE = { kind: 'unavailable', reason: 'store_unavailable' } as const;
