/** Compares the gateway's refunds with ours: what was really given back with what we say was given back. */
import {
  type Finding,
  groupBy,
  type LedgerRefund,
  nameOf,
  type OrderFile,
  type Payment,
  type Refund,
} from './case.ts';
import { isInDoubt } from './doubt.ts';
import { keyedRefundKey, refundKey } from './names.ts';
import { bodyOf, isPost } from './reading.ts';
import { mayHaveRefunded } from './refund-reading.ts';

/** Whether its money went back or may still go back. */
export function isLive({ status }: LedgerRefund): boolean {
  return status === 'succeeded' || status === 'pending' || status === 'landing';
}

/** What holds even if the database has forgotten something: at most one refund under one key, and never more than was taken. */
export function judgeRefundsTwice({ charges }: OrderFile): Finding[] {
  const found: Finding[] = [];
  for (const { id, captured, refunds } of charges) {
    const live = refunds.filter(isLive);
    for (const [key, same] of groupBy(live, (refund) => refund.idempotency_key)) {
      if (same.length < 2) continue;
      const ids = same.map((refund) => refund.id).join(', ');
      found.push({
        kind: 'refunded_twice',
        what: `${same.length} live refunds under the key ${key}: ${ids}`,
      });
    }
    // What has not landed yet is refused if it does not fit.
    const sum = live
      .filter(({ status }) => status !== 'landing')
      .reduce((total, { amount }) => total + (amount ?? 0), 0);
    if (sum > captured)
      found.push({
        kind: 'refunded_twice',
        what: `${sum} of ${id} was given back, and ${captured} was taken`,
      });
  }
  return found;
}

export function judgeRefunds(file: OrderFile): Finding[] {
  const { charges, payments, refunds, refundAsks, reference } = file;
  const [payment] = payments;
  const keys = new Set(refunds.map((refund) => gatewayKeyOf(file, refund)));
  const found: Finding[] = charges
    .flatMap((charge) => charge.refunds)
    .filter((refund) => !keys.has(refund.idempotency_key))
    .map(({ id, idempotency_key: key }) => ({
      kind: 'lost',
      what: `${id} (key ${key}) belongs to no refund`,
    }));
  const wishes = refundAsks.filter(mayHaveRefunded);
  for (const refund of refunds) {
    const key = gatewayKeyOf(file, refund);
    const isWanted = wishes.some((ask) => {
      const { refund_id: id, amount = refund.amount } = bodyOf(ask.body ?? '');
      const own =
        typeof id === 'string' ? refundKey(reference, id) : keyedRefundKey(reference, ask.key ?? '');
      return own === key && amount === refund.amount;
    });
    if (!isWanted) {
      const what = `refund ${refund.refund_id} of ${refund.amount} was opened, and nobody asked for it`;
      found.push({ kind: 'causeless_call', what });
    }
    found.push(...judgeRefund(refund, underKey(file, key), mayStillLand(refund, file)));
  }
  return payment === undefined ? found : [...found, ...judgeSums(payment, file)];
}

/** The refund's key at the gateway. A refund that its caller did not name has that key as its name. */
export function gatewayKeyOf(
  { refundAsks, reference }: OrderFile,
  { refund_id: id }: { refund_id: string },
): string {
  const isNamed = refundAsks.some((ask) => isPost(ask) && bodyOf(ask.body ?? '').refund_id === id);
  return isNamed ? refundKey(reference, id) : id;
}

/** The gateway's refunds under a key, of whichever charge. */
export function underKey({ charges }: OrderFile, key: string): LedgerRefund[] {
  return charges.flatMap(({ refunds }) => refunds.filter((refund) => refund.idempotency_key === key));
}

/** Whether the refund may have no end yet, although the gateway does not know it. */
function mayStillLand(refund: Refund, { stripe, refundEvents }: OrderFile): boolean {
  return stripe !== null && isInDoubt(refundEvents.get(nameOf(refund)) ?? []);
}

function judgeRefund(refund: Refund, booked: readonly LedgerRefund[], mayLand: boolean): Finding[] {
  const { refund_id: id, status, amount, gateway_ref: ref } = refund;
  const live = booked.filter(isLive);
  switch (status) {
    case 'SUCCEEDED': {
      const own = booked.find((one) => one.id === ref);
      if (own?.status === 'succeeded' && own.amount === amount) return [];
      const seen = own === undefined ? 'is not there' : `is ${own.status}, ${own.amount}`;
      const what = `refund ${id} SUCCEEDED with ${amount} by ${ref}, which ${seen} in the ledger`;
      return [{ kind: 'false_answer', what }];
    }
    case 'FAILED':
      return live.map((one) => ({
        kind: 'false_answer',
        what: `refund ${id} FAILED, but ${one.id} is ${one.status} in the ledger`,
      }));
    case 'REVIEW': {
      if (live.some((one) => one.amount !== amount)) return [];
      const what = `refund ${id} is in REVIEW (${refund.failure_code}) without a cause in the ledger`;
      return [{ kind: 'unsettled', what }];
    }
    default: {
      // The gateway may take days to decide.
      if (live.some((one) => one.status === 'pending')) return [];
      if (status === 'PENDING' && booked.length === 0 && mayLand) return [];
      return [{ kind: 'unsettled', what: `refund ${id} is still ${status} after the faults were over` }];
    }
  }
}

function judgeSums(payment: Payment, { charges, refunds }: OrderFile): Finding[] {
  const found: Finding[] = [];
  const must = (name: string, told: number, real: number): void => {
    if (told === real) return;
    found.push({ kind: 'false_answer', what: `the payment shows ${name} ${told}, and it is ${real}` });
  };
  const sumOf = (...statuses: string[]): number =>
    refunds.filter(({ status }) => statuses.includes(status)).reduce((sum, { amount }) => sum + amount, 0);
  const charge = charges.find(({ id }) => id === payment.gateway_ref);
  if (payment.status === 'COMPLETED') must('amount_captured', payment.amount_captured, charge?.captured ?? 0);
  must('amount_refunded', payment.amount_refunded, sumOf('SUCCEEDED'));
  must('amount_refunding', payment.amount_refunding, sumOf('PENDING', 'REVIEW'));
  // Nobody else refunds. But if the gateway refunds another amount than it was asked for, the difference is nobody's.
  const isExact = refunds.every(({ status }) => status !== 'REVIEW');
  if (isExact) must('amount_refunded_elsewhere', payment.amount_refunded_elsewhere, 0);
  return found;
}
