/** What the headers of a request that moves money say: its key, and how long it wants to wait. */
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { IdempotencyKey } from '../engine/api.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { type Preference, readPreference } from './prefer.ts';
import type { Problem } from './problem.ts';
import type { RouteContext } from './route-context.ts';

/**
 * Set early, so that every answer has the headers, whatever goes wrong. Only an answer to a key seen before says `true`. The second says
 * how long the answer of a key is kept, in seconds: the draft of Idempotency-Key (§2.3) wants that published.
 */
export function markKeyed({ answerRetentionMs }: RouteContext): onRequestHookHandler {
  const retention = String(Math.floor(answerRetentionMs / 1000));
  return (_request, reply, done) => {
    void reply.header('idempotent-replayed', 'false').header('idempotent-retention', retention);
    done();
  };
}

export interface WriteOptions {
  readonly waitMs: number;
  readonly key?: IdempotencyKey;
}

export type ReadWriteOptions =
  | { readonly kind: 'options'; readonly options: WriteOptions; readonly applied: Preference['applied'] }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** `route`: the scope of the route's keys. */
export function readWriteOptions(
  request: FastifyRequest,
  context: RouteContext,
  route: string,
): ReadWriteOptions {
  const header = readIdempotencyKey(request.raw.rawHeaders);
  if (header.kind === 'invalid') return problem({ code: 'idempotency_key_invalid', detail: header.detail });
  if (header.kind === 'card_number') return problem({ code: 'card_number_refused', detail: header.detail });
  const { waitMs, applied } = readPreference(request.headers.prefer, context.waits);
  const options = { waitMs, ...(header.kind === 'key' ? { key: { route, key: header.key } } : {}) };
  return { kind: 'options', options, applied };
}

function problem(found: Problem): ReadWriteOptions {
  return { kind: 'problem', problem: found };
}
