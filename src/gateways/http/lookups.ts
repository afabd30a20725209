/** What each answer to `GET /charges?idempotency_key=…` means. Only one of them can become proof of absence. */
import {
  type ChargeRequest,
  judgeLookup,
  type LookupOutcome,
  type ReportedCharge,
} from '../../domain/outcomes.ts';
import { type JsonObject, jsonObject, parseCharge } from './charge.ts';
import type { Answer, Exchange } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';

/**
 * Judges the end of one lookup.
 *
 * @param wallMs now, for a `Retry-After` date in an answer without a `Date`.
 */
export function judgeLookupExchange(
  request: ChargeRequest,
  exchange: Exchange,
  wallMs: number,
): LookupOutcome {
  if (exchange.kind !== 'answer') return { kind: 'unavailable', reason: exchange.reason };
  if (exchange.status === 401 || exchange.status === 403) {
    return { kind: 'forbidden', reason: `http_${exchange.status}` };
  }
  if (exchange.status === 200) return judgeList(request, exchange);
  const ms = retryAfterMs(exchange.headers, wallMs);
  return {
    kind: 'unavailable',
    reason: `http_${exchange.status}`,
    ...(ms === undefined ? {} : { retryAfterMs: ms }),
  };
}

function judgeList(request: ChargeRequest, answer: Answer): LookupOutcome {
  const body = jsonObject(answer);
  if (body === undefined || !Array.isArray(body.data))
    return { kind: 'unavailable', reason: 'unparseable_answer' };
  const charges: ReportedCharge[] = [];
  for (const entry of body.data) {
    const charge = parseCharge(entry);
    if (charge === undefined) return { kind: 'unavailable', reason: 'unparseable_charge' };
    charges.push(charge);
  }
  const outcome = judgeLookup(request, charges);
  // A page is not the list. What it shows of money is true all the same; what it does not show proves nothing.
  const provesLittle = outcome.kind === 'absent' || outcome.kind === 'declined' || outcome.kind === 'pending';
  return provesLittle && !isWhole(body) ? { kind: 'unavailable', reason: 'incomplete_list' } : outcome;
}

function isWhole(body: JsonObject): boolean {
  return (body.next_cursor ?? null) === null && (body.has_more ?? false) === false;
}
