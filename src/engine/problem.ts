/** The texts of the problems that a charge request can end with: what happened, what was not done, what to do. */
import type { Payment } from '../domain/payment.ts';
import { isSafeToRetry } from './answer.ts';
import type { ChargeAnswer, ChargeProblem } from './api.ts';
import { COMMON_DETAILS } from './common-details.ts';

const DETAILS: Readonly<Record<ChargeProblem, string>> = {
  effect_not_offered:
    'The adapter of this gateway cannot authorise first and capture later. Nothing was stored or sent. Leave capture_method out, or use a gateway that can.',
  order_conflict:
    'This order already has a payment with another amount, currency or capture method. Nothing was sent for this request. Read the payment, or use another order_id.',
  order_not_chargeable:
    'The gateway cannot charge an order like this. Nothing was stored and nothing was sent for this request. Correct the order and send it again.',
  other_gateway:
    'An earlier charge of this order was made at another gateway, and this server cannot ask that gateway whether money has moved. Nothing was sent for this request. Send it to a server that uses the gateway of the payment, or look the charge up there.',
  result_expired:
    'The stored answer of this Idempotency-Key has been erased after its retention. Nothing was sent for this request. The current payment is attached.',
  idempotency_key_reused: COMMON_DETAILS.idempotency_key_reused,
  store_unavailable:
    'The database cannot be used at the moment. Nothing was stored and nothing was sent to the gateway for this request. Repeat the request with the same Idempotency-Key.',
  store_refused: COMMON_DETAILS.store_refused,
  store_outcome_unknown:
    'The connection to the database broke while the payment was being stored, so it may have been accepted and may be charged. Repeat the same request with the same Idempotency-Key: it cannot charge twice.',
  installation_changed: COMMON_DETAILS.installation_changed,
  shutting_down: COMMON_DETAILS.shutting_down,
};

/** If the problem's payment has failed, so that a new key may charge the order. */
const RETRYABLE: Readonly<Partial<Record<ChargeProblem, string>>> = {
  order_conflict:
    'This order already has a payment with another amount, currency or capture method, which has failed. Nothing was sent for this request. The order may be tried again, on these terms too, with a new Idempotency-Key.',
  result_expired:
    'The stored answer of this Idempotency-Key has been erased after its retention. Nothing was sent for this request. The current payment is attached. It has failed, and the order may be tried again with a new Idempotency-Key.',
};

export function problem(
  code: ChargeProblem,
  payment: Payment | null,
): Extract<ChargeAnswer, { kind: 'problem' }> {
  return {
    kind: 'problem',
    code,
    detail: (payment !== null && isSafeToRetry(payment) ? RETRYABLE[code] : undefined) ?? DETAILS[code],
    ...(payment === null ? {} : { payment }),
    replayed: false,
  };
}

/** The gateway's adapter says why: `sentence`, without its full stop. */
export function notChargeable(
  sentence: string,
  payment: Payment | null,
): Extract<ChargeAnswer, { kind: 'problem' }> {
  const detail = `${sentence}. Nothing was stored and nothing was sent for this request.`;
  return { ...problem('order_not_chargeable', payment), detail };
}
