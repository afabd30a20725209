/**
 * The adapter of the simulated gateway of two steps: it turns answers about objects into outcomes. What is about money, and what is wrong with an
 * answer, the real adapter judges.
 */
import type {
  CallOutcome,
  ChargeRequest,
  LookupOutcome,
  NextAction,
  NotSent,
  PrepareOutcome,
} from '../../../src/domain/outcomes.ts';
import { CHARGES } from '../../../src/gateways/http/effects.ts';
import type { Answer, Exchange } from '../../../src/gateways/http/exchange.ts';
import { isObject, type JsonObject, jsonObject } from '../../../src/gateways/http/json.ts';
import {
  flawOf,
  judgeLookupExchange,
  type LookupJudging,
  unavailable,
} from '../../../src/gateways/http/lookups.ts';

const ACTION: NextAction = { type: 'redirect_to_url', url: 'https://bank.example/3ds' };

/** What the customer must do, if the answer to a confirm says so. Null: it says something else. */
export function actionIn({ key }: Pick<ChargeRequest, 'key'>, exchange: Exchange): CallOutcome | null {
  if (exchange.kind !== 'answer') return null;
  const body = jsonObject(exchange);
  if (body?.status !== 'acting' || body.idempotency_key !== key) return null;
  return { kind: 'requires_action', ref: String(body.id), action: ACTION };
}

/** Judges a lookup. What is no object, was charged in one step. */
export function judgeObjects(
  request: ChargeRequest,
  exchange: Exchange,
  judging: LookupJudging,
): LookupOutcome | NotSent {
  const body = exchange.kind === 'answer' ? jsonObject(exchange) : undefined;
  const listed = Array.isArray(body?.data) ? body.data.filter(isObject) : [];
  const unpaid = listed.filter(({ status }) => rankOf(status) >= 0);
  if (exchange.kind !== 'answer' || unpaid.length === 0)
    return judgeLookupExchange(CHARGES, request, exchange, judging);
  if (unpaid.length < listed.length) {
    const money = listed.filter((one) => !unpaid.includes(one));
    const rest = { ...exchange, body: Buffer.from(JSON.stringify({ ...body, data: money })) };
    return judgeLookupExchange(CHARGES, request, rest, judging);
  }
  if (unpaid.some(({ idempotency_key }) => idempotency_key !== request.key))
    return unavailable('answer_about_another_key');
  const flaw = flawOf(exchange, judging.isOld);
  if (flaw !== null) return unavailable(flaw);
  return outcomeOf(unpaid.toSorted((a, b) => rankOf(a.status) - rankOf(b.status))[0] as JsonObject);
}

/** Of several, the one that may cost money soonest counts. */
const RANKS: readonly unknown[] = ['acting', 'open', 'sealed'];

function rankOf(status: unknown): number {
  return RANKS.indexOf(status);
}

function outcomeOf({ id, status, code }: JsonObject): LookupOutcome {
  const ref = String(id);
  if (status === 'acting') return { kind: 'requires_action', ref, action: ACTION };
  if (status === 'sealed') return { kind: 'sealed', ref };
  return code === undefined ? { kind: 'open', ref } : { kind: 'open', ref, code: String(code) };
}

/** Judges the end of a request for an object. */
export function judgePrepared(exchange: Exchange): PrepareOutcome | NotSent {
  switch (exchange.kind) {
    case 'short':
      return { kind: 'not_sent', reason: exchange.reason };
    case 'answer':
      return preparedAs(exchange);
    default:
      return { kind: 'failed', reason: exchange.reason };
  }
}

function preparedAs(answer: Answer): PrepareOutcome {
  const body = jsonObject(answer);
  switch (answer.status) {
    case 200:
      return typeof body?.id === 'string'
        ? { kind: 'prepared', handle: body.id }
        : { kind: 'failed', reason: 'unparseable_answer' };
    case 401:
      return { kind: 'forbidden', reason: 'http_401' };
    case 402:
      return { kind: 'declined', code: 'amount_too_small' };
    default:
      return { kind: 'failed_for_good', reason: `http_${answer.status}` };
  }
}
