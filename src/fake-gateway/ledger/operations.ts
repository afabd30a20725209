/**
 * Whether a refund, capture or void is possible, and what has been done to a charge. Pure; both ledgers decide by it, under their lock.
 *
 * An operation that lands late is decided from what was done before its time, whenever the charge is read. So nobody has to wait for it.
 */
import type {
  BookedOperation,
  Charge,
  NewOperation,
  Operation,
  OperationError,
  OperationKind,
} from './port.ts';
import { hasLanded, type Standing, standingOf, statusOf } from './standing.ts';

export type OperationDecision =
  | { readonly kind: 'replay'; readonly operation: Operation }
  | { readonly kind: 'refuse'; readonly error: OperationError }
  | {
      readonly kind: 'book';
      /** As in the ledger: null if it lands late. */
      readonly amount: number | null;
      readonly createdMs: number;
      /** An operation that turned out to be impossible, in whose place the new one comes. */
      readonly replaces: BookedOperation | null;
    };

/**
 * @param charge the charge as it is; `undefined` if there is none with this id.
 * @param keeper the charge that has an operation under the key, which may be another one; `undefined` if there is none.
 */
export function decideOperation(
  wanted: NewOperation,
  charge: Charge | undefined,
  keeper: Charge | undefined,
  nowMs: number,
): OperationDecision {
  const booked = keeper?.operations.find(({ key }) => key === wanted.key);
  const done = keeper && operationsAt(keeper, nowMs).find(({ key }) => key === wanted.key);
  const isLanding = booked !== undefined && booked.createdMs > nowMs;
  if (booked !== undefined && (isLanding || done !== undefined)) {
    if (!isSame(booked, wanted)) return refuse('key_reused');
    return done === undefined ? refuse('in_progress') : { kind: 'replay', operation: done };
  }
  if (charge === undefined || !hasLanded(charge, nowMs)) return refuse('charge_not_found');
  const replaces = booked ?? null;
  const createdMs = Math.max(wanted.createdMs, lastDecidedMs(charge, nowMs));
  if (wanted.createdMs > nowMs) return { kind: 'book', amount: null, createdMs, replaces };
  const verdict = verdictOn(wanted, charge, operationsAt(charge, createdMs), createdMs);
  return typeof verdict === 'number'
    ? { kind: 'book', amount: verdict, createdMs, replaces }
    : refuse(verdict);
}

/** What has been done to the charge by `nowMs`, in order. */
export function operationsAt(charge: Charge, nowMs: number): readonly Operation[] {
  if (charge.operations.length === 0) return NOTHING;
  const done: Operation[] = [];
  for (const operation of charge.operations) {
    if (operation.createdMs > nowMs) break;
    const amount = operation.amount ?? verdictOn(operation, charge, done, operation.createdMs);
    if (typeof amount === 'number') done.push({ ...operation, amount });
  }
  return done;
}

const NOTHING: readonly Operation[] = [];

/** The order in which operations take effect. */
export function inOrder(operations: readonly BookedOperation[]): readonly BookedOperation[] {
  return [...operations].sort((a, b) => a.createdMs - b.createdMs || a.seq - b.seq);
}

/** The amount of the operation, or why it is impossible. @param done what was done before it. */
function verdictOn(
  { kind, asked, wrongAmount }: NewOperation,
  charge: Charge,
  done: readonly Operation[],
  atMs: number,
): number | OperationError {
  const standing = standingOf(charge, done, atMs);
  if (statusOf(standing) !== 'succeeded') return 'charge_not_succeeded';
  if (kind === 'refund' && standing.captured === 0) return 'not_captured';
  if (kind !== 'refund' && standing.captured > 0) return 'already_captured';
  if (kind !== 'refund' && standing.ending) return 'operation_under_way';
  const left = leftFor(kind, charge, standing);
  const amount = asked ?? left;
  if (amount > left || left === 0) return 'amount_too_large';
  if (!wrongAmount) return amount;
  if (amount < left) return amount + 1;
  return Math.max(1, amount - 1);
}

function leftFor(kind: OperationKind, charge: Charge, { captured, refunded }: Standing): number {
  return kind === 'refund' ? captured - refunded : charge.amount;
}

/**
 * Nothing is booked before what is decided already, even if the clock was set back: that would change what was left at the time of the
 * decision.
 */
function lastDecidedMs(charge: Charge, nowMs: number): number {
  const decided = charge.operations.filter(({ amount, createdMs }) => amount !== null || createdMs <= nowMs);
  return decided.at(-1)?.createdMs ?? Number.NEGATIVE_INFINITY;
}

function isSame(booked: BookedOperation, wanted: NewOperation): boolean {
  return booked.kind === wanted.kind && booked.chargeId === wanted.chargeId && booked.asked === wanted.asked;
}

function refuse(error: OperationError): OperationDecision {
  return { kind: 'refuse', error };
}
