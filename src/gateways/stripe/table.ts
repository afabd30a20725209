/**
 * What each word of Stripe means: the states of its objects, and its errors. All of it is data, and a test has a row for each row here.
 * What is not listed is unknown: Stripe adds words without a new version.
 */
import type { ReportedRefund } from '../../domain/refund-outcomes.ts';
import type { StripeError } from './answer.ts';

/**
 * What the state of an intent says.
 * - `paid`: the money was taken.
 * - `held`: the money is authorised, and not taken yet.
 * - `pending`: the bank decides.
 * - `action`: the customer must do something first.
 * - `open`: nothing was taken, and it may still be confirmed.
 * - `sealed`: it is cancelled, so nothing can be taken any more.
 */
export type IntentMeaning = 'paid' | 'held' | 'pending' | 'action' | 'open' | 'sealed';

/** By `status`. */
export const INTENT_STATUSES: ReadonlyMap<unknown, IntentMeaning> = new Map<string, IntentMeaning>([
  ['succeeded', 'paid'],
  ['requires_capture', 'held'],
  ['processing', 'pending'],
  ['requires_action', 'action'],
  ['requires_confirmation', 'open'],
  ['requires_payment_method', 'open'],
  ['canceled', 'sealed'],
]);

/** By `status`. */
export const REFUND_STATUSES: ReadonlyMap<unknown, ReportedRefund['status']> = new Map<
  string,
  ReportedRefund['status']
>([
  ['succeeded', 'succeeded'],
  ['pending', 'pending'],
  // The customer has to say where the money goes. Stripe has taken the refund on.
  ['requires_action', 'pending'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
]);

/**
 * What an error says about the request.
 * - `in_use`: an earlier request with this key is under way.
 * - `limited`: not executed, and not kept under the key.
 * - `forbidden`: our key is refused, or may not do this.
 * - `declined`: the bank or Stripe's rules said no to this payment.
 * - `wrong`: the request itself cannot be done, whatever was done before.
 * - `other_request`: the key was used with other parameters, such as by another release. What that request did counts, and the object
 *   shows it. So this is no alarm of its own.
 * - `look`: what is there already decides, and it may be our own earlier request. The object is read.
 * - `failed`: Stripe failed in the middle. The answer is kept under the key, and the work may be finished later all the same.
 * - `unlisted`: nobody knows.
 */
export type ErrorMeaning =
  | 'in_use'
  | 'limited'
  | 'forbidden'
  | 'declined'
  | 'wrong'
  | 'other_request'
  | 'look'
  | 'failed'
  | 'unlisted';

/** One kind of error. A field that is absent matches anything. */
export interface ErrorRow {
  readonly status: number;
  readonly type?: string;
  readonly code?: string;
  readonly means: ErrorMeaning;
}

/** About our key or account, not about the order. */
const ABOUT_US = [
  'account_invalid',
  'api_key_expired',
  'livemode_mismatch',
  'platform_api_key_expired',
  'secret_key_required',
  'testmode_charges_only',
];

/** No parameter of the request depends on what was done before. */
const WRONG_PARAMETERS = [
  'amount_too_large',
  'amount_too_small',
  'currency_not_supported',
  'invalid_charge_amount',
  'parameter_invalid_empty',
  'parameter_invalid_integer',
  'parameter_invalid_string_blank',
  'parameter_invalid_string_empty',
  'parameter_missing',
  'parameter_unknown',
  'parameters_exclusive',
  'payment_method_currency_mismatch',
];

/** In order: the first row that fits counts. */
export const ERRORS: readonly ErrorRow[] = [
  { status: 401, means: 'forbidden' },
  { status: 403, means: 'forbidden' },
  ...ABOUT_US.map((code): ErrorRow => ({ status: 400, code, means: 'forbidden' })),
  // Also `lock_timeout`: another request works on the same object.
  { status: 429, means: 'limited' },
  { status: 409, code: 'idempotency_key_in_use', means: 'in_use' },
  { status: 402, type: 'card_error', means: 'declined' },
  { status: 400, type: 'idempotency_error', means: 'other_request' },
  ...WRONG_PARAMETERS.map((code): ErrorRow => ({ status: 400, code, means: 'wrong' })),
  // It depends on what was done before, perhaps by a request of ours whose answer was lost.
  { status: 400, type: 'invalid_request_error', means: 'look' },
  { status: 404, type: 'invalid_request_error', means: 'look' },
  { status: 500, type: 'api_error', means: 'failed' },
];

export function meaningOf({
  status,
  type,
  code,
}: Pick<StripeError, 'status' | 'type' | 'code'>): ErrorMeaning {
  const row = ERRORS.find(
    (one) =>
      one.status === status &&
      (one.type === undefined || one.type === type) &&
      (one.code === undefined || one.code === code),
  );
  return row?.means ?? 'unlisted';
}

/** The outcome of each operation; `read` is any question. `unknown`: it may have been done; `answered`: and it is not under way any more. */
export interface Outcomes {
  readonly prepare: 'declined' | 'failed' | 'failed_for_good' | 'forbidden';
  readonly confirm: 'declined' | 'refused' | 'busy' | 'forbidden' | 'unknown' | 'answered';
  /** Of a refund, a capture or a void. */
  readonly followUp: 'declined' | 'refused' | 'busy' | 'forbidden' | 'unknown' | 'answered';
  readonly read: 'forbidden' | 'unavailable';
}

export const OUTCOMES: Readonly<Record<ErrorMeaning, Outcomes>> = {
  in_use: { prepare: 'failed', confirm: 'busy', followUp: 'busy', read: 'unavailable' },
  limited: { prepare: 'failed', confirm: 'refused', followUp: 'refused', read: 'unavailable' },
  forbidden: { prepare: 'forbidden', confirm: 'forbidden', followUp: 'forbidden', read: 'forbidden' },
  // No bank is asked about a new intent or a refund. If one refuses a capture, the intent shows what became of it.
  declined: { prepare: 'declined', confirm: 'declined', followUp: 'unknown', read: 'unavailable' },
  // A confirm has no parameter of ours. Whatever it is told, the read shows that nothing was taken, and the intent is sealed.
  wrong: { prepare: 'declined', confirm: 'answered', followUp: 'declined', read: 'unavailable' },
  other_request: {
    prepare: 'failed_for_good',
    confirm: 'answered',
    followUp: 'answered',
    read: 'unavailable',
  },
  // A new intent depends on nothing before it, so for it this is a no.
  look: { prepare: 'declined', confirm: 'answered', followUp: 'answered', read: 'unavailable' },
  // An intent can be sealed afterwards. A refund and a capture cannot, so its absence proves nothing before the time in which it may still land.
  failed: { prepare: 'failed_for_good', confirm: 'answered', followUp: 'unknown', read: 'unavailable' },
  unlisted: { prepare: 'failed', confirm: 'unknown', followUp: 'unknown', read: 'unavailable' },
};
