/** Judges each answer about refunds: it is true, it is one of the allowed answers, and the same refund is never answered in two ways. */
import type { Exchange } from '../record.ts';
import { type Finding, groupBy, type OrderFile } from './case.ts';
import { type Body, bodyOf, isPost } from './reading.ts';
import { isRefundEnd, refundStatusOf } from './refund-reading.ts';
import { gatewayKeyOf, isLive, underKey } from './refunds.ts';

const STORE_PROBLEMS = ['store_unavailable', 'store_outcome_unknown', 'shutting_down'];

export function judgeRefundAnswers(file: OrderFile): Finding[] {
  const answered = file.refundAsks.filter(({ status }) => status !== null);
  return [
    ...answered.flatMap((ask) => judgeAnswer(ask, file)),
    ...judgeSameAnswers(answered),
    ...judgeOtherBodies(file.refundUses),
    ...judgeOrder(answered),
  ];
}

function judgeAnswer(ask: Exchange, file: OrderFile): Finding[] {
  const body = bodyOf(ask.text);
  const wrong = isPost(ask) ? judgePost(ask, body, file) : judgeGet(ask, body);
  const found = wrong.map((what): Finding => {
    return { kind: 'false_answer', what: `refunds, ${ask.status}: ${what}`, exchanges: [ask.n] };
  });
  if (typeof body.refund_id === 'string' && !file.refunds.some((one) => one.refund_id === body.refund_id))
    found.push({
      kind: 'lost',
      what: `refund ${body.refund_id} was told, and is not there`,
      exchanges: [ask.n],
    });
  return found;
}

function judgeGet({ status, text }: Exchange, { code }: Body): string[] {
  // A refund that was not opened yet cannot be read yet.
  if (status === 200 || code === 'refund_not_found') return [];
  if (status === 503 && STORE_PROBLEMS.includes(String(code))) return [];
  return [`no answer that a reader may get: ${text.slice(0, 200)}`];
}

function judgePost(ask: Exchange, body: Body, file: OrderFile): string[] {
  const asked = bodyOf(ask.body ?? '');
  const told = refundStatusOf(body);
  const wrong: string[] = [];
  const must = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  const booked =
    typeof body.refund_id === 'string'
      ? underKey(file, gatewayKeyOf(file, { refund_id: body.refund_id }))
      : [];
  const tells = (...statuses: (string | null)[]): void => must(statuses.includes(told), `says ${told}`);
  const failed = (): void => {
    tells('FAILED');
    must(!booked.some(isLive), 'it failed, and is live in the ledger');
    must(
      body.safe_to_retry_with_new_key === true,
      'failed, and does not say that it is safe to refund again',
    );
  };
  const sameAmount = (): void =>
    must(
      asked.amount === undefined || asked.amount === body.amount,
      `asked for ${asked.amount}, told ${body.amount}`,
    );
  switch (ask.status) {
    case 200:
    case 201:
      tells('SUCCEEDED', 'PENDING');
      sameAmount();
      must(body.safe_to_retry_with_new_key === false, 'says that it is safe to refund again');
      must(typeof body.gateway_ref === 'string', 'the gateway has it, and no gateway_ref is told');
      if (told === 'SUCCEEDED')
        must(
          booked.some(({ status, amount }) => status === 'succeeded' && amount === body.amount),
          'it succeeded, and the ledger does not show it so',
        );
      break;
    case 202:
      tells('PENDING', 'REVIEW');
      sameAmount();
      must(body.safe_to_retry_with_new_key === false, 'says that it is safe to refund again');
      break;
    case 502:
      must(body.code === 'gateway_failed', `code ${body.code}`);
      failed();
      break;
    case 422:
      if (body.code === 'refund_declined') failed();
      else must(body.code === 'idempotency_key_reused', `code ${body.code}`);
      if (body.code === 'idempotency_key_reused')
        must(wasUsedOtherwise(ask, file), 'the key was never used for anything else');
      break;
    case 409:
      wrong.push(...judgeConflict(ask, body, file, failed));
      break;
    case 400:
      must(ask.scenario === 'not valid', 'a good request was refused');
      break;
    case 503:
      must(STORE_PROBLEMS.includes(String(body.code)), `code ${body.code}`);
      break;
    default:
      wrong.push(`no answer that a client may get: ${ask.text.slice(0, 200)}`);
  }
  return wrong;
}

function judgeConflict(ask: Exchange, body: Body, file: OrderFile, failed: () => void): string[] {
  const [payment] = file.payments;
  const { amount } = bodyOf(ask.body ?? '');
  switch (body.code) {
    case 'refund_conflict':
      return wasAskedOtherwise(ask, file) ? [] : ['a conflict, and the refund was never asked for otherwise'];
    case 'payment_not_refundable':
      return wasCompletedBefore(ask, file) ? ['not refundable, and it was COMPLETED before'] : [];
    case 'refund_exceeds_captured': {
      if (typeof body.refund_id === 'string') {
        failed();
        return [];
      }
      // Whatever was open at that moment, it cannot have been more than this.
      const most = file.refunds.reduce((sum, one) => sum + one.amount, 0);
      const fits = most + (typeof amount === 'number' ? amount : 1) <= (payment?.amount_captured ?? 0);
      return fits && wasCompletedBefore(ask, file)
        ? [`${amount} was refused, and there was always room for it`]
        : [];
    }
    default:
      return [`code ${body.code}`];
  }
}

function wasCompletedBefore({ askedMs }: Exchange, { exchanges }: OrderFile): boolean {
  return exchanges.some(
    (one) =>
      one.answeredMs < askedMs &&
      (one.status === 200 || one.status === 201) &&
      bodyOf(one.text).status === 'COMPLETED',
  );
}

/** What a key of a refund is bound to. */
function meaningOf({ path, body }: Exchange): string {
  const { refund_id: id, amount } = bodyOf(body ?? '');
  return JSON.stringify([path, id ?? null, amount ?? null]);
}

function wasUsedOtherwise(ask: Exchange, { refundUses }: OrderFile): boolean {
  return refundUses.some(
    (one) => one.key === ask.key && one.askedMs < ask.answeredMs && meaningOf(one) !== meaningOf(ask),
  );
}

function wasAskedOtherwise(ask: Exchange, { refundAsks }: OrderFile): boolean {
  const { refund_id: id, amount } = bodyOf(ask.body ?? '');
  return refundAsks.some((one) => {
    const other = bodyOf(one.body ?? '');
    return isPost(one) && one.askedMs < ask.answeredMs && other.refund_id === id && other.amount !== amount;
  });
}

/** A refund that has ended is answered with the same bytes to everybody, and under one key with the same status. */
function judgeSameAnswers(answered: readonly Exchange[]): Finding[] {
  const ends = answered.filter(isRefundEnd);
  const found: Finding[] = [];
  for (const [id, same] of groupBy(ends, ({ text }) => bodyOf(text).refund_id)) {
    const other = same.find(({ text }) => text !== same[0]?.text);
    if (other !== undefined) found.push(changed(`refund ${id} was answered in two ways`, same[0], other));
  }
  for (const [key, same] of groupBy(ends, ({ key, path }) => (key === null ? null : `${path} ${key}`))) {
    if (key === null) continue;
    const other = same.find(({ status }) => status !== same[0]?.status);
    if (other !== undefined) found.push(changed(`the key ${key} was answered in two ways`, same[0], other));
  }
  return found;
}

/** A key is bound to the first request that was taken under it. */
function judgeOtherBodies(uses: readonly Exchange[]): Finding[] {
  const taken = uses.filter((ask) => isRefundEnd(ask) || [200, 201, 202].includes(ask.status ?? 0));
  const keyed = groupBy(
    taken.filter((ask) => isPost(ask) && ask.key !== null),
    ({ key }) => key,
  );
  return [...keyed].flatMap(([key, same]) => {
    const [first] = same;
    const other = same.find((one) => first !== undefined && meaningOf(one) !== meaningOf(first));
    return other === undefined ? [] : [changed(`two requests were taken under the key ${key}`, first, other)];
  });
}

/** If two requests did not overlap, the later one never sees that a refund has not ended if the earlier one saw that it had. */
function judgeOrder(answered: readonly Exchange[]): Finding[] {
  const views = answered.flatMap(viewsOf);
  return [...groupBy(views, ({ refundId }) => refundId)].flatMap(([id, own]) =>
    own
      .filter(({ isEnd }) => isEnd)
      .flatMap((end) => {
        const later = own.find(({ ask, told }) => ask.askedMs > end.ask.answeredMs && told !== end.told);
        if (later === undefined) return [];
        const what = `refund ${id} was ${later.told} after it was ${end.told}`;
        return [{ kind: 'went_back', what, exchanges: [end.ask.n, later.ask.n] } as const];
      })
      .slice(0, 1),
  );
}

interface View {
  readonly refundId: string;
  readonly told: string;
  readonly isEnd: boolean;
  readonly ask: Exchange;
}

function viewsOf(ask: Exchange): View[] {
  const body = bodyOf(ask.text);
  const shown = Array.isArray(body.data) ? (body.data as Body[]) : [body];
  return shown.flatMap((refund) => {
    const told = refundStatusOf(refund);
    if (typeof refund.refund_id !== 'string' || told === null) return [];
    return [{ refundId: refund.refund_id, told, isEnd: told === 'SUCCEEDED' || told === 'FAILED', ask }];
  });
}

function changed(what: string, ...asks: (Exchange | undefined)[]): Finding {
  return {
    kind: 'changed_answer',
    what,
    exchanges: asks.flatMap((ask) => (ask === undefined ? [] : [ask.n])),
  };
}
