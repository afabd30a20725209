/** What must hold for every answer about a capture or a void: it was true at some moment of the request, and it never changes. */
import type { CaptureOrVoid } from '../../../src/domain/capture-or-void.ts';
import { followUpStatus } from '../../../src/domain/follow-up-status.ts';
import { isSettled } from '../../../src/domain/operation.ts';
import type { ExclusiveAnswer } from '../../../src/engine/api.ts';
import type { EndKind } from '../../gateway/model.ts';
import { statesSince } from '../book.ts';
import { type KnownRefund, latestOf, type RefundState, refundsOf, since } from '../refunds/book.ts';
import type { CaptureJudgeParts } from './index.ts';

/** A request as its client remembers it. */
export interface EndAsked {
  /** Sent as metadata. */
  readonly id: string;
  readonly kind: EndKind;
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
  /** Null: all that was authorised. */
  readonly amountMinor: number | null;
  readonly key: string | null;
  readonly atMs: number;
}

export interface EndAnswerJudge {
  asked(asked: EndAsked): void;
  answered(asked: EndAsked, answer: ExclusiveAnswer): void;
  /** `shown` null: the engine says that there is none. */
  read(asked: EndAsked, shown: CaptureOrVoid | null): void;
}

type Settled = Extract<ExclusiveAnswer, { kind: 'settled' }>;
type Problem = Extract<ExclusiveAnswer, { kind: 'problem' }>;

export function createEndAnswerJudge(parts: CaptureJudgeParts): EndAnswerJudge {
  const { book, endBook, violated, keyHash, mark, database, databaseNowMs, plan, nowMs } = parts;
  /** The terms with which each key was used. */
  const terms = new Map<string, Set<string>>();
  /** The key of each request. */
  const keys = new Map<string, string | null>();

  function endsOf({ paymentId }: EndAsked): readonly KnownRefund[] {
    return refundsOf(endBook, paymentId);
  }

  function held(known: KnownRefund, fromMs: number, is: (record: RefundState['record']) => boolean): boolean {
    return since(known.states, fromMs).some(({ record }) => is(record));
  }

  function view(asked: EndAsked, shown: CaptureOrVoid): void {
    if (shown.paymentId !== asked.paymentId || shown.accountId !== asked.accountId)
      violated('11 accounts', `${asked.id}: told of a ${shown.operation} of ${shown.orderId}`);
    const isOne = endsOf(asked).some(({ states }) => states.some(({ record }) => isShownAs(record, shown)));
    if (!isOne) violated('truth of answers', `${asked.id}: told of a ${shown.operation} as it never was`);
  }

  function settled(asked: EndAsked, { frozen, started, name }: Settled): void {
    const body = JSON.parse(frozen.body) as Record<string, unknown>;
    const status = frozen.problem === null ? 'COMPLETED' : 'FAILED';
    mark(`${asked.kind}_told:${frozen.problem ?? 'succeeded'}`);
    if (body.payment_id !== asked.paymentId || body.operation !== asked.kind)
      violated('11 accounts', `${asked.id}: the body is about another one`);
    if (frozen.problem === null ? body.status !== 'SUCCEEDED' : body.code !== frozen.problem)
      violated('truth of answers', `${asked.id}: the body contradicts its own problem`);
    if (asked.amountMinor !== null && body.amount !== asked.amountMinor)
      violated('truth of answers', `${asked.id}: answered with a ${asked.kind} of another amount`);
    const found = endsOf(asked).find((known) => {
      const { operation, followUp } = latestOf(known);
      return operation.kind === asked.kind && followUp.name === name;
    });
    if (found === undefined) {
      violated('lost', `${asked.id}: ${asked.kind} ${name} is said to have ended, and is not there`);
      return;
    }
    if (!held(found, asked.atMs, ({ operation }) => operation.status === status))
      violated(
        'truth of answers',
        `${asked.id}: told that ${asked.kind} ${name} is ${status}, which it was not`,
      );
    const fresh = databaseNowMs() < (latestOf(found).settledAtMs ?? 0) + plan.retentionMs;
    if (fresh && found.body !== null && found.body !== frozen.body)
      violated('7 same answer', `${asked.id}: the answer is not the frozen one`);
    if (!started) return;
    const { order, followUp } = latestOf(found);
    const byKey = asked.key !== null && keys.get(order.metadata.request ?? '') === asked.key;
    if (order.metadata.request !== asked.id && !byKey)
      violated('7 one operation', `${asked.id} is told that it opened ${followUp.name}`);
  }

  function problem(asked: EndAsked, { code, shown }: Problem): void {
    mark(`end_problem:${code}`);
    // These may be about an earlier request.
    if (code !== 'store_outcome_unknown' && code !== 'result_superseded') {
      if (endBook.openedBy.has(asked.id))
        violated('8 nothing sent', `${asked.id}: told ${code}, but it is stored`);
      endBook.refused.add(asked.id);
    }
    if (shown !== undefined) view(asked, shown);
    const why = falseIn(asked, code);
    if (why !== null) violated('truth of answers', `${asked.id}: told ${code}, ${why}`);
  }

  /** Why the problem was never true. Null: it was. */
  function falseIn(asked: EndAsked, code: Problem['code']): string | null {
    const row = database().row(asked.accountId, asked.orderId);
    const states = statesSince(book, `${asked.accountId}/${asked.orderId}`, asked.atMs);
    switch (code) {
      case 'payment_not_found':
        return row?.payment.paymentId === asked.paymentId ? 'and there is one' : null;
      case 'payment_not_capturable':
      case 'payment_not_voidable':
        return states.every(({ status }) => status === 'AUTHORIZED') ? 'and it is AUTHORIZED' : null;
      case 'capture_exceeds_authorized':
        return (asked.amountMinor ?? 0) > (row?.payment.order.amountMinor ?? 0) ? null : 'and it does not';
      case 'operation_in_progress':
        return endsOf(asked).some((known) =>
          held(known, asked.atMs, ({ operation }) => !isSettled(operation.status)),
        )
          ? null
          : 'and none is';
      case 'idempotency_key_reused':
        return (terms.get(nameOfKey(asked))?.size ?? 0) < 2
          ? 'but the key was used with these terms only'
          : null;
      case 'effect_not_offered':
        return 'and it is offered';
      case 'other_gateway':
        return plan.story === 'two_gateways' ? null : 'and there is one gateway';
      case 'result_superseded':
        return endsOf(asked).some((known) => isSuperseded(known, asked))
          ? null
          : 'and its first answer is true';
      default:
        return null;
    }
  }

  function isSuperseded(known: KnownRefund, { atMs, kind }: EndAsked): boolean {
    const body = JSON.parse(known.body ?? 'null') as Record<string, unknown> | null;
    const first = body?.status === 'SUCCEEDED' ? 'COMPLETED' : 'FAILED';
    return (
      latestOf(known).operation.kind === kind &&
      held(known, atMs, ({ operation }) => operation.status !== first)
    );
  }

  /** The same key is the same key, whichever payment it is used for. */
  function nameOfKey({ accountId, kind, key }: EndAsked): string {
    return `${accountId} ${keyHash(kind, key ?? '')}`;
  }

  return {
    asked(asked) {
      keys.set(asked.id, asked.key);
      if (asked.key === null) return;
      const used = terms.get(nameOfKey(asked)) ?? new Set();
      terms.set(nameOfKey(asked), used.add(`${asked.paymentId} ${asked.amountMinor}`));
    },
    answered(asked, answer) {
      if (answer.kind === 'settled') settled(asked, answer);
      else if (answer.kind === 'problem') problem(asked, answer);
      else if (answer.kind === 'accepted')
        violated('truth of answers', `${asked.id}: a ${asked.kind} is never accepted without its end`);
      else {
        mark(`${asked.kind}_told:unsettled`);
        view(asked, answer.shown);
      }
    },
    read(asked, shown) {
      if (shown !== null) {
        view(asked, shown);
        return;
      }
      const before = endsOf(asked).some(
        (known) =>
          latestOf(known).operation.kind === asked.kind && (known.states[0]?.atMs ?? nowMs()) < asked.atMs,
      );
      if (before) violated('lost', `${asked.id}: a ${asked.kind} was stored and cannot be read`);
    },
  };
}

function isShownAs(
  { operation, order, evidence, seq, updatedAtMs }: RefundState['record'],
  shown: CaptureOrVoid,
): boolean {
  return (
    shown.seq === seq &&
    shown.operation === operation.kind &&
    shown.amountMinor === order.amountMinor &&
    shown.currency === order.currency &&
    shown.status === followUpStatus(operation.status) &&
    shown.attempts === operation.attempts &&
    shown.failureCode === operation.failureCode &&
    shown.gatewayRef === operation.gatewayRef &&
    shown.inDoubt === evidence > 0 &&
    shown.updatedAtMs === updatedAtMs
  );
}
