/**
 * Magic values of `method`. A charge with one of them has exactly its fault, and the configured rates do not apply: a test that names
 * its fault gets it every time. (The base latency applies to all.) A `tok_refund_…` does the same for the refunds of the charge, and the
 * charge itself has no fault.
 */
import type { FaultName } from './catalogue.ts';

export interface MagicToken {
  readonly token: string;
  /** What has the fault: the charge, or its refunds. */
  readonly effect: 'charge' | 'refund';
  readonly fault: FaultName | null;
  /** `every`: each call with the key. `first`: only the first; later ones go well. */
  readonly calls: 'every' | 'first';
}

const CHARGE_TOKENS: readonly Omit<MagicToken, 'effect'>[] = [
  { token: 'tok_visa', fault: null, calls: 'every' },
  { token: 'tok_error', fault: 'error_before', calls: 'every' },
  { token: 'tok_error_once', fault: 'error_before', calls: 'first' },
  { token: 'tok_error_after', fault: 'error_after', calls: 'every' },
  { token: 'tok_error_after_once', fault: 'error_after', calls: 'first' },
  { token: 'tok_drop_before', fault: 'drop_before', calls: 'every' },
  { token: 'tok_drop_before_once', fault: 'drop_before', calls: 'first' },
  { token: 'tok_drop_after', fault: 'drop_after', calls: 'every' },
  { token: 'tok_drop_after_once', fault: 'drop_after', calls: 'first' },
  { token: 'tok_lands_late', fault: 'lands_late', calls: 'first' },
  { token: 'tok_lost_answer', fault: 'lost_answer', calls: 'every' },
  { token: 'tok_lost_once', fault: 'lost_answer', calls: 'first' },
  { token: 'tok_slow', fault: 'slow_answer', calls: 'every' },
  { token: 'tok_slow_once', fault: 'slow_answer', calls: 'first' },
  { token: 'tok_dripping', fault: 'dripping_answer', calls: 'every' },
  { token: 'tok_dripping_once', fault: 'dripping_answer', calls: 'first' },
  { token: 'tok_truncated', fault: 'truncated_answer', calls: 'every' },
  { token: 'tok_garbage', fault: 'garbage_answer', calls: 'every' },
  { token: 'tok_429', fault: 'rate_limited', calls: 'every' },
  { token: 'tok_429_once', fault: 'rate_limited', calls: 'first' },
  { token: 'tok_unauthorized', fault: 'unauthorized', calls: 'every' },
  { token: 'tok_stale_500', fault: 'stale_error', calls: 'every' },
  { token: 'tok_stale_500_after', fault: 'stale_error_after', calls: 'every' },
  { token: 'tok_declined', fault: 'declined', calls: 'every' },
  { token: 'tok_pending', fault: 'pending', calls: 'every' },
  { token: 'tok_pending_declined', fault: 'pending_declined', calls: 'every' },
  { token: 'tok_wrong_amount', fault: 'wrong_amount', calls: 'every' },
  { token: 'tok_wrong_currency', fault: 'wrong_currency', calls: 'every' },
  { token: 'tok_keys_ignored', fault: 'keys_ignored', calls: 'every' },
  { token: 'tok_keys_expired', fault: 'keys_expired', calls: 'every' },
  { token: 'tok_lookup_lag', fault: 'lookup_lag', calls: 'every' },
  { token: 'tok_lookup_down', fault: 'lookup_down', calls: 'every' },
  { token: 'tok_webhook_duplicate', fault: 'webhook_duplicate', calls: 'every' },
  { token: 'tok_webhook_late', fault: 'webhook_late', calls: 'every' },
  { token: 'tok_webhook_out_of_order', fault: 'webhook_out_of_order', calls: 'every' },
];

const REFUND_TOKENS: readonly Omit<MagicToken, 'effect'>[] = [
  { token: 'tok_refund_error', fault: 'error_before', calls: 'every' },
  { token: 'tok_refund_error_once', fault: 'error_before', calls: 'first' },
  { token: 'tok_refund_error_after', fault: 'error_after', calls: 'every' },
  { token: 'tok_refund_error_after_once', fault: 'error_after', calls: 'first' },
  { token: 'tok_refund_drop_before_once', fault: 'drop_before', calls: 'first' },
  { token: 'tok_refund_drop_after_once', fault: 'drop_after', calls: 'first' },
  { token: 'tok_refund_lands_late', fault: 'lands_late', calls: 'first' },
  { token: 'tok_refund_lost_answer', fault: 'lost_answer', calls: 'every' },
  { token: 'tok_refund_lost_once', fault: 'lost_answer', calls: 'first' },
  { token: 'tok_refund_slow_once', fault: 'slow_answer', calls: 'first' },
  { token: 'tok_refund_dripping_once', fault: 'dripping_answer', calls: 'first' },
  { token: 'tok_refund_truncated', fault: 'truncated_answer', calls: 'every' },
  { token: 'tok_refund_garbage', fault: 'garbage_answer', calls: 'every' },
  { token: 'tok_refund_429', fault: 'rate_limited', calls: 'every' },
  { token: 'tok_refund_429_once', fault: 'rate_limited', calls: 'first' },
  { token: 'tok_refund_unauthorized', fault: 'unauthorized', calls: 'every' },
  { token: 'tok_refund_stale_500', fault: 'stale_error', calls: 'every' },
  { token: 'tok_refund_stale_500_after', fault: 'stale_error_after', calls: 'every' },
  { token: 'tok_refund_declined', fault: 'refund_declined', calls: 'every' },
  { token: 'tok_refund_pending', fault: 'refund_pending', calls: 'every' },
  { token: 'tok_refund_pending_failed', fault: 'refund_pending_failed', calls: 'every' },
  { token: 'tok_refund_fails_later', fault: 'refund_fails_later', calls: 'every' },
  { token: 'tok_refund_wrong_amount', fault: 'refund_wrong_amount', calls: 'every' },
  { token: 'tok_refund_lookup_lag', fault: 'lookup_lag', calls: 'every' },
  { token: 'tok_refund_lookup_down', fault: 'lookup_down', calls: 'every' },
];

export const TOKENS: readonly MagicToken[] = [
  ...CHARGE_TOKENS.map((token) => ({ ...token, effect: 'charge' as const })),
  ...REFUND_TOKENS.map((token) => ({ ...token, effect: 'refund' as const })),
];

const BY_TOKEN: ReadonlyMap<string, MagicToken> = new Map(TOKENS.map((token) => [token.token, token]));
const NO_FAULT: MagicToken = { token: '', effect: 'charge', fault: null, calls: 'every' };

/** What a charge's method does to the charge; null if it is an ordinary one, to which the rates apply. */
export function chargeToken(method: string | null): MagicToken | null {
  const token = method === null ? undefined : BY_TOKEN.get(method);
  if (token === undefined) return null;
  return token.effect === 'charge' ? token : NO_FAULT;
}

/** What a charge's method does to the charge's refunds; null if the rates apply to them. */
export function refundToken(method: string | null): MagicToken | null {
  const token = method === null ? undefined : BY_TOKEN.get(method);
  return token?.effect === 'refund' ? token : null;
}
