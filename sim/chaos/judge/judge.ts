/** The judge is written from the design alone, so that it cannot share a mistake with the code that it judges. */
import { judgeAnswers, judgePages } from './answers.ts';
import { judgeCalls } from './calls.ts';
import { judgeEndAnswers } from './capture-answers.ts';
import { judgeEndCalls, judgeEndHistory } from './capture-calls.ts';
import { judgeCaptures, judgeCapturesTwice } from './captures.ts';
import { type Case, openFiles, type Violation } from './case.ts';
import { createDatabaseTime } from './database-time.ts';
import { overlaps } from './forgotten.ts';
import { judgeHistory } from './history.ts';
import { judgeKeys } from './keys.ts';
import { judgeLateness } from './lateness.ts';
import { judgeMoney } from './money.ts';
import { isAboutCharges } from './reading.ts';
import { judgeRefundAnswers } from './refund-answers.ts';
import { judgeRefundCalls, judgeRefundHistory } from './refund-calls.ts';
import { judgeRefunds, judgeRefundsTwice } from './refunds.ts';
import { judgeIntents, judgeWrites } from './stripe.ts';
import { judgeTouched } from './touched.ts';
import { judgeViews } from './views.ts';

const JUDGES = [
  judgeMoney,
  judgeCalls,
  judgeLateness,
  judgeHistory,
  judgeAnswers,
  judgeKeys,
  judgeRefundsTwice,
  judgeRefunds,
  judgeRefundCalls,
  judgeRefundHistory,
  judgeRefundAnswers,
  judgeCapturesTwice,
  judgeCaptures,
  judgeEndCalls,
  judgeEndHistory,
  judgeEndAnswers,
  judgeIntents,
] as const;

const JUDGES_OF_TOUCHED = [judgeTouched, judgeRefundsTwice, judgeCapturesTwice] as const;

/** Every broken promise that can be seen from outside. Empty: all promises were kept. */
export function judge(facts: Case): Violation[] {
  const byOrder = openFiles(facts).flatMap((file) =>
    (file.isTouched ? JUDGES_OF_TOUCHED : JUDGES)
      .flatMap((each) => each(file))
      .map((finding) => ({
        ...finding,
        orderId: file.orderId,
      })),
  );
  const orders = new Map(facts.state.payments.map(({ payment_id, order_id }) => [payment_id, order_id]));
  // Answers from a time that the database has forgotten need not agree with later ones.
  const lasting = facts.exchanges.filter(
    (exchange) => !overlaps(exchange, facts.forgotten) && isAboutCharges(exchange.path),
  );
  const seen = judgeViews(lasting, createDatabaseTime(facts.clockSteps)).map(
    ({ paymentId, ...finding }): Violation => {
      const orderId = orders.get(paymentId) ?? null;
      if (orderId !== null) return { ...finding, orderId };
      return {
        ...finding,
        kind: 'lost',
        what: `payment ${paymentId} was shown, and cannot be read any more`,
        orderId,
      };
    },
  );
  const pages = judgePages(facts.exchanges).map((finding) => ({ ...finding, orderId: null }));
  return [...byOrder, ...seen, ...pages, ...judgeWrites(facts.stripe)];
}
