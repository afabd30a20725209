/**
 * A database that was set back has forgotten what was stored since its copy: payments are gone, were told otherwise, or are made a second
 * time. Derived keys guard the money then, one by one. So an order of which anything happened in that time is judged by this file alone, and
 * every other order by everything.
 */
import { type Finding, groupBy, type OrderFile } from './case.ts';
import { chargeOf } from './names.ts';

/** More charges than any order of a run has; which of them were opened is forgotten. */
const MOST_CHARGES = 50;

/**
 * What holds even so: one live charge under one key, no key that is not the order's, a COMPLETED payment that is charged as it says, and
 * an end of everything.
 */
export function judgeTouched({ payments, charges, calls, reference }: OrderFile): Finding[] {
  const found: Finding[] = [];
  const live = charges.filter((charge) => charge.live);
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
    // Asked for anew on other terms: what the gateway tells of the forgotten charge is not about these, so a person looks in the end.
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
