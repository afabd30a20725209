/** Compares the ledger with the payments: what was really charged with what we say was charged. */
import { type Finding, type LedgerCharge, type OrderFile, type Payment, tookMoney } from './case.ts';
import { mayBeUnresolved } from './doubt.ts';
import { chargeOf } from './names.ts';

/** The reasons for REVIEW that this gateway causes: sometimes it charges another amount or currency. */
const EXPLAINED = ['amount_mismatch', 'currency_mismatch'];

export function judgeMoney(file: OrderFile): Finding[] {
  const found: Finding[] = [];
  const live = file.charges.filter(tookMoney);
  if (live.length > 1) {
    const ids = live.map(({ id, idempotency_key }) => `${id} (key ${idempotency_key})`).join(', ');
    found.push({ kind: 'charged_twice', what: `${live.length} live charges: ${ids}` });
  }
  if (file.payments.length > 1) {
    found.push({ kind: 'lost', what: `${file.payments.length} payments of one order` });
  }
  const [payment] = file.payments;
  if (payment === undefined) {
    if (live.length > 0) found.push({ kind: 'lost', what: 'charged, but there is no payment' });
    return found;
  }
  if (payment.status === 'UNRESOLVED' && live.length === 0 && mayBeUnresolved(file)) return found;
  return [...found, ...judgeState(payment, live), ...judgeFailedCharges(file, live)];
}

function judgeState(payment: Payment, live: readonly LedgerCharge[]): Finding[] {
  const { status, failure_code: reason, gateway_ref: ref } = payment;
  switch (status) {
    case 'COMPLETED': {
      const own = live.find(({ id }) => id === ref);
      if (own === undefined) {
        return [{ kind: 'false_answer', what: `COMPLETED by ${ref}, which is not live in the ledger` }];
      }
      return sameTerms(own, payment) ? [] : [wrongCharge(own, payment)];
    }
    case 'FAILED':
      return live.map(({ id }) => ({
        kind: 'false_answer',
        what: `FAILED, but ${id} is live in the ledger`,
      }));
    case 'REVIEW': {
      const explained = EXPLAINED.includes(reason ?? '') && live.some((one) => !sameTerms(one, payment));
      return explained
        ? []
        : [{ kind: 'unsettled', what: `in REVIEW (${reason}) without a cause in the ledger` }];
    }
    case 'AUTHORIZED':
    case 'VOIDED':
      return []; // judged in `captures.ts`
    default:
      return [{ kind: 'unsettled', what: `still ${status} after the faults were over` }];
  }
}

/** A charge that we reported as failed must not be live, whatever charges came after it. */
function judgeFailedCharges({ events, calls }: OrderFile, live: readonly LedgerCharge[]): Finding[] {
  const most = Math.max(0, ...events.map(({ charge }) => charge));
  return live.flatMap(({ id, idempotency_key: key, reference }): Finding[] => {
    const n = chargeOf(key, reference, most);
    const failed = events.find(({ charge, status }) => charge === n && status === 'FAILED');
    if (failed === undefined) return [];
    const first = calls.find((call) => call.key === key);
    const when = first === undefined ? '' : `, first sent at ${new Date(first.atMs).toISOString()}`;
    return [{ kind: 'false_answer', what: `charge ${n} FAILED at ${failed.at}, but ${id} is live${when}` }];
  });
}

function sameTerms(
  a: Pick<Payment, 'amount' | 'currency'>,
  b: Pick<Payment, 'amount' | 'currency'>,
): boolean {
  return a.amount === b.amount && a.currency === b.currency;
}

function wrongCharge(charge: LedgerCharge, payment: Payment): Finding {
  const what = `COMPLETED for ${payment.amount} ${payment.currency}, charged ${charge.amount} ${charge.currency}`;
  return { kind: 'wrong_charge', what };
}
