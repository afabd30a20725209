/**
 * The gateway's side of the HTTP protocol (`docs/fake-gateway.md`). It turns what the model says into exchanges, and the
 * real adapter translates those.
 */
import type { EffectTerms } from '../../src/domain/outcomes.ts';
import type { Answer, AnswerHeaders, Exchange } from '../../src/gateways/http/exchange.ts';
import type { BookedEffect, Reply } from '../gateway/model.ts';

/** A key that no charge and no refund has. */
export const OTHER_KEY = '00000000-0000-4000-8000-000000000000';

/** How one kind of effect is written. */
export interface Form<Request extends EffectTerms, Booked extends BookedEffect> {
  json(effect: Booked): object;
  /** One that was never made, under another key. */
  anothers(request: Request): object;
}

export const RESET: Exchange = { kind: 'broken', reason: 'connection_reset' };
export const TIMEOUT: Exchange = { kind: 'broken', reason: 'timeout' };
export const GARBAGE: Exchange = answer(200, '<html>Bad luck</html>');
export const FORBIDDEN: Exchange = answer(401, { error: 'unauthorized' });
export const DOWN: Exchange = answer(503, { error: 'down' });
export const ERROR: Exchange = answer(500, { error: 'Gateway error' });
const IN_PROGRESS: Exchange = answer(409, { error: 'in_progress' }, { 'retry-after': '1' });
const KEY_REUSED: Exchange = answer(422, { error: 'key_reused' });

export function notSent(reason: string): Exchange {
  return { kind: 'not_sent', reason };
}

export function limited(retryAfterSeconds: number): Exchange {
  return answer(429, { error: 'rate_limited' }, { 'retry-after': String(retryAfterSeconds) });
}

export function replied<R extends EffectTerms, B extends BookedEffect>(
  { json }: Form<R, B>,
  key: string,
  reply: Reply<B>,
): Exchange {
  switch (reply.kind) {
    case 'booked':
      return answer(STATUS[reply.effect.status], json(reply.effect));
    case 'refuses':
      return answer(STATUS_OF_WORD[reply.word] ?? 422, { error: reply.word, idempotency_key: key });
    case 'error':
      return ERROR;
    case 'in_progress':
      return IN_PROGRESS;
    case 'key_reused':
      return KEY_REUSED;
  }
}

const STATUS_OF_WORD: Readonly<Record<string, number>> = {
  charge_not_found: 404,
  charge_not_succeeded: 409,
  already_captured: 409,
  operation_under_way: 409,
};

/** The same reply with two statuses: approved and declined. */
export function ambiguous<R extends EffectTerms, B extends BookedEffect>(
  form: Form<R, B>,
  key: string,
  reply: Reply<B>,
): Exchange {
  if (reply.kind !== 'booked') return replied(form, key, reply);
  return answer(402, `${JSON.stringify(form.json(reply.effect)).slice(0, -1)},"status":"declined"}`);
}

/** An approval of what was never made, under another key. */
export function approvedForAnother<R extends EffectTerms, B extends BookedEffect>(
  { anothers }: Form<R, B>,
  request: R,
): Exchange {
  return answer(200, anothers(request));
}

/** @param echo the key that the answer repeats; null: the gateway repeats none. */
export function listOf(data: readonly object[], echo: string | null): string {
  return JSON.stringify(echo === null ? { data } : { data, idempotency_key: echo });
}

/** The list, and then an empty one under the same name. */
export function ambiguousList(list: string): string {
  return `${list.slice(0, -1)},"data":[]}`;
}

/** A 200 with this body. */
export function listed(body: string, headers: AnswerHeaders = {}): Exchange {
  return answer(200, body, headers);
}

const STATUS = {
  succeeded: 200,
  declined: 402,
  pending: 202,
  refunded: 200,
  authorized: 200,
  voided: 200,
  open: 200,
  acting: 200,
  sealed: 200,
} as const;

export function answer(status: number, body: object | string, headers: AnswerHeaders = {}): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(text),
    // Answers that a front mixes up are a separate fault.
    standsAlone: true,
  };
}
