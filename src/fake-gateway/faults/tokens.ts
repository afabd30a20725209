/**
 * Magic values of `method`. A charge with one of them has exactly its fault, and the configured rates do not apply: a test that names
 * its fault gets it every time. (The base latency applies to all.) A `tok_refund_…` does the same for the refunds of the charge, and the
 * charge itself has no fault. So do a `tok_capture_…` and a `tok_void_…`.
 */
import type { OperationKind } from '../ledger/port.ts';
import { type FaultName, faultsOf } from './catalogue.ts';

export interface MagicToken {
  readonly token: string;
  /** What has the fault: the charge, or its refunds, captures or voids. */
  readonly effect: 'charge' | OperationKind;
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
  { token: 'tok_authorization_expires', fault: 'authorization_expires', calls: 'every' },
  { token: 'tok_keys_ignored', fault: 'keys_ignored', calls: 'every' },
  { token: 'tok_keys_expired', fault: 'keys_expired', calls: 'every' },
  { token: 'tok_lookup_lag', fault: 'lookup_lag', calls: 'every' },
  { token: 'tok_lookup_down', fault: 'lookup_down', calls: 'every' },
  { token: 'tok_webhook_duplicate', fault: 'webhook_duplicate', calls: 'every' },
  { token: 'tok_webhook_late', fault: 'webhook_late', calls: 'every' },
  { token: 'tok_webhook_out_of_order', fault: 'webhook_out_of_order', calls: 'every' },
];

/** What can happen to every refund, capture and void; the name of each begins with `tok_refund_`, `tok_capture_` or `tok_void_`. */
const OPERATION_TOKENS: readonly Omit<MagicToken, 'effect'>[] = [
  { token: 'error', fault: 'error_before', calls: 'every' },
  { token: 'error_once', fault: 'error_before', calls: 'first' },
  { token: 'error_after', fault: 'error_after', calls: 'every' },
  { token: 'error_after_once', fault: 'error_after', calls: 'first' },
  { token: 'drop_before_once', fault: 'drop_before', calls: 'first' },
  { token: 'drop_after_once', fault: 'drop_after', calls: 'first' },
  { token: 'lands_late', fault: 'lands_late', calls: 'first' },
  { token: 'lost_answer', fault: 'lost_answer', calls: 'every' },
  { token: 'lost_once', fault: 'lost_answer', calls: 'first' },
  { token: 'slow_once', fault: 'slow_answer', calls: 'first' },
  { token: 'dripping_once', fault: 'dripping_answer', calls: 'first' },
  { token: 'truncated', fault: 'truncated_answer', calls: 'every' },
  { token: 'garbage', fault: 'garbage_answer', calls: 'every' },
  { token: '429', fault: 'rate_limited', calls: 'every' },
  { token: '429_once', fault: 'rate_limited', calls: 'first' },
  { token: 'unauthorized', fault: 'unauthorized', calls: 'every' },
  { token: 'stale_500', fault: 'stale_error', calls: 'every' },
  { token: 'stale_500_after', fault: 'stale_error_after', calls: 'every' },
];

const LOOKUP_TOKENS: readonly Omit<MagicToken, 'effect'>[] = [
  { token: 'lookup_lag', fault: 'lookup_lag', calls: 'every' },
  { token: 'lookup_down', fault: 'lookup_down', calls: 'every' },
];

/** The faults of its own axis have a token of their own name. */
function tokensOf(effect: OperationKind): readonly MagicToken[] {
  const named = [...OPERATION_TOKENS, ...LOOKUP_TOKENS].map((token) => ({
    ...token,
    token: `tok_${effect}_${token.token}`,
    effect,
  }));
  const own = faultsOf(effect).map((fault) => ({
    token: `tok_${fault}`,
    effect,
    fault,
    calls: 'every' as const,
  }));
  return [...named.slice(0, OPERATION_TOKENS.length), ...own, ...named.slice(OPERATION_TOKENS.length)];
}

export const TOKENS: readonly MagicToken[] = [
  ...CHARGE_TOKENS.map((token) => ({ ...token, effect: 'charge' as const })),
  ...tokensOf('refund'),
  ...tokensOf('capture'),
  ...tokensOf('void'),
];

const BY_TOKEN: ReadonlyMap<string, MagicToken> = new Map(TOKENS.map((token) => [token.token, token]));
const NO_FAULT: MagicToken = { token: '', effect: 'charge', fault: null, calls: 'every' };

/** What a charge's method does to the charge; null if it is an ordinary one, to which the rates apply. */
export function chargeToken(method: string | null): MagicToken | null {
  const token = method === null ? undefined : BY_TOKEN.get(method);
  if (token === undefined) return null;
  return token.effect === 'charge' ? token : NO_FAULT;
}

/** What a charge's method does to the charge's refunds, captures or voids; null if the rates apply to them. */
export function operationToken(kind: OperationKind, method: string | null): MagicToken | null {
  const token = method === null ? undefined : BY_TOKEN.get(method);
  return token?.effect === kind ? token : null;
}
