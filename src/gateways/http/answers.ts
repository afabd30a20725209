/**
 * What each answer to `POST /charges` and to `POST /charges/<id>/refunds`, `/capture` and `/void` means. It is one list, in order; an answer that it does not
 * name is `unknown`. Two questions decide everything: may the call have been executed, and can it still be?
 */
import {
  type CallOutcome,
  type EffectTerms,
  type Fate,
  judgeEffect,
  type NotSent,
  type ReportedEffect,
} from '../../domain/outcomes.ts';
import { isFromCache } from './cached.ts';
import type { Effect } from './effects.ts';
import type { Answer, Exchange } from './exchange.ts';
import { jsonObject } from './json.ts';
import { retryAfterMs } from './retry-after.ts';

/** What an answer is judged by, beside the request. */
export interface Judging {
  /** Now, for a `Retry-After` date in an answer without a `Date`. */
  readonly wallMs: number;
  /** Whether real money moves at this gateway. */
  readonly livemode: boolean;
}

/** Judges the end of one call. */
export function judgeExchange<Request extends EffectTerms, Reported extends ReportedEffect>(
  effect: Effect<Request, Reported>,
  request: Request,
  exchange: Exchange,
  judging: Judging,
): CallOutcome | NotSent {
  switch (exchange.kind) {
    case 'not_sent':
      return { kind: 'refused', reason: exchange.reason };
    case 'short':
      return { kind: 'not_sent', reason: exchange.reason };
    case 'broken':
      return unanswered(exchange.reason);
    case 'answer': {
      const outcome = judgeAnswer(effect, request, exchange, judging);
      // A cache cannot answer a POST: what it returns is the answer to another request. But money that the answer names has moved.
      return showsMoney(outcome) || !isFromCache(exchange) ? outcome : unanswered('cached_answer');
    }
  }
}

function showsMoney({ kind }: CallOutcome): boolean {
  return kind === 'approved' || kind === 'mismatch';
}

/** It may have been executed, and it may still be under way. */
function unanswered(reason: string, wait: Wait = {}): CallOutcome {
  return { kind: 'unknown', answered: false, reason, ...wait };
}

/** How long to wait; empty if the answer did not ask for it. */
type Wait = { readonly retryAfterMs?: number };

function waitOf(answer: Answer, wallMs: number): Wait {
  const ms = retryAfterMs(answer.headers, wallMs);
  return ms === undefined ? {} : { retryAfterMs: ms };
}

function judgeAnswer<Request extends EffectTerms, Reported extends ReportedEffect>(
  effect: Effect<Request, Reported>,
  request: Request,
  answer: Answer,
  { wallMs, livemode }: Judging,
): CallOutcome {
  const { status } = answer;
  switch (status) {
    case 200:
      return judgeReported(effect, request, answer, { livemode, allowed: ['live', 'pending'] });
    case 202:
      return judgeReported(effect, request, answer, { livemode, allowed: ['pending'] });
    case 402:
      return judgeReported(effect, request, answer, { livemode, allowed: ['declined'] });
  }
  const wait = waitOf(answer, wallMs);
  const error = protocolError(request, answer);
  if (error === undefined) return unanswered(`http_${status}`, wait);
  if (error === 'of_another_key') return unanswered('answer_about_another_key');
  if (error === 'of_nobody') return unanswered('answer_without_key', wait);
  switch (status) {
    case 401:
    case 403:
      return { kind: 'forbidden', reason: `http_${status}` };
    case 409:
      if (error.word === 'in_progress') return { kind: 'busy', ...wait };
      break;
    case 422:
      if (error.word === 'key_reused') return { kind: 'unknown', answered: true, reason: 'key_reused' };
      break;
    case 429:
      // The protocol promises that a rate-limited call was not executed.
      return { kind: 'refused', reason: 'rate_limited', ...wait };
  }
  const meaning = effect.errors.get(`${status} ${error.word}`);
  // It ends the effect for good, so it must name the key.
  if (meaning === 'declined' && error.namesKey) return { kind: 'declined', code: error.word };
  return {
    kind: 'unknown',
    answered: true,
    reason: meaning === undefined ? `http_${status}` : error.word,
    ...wait,
    ...(meaning === 'done_before' ? { lookFirst: true as const } : {}),
  };
}

/** `allowed`: what may become of it by the HTTP status. Anything else contradicts that status. */
function judgeReported<Request extends EffectTerms, Reported extends ReportedEffect>(
  effect: Effect<Request, Reported>,
  request: Request,
  answer: Answer,
  { livemode, allowed }: { readonly livemode: boolean; readonly allowed: readonly Fate[] },
): CallOutcome {
  const reported = effect.parse(jsonObject(answer));
  // An unreadable answer may come from a proxy, and the gateway behind it may still be at work.
  if (reported === undefined || effect.isUnclear?.(request, reported))
    return unanswered('unparseable_answer');
  const fate = effect.kind.fates.get(reported.status);
  if (fate === undefined || !allowed.includes(fate)) return unanswered('contradicting_answer');
  return judgeEffect(effect.kind, request, reported, livemode);
}

/** The statuses that the protocol has for an error. All others come from other programs: 502, 503 and 504 above all from proxies. */
const ERROR_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 413, 422, 429, 500]);

/** The fields of an error that does not name its key. One with other fields comes from another program: frameworks and proxies add a status or a path. */
const PLAIN_ERROR: ReadonlySet<string> = new Set(['error', 'message']);

/**
 * The error in an answer, if it comes from the gateway itself and is about this call. Only such an answer ends a call: a proxy, a
 * firewall or a framework may have stopped waiting, while the gateway behind it is still at work.
 *
 * `of_nobody`: it names no key, and its connection has served another request, so it may be the answer to that one.
 */
function protocolError(
  request: EffectTerms,
  answer: Answer,
): { readonly word: string; readonly namesKey: boolean } | 'of_another_key' | 'of_nobody' | undefined {
  const body = jsonObject(answer);
  if (body === undefined) return undefined;
  const { error, idempotency_key: key } = body;
  if (key !== undefined && key !== request.key) return 'of_another_key';
  if (!ERROR_STATUSES.has(answer.status) || typeof error !== 'string' || error === '') return undefined;
  if (key === undefined) {
    if (!Object.keys(body).every((name) => PLAIN_ERROR.has(name))) return undefined;
    if (!answer.standsAlone) return 'of_nobody';
  }
  return { word: error, namesKey: key !== undefined };
}
