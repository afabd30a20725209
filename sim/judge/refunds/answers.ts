/** What must hold for every answer about a refund: it was true at some moment of the request, it is about what was asked, and it never changes. */

import type { PaymentStatus } from '../../../src/domain/payment.ts';
import type { Refund } from '../../../src/domain/refund.ts';
import { refundableMinor } from '../../../src/domain/sums.ts';
import type { PaymentNow, RefundAnswer, RefundsPage } from '../../../src/engine/api.ts';
import { type KnownRefund, latestOf, type RefundState, refundNamed, refundsOf, since } from './book.ts';
import { findsAgain, isCertain } from './forgotten.ts';
import type { RefundJudgeParts } from './index.ts';
import { wrongRefundView } from './views.ts';

/** A request for a refund as its client remembers it. */
export interface RefundAsked {
  /** Sent as metadata. */
  readonly id: string;
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
  /** Null: all that is left. */
  readonly amountMinor: number | null;
  /** Null: the key names it. */
  readonly refundId: string | null;
  readonly key: string | null;
  readonly atMs: number;
}

export interface RefundAnswerJudge {
  asked(asked: RefundAsked): void;
  answered(asked: RefundAsked, answer: RefundAnswer): void;
  /** `refund` null: the engine says that there is none. */
  read(asked: RefundAsked, refund: Refund | null): void;
  listed(asked: RefundAsked, page: RefundsPage | null): void;
  /** A payment was read. `sinceMs`: since when the reader waits. */
  payment(payment: PaymentNow, sinceMs: number): void;
}

type Settled = Extract<RefundAnswer, { kind: 'settled' }>;
type Problem = Extract<RefundAnswer, { kind: 'problem' }>;

export function createRefundAnswerJudge(parts: RefundJudgeParts): RefundAnswerJudge {
  const { book, refundBook, refunds, violated, keyHash, mark, database, nowMs, databaseNowMs, plan } = parts;
  /** The terms with which each key was used. */
  const terms = new Map<string, Set<string>>();
  /** What a client was told last of each refund. */
  const floors = new Map<string, number>();

  function known(asked: RefundAsked, name: string): KnownRefund | undefined {
    if (asked.refundId !== null && asked.refundId !== name)
      violated('11 accounts', `${asked.id} asked for ${asked.refundId} and was told of ${name}`);
    const found = refundNamed(refundBook, asked.paymentId, name);
    if (asked.refundId === null && found !== undefined) {
      const { keyHash: hash } = latestOf(found).followUp;
      if (hash !== keyHash(asked.key ?? ''))
        violated('11 accounts', `${asked.id} asked with ${asked.key} and was told of ${name}`);
    }
    return found;
  }

  function view(asked: RefundAsked, refund: Refund): KnownRefund | undefined {
    if (refund.paymentId !== asked.paymentId || refund.accountId !== asked.accountId)
      violated('11 accounts', `${asked.id}: told of a refund of ${refund.orderId}`);
    const found = known(asked, refund.refundId);
    if (!isCertain(book, asked.atMs)) return found;
    if (found === undefined) {
      violated('truth of answers', `${asked.id}: told of ${refund.refundId}, which is not there`);
      return undefined;
    }
    const wrong = wrongRefundView(refund, found);
    if (wrong !== null) violated('truth of answers', `${asked.id}, ${refund.refundId}: told ${wrong}`);
    const { id } = latestOf(found).followUp;
    const [oldest] = since(found.states, asked.atMs);
    const floor = Math.max(floors.get(id) ?? 0, 0);
    if (refund.seq < (oldest?.record.seq ?? 0) && refund.seq < floor)
      violated(
        '9 going back',
        `${asked.id}, ${refund.refundId}: seq ${refund.seq} after ${floor} had been told`,
      );
    floors.set(id, Math.max(floor, refund.seq));
    return found;
  }

  function settled(asked: RefundAsked, { frozen, name: refundId, started }: Settled): void {
    const found = known(asked, refundId);
    const body = JSON.parse(frozen.body) as Record<string, unknown>;
    const status = frozen.problem === null ? 'COMPLETED' : 'FAILED';
    mark(`refund_told:${frozen.problem ?? 'succeeded'}`);
    if (body.refund_id !== refundId || body.payment_id !== asked.paymentId)
      violated('11 accounts', `${asked.id}: the body is about ${String(body.refund_id)}`);
    if (frozen.problem === null ? body.status !== 'SUCCEEDED' : body.code !== frozen.problem)
      violated('truth of answers', `${asked.id}: the body contradicts its own problem`);
    if (asked.amountMinor !== null && body.amount !== asked.amountMinor)
      violated('truth of answers', `${asked.id}: answered with a refund of another amount`);
    if (!isCertain(book, asked.atMs)) return;
    if (found === undefined) {
      violated('lost', `${asked.id}: ${refundId} is said to have ended, and is not there`);
      return;
    }
    if (!held(found, asked.atMs, ({ operation }) => operation.status === status))
      violated('truth of answers', `${asked.id}: told that ${refundId} is ${status}, which it was not`);
    // An answer that has expired is erased some time later.
    const fresh = databaseNowMs() < (latestOf(found).settledAtMs ?? 0) + plan.retentionMs;
    if (fresh && found.body !== null && found.body !== frozen.body)
      violated('7 same answer', `${asked.id}: the answer about ${refundId} is not the frozen one`);
    if (started) starter(asked, found);
    judgeToldTruth(asked, found, status);
  }

  /** What is told as the end is so at the gateway, whatever the database has forgotten. */
  function judgeToldTruth(asked: RefundAsked, found: KnownRefund, status: PaymentStatus): void {
    const { gatewayKey, followUp } = latestOf(found);
    const isUnforeseen =
      refundBook.late.has(gatewayKey) || book.blindSends.has(gatewayKey) || book.excused.has(gatewayKey);
    if (isUnforeseen) return;
    const made = refunds.ledger.filter(({ key }) => key === gatewayKey);
    if (status === 'COMPLETED' && !made.some(({ had }) => had.has('succeeded')))
      violated('6 truth', `${asked.id}: ${followUp.name} is told as SUCCEEDED, and it was never made`);
    if (status === 'FAILED' && findsAgain(book) && made.some((one) => one.status === 'succeeded'))
      violated('6 truth', `${asked.id}: ${followUp.name} is told as FAILED, and it is live at the gateway`);
  }

  function starter(asked: RefundAsked, found: KnownRefund): void {
    const { followUp, order } = latestOf(found);
    // A repeated request with the same key is answered as the first one.
    const byKey = asked.key !== null && keys.get(order.metadata.request ?? '') === asked.key;
    if (order.metadata.request !== asked.id && !byKey)
      violated('7 one operation', `${asked.id} is told that it opened ${followUp.name}`);
  }
  /** The key of each request. */
  const keys = new Map<string, string | null>();

  function problem(asked: RefundAsked, { code, shown: refund }: Problem): void {
    mark(`refund_problem:${code}`);
    // These may be about an earlier request.
    const untouched = code !== 'store_outcome_unknown' && code !== 'result_superseded';
    if (untouched) {
      if (isCertain(book, asked.atMs) && refundBook.openedBy.has(asked.id))
        violated('8 nothing sent', `${asked.id}: told ${code}, but its refund is stored`);
      refundBook.refused.add(asked.id);
    }
    const found = refund === undefined ? undefined : view(asked, refund);
    if (isCertain(book, asked.atMs)) judgeProblem(asked, code, found);
  }

  function judgeProblem(asked: RefundAsked, code: Problem['code'], found: KnownRefund | undefined): void {
    const false_ = (why: string): void => violated('truth of answers', `${asked.id}: told ${code}, ${why}`);
    switch (code) {
      case 'payment_not_found':
        // An order that was forgotten and charged again has another payment.
        if (database().row(asked.accountId, asked.orderId)?.payment.paymentId === asked.paymentId)
          false_('and there is one');
        return;
      case 'payment_not_refundable':
        if (statusSince(asked) === 'COMPLETED') false_('and it is COMPLETED');
        return;
      case 'refund_exceeds_captured':
        if (!exceeds(asked)) false_('and it fits');
        return;
      case 'refund_conflict':
        if (found !== undefined && latestOf(found).followUp.askedMinor === asked.amountMinor)
          false_('and the refund has the same terms');
        return;
      case 'idempotency_key_reused':
        if ((terms.get(nameOfKey(asked))?.size ?? 0) < 2)
          false_('but the key was used with these terms only');
        return;
      case 'result_superseded':
        if (found !== undefined && !isSuperseded(found, asked)) false_('and its first answer is true');
        return;
    }
  }

  /** The payment's status when the request began. Undefined: it is not known. */
  function statusSince({ accountId, orderId, atMs }: RefundAsked): PaymentStatus | undefined {
    const restoredAtMs = book.restored?.atMs ?? 0;
    const states = (book.states.get(`${accountId}/${orderId}`) ?? []).filter(
      (state) => state.atMs >= restoredAtMs,
    );
    const [first] = states;
    if (first === undefined) return database().row(accountId, orderId)?.payment.operation.status;
    return first.atMs > atMs ? undefined : since(states, atMs)[0]?.status;
  }

  /** Whether, at some moment of the request, less was left than it asked for. */
  function exceeds({ paymentId, amountMinor, atMs }: RefundAsked): boolean {
    const states = since(refundBook.sums.get(paymentId) ?? [], atMs);
    const lefts = states.map(({ sums }) => refundableMinor(sums));
    if (states.length === 0) lefts.push(capturedMinor(paymentId));
    return lefts.some((left) => left < (amountMinor ?? 1));
  }

  /** What the charge took of a payment without refunds. */
  function capturedMinor(paymentId: string): number {
    const row = [...database().rows()].find(({ payment }) => payment.paymentId === paymentId);
    if (row === undefined) return 0;
    const { order, operation } = row.payment;
    if (operation.manual === undefined) return order.amountMinor;
    return database().read('sums', order.accountId, [paymentId])[0]?.capturedMinor ?? 0;
  }

  function isSuperseded(found: KnownRefund, { atMs }: RefundAsked): boolean {
    const body = JSON.parse(found.body ?? 'null') as Record<string, unknown> | null;
    const first = body?.status === 'SUCCEEDED' ? 'COMPLETED' : 'FAILED';
    return held(found, atMs, ({ operation }) => operation.status !== first);
  }

  function held(found: KnownRefund, fromMs: number, is: (record: RefundState['record']) => boolean): boolean {
    return since(found.states, fromMs).some(({ record }) => is(record));
  }

  return {
    asked(asked) {
      keys.set(asked.id, asked.key);
      if (asked.key === null) return;
      const used = terms.get(nameOfKey(asked)) ?? new Set();
      terms.set(nameOfKey(asked), used.add(`${asked.paymentId} ${asked.refundId} ${asked.amountMinor}`));
    },
    answered(asked, answer) {
      switch (answer.kind) {
        case 'settled':
          settled(asked, answer);
          return;
        case 'problem':
          problem(asked, answer);
          return;
        case 'accepted': {
          mark('refund_told:accepted');
          const found = view(asked, answer.shown);
          if (!isCertain(book, asked.atMs)) return;
          if (found !== undefined && answer.started) starter(asked, found);
          const key = found === undefined ? '' : latestOf(found).gatewayKey;
          if (!refunds.ledger.some((one) => one.key === key))
            violated('truth of answers', `${asked.id}: told that the gateway has it, and it has not`);
          return;
        }
        case 'unsettled':
          mark('refund_told:unsettled');
          view(asked, answer.shown);
      }
    },
    read(asked, refund) {
      if (refund !== null) view(asked, refund);
      else if (asked.refundId !== null && isCertain(book, asked.atMs)) {
        const found = refundNamed(refundBook, asked.paymentId, asked.refundId);
        if (found !== undefined && (found.states[0]?.atMs ?? nowMs()) < asked.atMs)
          violated('lost', `${asked.id}: ${asked.refundId} was stored and cannot be read`);
      }
    },
    listed(asked, page) {
      if (!isCertain(book, asked.atMs)) return;
      if (page === null) {
        violated('lost', `${asked.id}: the payment was answered before and cannot be read`);
        return;
      }
      const stored = refundsOf(refundBook, asked.paymentId);
      const before = stored.filter(({ states }) => (states[0]?.atMs ?? nowMs()) < asked.atMs).length;
      if (page.refunds.length < before || page.refunds.length > stored.length)
        violated(
          'truth of answers',
          `${asked.id}: a list of ${page.refunds.length} refunds, and there are ${stored.length}`,
        );
      for (const refund of page.refunds) view({ ...asked, refundId: refund.refundId }, refund);
    },
    payment({ paymentId, sums, status, orderId }, sinceMs) {
      if (!isCertain(book, sinceMs)) return;
      const states = since(refundBook.sums.get(paymentId) ?? [], sinceMs);
      const plain = { refundingMinor: 0, refundedMinor: 0, elsewhereMinor: 0 };
      const was = states.some(
        (state) =>
          state.sums.refundingMinor === sums.refundingMinor &&
          state.sums.refundedMinor === sums.refundedMinor &&
          state.sums.elsewhereMinor === sums.elsewhereMinor,
      );
      const wasPlain =
        (states[0]?.atMs ?? nowMs()) >= sinceMs &&
        Object.entries(plain).every(([name, value]) => sums[name as keyof typeof plain] === value);
      if (!was && !wasPlain)
        violated('truth of answers', `${orderId}: told sums that never were: ${JSON.stringify(sums)}`);
      if (status !== 'COMPLETED' && sums.capturedMinor !== 0)
        violated(
          'truth of answers',
          `${orderId}: ${status}, and ${sums.capturedMinor} are said to be captured`,
        );
    },
  };
}

/** The same key is the same key, whichever payment it is used for. */
function nameOfKey({ accountId, key }: RefundAsked): string {
  return `${accountId} ${key}`;
}
