/**
 * What each answer to `POST /charges` means. One commented list, in order; whatever it does not name is
 * `unknown`. Two questions decide everything: may it have been executed, and can it still be?
 */
import { type CallOutcome, type ChargeRequest, judgeCall } from '../../domain/outcomes.ts';
import { isFromCache } from './cached.ts';
import { jsonObject, parseCharge } from './charge.ts';
import type { Answer, Exchange } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';

/**
 * Judges the end of one call.
 *
 * @param wallMs now, for a `Retry-After` date in an answer without a `Date`.
 */
export function judgeExchange(request: ChargeRequest, exchange: Exchange, wallMs: number): CallOutcome {
  switch (exchange.kind) {
    case 'not_sent':
      return { kind: 'refused', reason: exchange.reason };
    case 'broken':
      return unanswered(exchange.reason);
    case 'answer': {
      const outcome = judgeAnswer(request, exchange, waitOf(exchange, wallMs));
      // A cache has no answer to a POST: whatever it says was said to somebody else. Only money that is named has moved.
      return showsMoney(outcome) || !isFromCache(exchange) ? outcome : unanswered('cached_answer');
    }
  }
}

function showsMoney({ kind }: CallOutcome): boolean {
  return kind === 'approved' || kind === 'mismatch';
}

/** It may have been executed, and it may still be under way. */
function unanswered(reason: string): CallOutcome {
  return { kind: 'unknown', answered: false, reason };
}

/** The part of an outcome that says how long to wait; empty when the answer did not ask for it. */
type Wait = { readonly retryAfterMs?: number };

function waitOf(answer: Answer, wallMs: number): Wait {
  const ms = retryAfterMs(answer.headers, wallMs);
  return ms === undefined ? {} : { retryAfterMs: ms };
}

function judgeAnswer(request: ChargeRequest, answer: Answer, wait: Wait): CallOutcome {
  const { status } = answer;
  switch (status) {
    case 200:
      return judgeCharge(request, answer, ['succeeded', 'pending']);
    case 202:
      return judgeCharge(request, answer, ['pending']);
    case 402:
      return judgeCharge(request, answer, ['declined']);
  }
  // None of the answers below has to name a key; one that names another's is about that one.
  const key = jsonObject(answer)?.idempotency_key;
  if (key !== undefined && key !== request.key) return unanswered('answer_about_another_key');
  switch (status) {
    case 401:
    case 403:
      return { kind: 'forbidden', reason: `http_${status}` };
    case 409:
      if (errorOf(answer) === 'in_progress') return { kind: 'busy', ...wait };
      break;
    case 422:
      if (errorOf(answer) === 'key_reused') return { kind: 'unknown', answered: true, reason: 'key_reused' };
      break;
    case 429:
      // The protocol's promise: a call that is limited was not executed.
      return { kind: 'refused', reason: 'rate_limited', ...wait };
  }
  return { kind: 'unknown', answered: isFinal(answer), reason: `http_${status}`, ...wait };
}

/** The statuses of a charge that agree with the HTTP status it came with; any other is a contradiction. */
function judgeCharge(
  request: ChargeRequest,
  answer: Answer,
  allowed: readonly ('succeeded' | 'pending' | 'declined')[],
): CallOutcome {
  const charge = parseCharge(jsonObject(answer));
  // An answer that cannot be read may come from anything between us and the gateway, which may still be at work.
  if (charge === undefined) return unanswered('unparseable_answer');
  if (!allowed.includes(charge.status)) return unanswered('contradicting_answer');
  return judgeCall(request, charge);
}

function errorOf(answer: Answer): unknown {
  return jsonObject(answer)?.error;
}

/**
 * Whether a complete answer without a charge ends the call, so that nothing of it can still take effect later.
 * An answer by an intermediary does not: it stopped waiting, the gateway behind it may not have.
 */
function isFinal(answer: Answer): boolean {
  const { status } = answer;
  // A success that the protocol does not know: somebody else is speaking.
  if (status < 300) return false;
  // Only a cache says that what it keeps is still good; the gateway has nothing to say it of.
  if (status === 304) return false;
  // Timeouts and failed upstreams (408, 502, 504), and the private codes of content networks (520 and above).
  if (status === 408 || status === 502 || status === 504 || status >= 520) return false;
  // Proxies (Envoy) also say 503 when the upstream hung up in the middle of a request, and they say it in prose.
  if (status === 503) return answer.body.length === 0 || jsonObject(answer) !== undefined;
  return true;
}
