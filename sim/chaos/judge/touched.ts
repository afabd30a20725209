/**
 * A restored database has forgotten what was stored after its copy was made. Payments are gone, differ from what clients were shown, or
 * are made a second time. Then only the derived keys protect the money, each on its own. So an order that was touched in that time is
 * judged by this file alone. Every other order is judged by all rules.
 */
import { type Finding, groupBy, type OrderFile, tookMoney } from './case.ts';
import { chargeOf } from './names.ts';

/** More charges than any order of a run has. The database may have forgotten how many were opened. */
const MOST_CHARGES = 50;

/**
 * What still holds: at most one live charge under one key, no key that is not the order's, no COMPLETED payment without the charge that
 * it shows, and no payment that stays open.
 */
export function judgeTouched({ payments, charges, calls, reference }: OrderFile): Finding[] {
  const found: Finding[] = [];
  const live = charges.filter(tookMoney);
  for (const [key, same] of groupBy(live, (charge) => charge.idempotency_key)) {
    if (same.length < 2) continue;
    const ids = same.map(({ id }) => id).join(', ');
    found.push({ kind: 'charged_twice', what: `${same.length} live charges under the key ${key}: ${ids}` });
  }
  const keys = new Set([...calls.map(({ key }) => key), ...charges.map((charge) => charge.idempotency_key)]);
  for (const key of keys) {
    if (chargeOf(key, reference, MOST_CHARGES) !== null) continue;
    found.push({ kind: 'causeless_call', what: `called with the key ${key}, which is none of the order's` });
  }
  if (payments.length > 1) found.push({ kind: 'lost', what: `${payments.length} payments of one order` });
  for (const { status, gateway_ref: ref, amount, currency } of payments) {
    // If the order was asked for again on other terms, the gateway's answers are about the forgotten charge. In the end, a person decides.
    const otherTerms = charges.some((charge) => charge.amount !== amount || charge.currency !== currency);
    if ((status === 'PROCESSING' || status === 'UNRESOLVED') && !otherTerms) {
      found.push({ kind: 'unsettled', what: `still ${status} after the faults were over` });
    }
    if (status !== 'COMPLETED') continue;
    const own = live.find(({ id }) => id === ref);
    if (own === undefined) {
      found.push({ kind: 'false_answer', what: `COMPLETED by ${ref}, which is not live in the ledger` });
    } else if (own.amount !== amount || own.currency !== currency) {
      const what = `COMPLETED for ${amount} ${currency}, charged ${own.amount} ${own.currency}`;
      found.push({ kind: 'wrong_charge', what });
    }
  }
  return found;
}
