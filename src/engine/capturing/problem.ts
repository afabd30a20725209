/** The texts of the problems that a request for a capture or a void can end with: what happened, what was not done, what to do. */
import type { CaptureOrVoid } from '../../domain/capture-or-void.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { ExclusiveRefusal } from '../../domain/exclusive-acceptance.ts';
import type { ExclusiveProblem, FollowUpProblemAnswer, OwnExclusiveProblem } from '../api.ts';
import { COMMON_DETAILS } from '../common-details.ts';
import { problem } from '../follow-ups/problem.ts';

export const EXCLUSIVE_DETAILS: Readonly<Record<ExclusiveProblem, string>> = {
  payment_not_found: COMMON_DETAILS.payment_not_found,
  payment_not_capturable:
    'Only an AUTHORIZED payment can be captured, and only once. Nothing was stored or sent. Read the payment to see its status.',
  payment_not_voidable:
    'Only an AUTHORIZED payment can be voided. Nothing was stored or sent. Read the payment to see its status. If it is COMPLETED, it can be refunded.',
  capture_exceeds_authorized:
    'The amount is more than what was authorised. Nothing was stored or sent. Capture amount_authorized of the payment, or less.',
  operation_in_progress:
    'A capture or a void of this payment is under way, and it is not the one that was asked for. It is attached. Nothing was stored or sent. Wait until it has ended, then read the payment.',
  effect_not_offered:
    'The adapter of this gateway captures and voids nothing. Nothing was stored or sent. Do it at the gateway: Payonce looks at the charge when the authorisation should have ended.',
  other_gateway:
    'This payment was authorised at another gateway, and only a server that uses that gateway can capture or void it. Nothing was stored or sent. Send the request to such a server.',
  result_superseded:
    'The answer that was given before is no longer true, because it was done at the gateway after all. It is attached as it is now. Nothing was sent for this request.',
  idempotency_key_reused: COMMON_DETAILS.idempotency_key_reused,
  store_unavailable:
    'The database cannot be used at the moment. Nothing was stored and nothing was sent to the gateway for this request. Repeat the request.',
  store_refused: COMMON_DETAILS.store_refused,
  store_outcome_unknown:
    'The connection to the database broke while the request was being stored, so it may have been accepted and may be done. Repeat the same request: it cannot be done twice.',
  installation_changed: COMMON_DETAILS.installation_changed,
  shutting_down: COMMON_DETAILS.shutting_down,
};

/** What a payment is told that does not take the capture or the void. */
export const NOT_POSSIBLE = {
  capture: 'payment_not_capturable',
  void: 'payment_not_voidable',
} as const satisfies Record<ExclusiveKind, OwnExclusiveProblem>;

/** The answer to a request that is refused. */
export function refusalOf(kind: ExclusiveKind, { why }: ExclusiveRefusal): OwnExclusiveProblem {
  if (why === 'not_offered') return 'effect_not_offered';
  return why === 'exceeds' ? 'capture_exceeds_authorized' : NOT_POSSIBLE[kind];
}

/** The answer to a request that nothing was done for. */
export function exclusiveProblem(
  code: ExclusiveProblem,
): FollowUpProblemAnswer<CaptureOrVoid, ExclusiveProblem> {
  return problem({ details: EXCLUSIVE_DETAILS }, code);
}
