/** The headers of requests and answers. */
import type { Schema } from './schema.ts';

const header = (description: string, schema: Schema): Schema => ({ description, schema });

const LOCATION = header('Where what was made can be read.', { type: 'string', format: 'uri-reference' });
const RETRY_AFTER = header('When to ask again, in whole seconds.', { type: 'integer', minimum: 1 });
const CHALLENGE = header('RFC 6750. With `scope_missing` it names the scope.', { type: 'string' });
const REPLAYED = header('`true`: the key was seen before, and this is its own answer.', {
  type: 'string',
  enum: ['true', 'false'],
});
const RETENTION = header(
  'How long the answer of an Idempotency-Key is kept, in seconds. The key itself is never forgotten: after that time it gets 409 result_expired or the payment as it is, and charges nothing again.',
  { type: 'integer', minimum: 1 },
);
const KEY = header(
  "The request's own Idempotency-Key, quoted. An answer that names another key is the answer to another request: a front mixed them up.",
  { type: 'string', minLength: 3 },
);
const PREFERENCE = header('The preference that was followed (RFC 7240).', { type: 'string' });

const always = (each: Schema): Schema => ({ ...each, required: true });

/** `…IfAny`: an answer of that status may come without it. */
export const HEADERS = {
  Location: always(LOCATION),
  RetryAfter: always(RETRY_AFTER),
  RetryAfterIfAny: RETRY_AFTER,
  WwwAuthenticate: always(CHALLENGE),
  WwwAuthenticateIfAny: CHALLENGE,
  IdempotentReplayed: always(REPLAYED),
  IdempotentReplayedIfAny: REPLAYED,
  IdempotentRetention: always(RETENTION),
  IdempotentRetentionIfAny: RETENTION,
  IdempotencyKeyIfAny: KEY,
  PreferenceAppliedIfAny: PREFERENCE,
} as const;

const headerRef = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });

/** Answers to broken HTTP have these statuses. They come before anything is known of the route, so without its headers. */
const OF_BROKEN_HTTP: readonly number[] = [400, 408, 417, 431];

export interface Wanted {
  readonly status: number;
  readonly keyed: boolean;
  readonly located: boolean;
  readonly retried: boolean;
  readonly retriedIfOpen: boolean;
}

/** The headers of one answer. */
export function headersOf({ status, keyed, located, retried, retriedIfOpen }: Wanted): Schema {
  return {
    ...(located ? { Location: headerRef('Location') } : {}),
    ...(retried || status === 429 || status === 503 ? { 'Retry-After': headerRef('RetryAfter') } : {}),
    ...(retriedIfOpen ? { 'Retry-After': headerRef('RetryAfterIfAny') } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': headerRef('WwwAuthenticate') } : {}),
    // Without it: a page of another origin.
    ...(status === 403 ? { 'WWW-Authenticate': headerRef('WwwAuthenticateIfAny') } : {}),
    ...(keyed ? keyedHeaders(OF_BROKEN_HTTP.includes(status)) : {}),
  };
}

function keyedHeaders(mayLack: boolean): Schema {
  return {
    'Idempotent-Replayed': headerRef(mayLack ? 'IdempotentReplayedIfAny' : 'IdempotentReplayed'),
    'Idempotent-Retention': headerRef(mayLack ? 'IdempotentRetentionIfAny' : 'IdempotentRetention'),
    'Idempotency-Key': headerRef('IdempotencyKeyIfAny'),
    'Preference-Applied': headerRef('PreferenceAppliedIfAny'),
  };
}

/** The request headers of a route that takes a key. */
export function keyParameters(retentionS: number): readonly Schema[] {
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: `Names this request, so that repeating it gets its own answer again. Bare or quoted, 1 to 255 printable ASCII characters. The answer is kept for ${retentionS} seconds; the key is never forgotten.`,
      schema: { type: 'string', minLength: 1 },
    },
    {
      name: 'Prefer',
      in: 'header',
      required: false,
      description: '`wait=N` (seconds) or `respond-async`: how long to wait for the outcome.',
      schema: { type: 'string' },
    },
  ];
}
