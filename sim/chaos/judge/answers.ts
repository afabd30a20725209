/** Judges each answer by itself: it is true about its order, and it is one of the allowed answers. */
import type { Exchange } from '../record.ts';
import { type Finding, type OrderFile, type Payment, tookMoney } from './case.ts';
import { type Body, bodyOf, didNothing, isFailure, isPost, meaningOf, paymentStatusOf } from './reading.ts';

const UNSETTLED = ['PROCESSING', 'UNRESOLVED', 'REVIEW'];
/** What an order may be that is authorised first. */
const HELD = ['AUTHORIZED', 'COMPLETED', 'VOIDED'];
const STORE_PROBLEMS = ['store_unavailable', 'store_outcome_unknown', 'shutting_down'];

export function judgeAnswers(file: OrderFile): Finding[] {
  return [
    ...file.exchanges.flatMap((exchange) => judgeAnswer(exchange, file)),
    ...judgeFailures(file),
    ...judgeNothing(file),
  ];
}

/** Pages show many orders and belong to none. The payments on them are judged in `views.ts`. */
export function judgePages(exchanges: readonly Exchange[]): Finding[] {
  return exchanges
    .filter(({ orderId, status }) => orderId === null && status !== null)
    .flatMap((exchange) =>
      judgeGet(exchange, undefined).map((what) => ({ kind: 'false_answer', what, exchanges: [exchange.n] })),
    );
}

function judgeAnswer(exchange: Exchange, file: OrderFile): Finding[] {
  const { n, status, text, orderId } = exchange;
  if (status === null) return [];
  const body = bodyOf(text);
  const say = (what: string): Finding => ({
    kind: 'false_answer',
    what: `${status}: ${what}`,
    exchanges: [n],
  });
  const [payment] = file.payments;
  const found: Finding[] = [];
  if (typeof body.payment_id === 'string') {
    if (payment?.payment_id !== body.payment_id) {
      const what = `payment ${body.payment_id} was promised, and there is ${payment?.payment_id ?? 'none'}`;
      found.push({ kind: 'lost', what, exchanges: [n] });
    }
    if (body.order_id !== orderId) found.push(say(`speaks of order ${String(body.order_id)}`));
  }
  const wrong = isPost(exchange) ? judgePost(exchange, body, file) : judgeGet(exchange, payment);
  return [...found, ...wrong.map(say)];
}

function judgeGet({ status, path, text }: Exchange, payment: Payment | undefined): string[] {
  if (status === 503 && STORE_PROBLEMS.includes(String(bodyOf(text).code))) return [];
  if (status === 200) {
    const shown = bodyOf(text).data;
    return path.includes('order_id=') && Array.isArray(shown) && shown.length > 1
      ? ['two payments of one order']
      : [];
  }
  const lost = status === 404 && payment !== undefined && path.includes(payment.payment_id);
  return [lost ? 'a payment that was promised cannot be read' : 'no answer that a reader may get'];
}

function judgePost(exchange: Exchange, body: Body, file: OrderFile): string[] {
  const asked = bodyOf(exchange.body ?? '');
  const told = paymentStatusOf(body);
  const sameTerms =
    body.amount === asked.amount &&
    body.currency === asked.currency &&
    (body.capture_method ?? null) === (asked.capture_method ?? null);
  const wrong: string[] = [];
  const must = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  switch (exchange.status) {
    case 200:
    case 201:
      if (asked.capture_method === 'manual') must(HELD.includes(told ?? ''), `says ${told}`);
      else must(told === 'COMPLETED', `says ${told}`);
      must(sameTerms, `asked for ${asked.amount} ${asked.currency}, told ${body.amount} ${body.currency}`);
      must(body.safe_to_retry_with_new_key === false, 'says that a new key is safe');
      must(
        told === 'COMPLETED' ? isCharged(body, file) : isAuthorized(body, file),
        `says that it is charged by ${body.gateway_ref}, which is not in the ledger so`,
      );
      break;
    case 202:
      must(told !== null && UNSETTLED.includes(told), `says ${told}`);
      must(body.safe_to_retry_with_new_key === false, 'says that a new key is safe');
      must(sameTerms, `asked for ${asked.amount} ${asked.currency}, told ${body.amount} ${body.currency}`);
      break;
    case 402:
    case 502:
      must(told === 'FAILED', `says ${told}`);
      must(sameTerms, `asked for ${asked.amount} ${asked.currency}, told ${body.amount} ${body.currency}`);
      must(body.safe_to_retry_with_new_key === true, 'failed, and does not say that a new key is safe');
      break;
    case 400:
    case 413:
    case 415:
      must(exchange.scenario === 'not valid', 'a good request was refused');
      break;
    case 409:
      must(body.code === 'order_conflict', `code ${body.code}`);
      must(!sameTerms, 'a conflict with the same terms');
      break;
    case 422:
      must(body.code === 'idempotency_key_reused', `code ${body.code}`);
      must(wasUsedOtherwise(exchange, file), 'the key was never used for anything else');
      break;
    case 503:
      must(STORE_PROBLEMS.includes(String(body.code)), `code ${body.code}`);
      break;
    default:
      wrong.push(`no answer that a client may get: ${exchange.text.slice(0, 200)}`);
  }
  return wrong;
}

function isCharged(body: Body, { charges, payments }: OrderFile): boolean {
  const charge = charges.find(({ id }) => id === body.gateway_ref);
  if (charge === undefined || !tookMoney(charge)) return false;
  const told = payments[0]?.status === 'COMPLETED' && payments[0].gateway_ref === body.gateway_ref;
  return told && charge.amount === body.amount && charge.currency === body.currency;
}

/** What was authorised stays so in the ledger, whatever became of it. If the answer says that it is over, it is. */
function isAuthorized(body: Body, { charges, payments }: OrderFile): boolean {
  const charge = charges.find(({ id }) => id === body.gateway_ref);
  const [payment] = payments;
  const told = payment?.gateway_ref === body.gateway_ref && HELD.includes(payment?.status ?? '');
  const isShown = charge !== undefined && ['succeeded', 'voided', 'refunded'].includes(charge.status);
  const isOver = body.status === 'VOIDED' ? charge?.status === 'voided' : true;
  return told && isShown && isOver && charge.amount === body.amount && charge.currency === body.currency;
}

function wasUsedOtherwise(exchange: Exchange, { uses }: OrderFile): boolean {
  return uses
    .flat()
    .some(
      ({ key, body, askedMs }) =>
        key === exchange.key && askedMs < exchange.answeredMs && meaningOf(body) !== meaningOf(exchange.body),
    );
}

/** Each different failure that was answered belongs to another charge. So at least as many charges must have failed. */
function judgeFailures({ exchanges, events }: OrderFile): Finding[] {
  const failures = new Map(exchanges.filter(isFailedPost).map(({ text, n }) => [text, n]));
  const failed = new Set(events.filter(({ type }) => type === 'payment.failed').map(({ charge }) => charge));
  if (failures.size <= failed.size) return [];
  const what = `${failures.size} different failures were told, ${failed.size} charges failed`;
  return [{ kind: 'false_answer', what, exchanges: [...failures.values()] }];
}

function isFailedPost(exchange: Exchange): boolean {
  return isPost(exchange) && isFailure(exchange.status);
}

/** If every request was answered with "nothing was done", nothing may have been done. */
function judgeNothing({ exchanges, payments, charges, calls }: OrderFile): Finding[] {
  const posts = exchanges.filter(isPost);
  if (posts.length === 0 || !posts.every(didNothing)) return [];
  const numbers = posts.map(({ n }) => n);
  const found: Finding[] = [];
  if (payments.length > 0) {
    found.push({
      kind: 'false_answer',
      what: 'all requests did nothing, and there is a payment',
      exchanges: numbers,
    });
  }
  if (calls.length + charges.length > 0) {
    const what = 'all requests did nothing, and the gateway was called';
    found.push({ kind: 'causeless_call', what, exchanges: numbers });
  }
  return found;
}
