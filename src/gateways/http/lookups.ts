/** What each answer to `GET /charges?idempotency_key=…` means. Only `absent` can become proof that nothing was charged. */
import {
  type ChargeRequest,
  judgeLookup,
  type LookupOutcome,
  type NotSent,
  type ReportedCharge,
} from '../../domain/outcomes.ts';
import type { Judging } from './answers.ts';
import { isFromCache } from './cached.ts';
import { type JsonObject, jsonObject, parseCharge } from './charge.ts';
import type { Answer, Exchange } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';

/**
 * Judges the end of one lookup.
 *
 * @param isOld whether the answer's `Date` shows that it was made before the request
 */
export function judgeLookupExchange(
  request: ChargeRequest,
  exchange: Exchange,
  { wallMs, livemode, isOld }: Judging & { readonly isOld: boolean },
): LookupOutcome | NotSent {
  if (exchange.kind === 'short') return { kind: 'not_sent', reason: exchange.reason };
  if (exchange.kind !== 'answer') return unavailable(exchange.reason);
  if (exchange.status !== 200 && isFromCache(exchange)) return unavailable('cached_answer');
  if (exchange.status === 401 || exchange.status === 403) {
    return { kind: 'forbidden', reason: `http_${exchange.status}` };
  }
  if (exchange.status === 200) {
    const outcome = judgeList(request, exchange, livemode);
    return isOld && !showsMoney(outcome) ? unavailable('old_answer') : outcome;
  }
  const ms = retryAfterMs(exchange.headers, wallMs);
  return {
    kind: 'unavailable',
    reason: `http_${exchange.status}`,
    ...(ms === undefined ? {} : { retryAfterMs: ms }),
  };
}

function judgeList(request: ChargeRequest, answer: Answer, livemode: boolean): LookupOutcome {
  const body = jsonObject(answer);
  if (body === undefined || !Array.isArray(body.data)) return unavailable('unparseable_answer');
  // An empty list names no key, unless the gateway repeats the key of the lookup.
  if ('idempotency_key' in body && body.idempotency_key !== request.key) {
    return unavailable('answer_about_another_key');
  }
  const charges: ReportedCharge[] = [];
  for (const entry of body.data) {
    const charge = parseCharge(entry);
    if (charge === undefined) return unavailable('unparseable_charge');
    charges.push(charge);
  }
  const outcome = judgeLookup(request, charges, livemode);
  if (showsMoney(outcome)) return outcome;
  if (!isWhole(body)) return unavailable('incomplete_list');
  // More bytes came. Content-Length may be wrong, and the rest may be the charge; or this is the answer to an earlier lookup.
  if (!answer.standsAlone) return unavailable('more_than_one_answer');
  return isFromCache(answer) ? unavailable('cached_answer') : outcome;
}

/**
 * Money that the list names has moved, even if the list is incomplete or old. What a page does not show may be on the next one, and
 * what an old answer does not show may have happened since.
 */
function showsMoney({ kind }: LookupOutcome): boolean {
  return kind !== 'absent' && kind !== 'declined' && kind !== 'pending';
}

function unavailable(reason: string): LookupOutcome {
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
