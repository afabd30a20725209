/**
 * What each answer to `POST /charges` means. One commented list, in order; whatever it does not name is
 * `unknown`. Two questions decide everything: may it have been executed, and can it still be?
 */
import {
  type CallOutcome,
  type ChargeRequest,
  judgeCall,
  type NotSent,
  type ReportedCharge,
} from '../../domain/outcomes.ts';
import { isFromCache } from './cached.ts';
import { jsonObject, parseCharge } from './charge.ts';
import type { Answer, Exchange } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';

/** What an answer is judged by, besides the request. */
export interface Judging {
  /** Now, for a `Retry-After` date in an answer without a `Date`. */
  readonly wallMs: number;
  /** Whether real money moves at this gateway. */
  readonly livemode: boolean;
}

/** Judges the end of one call. */
export function judgeExchange(
  request: ChargeRequest,
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
      const outcome = judgeAnswer(request, exchange, judging);
      // A cache has no answer to a POST: whatever it says was said to somebody else. Only money that is named has moved.
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

/** The part of an outcome that says how long to wait; empty when the answer did not ask for it. */
type Wait = { readonly retryAfterMs?: number };

function waitOf(answer: Answer, wallMs: number): Wait {
  const ms = retryAfterMs(answer.headers, wallMs);
  return ms === undefined ? {} : { retryAfterMs: ms };
}

function judgeAnswer(request: ChargeRequest, answer: Answer, { wallMs, livemode }: Judging): CallOutcome {
  const { status } = answer;
  switch (status) {
    case 200:
      return judgeCharge(request, answer, livemode, ['succeeded', 'pending']);
    case 202:
      return judgeCharge(request, answer, livemode, ['pending']);
    case 402:
      return judgeCharge(request, answer, livemode, ['declined']);
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
      // The protocol's promise: a call that is limited was not executed.
      return { kind: 'refused', reason: 'rate_limited', ...wait };
  }
  return { kind: 'unknown', answered: true, reason: `http_${status}`, ...wait };
}

/** The statuses of a charge that agree with the HTTP status it came with; any other is a contradiction. */
function judgeCharge(
  request: ChargeRequest,
  answer: Answer,
  livemode: boolean,
  allowed: readonly ReportedCharge['status'][],
): CallOutcome {
  const charge = parseCharge(jsonObject(answer));
  // An answer that cannot be read may come from anything between us and the gateway, which may still be at work.
  if (charge === undefined) return unanswered('unparseable_answer');
  if (!allowed.includes(charge.status)) return unanswered('contradicting_answer');
  return judgeCall(request, charge, livemode);
}

/** The statuses that the protocol has for an error. All others are said by somebody else: 502, 503 and 504 by proxies, above all. */
const ERROR_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 413, 422, 429, 500]);

/** The fields of an error that does not name its key. With any other it is somebody else's: frameworks and proxies add a status or a path. */
const PLAIN_ERROR: ReadonlySet<string> = new Set(['error', 'message']);

/**
 * The error in an answer, if the gateway itself said it, of this very call. Only such an answer ends a call: whoever else speaks
 * (a proxy, a firewall, a framework in front) has stopped waiting, and the gateway behind may not have.
 *
 * `of_nobody`: it names no key, and its connection has served another request, whose answer it may be.
 */
function protocolError(
  request: ChargeRequest,
  answer: Answer,
): { readonly word: string } | 'of_another_key' | 'of_nobody' | undefined {
  const body = jsonObject(answer);
  if (body === undefined) return undefined;
  const { error, idempotency_key: key } = body;
  if (key !== undefined && key !== request.key) return 'of_another_key';
  if (!ERROR_STATUSES.has(answer.status) || typeof error !== 'string' || error === '') return undefined;
  if (key === undefined) {
    if (!Object.keys(body).every((name) => PLAIN_ERROR.has(name))) return undefined;
    if (!answer.standsAlone) return 'of_nobody';
  }
  return { word: error };
}
