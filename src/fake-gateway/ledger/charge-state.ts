/** The state of a charge at a given time. Pure. The PostgreSQL ledger's summary has the same rules in SQL, and a test compares them. */
import type { Charge } from './port.ts';

export type ChargeStatus = 'succeeded' | 'declined' | 'pending' | 'refunded' | 'voided';

/** The status at `nowMs` of a charge that has taken effect by then. */
export function statusAt(charge: Charge, nowMs: number): ChargeStatus {
  const settled = settledAt(charge, nowMs);
  if (settled !== 'succeeded') return settled;
  if (charge.voided) return 'voided';
  return charge.refunded > 0 && charge.refunded >= capturedAt(charge, nowMs) ? 'refunded' : 'succeeded';
}

/** What is captured at `nowMs`, in minor units. */
export function capturedAt(charge: Charge, nowMs: number): number {
  if (settledAt(charge, nowMs) !== 'succeeded') return 0;
  return charge.capture ? charge.amount : charge.captured;
}

/** Whether it exists at `nowMs` at all. */
export function hasLanded(charge: Charge, nowMs: number): boolean {
  return charge.outcome !== 'none' && charge.createdMs <= nowMs;
}

/** Whether lookups and lists show it at `nowMs`. */
export function isVisible(charge: Charge, nowMs: number): boolean {
  return hasLanded(charge, nowMs) && charge.visibleMs <= nowMs;
}

/** Whether it holds the customer's money (or a hold on it) at `nowMs`. */
export function isLive(charge: Charge, nowMs: number): boolean {
  return hasLanded(charge, nowMs) && statusAt(charge, nowMs) === 'succeeded';
}

function settledAt(charge: Charge, nowMs: number): 'succeeded' | 'declined' | 'pending' {
  if (charge.outcome === 'pending') {
    return charge.settleTo !== null && charge.settleMs !== null && charge.settleMs <= nowMs
      ? charge.settleTo
      : 'pending';
  }
  return charge.outcome === 'succeeded' ? 'succeeded' : 'declined';
}
