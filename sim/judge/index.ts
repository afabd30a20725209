/** The judge sees every commit, every request that is sent, every booking and every answer. It checks each against the others. */

import { isExclusive } from '../../src/domain/effects.ts';
import type { SealRequest } from '../../src/domain/outcomes.ts';
import type { BookedCharge, CaptureBooks, ChargeBooks, EndKind, RefundBooks } from '../gateway/model.ts';
import { isStoreSound, type Plan } from '../plan/plan.ts';
import type { Change, Database, FollowUpChange, Row } from '../store/database.ts';
import { type AnswerJudge, createAnswerJudge } from './answers.ts';
import { type Book, createBook, orderName, type Violation } from './book.ts';
import { type CaptureJudge, createCaptureJudge } from './captures/index.ts';
import { judgeCommit } from './commits.ts';
import { judgeEnding, judgeWaits } from './ending.ts';
import { type Beginning, judgeBeginning } from './exchanges.ts';
import { createLimitJudge, judgeStarving, type LimitJudge } from './limits.ts';
import { createSendJudge, judgeBooking, type MoneyJudgeParts, type Sending } from './money.ts';
import { asChange } from './refunds/as-charge.ts';
import { changeOf } from './refunds/book.ts';
import { createRefundJudge, type RefundJudge } from './refunds/index.ts';
import { judgeSeal } from './two-steps.ts';
import { hasSteadyClocks, isUndisturbed } from './undisturbed.ts';
import { createWebhookJudge, type WebhookJudge } from './webhooks.ts';
import type { Claimant, Exchange } from './wire.ts';

export type { Asked } from './answers.ts';
export type { Violation } from './book.ts';
export type { EndAsked } from './captures/index.ts';
export type { Sending } from './money.ts';
export type { RefundAsked } from './refunds/index.ts';

export interface Judge {
  readonly answers: AnswerJudge;
  readonly limits: LimitJudge;
  readonly refunds: RefundJudge;
  readonly webhooks: WebhookJudge;
  /** Of captures and voids. */
  readonly captures: CaptureJudge;
  committed(change: Change): void;
  followUpCommitted(change: FollowUpChange): void;
  /** A process drew a random number that may become the id of a claim. */
  drew(hex: string, claimant: Claimant): void;
  /** An exchange with the gateway begins. The caller writes its result into the returned exchange. */
  begins(beginning: Beginning): Exchange;
  /** An alarm about a payment was raised. */
  alarmed(alarm: string, paymentId: string): void;
  sent(sending: Sending): void;
  /** A seal leaves. */
  seals(request: Pick<SealRequest, 'key' | 'handle' | 'orderId'>): void;
  booked(charge: BookedCharge): void;
  /** The gateway is about to break its contract for this key. */
  excuse(key: string, how: 'answer' | 'money'): void;
  /** A process could not store what the gateway answered, and raised an alarm. */
  evidenceLost(): void;
  /** The database's clock was set forward by `byMs`, or back if it is negative. */
  clockStepped(byMs: number): void;
  /** The gateway makes a charge that was proved not to have happened. */
  breaksWord(key: string): void;
  /** The database was restored to an earlier state. `told`: the processes know it. */
  restored(told: boolean): void;
  idLost(lost: boolean): void;
  /** The database lost commits that it had acknowledged. */
  forgot(): void;
  /** Something happened that only a bug of ours explains. */
  violated(invariant: string, message: string): void;
  /** An engine reports, within its time limit, that it has stopped. */
  drained(sender: string): void;
  /** Called some minutes after the faults have stopped. */
  rested(): void;
  /** Called while nothing goes wrong. `sinceMs`: since when, by the database's clock. */
  healthy(sinceMs: number): void;
  ended(): void;
  readonly violation: Violation | null;
}

export interface JudgeParts {
  readonly plan: Plan;
  readonly database: () => Database;
  readonly gateway: () => ChargeBooks;
  readonly refunds: () => RefundBooks;
  readonly captures: () => CaptureBooks;
  readonly nowMs: () => number;
  readonly databaseNowMs: () => number;
  readonly mark: (name: string) => void;
  readonly keyHash: (key: string) => string;
  /** The same for the keys of refunds. */
  readonly refundKeyHash: (key: string) => string;
  /** The same for the keys of captures and of voids. */
  readonly endKeyHash: (kind: EndKind, key: string) => string;
}

export function createJudge(parts: JudgeParts): Judge {
  const { plan, mark, nowMs, databaseNowMs: clock, keyHash } = parts;
  const book: Book = createBook();
  function violated(invariant: string, message: string): void {
    book.violation ??= { invariant, message };
  }
  function rowOf(key: string): Row | undefined {
    const followUp = refunds.rowOf(key) ?? captures.rowOf(key);
    if (followUp !== undefined) return followUp;
    const [accountId = '', orderId = ''] = book.intended.get(key)?.order.split('/') ?? [];
    return parts.database().row(accountId, orderId);
  }
  const money = (): MoneyJudgeParts => ({
    book,
    rowOf,
    lookedUpFor: (key, holds) =>
      refunds.lookedUpFor(key, holds) ?? captures.lookedUpFor(key, holds) ?? rowOf(key),
    gateway: parts.gateway(),
    violated,
    policy: plan.policy,
    handleOf: ({ payment: { paymentId, order } }, n) =>
      parts.database().read('handle', { accountId: order.accountId, paymentId, n })?.handle ?? null,
    plan,
    nowMs,
    databaseNowMs: clock,
  });
  const refunds = createRefundJudge(() => ({
    ...money(),
    refunds: parts.refunds(),
    database: parts.database,
    mark,
    keyHash: parts.refundKeyHash,
    endsOf: (paymentId) => captures.keysOf(paymentId),
  }));
  const captures = createCaptureJudge(() => ({
    ...money(),
    captures: parts.captures(),
    database: parts.database,
    mark,
    keyHash: parts.endKeyHash,
  }));
  const limits = createLimitJudge({ plan, rowOf, violated, mark, nowMs });
  const webhooks = createWebhookJudge({
    plan,
    book,
    refundBook: refunds.book,
    violated,
    mark,
    nowMs,
    databaseNowMs: clock,
  });
  let send: ReturnType<typeof createSendJudge> | null = null;
  let answers: AnswerJudge | null = null;
  return {
    get violation() {
      return book.violation;
    },
    get answers() {
      answers ??= createAnswerJudge({
        book,
        database: parts.database(),
        violated,
        keyHash,
        soundStore: isStoreSound(plan),
        punctual: isUndisturbed(plan) && hasSteadyClocks(plan) && plan.rates.timer_late === undefined,
        steadyClocks: hasSteadyClocks(plan) && isStoreSound(plan),
        nowMs,
        retentionMs: plan.retentionMs,
        databaseNowMs: clock,
      });
      return answers;
    },
    limits,
    refunds,
    captures,
    webhooks,
    committed(change) {
      judgeCommit({ ...money(), mark, endsOf: captures.keysOf }, change, nowMs());
      captures.paymentCommitted(change);
      webhooks.committed(change);
      limits.committed(change);
    },
    followUpCommitted(committed) {
      const change = changeOf(committed);
      if (isExclusive(change.after.operation.kind)) captures.committed(change);
      else refunds.committed(change);
      webhooks.followUpCommitted(change);
      if (change.kind !== 'bindFollowUpKey') limits.committed(asChange(change));
    },
    drew: (hex, claimant) => void book.wire.claimants.set(hex, claimant),
    begins: (beginning) => judgeBeginning(money(), beginning),
    alarmed(alarm, paymentId) {
      const known = book.alarms.get(paymentId) ?? new Set();
      book.alarms.set(paymentId, known.add(alarm));
    },
    sent(sending) {
      send ??= createSendJudge(money());
      send(sending);
    },
    seals: (request) => judgeSeal(money(), request),
    booked: (charge) => judgeBooking(money(), charge),
    excuse: (key, how) => void book.excused.set(key, book.excused.get(key) === 'money' ? 'money' : how),
    evidenceLost() {
      book.evidenceLost = true;
    },
    clockStepped(byMs) {
      const atMs = nowMs();
      const { forwardAtMs, backAtMs } = book.stepped;
      book.stepped = {
        atMs,
        forwardAtMs: byMs > 0 ? atMs : forwardAtMs,
        backAtMs: byMs < 0 ? atMs : backAtMs,
      };
    },
    breaksWord(key) {
      book.late.add(key);
      book.excused.set(key, 'money');
    },
    restored(told) {
      const rows = [...parts.database().rows()];
      book.amnesia = true;
      book.restored = {
        asked: told && plan.policy.contract.lookup,
        atMs: nowMs(),
        knownN: new Map(
          rows.map(({ payment: { order, operation } }) => [
            orderName(order.accountId, order.orderId),
            operation.n,
          ]),
        ),
      };
      refunds.forgot();
    },
    idLost(lost) {
      book.idLost = lost;
    },
    forgot() {
      book.amnesia = true;
      refunds.forgot();
    },
    violated,
    drained(sender) {
      for (const exchanges of book.wire.exchanges.values()) {
        const open = exchanges.find(
          (one) => one.sender === sender && one.heard === null && nowMs() < one.untilMs,
        );
        if (open !== undefined)
          violated('drain', `${sender} has stopped while its ${open.kind} is under way`);
      }
    },
    rested() {
      const waits = judgeWaits(parts.database(), plan.policy, clock());
      if (waits !== null) violated('liveness', waits);
    },
    healthy(sinceMs) {
      const starving = judgeStarving(parts.database(), clock(), sinceMs);
      if (starving !== null) violated('starvation', starving);
    },
    ended() {
      judgeEnding({
        plan,
        database: parts.database(),
        gateway: parts.gateway(),
        book,
        nowMs: nowMs(),
        violated,
        endsOf: captures.keysOf,
        inReview: captures.inReview,
        isOther: captures.isOther,
      });
      refunds.ended();
      captures.ended();
    },
  };
}
