/** The headers of requests and answers. */
import type { Schema } from './schema.ts';

const header = (description: string, schema: Schema) => ({ description, schema });

export const HEADERS = {
  Location: header('Where what was made can be read.', { type: 'string', format: 'uri-reference' }),
  RetryAfter: header('When to ask again, in whole seconds.', { type: 'integer', minimum: 1 }),
  WwwAuthenticate: header('RFC 6750. With `scope_missing` it names the scope.', { type: 'string' }),
  IdempotentReplayed: header('`true`: the key was seen before, and this is its own answer.', {
    type: 'string',
    enum: ['true', 'false'],
  }),
  IdempotentRetention: header(
    'How long the answer of an Idempotency-Key is kept, in seconds. The key itself is never forgotten: after that time it gets 409 result_expired or the payment as it is, and charges nothing again.',
    { type: 'integer', minimum: 1 },
  ),
  PreferenceApplied: header('The preference that was followed (RFC 7240).', { type: 'string' }),
} as const;

const headerRef = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });

export interface Wanted {
  readonly status: number;
  readonly keyed: boolean;
  readonly located: boolean;
  readonly retried: boolean;
}

/** The headers of one answer. */
export function headersOf({ status, keyed, located, retried }: Wanted): Schema {
  return {
    ...(located ? { Location: headerRef('Location') } : {}),
    ...(retried || status === 429 || status === 503 ? { 'Retry-After': headerRef('RetryAfter') } : {}),
    ...(status === 401 || status === 403 ? { 'WWW-Authenticate': headerRef('WwwAuthenticate') } : {}),
    ...(keyed
      ? {
          'Idempotent-Replayed': headerRef('IdempotentReplayed'),
          'Idempotent-Retention': headerRef('IdempotentRetention'),
          'Preference-Applied': headerRef('PreferenceApplied'),
        }
      : {}),
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
