/** Judges each answer about captures and voids: it is true, it is one of the allowed answers, and the same one is never answered in two ways. */
import type { Exchange } from '../record.ts';
import { endIn, endNameOf, endStatusOf, isEnd, operationOf } from './capture-reading.ts';
import { type Ending, type Finding, groupBy, type OrderFile } from './case.ts';
import { type Body, bodyOf, isPost, paymentStatusOf } from './reading.ts';

const STORE_PROBLEMS = ['store_unavailable', 'store_outcome_unknown', 'shutting_down'];

export function judgeEndAnswers(file: OrderFile): Finding[] {
  const answered = file.endAsks.filter(({ status }) => status !== null);
  return [
    ...answered.flatMap((ask) => judgeAnswer(ask, answered, file)),
    ...judgeSameAnswers(answered),
    ...judgeOneWinner(answered),
    ...judgeOtherBodies(file.endUses),
    ...judgeOrder(answered),
    ...judgeToldEvents(answered, file),
  ];
}

function judgeAnswer(ask: Exchange, answered: readonly Exchange[], file: OrderFile): Finding[] {
  const body = bodyOf(ask.text);
  const wrong = isPost(ask) ? judgePost(ask, body, file) : judgeGet(ask, body, answered);
  const about = endIn(body);
  const operation = operationOf(ask);
  const found = wrong.map((what): Finding => {
    return { kind: 'false_answer', what: `${operation}, ${ask.status}: ${what}`, exchanges: [ask.n] };
  });
  if (about !== null && knownAs(about, file) === undefined)
    found.push({ kind: 'lost', what: `the ${about} was told, and is not there`, exchanges: [ask.n] });
  return found;
}

function knownAs(about: string | null, { endings }: OrderFile): Ending | undefined {
  return endings.find((ending) => endNameOf(ending) === about);
}

function judgeGet(ask: Exchange, { code }: Body, answered: readonly Exchange[]): string[] {
  if (ask.status === 200) return [];
  if (ask.status === 503 && STORE_PROBLEMS.includes(String(code))) return [];
  if (code !== 'operation_not_found') return [`no answer that a reader may get: ${ask.text.slice(0, 200)}`];
  const operation = operationOf(ask);
  const earlier = answered.some(
    ({ answeredMs, text }) => answeredMs < ask.askedMs && bodyOf(text).operation === operation,
  );
  return earlier ? ['there is none, and it was told before'] : [];
}

function judgePost(ask: Exchange, body: Body, file: OrderFile): string[] {
  const asked = bodyOf(ask.body ?? '');
  const operation = operationOf(ask);
  const told = endStatusOf(body);
  const own = knownAs(endIn(body), file);
  const wrong: string[] = [];
  const must = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  const isAbout = (): void => {
    must(body.operation === operation, `is about a ${body.operation}`);
    must(
      asked.amount === undefined || asked.amount === body.amount,
      `asked for ${asked.amount}, told ${body.amount}`,
    );
  };
  const isUnsafe = (): void =>
    must(body.safe_to_retry_with_new_key === false, 'says that it is safe to ask again with a new key');
  const failed = (): void => {
    isAbout();
    must(told === 'FAILED', `says ${told}`);
    must(own?.status === 'FAILED', `it failed, and is ${own?.status}`);
    must(body.safe_to_retry_with_new_key === true, 'failed, and does not say that it is safe to ask again');
  };
  switch (ask.status) {
    case 200:
    case 201:
      isAbout();
      isUnsafe();
      must(told === 'SUCCEEDED', `says ${told}`);
      must(own?.status === 'SUCCEEDED', `it succeeded, and is ${own?.status}`);
      must(isDone(body, file), 'it succeeded, and the ledger does not show it so');
      break;
    case 202:
      isAbout();
      isUnsafe();
      must(told === 'PENDING' || told === 'REVIEW', `says ${told}`);
      break;
    case 502:
      must(body.code === 'gateway_failed', `code ${body.code}`);
      failed();
      break;
    case 422:
      if (body.code === `${operation}_declined`) failed();
      else must(body.code === 'idempotency_key_reused', `code ${body.code}`);
      if (body.code === 'idempotency_key_reused')
        must(wasUsedOtherwise(ask, file), 'the key was never used for anything else');
      break;
    case 409:
      wrong.push(...judgeConflict(ask, body, file, failed));
      break;
    case 503:
      must(STORE_PROBLEMS.includes(String(body.code)), `code ${body.code}`);
      break;
    default:
      wrong.push(`no answer that a client may get: ${ask.text.slice(0, 200)}`);
  }
  return wrong;
}

/** Whether the ledger shows what the answer says. A refund since then does not change what was captured. */
function isDone({ operation, amount }: Body, { charges, payments }: OrderFile): boolean {
  const charge = charges.find(({ id }) => id === payments[0]?.gateway_ref);
  return operation === 'void' ? charge?.status === 'voided' : charge?.captured === amount;
}

function judgeConflict(ask: Exchange, body: Body, file: OrderFile, failed: () => void): string[] {
  const [payment] = file.payments;
  const { amount = null } = bodyOf(ask.body ?? '');
  const operation = operationOf(ask);
  switch (body.code) {
    case 'operation_in_progress': {
      const other = knownAs(endIn(body), file);
      if (other === undefined) return ['nothing is attached that is under way'];
      return other.operation === operation && other.asked === amount
        ? ['what is under way is what was asked for']
        : [];
    }
    case 'payment_not_capturable':
    case 'payment_not_voidable':
      if (isEnd(ask)) failed();
      else if (wasAuthorized(ask, file)) return ['refused, and it was AUTHORIZED before and after'];
      return body.code === (operation === 'void' ? 'payment_not_voidable' : 'payment_not_capturable')
        ? []
        : [`code ${body.code} of a ${operation}`];
    case 'capture_exceeds_authorized':
      return typeof amount === 'number' && amount > (payment?.amount ?? 0)
        ? []
        : [`${amount} was authorised`];
    default:
      return [`code ${body.code}`];
  }
}

/** Whether clients that asked before and after the request saw that it was AUTHORIZED. It is so once. */
function wasAuthorized(
  { askedMs, answeredMs }: Exchange,
  { exchanges, payments, events }: OrderFile,
): boolean {
  const saw = exchanges.filter(
    ({ method, status, text }) =>
      method === 'GET' && status === 200 && paymentStatusOf(bodyOf(text)) === 'AUTHORIZED',
  );
  const before = saw.some((one) => one.answeredMs < askedMs);
  const after = saw.some((one) => one.askedMs > answeredMs) || payments[0]?.status === 'AUTHORIZED';
  return before && after && events.some(({ status }) => status === 'AUTHORIZED');
}

/** What a key is bound to. */
function meaningOf({ path, body }: Exchange): string {
  return JSON.stringify([path, bodyOf(body ?? '').amount ?? null]);
}

/** A key of a capture is no key of a void. */
function keyOf(ask: Exchange): string | null {
  return ask.key === null ? null : `${operationOf(ask)} ${ask.key}`;
}

function wasUsedOtherwise(ask: Exchange, { endUses }: OrderFile): boolean {
  return endUses.some(
    (one) => keyOf(one) === keyOf(ask) && one.askedMs < ask.answeredMs && meaningOf(one) !== meaningOf(ask),
  );
}

/** One that has ended is answered with the same bytes to everybody, and under one key with the same status. */
function judgeSameAnswers(answered: readonly Exchange[]): Finding[] {
  const ends = answered.filter(isEnd);
  const found: Finding[] = [];
  for (const [about, same] of groupBy(ends, ({ text }) => endIn(bodyOf(text)))) {
    const other = same.find(({ text }) => text !== same[0]?.text);
    if (other !== undefined) found.push(changed(`the ${about} was answered in two ways`, same[0], other));
  }
  for (const [key, same] of groupBy(ends, keyOf)) {
    if (key === null) continue;
    const other = same.find(({ status, text }) => status !== same[0]?.status || text !== same[0]?.text);
    if (other !== undefined)
      found.push(changed(`the key of the ${key} was answered in two ways`, same[0], other));
  }
  return found;
}

/** Whatever raced: everybody is told that the same one has succeeded. */
function judgeOneWinner(answered: readonly Exchange[]): Finding[] {
  const won = answered.filter((ask) => endStatusOf(bodyOf(ask.text)) === 'SUCCEEDED');
  const [first, second] = [...groupBy(won, ({ text }) => endIn(bodyOf(text))).values()];
  if (first === undefined || second === undefined) return [];
  return [changed('clients were told of two that have succeeded', first[0], second[0])];
}

/** A key is bound to the first request that was taken under it. */
function judgeOtherBodies(uses: readonly Exchange[]): Finding[] {
  const taken = uses.filter(
    (ask) => isPost(ask) && (isEnd(ask) || [200, 201, 202].includes(ask.status ?? 0)),
  );
  return [...groupBy(taken, keyOf)].flatMap(([key, same]) => {
    const [first] = same;
    const other = same.find((one) => first !== undefined && meaningOf(one) !== meaningOf(first));
    return key === null || other === undefined
      ? []
      : [changed(`two requests were taken under the key of the ${key}`, first, other)];
  });
}

/** If two requests did not overlap, the later one never sees that it has not ended if the earlier one saw that it had. */
function judgeOrder(answered: readonly Exchange[]): Finding[] {
  const views = answered.map((ask) => ({ ask, body: bodyOf(ask.text) }));
  return [...groupBy(views, ({ body }) => endIn(body))].flatMap(([about, own]): Finding[] => {
    if (about === null) return [];
    for (const end of own) {
      const told = endStatusOf(end.body);
      if (told !== 'SUCCEEDED' && told !== 'FAILED') continue;
      const later = own.find(
        ({ ask, body }) => ask.askedMs > end.ask.answeredMs && endStatusOf(body) !== told,
      );
      if (later === undefined) continue;
      const what = `the ${about} was ${endStatusOf(later.body)} after it was ${told}`;
      return [{ kind: 'went_back', what, exchanges: [end.ask.n, later.ask.n] }];
    }
    return [];
  });
}

/** The events that a client was shown are those of one of them, from the first on. */
function judgeToldEvents(answered: readonly Exchange[], { endings }: OrderFile): Finding[] {
  const trails = endings.map(({ events }) => events.map((event) => JSON.stringify(event)));
  return answered
    .filter(({ path, status }) => path.endsWith('/events') && status === 200)
    .flatMap(({ n, text }): Finding[] => {
      const told = bodyOf(text).data;
      const isTrue =
        Array.isArray(told) &&
        trails.some((trail) => told.every((event, index) => JSON.stringify(event) === trail[index]));
      return isTrue
        ? []
        : [
            {
              kind: 'false_history',
              what: 'the told events of a capture or void are not there so',
              exchanges: [n],
            },
          ];
    });
}

function changed(what: string, ...asks: (Exchange | undefined)[]): Finding {
  return {
    kind: 'changed_answer',
    what,
    exchanges: asks.flatMap((ask) => (ask === undefined ? [] : [ask.n])),
  };
}
