/**
 * What each answer to `GET /charges?idempotency_key=…` and to `GET /refunds?idempotency_key=…` means. Only `absent` can become proof
 * that nothing was done.
 */
import {
  type EffectTerms,
  judgeEffects,
  type LookupOutcome,
  type NotSent,
  type ReportedEffect,
} from '../../domain/outcomes.ts';
import type { Judging } from './answers.ts';
import { isFromCache } from './cached.ts';
import type { Effect } from './effects.ts';
import type { Answer, Exchange } from './exchange.ts';
import { type JsonObject, jsonObject } from './json.ts';
import { retryAfterMs } from './retry-after.ts';

/** What an answer to a question is judged by, beside the question. */
export interface LookupJudging extends Judging {
  /** Whether the answer's `Date` shows that it was made before the request. */
  readonly isOld: boolean;
}

/** Judges the end of one lookup. */
export function judgeLookupExchange<Request extends EffectTerms, Reported extends ReportedEffect>(
  effect: Effect<Request, Reported>,
  request: Request,
  exchange: Exchange,
  judging: LookupJudging,
): LookupOutcome | NotSent {
  return judgeQuestion(exchange, judging, (answer) => judgeList(effect, request, answer, judging));
}

/** No answer to what was asked. */
type NoAnswer = Extract<LookupOutcome, { readonly kind: 'unavailable' | 'forbidden' }>;

/** Judges the end of one question, which has no effect at the gateway. `judge` judges a 200. */
export function judgeQuestion<Outcome>(
  exchange: Exchange,
  { wallMs }: LookupJudging,
  judge: (answer: Answer) => Outcome,
): Outcome | NoAnswer | NotSent {
  if (exchange.kind === 'short') return { kind: 'not_sent', reason: exchange.reason };
  if (exchange.kind !== 'answer') return unavailable(exchange.reason);
  if (exchange.status === 200) return judge(exchange);
  if (isFromCache(exchange)) return unavailable('cached_answer');
  if (exchange.status === 401 || exchange.status === 403) {
    return { kind: 'forbidden', reason: `http_${exchange.status}` };
  }
  const ms = retryAfterMs(exchange.headers, wallMs);
  return {
    kind: 'unavailable',
    reason: `http_${exchange.status}`,
    ...(ms === undefined ? {} : { retryAfterMs: ms }),
  };
}

function judgeList<Request extends EffectTerms, Reported extends ReportedEffect>(
  effect: Effect<Request, Reported>,
  request: Request,
  answer: Answer,
  { livemode, isOld }: LookupJudging,
): LookupOutcome {
  const body = jsonObject(answer);
  if (body === undefined || !Array.isArray(body.data)) return unavailable('unparseable_answer');
  // An empty list names no key, unless the gateway repeats the key of the lookup.
  if ('idempotency_key' in body && body.idempotency_key !== request.key) {
    return unavailable('answer_about_another_key');
  }
  const effects: Reported[] = [];
  for (const entry of body.data) {
    const one = effect.parse(entry);
    if (one === undefined || effect.isUnclear?.(request, one))
      return unavailable(`unparseable_${effect.kind.name}`);
    effects.push(one);
  }
  const outcome = judgeEffects(effect.kind, request, effects, livemode);
  if (showsMoney(outcome) && (effect.staysDone(request) || outcome.kind !== 'succeeded')) return outcome;
  if (!isWhole(body)) return unavailable('incomplete_list');
  const flaw = flawOf(answer, isOld);
  return flaw === null ? outcome : unavailable(flaw);
}

/** The key that the answer says it is about, beside its list. */
export function namedKey(exchange: Exchange): unknown {
  return exchange.kind === 'answer' ? jsonObject(exchange)?.idempotency_key : undefined;
}

/** Why the answer may not show what is true now. `null`: it does. */
export function flawOf(answer: Answer, isOld: boolean): string | null {
  // More bytes came. Content-Length may be wrong, and the rest may be the charge; or this is the answer to an earlier lookup.
  if (!answer.standsAlone) return 'more_than_one_answer';
  if (isFromCache(answer)) return 'cached_answer';
  return isOld ? 'old_answer' : null;
}

/**
 * Money that the list names has moved, even if the list is incomplete or old. What a page does not show may be on the next one, and
 * what an old answer does not show may have happened since: what was taken back may have come again.
 */
function showsMoney({ kind }: LookupOutcome): boolean {
  return kind !== 'absent' && kind !== 'declined' && kind !== 'pending' && kind !== 'reversed';
}

export function unavailable(reason: string): Extract<LookupOutcome, { readonly kind: 'unavailable' }> {
  return { kind: 'unavailable', reason };
}

/** The fields that a complete list may have. */
const LIST_FIELDS: ReadonlySet<string> = new Set(['data', 'idempotency_key', 'next_cursor', 'has_more']);

/** Whether the list is complete. An unknown field beside it, such as an `error` or a `total`, may mean that it is not. */
function isWhole(body: JsonObject): boolean {
  return (
    (body.next_cursor ?? null) === null &&
    (body.has_more ?? false) === false &&
    Object.keys(body).every((name) => LIST_FIELDS.has(name))
  );
}
