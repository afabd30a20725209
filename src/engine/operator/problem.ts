/** The texts of the problems that a request of an operator can end with: what happened, what was not done, what to do. */
import type { OperatorAnswer, OperatorProblem } from '../api.ts';
import { COMMON_DETAILS } from '../common-details.ts';
import { RETRY_AFTER_MS } from '../retry-after.ts';

const DETAILS: Readonly<Record<OperatorProblem, string>> = {
  payment_not_found: COMMON_DETAILS.payment_not_found,
  refund_not_found:
    'This payment has no refund with this refund_id. Nothing was stored or sent. GET /v1/payments/<id>/refunds lists the refunds that it has.',
  operation_not_found:
    'This payment has no such capture or void. Nothing was stored or sent. Read the payment to see its status.',
  other_gateway:
    'This was made at another gateway, or with another adapter, and this server cannot ask there. Nothing was stored or sent. Send the request to a server that can.',
  nothing_to_look_at:
    'There is nothing to look up at the gateway at the moment: it has ended, its next step is a call that has its own time, or the gateway has no lookups. Nothing was stored or sent. Read its status and actions.',
  not_in_review:
    'Only what is in REVIEW can be resolved: everything else goes on by itself, or has ended. Nothing was stored or sent. Read its status.',
  resolution_conflict:
    'Somebody has stated another outcome before, and that one is being checked or was carried out. Nothing was stored or sent for this request. Read the events.',
  amount_differs:
    'What the gateway moved is not the amount that was asked for, so it does not complete this. Nothing was stored or sent. Check which charge or refund you have found; if it is this one, take it back at the gateway. Only a refund in REVIEW as amount_mismatch may end with another amount.',
  under_way:
    'A worker is asking the gateway about this at the moment. Nothing was stored for this request. Read the status, and repeat the request if it is still in REVIEW.',
  shutting_down: COMMON_DETAILS.shutting_down,
  installation_changed: COMMON_DETAILS.installation_changed,
};

export function operatorProblem(code: OperatorProblem): Extract<OperatorAnswer, { kind: 'problem' }> {
  const wait = code === 'under_way' ? { retryAfterMs: RETRY_AFTER_MS } : {};
  return { kind: 'problem', code, detail: DETAILS[code], ...wait };
}
