/** Answers with Stripe's headers. */
import type { Voice } from '../attempts.ts';
import { answer, type Wire } from '../wire.ts';
import { type ErrorDetail, errorText, StripeError } from './errors.ts';
import { type Answer, inUse } from './keys.ts';

/** The version of the API that answers follow if the request names none. */
export const API_VERSION = '2026-10-28.endive';

/** What every answer says about its request. */
export interface RequestFacts {
  readonly requestId: string;
  readonly version: string;
  readonly key: string | null;
}

/** The answer of an operation. @param original the request that it was first given to, if that is another one. */
export function answered({ status, body }: Answer, original: string | null = null): Wire {
  return {
    kind: 'answer',
    status,
    body,
    headers: {
      ...(original === null ? {} : { 'original-request': original, 'idempotent-replayed': 'true' }),
      // It would be the same again.
      ...(status >= 400 ? { 'stripe-should-retry': 'false' } : {}),
    },
  };
}

/** The answer to a request that was refused before anything was done. */
export function refused({ status, detail }: StripeError, retryAfterSeconds?: number): Wire {
  // Without the header, Stripe does not say.
  const retry = status === 409 || detail.code === 'lock_timeout' ? 'true' : status === 429 ? null : 'false';
  return {
    kind: 'answer',
    status,
    body: errorText(detail),
    headers: retry === null ? {} : { 'stripe-should-retry': retry },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** With the headers that every answer has. */
export function about(wire: Wire, { requestId, version, key }: RequestFacts): Wire {
  if (wire.kind === 'drop' || wire.kind === 'hold') return wire;
  const keyed = key === null ? {} : { 'idempotency-key': key, 'original-request': requestId };
  return {
    ...wire,
    headers: { 'request-id': requestId, 'stripe-version': version, ...keyed, ...wire.headers },
  };
}

const FAILURE: ErrorDetail = {
  type: 'api_error',
  message:
    'Sorry! There was an error while talking to one of our backends. We have already been notified of the problem, but please contact support with any questions you may have.',
};

export const FAILURE_TEXT = errorText(FAILURE);

const RATE_LIMITED = new StripeError(429, {
  type: 'invalid_request_error',
  code: 'rate_limit',
  message:
    'Request rate limit exceeded. Learn more about rate limits at https://docs.stripe.com/rate-limits.',
});
const OBJECT_IN_USE = new StripeError(429, {
  type: 'invalid_request_error',
  code: 'lock_timeout',
  message:
    'This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.',
});

/** What Stripe says about an attempt that goes wrong. */
export const STRIPE_VOICE: Voice = {
  failure: () => answer(500, FAILURE_TEXT),
  unauthorized: () => refused(new StripeError(401, invalidKey('sk_test_'))),
  rateLimited: (_key, retryAfterSeconds) => refused(RATE_LIMITED, retryAfterSeconds),
  keyInUse: (key) => refused(inUse(key)),
  objectInUse: () => refused(OBJECT_IN_USE),
};

export function invalidKey(given: string): ErrorDetail {
  return { type: 'invalid_request_error', message: `Invalid API Key provided: ${given.slice(0, 8)}****` };
}
