/** What must hold for every answer to a client: it is true, it never changes, and it is about the client's order. */
import { AS_IT_STANDS } from '../../src/domain/acceptance.ts';
import { isMade } from '../../src/domain/operation.ts';
import type { Payment } from '../../src/domain/payment.ts';
import type { ChargeAnswer } from '../../src/engine/api.ts';
import type { Database, OperationRow, Row } from '../store/database.ts';
import { type Book, orderName, statesSince } from './book.ts';
import { wrongTerms, wrongView } from './views.ts';

/** A charge request as its client remembers it. */
export interface Asked {
  /** Sent as metadata, so that the judge knows which request's intent was committed. */
  readonly id: string;
  readonly accountId: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly method: string;
  readonly key: string | null;
  /** How long it is tried. Not set: as long as the plan says for its order. */
  readonly giveUpAfterS?: number;
  readonly atMs: number;
  /** How long it waits for the charge to end. */
  readonly waitMs: number;
  /** The highest `seq` that any answer about this order had shown by then. */
  readonly seqFloor: number;
}

export interface AnswerJudgeParts {
  readonly book: Book;
  readonly database: Database;
  readonly violated: (invariant: string, message: string) => void;
  readonly keyHash: (key: string) => string;
  /** Nothing goes wrong between the processes and the database. */
  readonly soundStore: boolean;
  /** Nothing is late: a request that waits is answered soon after its charge ends. */
  readonly punctual: boolean;
  /** No clock is set or stops, and the database never fails. So the times that a process estimates are close to the truth. */
  readonly steadyClocks: boolean;
  readonly retentionMs: number;
  /** True time. */
  readonly nowMs: () => number;
  readonly databaseNowMs: () => number;
}

export interface AnswerJudge {
  /** The `seqFloor` of a request that is sent now. */
  seqFloor(accountId: string, orderId: string): number;
  charged(asked: Asked, answer: ChargeAnswer): void;
  read(asked: Pick<Asked, 'accountId' | 'orderId' | 'seqFloor' | 'atMs'>, payment: Payment | null): void;
  asked(asked: Asked): void;
}

/** Time for a few statements, plus the longest pause between two reads of a payment that another process drives. */
const LATE_MS = 1500;

export function createAnswerJudge(parts: AnswerJudgeParts): AnswerJudge {
  const {
    book,
    database,
    violated,
    keyHash,
    soundStore,
    punctual,
    steadyClocks,
    retentionMs,
    nowMs,
    databaseNowMs,
  } = parts;
  const floors = new Map<string, number>();
  /** The terms and bodies that were answered, by account and key. */
  const byKey = new Map<string, { terms: string; body: string | null; answeredBefore: number }>();
  /** How often each key was used. */
  const uses = new Map<string, number>();

  function seen(accountId: string, orderId: string, seq: number): void {
    const order = orderName(accountId, orderId);
    floors.set(order, Math.max(floors.get(order) ?? 0, seq));
  }

  function about(asked: Pick<Asked, 'accountId' | 'orderId'>, payment: Payment): void {
    if (payment.accountId !== asked.accountId || payment.orderId !== asked.orderId) {
      violated('11 accounts', `an answer about ${payment.orderId} went to who asked for ${asked.orderId}`);
    }
  }

  function view(asked: Pick<Asked, 'accountId' | 'orderId' | 'seqFloor' | 'atMs'>, payment: Payment): void {
    about(asked, payment);
    if (book.amnesia) return;
    const order = orderName(asked.accountId, asked.orderId);
    if (payment.seq < asked.seqFloor) {
      violated('9 going back', `${order}: seq ${payment.seq} after ${asked.seqFloor} had been told`);
    }
    const wrong = wrongView(payment, book.states.get(order) ?? [], {
      steadyClocks,
      databaseNowMs: databaseNowMs(),
    });
    if (wrong !== null) violated('truth of answers', `${order}: told ${wrong}`);
    seen(asked.accountId, asked.orderId, payment.seq);
  }

  /** A 202 comes after the whole waiting time (REVIEW may come earlier) and not much later, and shows a recent state. */
  function waited({ accountId, orderId, atMs, waitMs }: Asked, { status, seq, nextAction }: Payment): void {
    const tookMs = nowMs() - atMs;
    // Nobody waits for the customer who has to act. Sums of fractions of a millisecond are not exact.
    if (status !== 'REVIEW' && nextAction === null && tookMs < waitMs - 0.001)
      violated('waiting', `${orderId}: sent away after ${tookMs} of ${waitMs} ms`);
    if (tookMs > waitMs + LATE_MS)
      violated('waiting', `${orderId}: answered after ${tookMs} ms, and ${waitMs} were wanted`);
    const next = book.states.get(orderName(accountId, orderId))?.find((state) => state.seq > seq);
    if (next !== undefined && nowMs() - next.atMs > LATE_MS)
      violated('waiting', `${orderId}: told seq ${seq}, which was over ${nowMs() - next.atMs} ms ago`);
  }

  function settled(asked: Asked, answer: Extract<ChargeAnswer, { kind: 'settled' }>): void {
    const { frozen } = answer;
    const body = JSON.parse(frozen.body) as Record<string, unknown>;
    if (body.order_id !== asked.orderId || body.payment_id !== answer.paymentId) {
      violated('11 accounts', `${asked.orderId}: the body is about ${String(body.order_id)}`);
    }
    if ((frozen.problem === null) !== MADE.has(body.status)) {
      violated('truth of answers', `${asked.orderId}: the body contradicts its own problem`);
    }
    if (book.amnesia) return;
    const row = database.row(asked.accountId, asked.orderId);
    if (row === undefined) {
      violated('lost', `${asked.orderId}: answered as settled, but it is not there`);
      return;
    }
    if (row.payment.paymentId !== answer.paymentId)
      violated('11 accounts', `${asked.orderId}: answered with another order’s payment`);
    if (wrongTerms(body, asked))
      violated('truth of answers', `${asked.orderId}: answered with what was charged on other terms`);
    if (answer.started) starter(asked, answer, row);
    if (asked.key !== null) keyed(asked, answer, row);
    else keyless(asked, answer, row);
  }

  function starter(asked: Asked, answer: ChargeAnswer, row: Row): void {
    const byThisKey = asked.key !== null && boundTo(asked.accountId, asked.key)?.started === true;
    if (!byThisKey && !book.committedRequests.has(asked.id)) {
      violated(
        '7 one operation',
        `${row.payment.order.orderId}: ${asked.id} is told that it started (${answer.kind})`,
      );
    }
  }

  function boundTo(accountId: string, key: string): Row['requests'][number] | undefined {
    const hash = keyHash(key);
    for (const row of database.rows()) {
      const found = row.requests.find((one) => one.keyHash === hash && one.accountId === accountId);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function keyed(asked: Asked, answer: Extract<ChargeAnswer, { kind: 'settled' }>, row: Row): void {
    const bound = boundTo(asked.accountId, asked.key ?? '');
    if (bound?.chargeN === AS_IT_STANDS) {
      stands(asked, answer, row);
      return;
    }
    const operation: OperationRow | undefined = row.operations.find(({ n }) => n === bound?.chargeN);
    if (operation === undefined) {
      violated('7 one operation', `${asked.orderId}: the key is bound to nothing`);
      return;
    }
    if (operation.settledAtMs === null) {
      violated('truth of answers', `${asked.orderId}: told the end of charge ${operation.n}, which is open`);
      return;
    }
    if (operation.problem !== answer.frozen.problem) {
      violated('truth of answers', `${asked.orderId}: told another end than charge ${operation.n} had`);
    }
    // An expired answer stays stored until it is erased. The client gets the payment as it stands instead.
    const fresh = databaseNowMs() < operation.settledAtMs + retentionMs;
    if (fresh && operation.answer !== null && operation.answer !== answer.frozen.body) {
      violated('7 same answer', `${asked.orderId}: the answer is not the frozen one`);
    }
    if (answer.started !== bound?.started) {
      violated('7 one operation', `${asked.orderId}: 201 and 200 are confused`);
    }
    sameAsBefore(asked, answer.frozen.body, answer.replayed);
  }

  /** The key was bound when the order's answer was gone or no longer true. Only a completed order is answered so, and it stays completed. */
  function stands(asked: Asked, answer: Extract<ChargeAnswer, { kind: 'settled' }>, { payment }: Row): void {
    const isPaid = isMade(payment.operation.status) && answer.frozen.problem === null;
    if (!isPaid || answer.started)
      violated('truth of answers', `${asked.orderId}: told as it stands, and not as it is`);
    sameAsBefore(asked, null, answer.replayed);
  }

  /** Two different bodies, or two different terms, never share a key. */
  function sameAsBefore(asked: Asked, body: string | null, replayed: boolean): void {
    const name = `${asked.accountId} ${asked.key}`;
    const terms = termsOf(asked);
    const known = byKey.get(name);
    if (known === undefined) {
      byKey.set(name, { terms, body, answeredBefore: asked.atMs });
      // If acknowledgements are lost, a request may find its own row and take it for another request's.
      if (replayed && soundStore && (uses.get(name) ?? 0) < 2) {
        violated('7 replayed', `${asked.orderId}: called a replay, but the key was never used before`);
      }
      return;
    }
    if (known.terms !== terms) violated('7 key reused', `${asked.orderId}: one key, two requests`);
    if (known.body !== null && body !== null && known.body !== body) {
      violated('7 same answer', `${asked.orderId}: the same key, another answer`);
    }
    known.body ??= body;
  }

  function keyless(asked: Asked, answer: Extract<ChargeAnswer, { kind: 'settled' }>, row: Row): void {
    const { status: told } = JSON.parse(answer.frozen.body) as { readonly status?: unknown };
    const wanted = answer.frozen.problem === null ? told : 'FAILED';
    const held = statesSince(book, orderName(asked.accountId, asked.orderId), asked.atMs).some(
      ({ status, problem }) => status === wanted && problem === answer.frozen.problem,
    );
    if (!held)
      violated('truth of answers', `${row.payment.order.orderId}: told ${String(wanted)}, which it was not`);
  }

  function problem(asked: Asked, answer: Extract<ChargeAnswer, { kind: 'problem' }>): void {
    // `result_expired` is about an earlier answer. It does not say whether this request's intent was stored.
    const untouched = answer.code !== 'store_outcome_unknown' && answer.code !== 'result_expired';
    if (untouched && !book.amnesia && book.committedRequests.has(asked.id)) {
      violated('8 nothing sent', `${asked.orderId}: told ${answer.code}, but its intent is stored`);
    }
    if (untouched) book.refusedRequests.add(asked.id);
    const order = orderName(asked.accountId, asked.orderId);
    if (answer.payment !== undefined) view(asked, answer.payment);
    if (answer.code === 'order_conflict' && !book.amnesia) {
      const other = statesSince(book, order, asked.atMs).some(
        ({ amountMinor, currency }) => amountMinor !== asked.amountMinor || currency !== asked.currency,
      );
      if (!other) violated('truth of answers', `${order}: a conflict with the same terms`);
    }
    if (answer.code === 'idempotency_key_reused') {
      const known = byKey.get(`${asked.accountId} ${asked.key}`);
      // If the database forgot the key's binding, a request with other terms may have bound the key since.
      if (!book.amnesia && known !== undefined && known.terms === termsOf(asked)) {
        violated('7 key reused', `${order}: 422 for the same request`);
      }
      if (!otherTerms(asked))
        violated('7 key reused', `${order}: 422, but the key was used with these terms only`);
    }
  }

  const termsByKey = new Map<string, Set<string>>();
  function otherTerms(asked: Asked): boolean {
    return (termsByKey.get(`${asked.accountId} ${asked.key}`)?.size ?? 0) > 1;
  }

  return {
    seqFloor: (accountId, orderId) => floors.get(orderName(accountId, orderId)) ?? 0,
    asked(asked) {
      if (asked.key === null) return;
      const name = `${asked.accountId} ${asked.key}`;
      uses.set(name, (uses.get(name) ?? 0) + 1);
      const terms = termsByKey.get(name) ?? new Set();
      termsByKey.set(name, terms.add(termsOf(asked)));
    },
    charged(asked, answer) {
      if (answer.kind === 'settled') settled(asked, answer);
      else if (answer.kind === 'problem') problem(asked, answer);
      else {
        view(asked, answer.payment);
        if (punctual) waited(asked, answer.payment);
        // If the database fails, a 202 may be given before the key is bound.
        const bound = asked.key === null ? undefined : boundTo(asked.accountId, asked.key);
        const byKey = soundStore && bound?.paymentId === answer.payment.paymentId;
        if (byKey) sameAsBefore(asked, null, answer.replayed);
      }
    },
    read(asked, payment) {
      if (payment !== null) {
        view(asked, payment);
        const [held] = statesSince(book, orderName(asked.accountId, asked.orderId), asked.atMs);
        if (!book.amnesia && held !== undefined && payment.seq < held.seq)
          violated(
            '9 going back',
            `${asked.orderId}: read ${payment.seq}, when ${held.seq} had been written`,
          );
        return;
      }
      if (asked.seqFloor > 0 && !book.amnesia) {
        violated('lost', `${asked.orderId}: was answered before and cannot be read any more`);
      }
    },
  };
}

const MADE: ReadonlySet<unknown> = new Set(['AUTHORIZED', 'COMPLETED', 'VOIDED']);

function termsOf({ orderId, amountMinor, currency, method, giveUpAfterS }: Asked): string {
  return `${orderId} ${amountMinor} ${currency} ${method} ${giveUpAfterS}`;
}
