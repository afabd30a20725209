/** The texts of problems that requests of several kinds can end with, in the same words. */
import type { ProblemCode } from '../domain/problems.ts';

export const COMMON_DETAILS = {
  payment_not_found:
    'No payment has this id. Nothing was stored or sent. If you know only the order, search with GET /v1/payments?order_id=….',
  idempotency_key_reused:
    'This Idempotency-Key is bound to a request with other terms. Nothing was sent and nothing was changed. Use a new key for a new request.',
  store_refused:
    'The database refuses to store this, until somebody changes something there. Repeating the request does not help before that. Nothing was stored and nothing was sent to the gateway for this request. This server’s log says what is refused.',
  installation_changed:
    'The database holds payments of another installation, or of the other kind (real money or test payments), so this server has stopped. Nothing was stored and nothing was sent for this request. Its log says what to do.',
  shutting_down:
    'This server is shutting down. Nothing was stored and nothing was sent. Repeat the request; another server or the restarted one will take it.',
} as const satisfies Partial<Record<ProblemCode, string>>;
