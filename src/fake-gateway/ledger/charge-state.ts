/** The state of a charge and of its refunds at a given time. Pure. */
import { operationsAt } from './operations.ts';
import type { BookedOperation, Charge, Operation, OperationKind } from './port.ts';
import { hasLanded, type Standing, standingOf, statusOf } from './standing.ts';

export function standingAt(charge: Charge, nowMs: number): Standing {
  return standingOf(charge, operationsAt(charge, nowMs), nowMs);
}

/** Whether lookups and lists show it at `nowMs`. */
export function isVisible(charge: Charge, nowMs: number): boolean {
  return hasLanded(charge, nowMs) && charge.visibleMs <= nowMs;
}

/** Whether it holds the customer's money (or a hold on it) at `nowMs`. */
export function isLive(charge: Charge, nowMs: number): boolean {
  return hasLanded(charge, nowMs) && statusOf(standingAt(charge, nowMs)) === 'succeeded';
}

/** The refunds, captures or voids that were made by `nowMs`, also those that failed. */
export function madeAt(charge: Charge, wanted: OperationKind, nowMs: number): readonly Operation[] {
  return operationsAt(charge, nowMs).filter(({ kind, outcome }) => kind === wanted && outcome !== 'none');
}

export function refundsAt(charge: Charge, nowMs: number): readonly Operation[] {
  return madeAt(charge, 'refund', nowMs);
}

/** The refunds that are still to take effect, if they are possible then. */
export function landingRefunds(charge: Charge, nowMs: number): readonly BookedOperation[] {
  return charge.operations.filter(({ kind, createdMs }) => kind === 'refund' && createdMs > nowMs);
}
