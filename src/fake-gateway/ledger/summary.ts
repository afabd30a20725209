/** The judge's sums over charges. The PostgreSQL ledger uses them for charges that something was done to; the others it sums in SQL. */
import { landingRefunds, refundsAt, standingAt } from './charge-state.ts';
import type { Charge } from './port.ts';
import { operationStatusAt, statusOf } from './standing.ts';

/** @param charges they have taken effect by `nowMs`. */
export function summarise(charges: Iterable<Charge>, nowMs: number) {
  const statuses = { succeeded: 0, declined: 0, pending: 0, refunded: 0, voided: 0 };
  const refunds = { succeeded: 0, pending: 0, failed: 0, landing: 0 };
  const money: Record<string, { captured: number; refunded: number }> = {};
  for (const charge of charges) {
    const standing = standingAt(charge, nowMs);
    statuses[statusOf(standing)] += 1;
    for (const refund of refundsAt(charge, nowMs)) {
      const status = operationStatusAt(refund, nowMs);
      if (status !== 'none') refunds[status] += 1;
    }
    refunds.landing += landingRefunds(charge, nowMs).length;
    if (standing.captured === 0) continue;
    const sums = money[charge.currency] ?? { captured: 0, refunded: 0 };
    money[charge.currency] = {
      captured: sums.captured + standing.captured,
      refunded: sums.refunded + standing.refunded,
    };
  }
  return { statuses, money, refunds };
}
