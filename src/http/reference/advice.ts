/** What each problem means for whoever gets it. `docs/errors.md` says the same, and a test compares the two. */
import type { ProblemCode } from '../../domain/problems.ts';

export interface Advice {
  /** What did not happen, or what is known of it. */
  readonly happened: string;
  readonly todo: string;
}

/** In the Markdown of the documents: code in backticks, and links. */
export const ADVICE: Readonly<Record<ProblemCode, Advice>> = {
  invalid_json: {
    happened: 'Nothing was stored or sent.',
    todo: 'Send one JSON object in UTF-8, without duplicate names in an object.',
  },
  invalid_request: {
    happened: 'Nothing was stored or sent.',
    todo: 'Fix what `errors` names. Without `errors`, the HTTP request itself is wrong.',
  },
  card_number_refused: {
    happened: 'Nothing was stored, sent or logged.',
    todo: "Send your payment provider's token as `method`, and keep card numbers out of every field and out of the key. A number of your own is accepted with a letter right before it: `A4000…`.",
  },
  refund_identity_required: {
    happened: 'Nothing was stored or sent.',
    todo: 'Send a `refund_id`, or an `Idempotency-Key`. With the same name again, the refund is made once.',
  },
  idempotency_key_invalid: {
    happened: 'Nothing was stored or sent.',
    todo: 'Send one key of 1 to 255 printable ASCII characters, or no key at all: the order id alone already prevents a second charge, and the `refund_id` a second refund.',
  },
  webhook_refused: {
    happened: 'Nothing was stored or sent.',
    todo: "If it is your gateway's: check `GATEWAY_WEBHOOK_SECRET`, and the clocks of both machines. A proxy in between must not change the body. The log counts the reasons.",
  },
  unauthorized: {
    happened: 'Nothing was stored or sent.',
    todo: 'Send `Authorization: Bearer po_…`. If you do: the key may be mistyped, expired or revoked, or its account disabled. `payonce keys list` shows it, and `payonce keys create` makes another one. A new key works within 5 seconds.',
  },
  api_key_wrong_mode: {
    happened: 'Nothing was stored or sent.',
    todo: 'Check the key and the address: `po_live_…` is for a server that moves real money, `po_test_…` for one that does not.',
  },
  card_declined: {
    happened: 'It is proved that no money moved.',
    todo: 'Ask the customer for another way to pay, and send that with a new key. With the `failure_code` `action_expired`, the customer did not do in time what the gateway asked for.',
  },
  scope_missing: {
    happened: 'Nothing was stored or sent.',
    todo: "Use a key with the scope that `detail` names. A key's scopes never change: make another key.",
  },
  origin_refused: {
    happened: 'Nothing was stored or sent.',
    todo: 'Without API keys, the server answers only at its own name, and changes nothing for web pages of other sites. Ask it at `localhost`, or make a key.',
  },
  not_found: { happened: 'Nothing was stored or sent.', todo: 'Check the address.' },
  payment_not_found: {
    happened: '–',
    todo: 'Check the id, or look for the order with `GET /v1/payments?order_id=`.',
  },
  operation_not_found: {
    happened: '–',
    todo: 'Read the payment. It has a capture or a void once one was asked for.',
  },
  refund_not_found: {
    happened: '–',
    todo: "Check the `refund_id`, and that the address has it percent-encoded. `GET /v1/payments/<id>/refunds` lists the payment's refunds.",
  },
  webhook_endpoint_not_found: {
    happened: 'Nothing was stored.',
    todo: 'Check the id. `GET /v1/webhook-endpoints` lists the endpoints of your account.',
  },
  webhook_delivery_not_found: {
    happened: 'Nothing was stored.',
    todo: 'Check the id of the event. `GET …/deliveries` lists what the endpoint was to get.',
  },
  method_not_allowed: {
    happened: 'Nothing was stored or sent.',
    todo: 'Use a method that the `Allow` header names.',
  },
  request_timeout: {
    happened: 'Nothing was stored or sent.',
    todo: 'Repeat, and send the whole request at once.',
  },
  amount_differs: {
    happened: 'Nothing was stored or sent. The payment or refund stays in `REVIEW`.',
    todo: 'Check which charge or refund you have found. One of another amount does not complete this one, except a refund or a capture in `REVIEW` as `amount_mismatch`. If it was made in error, take it back at the gateway, then ask for `look-now`.',
  },
  capture_exceeds_authorized: {
    happened: 'Nothing was stored or sent.',
    todo: 'Capture `amount_authorized` of the payment, or less.',
  },
  earlier_refund_found: {
    happened: 'Nothing was sent for this refund: it may be for the same money.',
    todo: "Read the payment's refunds. One of them had `FAILED`, and the gateway has it. If this money is to go back too, send a new refund, with another `refund_id` or key.",
  },
  not_in_review: {
    happened: 'Nothing was stored or sent.',
    todo: 'Read its status. Everything else goes on by itself, or has ended.',
  },
  nothing_to_look_at: {
    happened: 'Nothing was stored or sent.',
    todo: 'Read its status and `actions`. It has ended, or it waits for a call, which has its own time, or the gateway has no lookups.',
  },
  other_gateway: {
    happened: 'Nothing was sent. Whether the earlier charge moved money is not known here.',
    todo: 'Send it to a server that uses the gateway that the payment names, or look the charge up at that gateway. A refund is made only at the gateway that charged.',
  },
  operation_in_progress: {
    happened: 'Nothing was stored or sent.',
    todo: 'Look at the one in the answer. Wait until it has ended, then read the payment. If it is in `REVIEW`, a person must decide first.',
  },
  order_conflict: {
    happened: 'Nothing was sent. The payment is unchanged.',
    todo: 'Look at the payment in the answer. Other terms need another order. Once this order has FAILED, a new Idempotency-Key is enough.',
  },
  payment_not_capturable: {
    happened: 'Nothing was sent for this request.',
    todo: 'Read the payment. Only one that is `AUTHORIZED` can be captured, and only once.',
  },
  payment_not_refundable: {
    happened: 'Nothing was stored or sent.',
    todo: 'Refund only a payment that is `COMPLETED`, at a gateway that takes refunds.',
  },
  payment_not_voidable: {
    happened: 'Nothing was sent for this request.',
    todo: 'Read the payment. Only one that is `AUTHORIZED` can be voided. One that is `COMPLETED` can be refunded.',
  },
  refund_conflict: {
    happened: 'Nothing was sent. The refund is unchanged.',
    todo: 'Look at the refund in the answer. Another amount needs another `refund_id`.',
  },
  refund_exceeds_captured: {
    happened: 'Nothing was sent for this refund.',
    todo: 'Read the payment: what was captured, refunded and is being refunded. Refund no more than what is left, as a new refund.',
  },
  resolution_conflict: {
    happened: 'Nothing was stored or sent for this request.',
    todo: 'Read the events: who stated what, and what became of it. While that outcome is being checked, wait.',
  },
  result_expired: {
    happened: 'Nothing was sent. The payment is unchanged.',
    todo: "Read the payment's state from the answer. A new key gets the payment as it stands now, or charges the order again if it has failed.",
  },
  result_superseded: {
    happened: 'Nothing was sent for this request. The refund has changed after its first answer.',
    todo: 'Go by `refund_status` in the answer. `SUCCEEDED`: the money went back after all. `FAILED`: it did not. `PENDING` or `REVIEW`: wait, and do not refund it in another way.',
  },
  webhook_endpoint_exists: {
    happened: 'Nothing was stored.',
    todo: 'Use the endpoint that there is. If you do not have its secret, rotate it.',
  },
  webhook_endpoints_exhausted: {
    happened: 'Nothing was stored.',
    todo: 'Delete an endpoint, or change one.',
  },
  payload_too_large: {
    happened: 'Nothing was stored or sent.',
    todo: 'Send less. An order is far smaller than 64 KiB.',
  },
  unsupported_media_type: {
    happened: 'Nothing was stored or sent.',
    todo: 'Send `Content-Type: application/json`, and no `Content-Encoding`.',
  },
  expectation_failed: {
    happened: 'Nothing was stored or sent.',
    todo: 'Send the request without `Expect`, or with `Expect: 100-continue`.',
  },
  capture_declined: {
    happened: 'It is proved that this capture took nothing.',
    todo: 'Look at `failure_code`, and read the payment. If it is still `AUTHORIZED`, it can be captured or voided. If somebody else has captured it at the gateway, it says so soon.',
  },
  effect_not_offered: {
    happened: 'Nothing was stored or sent.',
    todo: 'Leave `capture_method` out, or use a gateway whose adapter authorises first and captures later.',
  },
  idempotency_key_reused: {
    happened: 'Nothing was stored or sent. The first request is unchanged.',
    todo: 'Use a new key for every new request. Use the same key only to repeat a request unchanged.',
  },
  order_not_chargeable: {
    happened: 'Nothing was stored or sent.',
    todo: 'Read `detail`: it says what the gateway wants, such as a larger amount or a payment method. Correct the order.',
  },
  refund_declined: {
    happened: 'It is proved that this refund gave nothing back.',
    todo: 'Look at `failure_code`, and read the payment: somebody may have refunded it at the gateway (`amount_refunded_elsewhere`). What is left may be refunded as a new refund, with another `refund_id` or key.',
  },
  void_declined: {
    happened: 'It is proved that this void let go of nothing.',
    todo: 'Look at `failure_code`, and read the payment. If it is still `AUTHORIZED`, it can be captured or voided.',
  },
  webhook_url_refused: {
    happened: 'Nothing was stored.',
    todo: 'Use an address that everyone can reach. `detail` says what is wrong with this one. For development: `WEBHOOK_ALLOW_PRIVATE=yes`.',
  },
  webhooks_not_offered: {
    happened: 'Nothing was stored.',
    todo: 'Set [`WEBHOOK_ENCRYPTION_KEY`](webhooks-out.md#settings), and start the server again.',
  },
  rate_limited: { happened: 'Nothing was stored or sent.', todo: 'Repeat after `Retry-After`.' },
  headers_too_large: {
    happened: 'Nothing was stored or sent.',
    todo: 'Keep the address and all headers together under 16 KiB.',
  },
  internal_error: {
    happened: 'Not known. If the request was accepted, Payonce goes on with it.',
    todo: 'Repeat. Report the `instance` to whoever runs this server.',
  },
  gateway_failed: {
    happened: 'It is proved that no money moved.',
    todo: 'A charge: try again with a new key; to wait for the end of an outage, send `give_up_after_s`. A refund: send a new one, with another `refund_id` or key. A capture or a void: read the payment, and ask again with a new key or none.',
  },
  store_unavailable: { happened: 'Nothing was stored or sent.', todo: 'Repeat after `Retry-After`.' },
  store_refused: {
    happened: 'Nothing was stored or sent.',
    todo: "Repeating does not help until somebody changes something in the database. The server's log says what (alarm `database_refuses`).",
  },
  store_outcome_unknown: {
    happened: 'Not known. If it was accepted, Payonce goes on with it.',
    todo: 'Repeat after `Retry-After`.',
  },
  installation_changed: {
    happened: 'Nothing was stored or sent. This server has stopped for good.',
    todo: 'Look at the alarm in its log. `installation_changed`: restore the row of `payonce.installation` from the backup that the payments came from, then start the server again. `mode_lost`: a process of the other mode (real or test payments) took the empty database. End the wrong process, and start the right one again.',
  },
  api_key_not_checked: {
    happened: 'Nothing was stored or sent.',
    todo: 'Repeat after `Retry-After`. Many unknown keys come in at the moment. Keys that the server knows already are not affected.',
  },
  under_way: {
    happened: 'Nothing was stored or sent.',
    todo: 'Read the status. If it is still `REVIEW`, repeat after `Retry-After`.',
  },
  webhook_not_noted: {
    happened: 'Nothing was stored.',
    todo: 'Nothing: the gateway sends it again. Its payment is being worked on, or too many events came at once.',
  },
  shutting_down: {
    happened: 'Nothing was stored or sent.',
    todo: 'Repeat after `Retry-After`, on a new connection.',
  },
};
