/** The judge of refunds. It sees every commit, request, booking and answer about them, as the judge of charges does for those. */

import type { BookedRefund, RefundBooks } from '../../gateway/model.ts';
import type { Database, Row } from '../../store/database.ts';
import { createSendJudge, type MoneyJudgeParts, type Sending } from '../money.ts';
import { createRefundAnswerJudge, type RefundAnswerJudge } from './answers.ts';
import { asRow } from './as-charge.ts';
import {
  createRefundBook,
  type KnownRefund,
  latestOf,
  type RefundBook,
  type RefundChange,
  refundsOf,
} from './book.ts';
import { judgeRefundCommit } from './commits.ts';
import { isDead, isRefundAtRest, judgeRefundEnding } from './ending.ts';
import { noteForgotten } from './forgotten.ts';
import { judgeKnown, judgeRefundBooking } from './money.ts';

export type { RefundAsked } from './answers.ts';
export type { RefundChange } from './book.ts';

export interface RefundJudge {
  readonly answers: RefundAnswerJudge;
  /** What is remembered of refunds. */
  readonly book: RefundBook;
  committed(change: RefundChange): void;
  sent(sending: Sending): void;
  booked(refund: BookedRefund): void;
  /** The gateway makes a refund that was proved not to have been made. */
  breaksWord(key: string): void;
  alarmed(alarm: string, paymentId: string, name: string): void;
  /** The database has forgotten commits. It has its new state already. */
  forgot(): void;
  ended(): void;
  /** The refund with this gateway key, in the shape of a charge. Undefined: there is none. */
  rowOf(key: string): Row | undefined;
  /** The refund that is held while the one with this key is looked up, in that shape. If none is held: that one itself. */
  lookedUpFor(key: string, holds: (row: Row) => boolean): Row | undefined;
  /** Refunds that failed and could turn out to have been made. */
  released(): readonly KnownRefund[];
  allAtRest(): boolean;
}

export interface RefundJudgeParts extends Omit<MoneyJudgeParts, 'gateway'> {
  readonly gateway: MoneyJudgeParts['gateway'];
  readonly refunds: RefundBooks;
  readonly refundBook: RefundBook;
  readonly database: () => Database;
  readonly mark: (name: string) => void;
  readonly keyHash: (key: string) => string;
  /** As in `CommitJudgeParts`. */
  readonly endsOf: (paymentId: string) => readonly string[];
}

export function createRefundJudge(given: () => Omit<RefundJudgeParts, 'refundBook'>): RefundJudge {
  const refundBook = createRefundBook();
  let made: RefundJudgeParts | null = null;
  const parts = (): RefundJudgeParts => {
    made ??= { ...given(), refundBook };
    return made;
  };
  let send: ((sending: Sending) => void) | null = null;
  let answers: RefundAnswerJudge | null = null;

  function rowOf(key: string): Row | undefined {
    const known = refundBook.refunds.get(refundBook.byKey.get(key) ?? '');
    return known === undefined ? undefined : asRow(latestOf(known));
  }

  return {
    get answers() {
      answers ??= createRefundAnswerJudge(parts());
      return answers;
    },
    book: refundBook,
    committed: (change) => judgeRefundCommit(parts(), change),
    sent(sending) {
      send ??= createSendJudge({ ...parts(), gateway: parts().refunds, rowOf });
      send(sending);
      judgeKnown(parts(), sending);
    },
    booked: (refund) => judgeRefundBooking(parts(), refund),
    breaksWord(key) {
      refundBook.late.add(key);
      parts().book.excused.set(key, 'money');
    },
    alarmed(alarm, paymentId, name) {
      const key = `${paymentId} ${name}`;
      refundBook.alarms.set(key, (refundBook.alarms.get(key) ?? new Set()).add(alarm));
    },
    forgot: () => noteForgotten(parts()),
    ended: () => judgeRefundEnding(parts()),
    rowOf,
    lookedUpFor(key, holds) {
      const own = rowOf(key);
      if (own === undefined) return undefined;
      const held = refundsOf(refundBook, own.payment.paymentId)
        .map((known) => asRow(latestOf(known)))
        .filter(holds);
      // Of several, any may be the one. The lease that ends last is the most that can be asked for.
      return held.sort((a, b) => (b.payment.dueAtMs ?? 0) - (a.payment.dueAtMs ?? 0))[0] ?? own;
    },
    released: () =>
      [...refundBook.refunds.values()].filter(
        (known) => latestOf(known).byAbsence && latestOf(known).operation.status === 'FAILED',
      ),
    allAtRest() {
      const { plan, database, databaseNowMs } = parts();
      for (const { state, events } of database().followUps()) {
        if (state.operation.kind !== 'refund') continue;
        const dead = isDead(parts(), state.gatewayKey);
        if (!isRefundAtRest({ ...state, events }, plan.policy, dead, databaseNowMs())) return false;
      }
      return true;
    },
  };
}
