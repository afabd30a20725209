/** The judge: sees every commit, every request that leaves, every booking and every answer, and believes none of them. */
import type { BookedCharge, Books } from '../gateway/model.ts';
import { isStoreSound, type Plan } from '../plan/plan.ts';
import type { Change, Database } from '../store/database.ts';
import { type AnswerJudge, createAnswerJudge } from './answers.ts';
import { type Book, createBook, orderName, type Violation } from './book.ts';
import { judgeCommit } from './commits.ts';
import { judgeEnding, judgeWaits } from './ending.ts';
import { type Beginning, judgeBeginning } from './exchanges.ts';
import { createLimitJudge, judgeStarving, type LimitJudge } from './limits.ts';
import { createSendJudge, judgeBooking, type Sending } from './money.ts';
import { hasSteadyClocks, isUndisturbed } from './undisturbed.ts';
import type { Claimant, Exchange } from './wire.ts';

export type { Asked } from './answers.ts';
export type { Violation } from './book.ts';

export interface Judge {
  readonly answers: AnswerJudge;
  readonly limits: LimitJudge;
  committed(change: Change): void;
  /** A process has drawn a number that may become the id of a claim. */
  drew(hex: string, claimant: Claimant): void;
  /** An exchange with the gateway begins; what becomes of it is written into what is returned. */
  begins(beginning: Beginning): Exchange;
  /** A person was told something about a payment. */
  alarmed(alarm: string, paymentId: string): void;
  sent(sending: Sending): void;
  booked(charge: BookedCharge): void;
  /** The gateway is about to break its word for this key. */
  excuse(key: string, how: 'answer' | 'money'): void;
  /** What was said to a process cannot be stored, and a person is told. */
  evidenceLost(): void;
  /** The database's clock was set, by so much. */
  clockStepped(byMs: number): void;
  /** The gateway made a charge long after it was proved that it had not. */
  breaksWord(key: string): void;
  /** The database was put back to an earlier moment; `told`: so the processes know. */
  restored(told: boolean): void;
  idLost(lost: boolean): void;
  /** The database has lost commits that were acknowledged. */
  forgot(): void;
  /** Something that only a fault of our own explains. */
  violated(invariant: string, message: string): void;
  /** An engine says that it has stopped, before its time for that was over. */
  drained(sender: string): void;
  /** Some minutes after the faults have stopped. */
  rested(): void;
  /** While nothing goes wrong any more, since `sinceMs` by the database's clock. */
  healthy(sinceMs: number): void;
  ended(): void;
  readonly violation: Violation | null;
}

export interface JudgeParts {
  readonly plan: Plan;
  readonly database: () => Database;
  readonly gateway: () => Books;
  readonly nowMs: () => number;
  readonly databaseNowMs: () => number;
  readonly mark: (name: string) => void;
  readonly keyHash: (key: string) => string;
}

export function createJudge(parts: JudgeParts): Judge {
  const { plan, mark, nowMs, databaseNowMs: clock, keyHash } = parts;
  const book: Book = createBook();
  function violated(invariant: string, message: string): void {
    book.violation ??= { invariant, message };
  }
  const money = () => ({
    book,
    database: parts.database(),
    gateway: parts.gateway(),
    violated,
    policy: plan.policy,
    plan,
    nowMs,
    databaseNowMs: clock,
  });
  const limits = createLimitJudge({ book, plan, database: parts.database, violated, mark, nowMs });
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
    committed(change) {
      judgeCommit({ book, plan, gateway: parts.gateway(), violated, mark }, change, nowMs());
      limits.committed(change);
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
        knownN: new Map(
          rows.map(({ payment: { order, charge } }) => [orderName(order.accountId, order.orderId), charge.n]),
        ),
      };
    },
    idLost(lost) {
      book.idLost = lost;
    },
    forgot() {
      book.amnesia = true;
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
    ended: () =>
      judgeEnding({
        plan,
        database: parts.database(),
        gateway: parts.gateway(),
        book,
        nowMs: nowMs(),
        violated,
      }),
  };
}
