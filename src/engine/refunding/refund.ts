/** Requests for refunds: what is told apart from requests for other follow-ups. */
import { refundFingerprint } from '../../domain/fingerprint.ts';
import type { Refund } from '../../domain/refund.ts';
import { admitRefund } from '../../domain/refund-acceptance.ts';
import type { OwnRefundProblem, RefundAnswer, RefundOptions, RefundWanted } from '../api.ts';
import { createFollowingUp } from '../follow-ups/answering.ts';
import type { FollowingUp } from '../follow-ups/request.ts';
import type { RequestTraits } from '../follow-ups/traits.ts';
import { refundAnswerBody } from './answer.ts';
import { NAME_TAKEN, REFUND_DETAILS, REFUSALS } from './problem.ts';
import { showRefund } from './show.ts';

export const REFUND_REQUESTS: RequestTraits<Refund, OwnRefundProblem> = {
  kind: 'refund',
  fingerprint: ({ name, ...terms }) => refundFingerprint({ ...terms, refundId: name }),
  admit(payment, askedMinor) {
    const admission = admitRefund(payment, askedMinor);
    return admission.kind === 'open' ? admission : { kind: 'refused', ...REFUSALS[admission.why] };
  },
  show: showRefund,
  answerBody: refundAnswerBody,
  conflictWith: () => 'refund_conflict',
  details: REFUND_DETAILS,
  nameTaken: NAME_TAKEN,
};

/** What answers requests for refunds at one gateway. */
export function createRefunding(
  parts: Omit<FollowingUp<Refund, OwnRefundProblem>, 'traits'>,
): (wanted: RefundWanted, options: RefundOptions) => Promise<RefundAnswer> {
  const answer = createFollowingUp({ ...parts, traits: REFUND_REQUESTS });
  return ({ refundId: name, ...terms }, options) => answer({ ...terms, name }, options);
}
