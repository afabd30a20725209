/** The judge of captures and voids. It sees every commit, request, booking and answer about them. */
import type { BookedCapture, CaptureBooks, EndKind } from '../../gateway/model.ts';
import type { Change, Database, Row } from '../../store/database.ts';
import { createSendJudge, type MoneyJudgeParts, type Sending } from '../money.ts';
import { asRow, nameOf } from '../refunds/as-charge.ts';
import {
  createRefundBook,
  latestOf,
  type RefundBook,
  type RefundChange,
  refundsOf,
} from '../refunds/book.ts';
import { createEndAnswerJudge, type EndAnswerJudge } from './answers.ts';
import { judgeEndCommit } from './commits.ts';
import { isEndAtRest, judgeEndsEnding } from './ending.ts';
import { judgeAlone, judgeEndBooking } from './money.ts';

export type { EndAsked } from './answers.ts';

export interface CaptureJudge {
  readonly answers: EndAnswerJudge;
  committed(change: RefundChange): void;
  /** A payment was changed. */
  paymentCommitted(change: Change): void;
  sent(sending: Sending): void;
  booked(capture: BookedCapture): void;
  alarmed(alarm: string, paymentId: string, kind: EndKind, name: string): void;
  ended(): void;
  /** The gateway keys of those of a payment. */
  keysOf(paymentId: string): readonly string[];
  /** Whether a person must decide about one of them. */
  inReview(paymentId: string): boolean;
  /** Whether the gateway broke its contract for this key. */
  isOther(key: string): boolean;
  /** The one with this gateway key, in the shape of a charge. Undefined: there is none. */
  rowOf(key: string): Row | undefined;
  /** The one that is held while the one with this key is looked up, in that shape. If none is held: that one itself. */
  lookedUpFor(key: string, holds: (row: Row) => boolean): Row | undefined;
  allAtRest(): boolean;
}

export interface CaptureJudgeParts extends MoneyJudgeParts {
  readonly captures: CaptureBooks;
  /** What is remembered of captures and voids. */
  readonly endBook: RefundBook;
  readonly database: () => Database;
  readonly mark: (name: string) => void;
  readonly keyHash: (kind: EndKind, key: string) => string;
}

export function createCaptureJudge(given: () => Omit<CaptureJudgeParts, 'endBook'>): CaptureJudge {
  const endBook = createRefundBook();
  let made: CaptureJudgeParts | null = null;
  const parts = (): CaptureJudgeParts => {
    made ??= { ...given(), endBook };
    return made;
  };
  let send: ((sending: Sending) => void) | null = null;
  let answers: EndAnswerJudge | null = null;

  function rowOf(key: string): Row | undefined {
    const known = endBook.refunds.get(endBook.byKey.get(key) ?? '');
    return known === undefined ? undefined : asRow(latestOf(known));
  }

  return {
    get answers() {
      answers ??= createEndAnswerJudge(parts());
      return answers;
    },
    committed: (change) => judgeEndCommit(parts(), change),
    paymentCommitted({ kind, before, after, rowBefore, paymentId, orderId }) {
      const isLook = kind === 'advance' && before?.operation.status === 'AUTHORIZED';
      if (!isLook || after.operation.status === 'AUTHORIZED') return;
      const { book } = parts();
      const key = rowBefore?.operations.at(-1)?.gatewayKey ?? '';
      const look = book.wire.exchanges
        .get(key)
        ?.findLast((one) => one.kind === 'lookup' && one.claimId === before?.claimId);
      // One that was opened after the answer had no part in it. Without an answer, every one counts.
      const open = refundsOf(endBook, paymentId)
        .filter(({ states }) => (states[0]?.atMs ?? 0) < (look?.untilMs ?? Number.POSITIVE_INFINITY))
        .map(latestOf)
        .filter(({ operation }) => operation.status !== 'FAILED');
      if (open.length > 0)
        parts().violated(
          '5 own end',
          `${orderId}: a look made it ${after.operation.status}, and ${open.map(nameOf).join(', ')} is open`,
        );
    },
    sent(sending) {
      send ??= createSendJudge({ ...parts(), gateway: parts().captures, rowOf });
      send(sending);
      judgeAlone(parts(), sending);
    },
    booked: (capture) => judgeEndBooking(parts(), capture),
    alarmed(alarm, paymentId, kind, name) {
      const key = `${paymentId} ${kind} ${name}`;
      endBook.alarms.set(key, (endBook.alarms.get(key) ?? new Set()).add(alarm));
    },
    ended: () => judgeEndsEnding(parts()),
    keysOf: (paymentId) => refundsOf(endBook, paymentId).map((known) => latestOf(known).gatewayKey),
    inReview: (paymentId) =>
      refundsOf(endBook, paymentId).some((known) => latestOf(known).operation.status === 'REVIEW'),
    isOther: (key) => parts().book.excused.get(key) === 'money',
    rowOf,
    lookedUpFor(key, holds) {
      const own = rowOf(key);
      if (own === undefined) return undefined;
      const held = refundsOf(endBook, own.payment.paymentId)
        .map((known) => asRow(latestOf(known)))
        .filter(holds);
      return held.sort((a, b) => (b.payment.dueAtMs ?? 0) - (a.payment.dueAtMs ?? 0))[0] ?? own;
    },
    allAtRest: () =>
      [...endBook.refunds.values()].every((known) => isEndAtRest(latestOf(known), parts().plan.policy)),
  };
}
