/** The texts of the problems that a request for a refund can end with: what happened, what was not done, what to do. */
import type { Refund } from '../../domain/refund.ts';
import type { RefundRefusal } from '../../domain/refund-acceptance.ts';
import type { FollowUpProblemAnswer, OwnRefundProblem, RefundProblem } from '../api.ts';
import { COMMON_DETAILS } from '../common-details.ts';
import { problem } from '../follow-ups/problem.ts';

export const REFUND_DETAILS: Readonly<Record<RefundProblem, string>> = {
  payment_not_found: COMMON_DETAILS.payment_not_found,
  payment_not_refundable:
    'Only a COMPLETED payment can be refunded. Nothing was stored or sent. Read the payment to see its status.',
  other_gateway:
    'This payment was charged at another gateway, and only a server that uses that gateway can refund it. Nothing was stored or sent. Send the request to such a server, or refund it at the gateway.',
  refund_conflict:
    'This refund exists with another amount. Nothing was sent for this request, and the refund is unchanged. For another refund, use another refund_id.',
  refund_exceeds_captured:
    'The payment does not have so much left to refund. Nothing was stored or sent. Read the payment: amount_captured less amount_refunded, amount_refunding and amount_refunded_elsewhere is left.',
  result_superseded:
    'The answer that was given to this refund before is no longer true, because the gateway has changed its outcome since. The refund as it is now is attached. Nothing was sent for this request.',
  idempotency_key_reused: COMMON_DETAILS.idempotency_key_reused,
  store_unavailable:
    'The database cannot be used at the moment. Nothing was stored and nothing was sent to the gateway for this request. Repeat the request with the same refund_id or Idempotency-Key.',
  store_refused: COMMON_DETAILS.store_refused,
  store_outcome_unknown:
    'The connection to the database broke while the refund was being stored, so it may have been accepted and may be made. Repeat the same request with the same refund_id or Idempotency-Key: it cannot refund twice.',
  installation_changed: COMMON_DETAILS.installation_changed,
  shutting_down: COMMON_DETAILS.shutting_down,
};

/** The answer to a request that is refused. */
export const REFUSALS: Readonly<
  Record<RefundRefusal['why'], { readonly code: OwnRefundProblem; readonly detail?: string }>
> = {
  not_refundable: { code: 'payment_not_refundable' },
  // Although it is COMPLETED.
  not_offered: {
    code: 'payment_not_refundable',
    detail:
      'The adapter of this gateway makes no refunds. Nothing was stored or sent. Refund the payment at the gateway.',
  },
  exceeds: { code: 'refund_exceeds_captured' },
};

/** Why a key cannot name a refund, although nobody has used the key. */
export const NAME_TAKEN =
  'Another refund of this payment has the name that this Idempotency-Key would give, as its refund_id. Nothing was sent for this request, and that refund is unchanged. Send a new Idempotency-Key, or a refund_id.';

/** The answer to a request that nothing was done for. */
export function refundProblem(code: RefundProblem): FollowUpProblemAnswer<Refund, RefundProblem> {
  return problem({ details: REFUND_DETAILS }, code);
}
