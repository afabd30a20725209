/** What the headers of a request that moves money say: its key, and how long it wants to wait. */
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { IdempotencyKey } from '../engine/api.ts';
import { type KeyHeader, readIdempotencyKey, writeIdempotencyKey } from './idempotency-key.ts';
import { type Preference, readPreference } from './prefer.ts';
import type { Problem } from './problem.ts';
import type { RouteContext } from './route-context.ts';

/**
 * Set early, so that every answer has the headers, whatever goes wrong. Only an answer to a key seen before says `true`. The second says
 * how long the answer of a key is kept, in seconds: the draft of Idempotency-Key (§2.3) wants that published. The third repeats the request's
 * key, so that nobody takes the answer for that of another request on the same connection.
 */
export function markKeyed({ answerRetentionMs }: RouteContext): onRequestHookHandler {
  const retention = String(Math.floor(answerRetentionMs / 1000));
  return (request, reply, done) => {
    void reply.header('idempotent-replayed', 'false').header('idempotent-retention', retention);
    const header = keyHeaderOf(request);
    if (header.kind === 'key') void reply.header('idempotency-key', writeIdempotencyKey(header.key));
    done();
  };
}

const KEY = Symbol('key');
type KeyedMessage = IncomingMessage & { [KEY]?: KeyHeader };

/** Each request is read once: the hook needs its key, and so does the handler. */
function keyHeaderOf({ raw }: FastifyRequest): KeyHeader {
  const message: KeyedMessage = raw;
  message[KEY] ??= readIdempotencyKey(message.rawHeaders);
  return message[KEY];
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
  const header = keyHeaderOf(request);
  if (header.kind === 'invalid') return problem({ code: 'idempotency_key_invalid', detail: header.detail });
  if (header.kind === 'card_number') return problem({ code: 'card_number_refused', detail: header.detail });
  const { waitMs, applied } = readPreference(request.headers.prefer, context.waits);
  const options = { waitMs, ...(header.kind === 'key' ? { key: { route, key: header.key } } : {}) };
  return { kind: 'options', options, applied };
}

function problem(found: Problem): ReadWriteOptions {
  return { kind: 'problem', problem: found };
}
