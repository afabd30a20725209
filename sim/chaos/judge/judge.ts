/** The judgement: written from the design alone, so that it cannot share a mistake with what it judges. */
import { judgeAnswers, judgePages } from './answers.ts';
import { judgeCalls } from './calls.ts';
import { type Case, openFiles, type Violation } from './case.ts';
import { judgeHistory } from './history.ts';
import { judgeKeys } from './keys.ts';
import { judgeMoney } from './money.ts';
import { judgeViews } from './views.ts';

const JUDGES = [judgeMoney, judgeCalls, judgeHistory, judgeAnswers, judgeKeys] as const;

/** Every broken promise that can be seen from outside. Empty: all was kept. */
export function judge(facts: Case): Violation[] {
  const byOrder = openFiles(facts).flatMap((file) =>
    JUDGES.flatMap((each) => each(file)).map((finding) => ({ ...finding, orderId: file.orderId })),
  );
  const orders = new Map(facts.state.payments.map(({ payment_id, order_id }) => [payment_id, order_id]));
  const seen = judgeViews(facts.exchanges).map(({ paymentId, ...finding }): Violation => {
    const orderId = orders.get(paymentId) ?? null;
    if (orderId !== null) return { ...finding, orderId };
    return {
      ...finding,
      kind: 'lost',
      what: `payment ${paymentId} was shown, and cannot be read any more`,
      orderId,
    };
  });
  const pages = judgePages(facts.exchanges).map((finding) => ({ ...finding, orderId: null }));
  return [...byOrder, ...seen, ...pages];
}
