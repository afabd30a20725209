/** What was refunded by somebody else, such as a person in the gateway's dashboard. */
import { type FollowUpRecord, type PaymentSums, StoreError } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import { lookUp } from '../exchange.ts';
import type { Held } from '../lease.ts';
import { paymentKey } from '../unit.ts';
import { refundRequest, refundsOf } from './at-gateway.ts';

/**
 * At least so much, in minor units, after the gateway declined the refund that is held. The gateway's sum has all refunds, and ours are
 * subtracted: those that succeeded, and those whose money may be on its way. Null: the gateway does not say, or nobody knows which of ours
 * its answer has, because our own sums have changed meanwhile, or because one of ours counts as failed without the gateway's word.
 */
export async function elsewhereMinor(
  engine: Engine,
  held: Held & { readonly record: FollowUpRecord },
): Promise<number | null> {
  const { record } = held;
  const refunds = refundsOf(engine);
  const before = await sumsOf(engine, record);
  if (before === null || before.absences > 0) return null;
  const charge = refundRequest(engine, record);
  const outcome = await lookUp(engine, held, async (options) =>
    refunds.refunded === undefined ? NOT_SAID : refunds.refunded(charge, options),
  );
  if (outcome.kind !== 'refunded') return null;
  const after = await sumsOf(engine, record);
  if (after?.refundedMinor !== before.refundedMinor || after.refundingMinor !== before.refundingMinor)
    return null;
  // The one that was declined is still reserved, and not at the gateway.
  const ours = after.refundedMinor + after.refundingMinor - record.order.amountMinor;
  return Math.max(0, outcome.amountMinor - ours);
}

/** Null: they cannot be read now. */
async function sumsOf({ store }: Engine, record: FollowUpRecord): Promise<PaymentSums | null> {
  const { accountId, paymentId } = paymentKey(record);
  try {
    const [sums] = await store.sums(accountId, [paymentId]);
    return sums ?? null;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return null;
  }
}

const NOT_SAID = { kind: 'unavailable', reason: 'not_said' } as const;
