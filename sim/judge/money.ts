/** What must hold of every request that leaves for the gateway, and of every charge that it books. */
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import type { BookedCharge, GatewayModel } from '../gateway/model.ts';
import type { Database, Row } from '../store/database.ts';
import type { Book } from './book.ts';

export interface MoneyJudgeParts {
  readonly book: Book;
  readonly database: Database;
  readonly gateway: GatewayModel;
  readonly violated: (invariant: string, message: string) => void;
  /** The database's clock. */
  readonly nowMs: () => number;
}

/** A call needs an intent that is committed, under a lease that is held, and a claim that has sent nothing before. */
export function createSendJudge(parts: MoneyJudgeParts): (sender: string, request: ChargeRequest) => void {
  const { book, database, violated, nowMs } = parts;
  const used = new Set<string>();
  return (sender, request) => {
    const intended = book.intended.get(request.key);
    if (intended === undefined) return violated('2 intent', `${sender} sent a key that nobody intended`);
    const [accountId = '', orderId = ''] = intended.order.split('/');
    const row = database.row(accountId, orderId);
    // A restored database has forgotten some; the keys, which are derived, guard the money then.
    if (book.amnesia) return;
    if (row === undefined || current(row)?.gatewayKey !== request.key) {
      return violated(
        '2 intent',
        `${sender} sent charge ${intended.n} of ${orderId}, which is not the current one`,
      );
    }
    const { payment } = row;
    if (request.amountMinor !== intended.amountMinor || request.currency !== intended.currency) {
      violated('2 intent', `${sender} sent other terms than were intended for ${orderId}`);
    }
    if (!payment.held || payment.charge.step !== 'call' || (payment.dueAtMs ?? 0) <= nowMs()) {
      return violated('5 lease', `${sender} sent ${orderId} without a lease`);
    }
    if (payment.charge.attempts === 0)
      violated('2 intent', `${sender} sent ${orderId} before it was counted`);
    if (used.has(payment.claimId)) violated('5 lease', `${sender} sent ${orderId} twice under one claim`);
    used.add(payment.claimId);
  };
}

/** At most one live charge per order, and of its terms. */
export function judgeBooking({ book, gateway, violated }: MoneyJudgeParts, charge: BookedCharge): void {
  const intended = book.intended.get(charge.key);
  if (intended === undefined) {
    violated('2 intent', `the gateway booked ${charge.id} for an unknown key`);
    return;
  }
  if (charge.status !== 'succeeded') return;
  // A database that forgot that a later charge was opened sends the earlier one again: a limit that is documented.
  const live = gateway.ledger.filter(
    ({ key, status }) =>
      status === 'succeeded' &&
      (book.amnesia ? key === charge.key : book.intended.get(key)?.order === intended.order),
  );
  if (live.length > 1)
    violated('1 charged twice', `${intended.order}: ${live.map(({ id }) => id).join(', ')}`);
  const wrong = charge.amountMinor !== intended.amountMinor || charge.currency !== intended.currency;
  if (wrong && !book.amnesia && book.excused.get(charge.key) !== 'money') {
    violated('1 charged twice', `${intended.order}: ${charge.id} has other terms than the order`);
  }
}

function current(row: Row): Row['operations'][number] | undefined {
  return row.operations.at(-1);
}
