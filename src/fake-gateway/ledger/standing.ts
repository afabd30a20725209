/** Where a charge stands after some of its operations: the money that it took, holds and gave back. Pure. */
import type { BookedOperation, Charge, Operation } from './port.ts';

export interface Standing {
  readonly settled: 'succeeded' | 'declined' | 'pending';
  /** In minor units, like the sums below. */
  readonly captured: number;
  /** The refunds that are succeeded or pending. */
  readonly refunded: number;
  /** Those of them that are still pending: they may fail, and then the charge keeps that money. */
  readonly pending: number;
  /** Nothing is held any more: by a void, or because its time is over. */
  readonly voided: boolean;
  /** A capture or a void is pending. */
  readonly ending: boolean;
}

/** @param done what has been done to the charge by `nowMs`. */
export function standingOf(charge: Charge, done: readonly Operation[], nowMs: number): Standing {
  const settled = settledAt(charge, nowMs);
  if (settled !== 'succeeded')
    return { settled, captured: 0, refunded: 0, pending: 0, voided: false, ending: false };
  let captured = charge.capture ? charge.amount : 0;
  let refunded = 0;
  let pending = 0;
  let voided = false;
  let ending = false;
  for (const operation of done) {
    const status = operationStatusAt(operation, nowMs);
    if (status !== 'succeeded' && status !== 'pending') continue;
    if (operation.kind !== 'refund') {
      if (status === 'pending') ending = true;
      else if (operation.kind === 'capture') captured += operation.amount;
      else voided = true;
      continue;
    }
    refunded += operation.amount;
    if (status === 'pending') pending += operation.amount;
  }
  const { expiresMs } = charge;
  const isOver = captured === 0 && !ending && expiresMs !== null && expiresMs <= nowMs;
  return { settled, captured, refunded, pending, voided: voided || isOver, ending };
}

export type OperationStatus = 'succeeded' | 'failed' | 'pending' | 'none';

/** The status at `nowMs` of an operation that has taken effect by then. */
export function operationStatusAt(
  { outcome, settleMs, settleTo }: BookedOperation,
  nowMs: number,
): OperationStatus {
  return settleMs !== null && settleTo !== null && settleMs <= nowMs ? settleTo : outcome;
}

export type ChargeStatus = 'succeeded' | 'declined' | 'pending' | 'refunded' | 'voided';

/** Only refunds that cannot fail any more by themselves make a charge `refunded`: a pending one may leave the money where it is. */
export function statusOf({ settled, captured, refunded, pending, voided }: Standing): ChargeStatus {
  if (settled !== 'succeeded') return settled;
  if (voided) return 'voided';
  const returned = refunded - pending;
  return returned > 0 && returned >= captured ? 'refunded' : 'succeeded';
}

/** Whether the charge exists at `nowMs` at all. */
export function hasLanded(charge: Charge, nowMs: number): boolean {
  return charge.outcome !== 'none' && charge.createdMs <= nowMs;
}

function settledAt(charge: Charge, nowMs: number): Standing['settled'] {
  if (charge.outcome === 'pending') {
    return charge.settleTo !== null && charge.settleMs !== null && charge.settleMs <= nowMs
      ? charge.settleTo
      : 'pending';
  }
  return charge.outcome === 'succeeded' ? 'succeeded' : 'declined';
}
