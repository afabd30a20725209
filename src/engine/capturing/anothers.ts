/** Whose success it is that only the charge shows. */
import type { LookupOutcome } from '../../domain/outcomes.ts';
import { CAPTURE_OR_VOID_OPEN } from '../../domain/transition/index.ts';
import { type FollowUpRecord, StoreError } from '../../ports/store.ts';
import type { Engine } from '../context.ts';

/** How many of the last ones of a payment are read to find the one that the payment names. */
const LAST = 16;

/**
 * A charge is captured or voided once. So what the charge alone shows counts for one capture or void of ours, and not for a second one with the
 * same amount: if another one has succeeded, this one never will. While another one is open, it may be the one that the charge shows. What
 * the gateway has once named by an id of its own is seen apart from the charge, and stays what it is.
 */
export async function unlessAnothers(
  { store }: Pick<Engine, 'store'>,
  record: FollowUpRecord,
  outcome: LookupOutcome,
): Promise<LookupOutcome> {
  const { operation, order, paymentId, followUp, evidence } = record;
  const { accountId } = order;
  const { chargeRef, id } = followUp;
  if (operation.status === 'COMPLETED' || outcome.kind !== 'succeeded' || outcome.ref !== chargeRef)
    return outcome;
  try {
    const [sums] = await store.sums(accountId, [paymentId]);
    const countsId = sums?.exclusive?.id ?? id;
    if (countsId === id) return outcome;
    const isReported = operation.status !== 'FAILED' && isOwnRef(operation.gatewayRef, chargeRef);
    const news = evidence === 0 ? null : await store.followUpNews(accountId, id);
    if (isReported || isOwnRef(news?.moneyRef ?? null, chargeRef)) return outcome;
    // The charge shows apart whether it was captured or voided.
    const { kind } = operation as { readonly kind: 'capture' | 'void' };
    const last = await store.followUps({ accountId, paymentId, kind, limit: LAST });
    const another = last.find((one) => one.followUp.id === countsId);
    if (another === undefined) return outcome;
    return another.operation.status === 'COMPLETED'
      ? { kind: 'declined', code: kind === 'capture' ? 'already_captured' : 'already_voided', ref: chargeRef }
      : { kind: 'unavailable', reason: CAPTURE_OR_VOID_OPEN };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { kind: 'unavailable', reason: 'store_unavailable' };
  }
}

function isOwnRef(ref: string | null, chargeRef: string): boolean {
  return ref !== null && ref !== chargeRef;
}
