/** The codes of Payonce's problems, and what each says about a request that got it. `docs/errors.md` explains them. */

/** What a problem says about its own request. */
type Meaning =
  /** Nothing was stored or sent, and the same request would get the same problem. */
  | 'refused'
  /** Nothing was stored or sent, and the same request may be taken later. */
  | 'not_now'
  /** It is not known whether the request was taken. */
  | 'unknown';

const MEANINGS = {
  invalid_json: 'refused',
  invalid_request: 'refused',
  card_number_refused: 'refused',
  refund_identity_required: 'refused',
  idempotency_key_invalid: 'refused',
  webhook_refused: 'refused',
  unauthorized: 'refused',
  api_key_wrong_mode: 'refused',
  card_declined: 'refused',
  scope_missing: 'refused',
  origin_refused: 'refused',
  not_found: 'refused',
  payment_not_found: 'refused',
  operation_not_found: 'refused',
  refund_not_found: 'refused',
  webhook_endpoint_not_found: 'refused',
  webhook_delivery_not_found: 'refused',
  method_not_allowed: 'refused',
  request_timeout: 'not_now',
  amount_differs: 'refused',
  capture_exceeds_authorized: 'refused',
  earlier_refund_found: 'refused',
  not_in_review: 'refused',
  nothing_to_look_at: 'refused',
  other_gateway: 'refused',
  operation_in_progress: 'refused',
  order_conflict: 'refused',
  payment_not_capturable: 'refused',
  payment_not_refundable: 'refused',
  payment_not_voidable: 'refused',
  refund_conflict: 'refused',
  refund_exceeds_captured: 'refused',
  resolution_conflict: 'refused',
  result_expired: 'refused',
  result_superseded: 'refused',
  webhook_endpoint_exists: 'refused',
  webhook_endpoints_exhausted: 'refused',
  payload_too_large: 'refused',
  unsupported_media_type: 'refused',
  expectation_failed: 'refused',
  capture_declined: 'refused',
  effect_not_offered: 'refused',
  idempotency_key_reused: 'refused',
  order_not_chargeable: 'refused',
  refund_declined: 'refused',
  void_declined: 'refused',
  webhook_url_refused: 'refused',
  webhooks_not_offered: 'refused',
  rate_limited: 'not_now',
  headers_too_large: 'refused',
  internal_error: 'unknown',
  gateway_failed: 'refused',
  store_unavailable: 'not_now',
  // Somebody must change something in the database first.
  store_refused: 'refused',
  store_outcome_unknown: 'unknown',
  // This server has stopped for good. Behind a load balancer another one may answer, but a person must look either way.
  installation_changed: 'refused',
  api_key_not_checked: 'not_now',
  under_way: 'not_now',
  webhook_not_noted: 'not_now',
  shutting_down: 'not_now',
} as const satisfies Readonly<Record<string, Meaning>>;

/** A code of Payonce's problems, such as `order_conflict`. `docs/errors.md` says what each means and what to do. */
export type ProblemCode = keyof typeof MEANINGS;

/** Every code that this release knows. */
export const PROBLEM_CODES = Object.keys(MEANINGS) as readonly ProblemCode[];

export function isKnown(code: string): code is ProblemCode {
  return Object.hasOwn(MEANINGS, code);
}

/** The HTTP status of requests that were sent too early or too often, whoever says so. */
const TOO_MANY = 429;

/**
 * What a problem says about its own request. A newer server may send a code that is not in the list: below 500 it is a refusal, as
 * all of them are; from 500 on nothing is known.
 */
export function meaningOf({ code, status }: { readonly code: string; readonly status: number }): Meaning {
  if (isKnown(code)) return MEANINGS[code];
  if (status === TOO_MANY) return 'not_now';
  return status < 500 ? 'refused' : 'unknown';
}
