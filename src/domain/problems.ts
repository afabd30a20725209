/**
 * The one catalogue of errors. A code is part of the API: it is never reused for another meaning and never removed.
 * `docs/errors.md` lists them, and a test compares the two.
 */
interface ProblemKind {
  readonly status: number;
  /** The same for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string;
}

export const PROBLEMS = {
  invalid_json: { status: 400, title: 'The body is not the JSON that was expected' },
  invalid_request: { status: 400, title: 'The request is not valid' },
  card_number_refused: { status: 400, title: 'The request carries what looks like a card number' },
  refund_identity_required: { status: 400, title: 'The refund has no name' },
  idempotency_key_invalid: { status: 400, title: 'The Idempotency-Key is not valid' },
  webhook_refused: { status: 400, title: 'It is not proved that the gateway sent this event' },
  unauthorized: { status: 401, title: 'The request needs an API key' },
  api_key_wrong_mode: { status: 401, title: 'The API key is for a server of the other mode' },
  card_declined: { status: 402, title: 'The payment was declined; nothing was charged' },
  scope_missing: { status: 403, title: 'The API key may not do this' },
  origin_refused: { status: 403, title: 'The request comes from another site' },
  not_found: { status: 404, title: 'There is nothing here' },
  payment_not_found: { status: 404, title: 'There is no such payment' },
  operation_not_found: { status: 404, title: 'This payment has no such capture or void' },
  refund_not_found: { status: 404, title: 'There is no such refund' },
  webhook_endpoint_not_found: { status: 404, title: 'There is no such webhook endpoint' },
  webhook_delivery_not_found: { status: 404, title: 'There is no such delivery' },
  method_not_allowed: { status: 405, title: 'This address does not take this method' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  amount_differs: { status: 409, title: 'The amount is not the one that was asked for' },
  capture_exceeds_authorized: { status: 409, title: 'The capture is more than what was authorized' },
  earlier_refund_found: { status: 409, title: 'The gateway has an earlier refund after all' },
  not_in_review: { status: 409, title: 'Only what is in REVIEW can be resolved' },
  nothing_to_look_at: { status: 409, title: 'There is nothing to look up at the gateway' },
  other_gateway: { status: 409, title: 'An earlier charge of this order was made at another gateway' },
  operation_in_progress: { status: 409, title: 'Another capture or void of this payment is under way' },
  order_conflict: { status: 409, title: 'This order already has a payment with other terms' },
  payment_not_capturable: { status: 409, title: 'This payment cannot be captured' },
  payment_not_refundable: { status: 409, title: 'This payment cannot be refunded' },
  payment_not_voidable: { status: 409, title: 'This payment cannot be voided' },
  refund_conflict: { status: 409, title: 'This refund exists with other terms' },
  refund_exceeds_captured: { status: 409, title: 'The refund is more than what is left of the payment' },
  resolution_conflict: { status: 409, title: 'Another outcome was stated before' },
  result_expired: { status: 409, title: 'The stored answer of this key has expired' },
  result_superseded: { status: 409, title: 'The stored answer of this key is no longer true' },
  webhook_endpoint_exists: { status: 409, title: 'There is a webhook endpoint with this URL' },
  webhook_endpoints_exhausted: { status: 409, title: 'There are as many webhook endpoints as there may be' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  expectation_failed: { status: 417, title: 'The Expect header asks for what this server does not do' },
  capture_declined: { status: 422, title: 'The gateway declined the capture; nothing was captured' },
  effect_not_offered: { status: 422, title: 'The gateway of this server cannot do this' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used for another request' },
  order_not_chargeable: { status: 422, title: 'The gateway cannot charge an order like this' },
  refund_declined: { status: 422, title: 'The gateway declined the refund; nothing was refunded' },
  void_declined: { status: 422, title: 'The gateway declined the void; nothing was voided' },
  webhook_url_refused: { status: 422, title: 'Events cannot be sent to this URL' },
  webhooks_not_offered: { status: 422, title: 'This server cannot sign events yet' },
  rate_limited: { status: 429, title: 'The API key has sent too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Payonce failed' },
  gateway_failed: { status: 502, title: 'The gateway failed; no money moved' },
  store_unavailable: { status: 503, title: 'The database cannot be used; nothing was sent' },
  store_refused: { status: 503, title: 'The database refuses to store it; nothing was sent' },
  store_outcome_unknown: { status: 503, title: 'The database did not say whether the request was accepted' },
  installation_changed: {
    status: 503,
    title: 'The database is no longer this server’s own; nothing was sent',
  },
  api_key_not_checked: { status: 503, title: 'The API key could not be looked up yet; nothing was sent' },
  under_way: { status: 503, title: 'The gateway is being asked at the moment; nothing was stored' },
  webhook_not_noted: { status: 503, title: 'The event could not be noted yet; nothing was stored' },
  shutting_down: { status: 503, title: 'This server is shutting down; nothing was sent' },
} as const satisfies Record<string, ProblemKind>;

/** A code of the catalogue, such as `order_conflict`. `docs/errors.md` says what each means and what to do. */
export type ProblemCode = keyof typeof PROBLEMS;

/** The `type` of a problem document: the address of its page at the server that answered (RFC 9457 §3.1.1 allows relative ones). */
export function problemType(code: ProblemCode): string {
  return `/problems/${code}`;
}

/**
 * The two ways in which a charge fails: `card_declined` (the gateway declined it) and `gateway_failed` (the gateway failed). Both are
 * proof that nothing was charged.
 */
export type ChargeFailure = Extract<ProblemCode, 'card_declined' | 'gateway_failed'>;

/**
 * The ways in which a refund fails: `refund_declined` (the gateway declined it), `gateway_failed` (the gateway failed), and two because
 * the gateway has an earlier refund after all: `refund_exceeds_captured` (too little is left for this one) and `earlier_refund_found` (it
 * would fit, but may be the same refund once more). Each is proof that this refund gave nothing back.
 */
export type RefundFailure = Extract<
  ProblemCode,
  'refund_declined' | 'gateway_failed' | 'refund_exceeds_captured' | 'earlier_refund_found'
>;

/** A payment has no follow-up of that name, or none of that kind. */
export type NotFoundProblem = Extract<ProblemCode, 'refund_not_found' | 'operation_not_found'>;

/**
 * The ways in which a capture or a void fails: `capture_declined` or `void_declined` (the gateway declined it), `gateway_failed` (the
 * gateway failed), and `payment_not_capturable` or `payment_not_voidable` (an earlier one counted as failed, and was made after all). Each is
 * proof that this one changed nothing.
 */
export type ExclusiveFailure = Extract<
  ProblemCode,
  'capture_declined' | 'void_declined' | 'gateway_failed' | 'payment_not_capturable' | 'payment_not_voidable'
>;

/** How an operation fails, whatever its kind. */
export type FailureProblem = ChargeFailure | RefundFailure | ExclusiveFailure;
