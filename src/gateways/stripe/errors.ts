/** From an error of Stripe, or from no answer, to an outcome, by `table.ts`. */
import type { CallOutcome, ChargeRequest, NotSent, PrepareOutcome } from '../../domain/outcomes.ts';
import type { Reading, StripeError, Wait } from './answer.ts';
import { judgeDeclined } from './intents.ts';
import { word } from './objects.ts';
import { type ErrorMeaning, meaningOf, OUTCOMES, type Outcomes } from './table.ts';

/** Everything but an object. */
export type Failure = Exclude<Reading, { readonly kind: 'object' }>;

export function confirmFailed(
  request: ChargeRequest,
  failure: Failure,
  livemode: boolean,
): CallOutcome | NotSent {
  if (failure.kind !== 'error') return unanswered(failure);
  const outcome = OUTCOMES[meaningOf(failure.error)].confirm;
  return outcome === 'declined'
    ? judgeDeclined(request, failure.error.intent, { code: codeOf(failure.error), livemode })
    : callOutcome(outcome, failure.error);
}

export function followUpFailed(failure: Failure): CallOutcome | NotSent {
  if (failure.kind !== 'error') return unanswered(failure);
  const outcome = OUTCOMES[meaningOf(failure.error)].followUp;
  return outcome === 'declined'
    ? { kind: 'declined', code: codeOf(failure.error) }
    : callOutcome(outcome, failure.error);
}

export function prepareFailed(failure: Failure): PrepareOutcome | NotSent {
  if (failure.kind === 'short') return { kind: 'not_sent', reason: failure.reason };
  if (failure.kind !== 'error') return { kind: 'failed', reason: failure.reason, ...waitOf(failure) };
  const { error } = failure;
  const kind = OUTCOMES[meaningOf(error)].prepare;
  switch (kind) {
    case 'declined':
      return { kind, code: codeOf(error) };
    case 'failed':
      return { kind, reason: reasonOf(error), ...waitOf(error) };
    case 'failed_for_good':
    case 'forbidden':
      return { kind, reason: reasonOf(error) };
  }
}

export function readFailed(failure: Failure): NoAnswer | NotSent {
  if (failure.kind === 'short') return { kind: 'not_sent', reason: failure.reason };
  if (failure.kind !== 'error') return { kind: 'unavailable', reason: failure.reason, ...waitOf(failure) };
  const { error } = failure;
  const kind = OUTCOMES[meaningOf(error)].read;
  return kind === 'forbidden'
    ? { kind, reason: reasonOf(error) }
    : { kind, reason: reasonOf(error), ...waitOf(error) };
}

/** No answer to what was asked. */
export type NoAnswer =
  | { readonly kind: 'forbidden'; readonly reason: string }
  | ({ readonly kind: 'unavailable'; readonly reason: string } & Wait);

function unanswered(failure: Exclude<Failure, { readonly kind: 'error' }>): CallOutcome | NotSent {
  switch (failure.kind) {
    case 'not_sent':
      return { kind: 'refused', reason: failure.reason };
    case 'short':
      return { kind: 'not_sent', reason: failure.reason };
    case 'lost':
      return { kind: 'unknown', answered: false, reason: failure.reason, ...waitOf(failure) };
  }
}

function callOutcome(outcome: Exclude<Outcomes['confirm'], 'declined'>, error: StripeError): CallOutcome {
  switch (outcome) {
    case 'busy':
      return { kind: outcome, ...waitOf(error) };
    case 'forbidden':
      return { kind: outcome, reason: reasonOf(error) };
    case 'refused':
      return { kind: outcome, reason: reasonOf(error), ...waitOf(error) };
    case 'unknown':
    case 'answered':
      return {
        kind: 'unknown',
        answered: outcome === 'answered',
        reason: reasonOf(error),
        ...waitOf(error),
      };
  }
}

function waitOf(failure: Failure | StripeError): Wait {
  return 'retryAfterMs' in failure && failure.retryAfterMs !== undefined
    ? { retryAfterMs: failure.retryAfterMs }
    : {};
}

/** Why it was declined: the bank's word if there is one. */
function codeOf({ code, declineCode, type }: StripeError): string {
  return word(declineCode) ?? word(code) ?? word(type) ?? 'declined';
}

/** The words that all adapters have for the same thing come before Stripe's own. */
function reasonOf(error: StripeError): string {
  return REASONS[meaningOf(error)] ?? word(error.code) ?? `http_${error.status}`;
}

const REASONS: Readonly<Partial<Record<ErrorMeaning, string>>> = {
  limited: 'rate_limited',
  other_request: 'key_reused',
};
