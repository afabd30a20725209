/** Reads what came back from Stripe: one of its objects, one of its errors, or nothing that it can be held to. */
import { isFromCache } from '../http/cached.ts';
import type { Answer, Exchange } from '../http/exchange.ts';
import { isObject, type JsonObject, jsonObject } from '../http/json.ts';
import { retryAfterMs } from '../http/retry-after.ts';

/** How long Stripe asks us to wait; empty if it does not. */
export type Wait = { readonly retryAfterMs?: number };

/** One of Stripe's errors. */
export interface StripeError extends Wait {
  readonly status: number;
  /** Such as `invalid_request_error`. */
  readonly type: string;
  /** Such as `amount_too_small`. Absent in many errors. */
  readonly code?: string;
  /** Why a bank declined, such as `insufficient_funds`. */
  readonly declineCode?: string;
  /** The intent that the error is about. */
  readonly intent?: JsonObject;
}

export type Reading =
  /** Proved: no byte of the request left, and none will. `short`: this machine lacks something. */
  | { readonly kind: 'not_sent' | 'short'; readonly reason: string }
  /** No answer of Stripe about this request. It may have been executed, and it may still be under way. */
  | ({ readonly kind: 'lost'; readonly reason: string } & Wait)
  /** A complete error of Stripe about this request. */
  | { readonly kind: 'error'; readonly error: StripeError }
  | { readonly kind: 'object'; readonly object: JsonObject; readonly stale: Stale | null };

/**
 * Why an object may not be what is true now. `replayed`: kept under the key since an earlier request. `cached`: a cache cannot answer a
 * POST, so it is the answer to another request.
 */
export type Stale = 'replayed' | 'cached';

/** @param key the idempotency key of the request; null: it had none. `wallMs`: now, for a `Retry-After` date. */
export function read(exchange: Exchange, key: string | null, wallMs: number): Reading {
  if (exchange.kind === 'broken') return { kind: 'lost', reason: exchange.reason };
  if (exchange.kind !== 'answer') return exchange;
  const ms = retryAfterMs(exchange.headers, wallMs);
  const wait: Wait = ms === undefined ? {} : { retryAfterMs: ms };
  const body = jsonObject(exchange);
  if (exchange.status === 200) return readObject(exchange, body, key);
  const error = errorIn(exchange, body);
  // A proxy or a firewall has answered. It may have stopped waiting, while Stripe is still at work.
  if (error === null) return { kind: 'lost', reason: `http_${exchange.status}`, ...wait };
  const reason = notAbout(exchange, key);
  return reason === null
    ? { kind: 'error', error: { ...error, ...wait } }
    : { kind: 'lost', reason, ...wait };
}

function readObject(answer: Answer, body: JsonObject | undefined, key: string | null): Reading {
  if (body === undefined) return { kind: 'lost', reason: 'unparseable_answer' };
  if (isOfAnotherKey(answer, key)) return { kind: 'lost', reason: 'answer_about_another_key' };
  return { kind: 'object', object: body, stale: staleness(answer) };
}

/** Why an error may be about another request. It names no object, so only its key or its place on the connection tells. Null: it is not. */
function notAbout(answer: Answer, key: string | null): string | null {
  if (isFromCache(answer)) return 'cached_answer';
  if (isOfAnotherKey(answer, key)) return 'answer_about_another_key';
  const namesKey = key !== null && headerOf(answer, 'idempotency-key') === key;
  return namesKey || answer.standsAlone ? null : 'answer_without_key';
}

/** Stripe repeats the key of the request in a header. */
function isOfAnotherKey(answer: Answer, key: string | null): boolean {
  const named = headerOf(answer, 'idempotency-key');
  return key !== null && named !== undefined && named !== key;
}

function staleness(answer: Answer): Stale | null {
  if (isFromCache(answer)) return 'cached';
  const original = headerOf(answer, 'original-request');
  const isReplayed =
    headerOf(answer, 'idempotent-replayed') === 'true' ||
    (original !== undefined && original !== headerOf(answer, 'request-id'));
  return isReplayed ? 'replayed' : null;
}

function headerOf({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
}

/** Null: the body is not an error as Stripe writes it. */
function errorIn({ status }: Answer, body: JsonObject | undefined): StripeError | null {
  const error = body?.error;
  if (status < 400 || !isObject(error) || typeof error.type !== 'string') return null;
  const { type, code, decline_code: declineCode, payment_intent: intent } = error;
  return {
    status,
    type,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof declineCode === 'string' ? { declineCode } : {}),
    ...(isObject(intent) ? { intent } : {}),
  };
}
