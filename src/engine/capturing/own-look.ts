/** What a look at an authorised charge says while a capture or a void of ours may be behind it. */
import type { LookupOutcome } from '../../domain/outcomes.ts';
import { CAPTURE_OR_VOID_OPEN } from '../../domain/transition/index.ts';
import { type PaymentRecord, StoreError } from '../../ports/store.ts';
import type { Engine } from '../context.ts';

/**
 * The gateway shows that the authorisation has ended, or shows nothing. If a capture or a void is open, it may be the one that ended it. Then it says
 * so itself, in a write that ends the payment, or in an alarm of its own, and this answer is thrown away. It is asked for after the gateway's
 * answer: what had any part in that answer is open by then, or has ended the payment, and then the write after this fails.
 */
export async function unlessOurs(
  { store }: Pick<Engine, 'store'>,
  { operation, order, paymentId }: PaymentRecord,
  outcome: LookupOutcome,
): Promise<LookupOutcome> {
  if (operation.status !== 'AUTHORIZED' || !LEFT_TO_OURS.includes(outcome.kind)) return outcome;
  try {
    const [sums] = await store.sums(order.accountId, [paymentId]);
    const isFree = (sums?.exclusive?.id ?? null) === null;
    return isFree ? outcome : { kind: 'unavailable', reason: CAPTURE_OR_VOID_OPEN };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { kind: 'unavailable', reason: 'store_unavailable' };
  }
}

/** What a look says when the authorisation has ended, or when it says nothing. */
const LEFT_TO_OURS: readonly LookupOutcome['kind'][] = [
  'captured',
  'reversed',
  'sealed',
  'declined',
  'absent',
  'unavailable',
];
