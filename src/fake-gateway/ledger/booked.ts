import type { BookedOperation, Charge, NewCharge, NewOperation, OperationResult } from './port.ts';

const NO_OPERATIONS: readonly BookedOperation[] = [];

/** A charge after it is booked. Written field by field: a spread of an object of this size is ten times as slow. */
export function asBooked(charge: NewCharge, id: string, seq: number): Charge {
  return {
    id,
    seq,
    key: charge.key,
    generation: charge.generation,
    reference: charge.reference,
    orderId: charge.orderId,
    accountId: charge.accountId,
    method: charge.method,
    amount: charge.amount,
    currency: charge.currency,
    askedAmount: charge.askedAmount,
    askedCurrency: charge.askedCurrency,
    capture: charge.capture,
    outcome: charge.outcome,
    answer: charge.answer,
    createdMs: charge.createdMs,
    visibleMs: charge.visibleMs,
    settleMs: charge.settleMs,
    settleTo: charge.settleTo,
    expiresMs: charge.expiresMs,
    operations: NO_OPERATIONS,
  };
}

/** An operation after it is booked. */
export function asBookedOperation(
  operation: NewOperation,
  decided: { readonly amount: number | null; readonly createdMs: number },
  id: string,
  seq: number,
): BookedOperation {
  const { amount, createdMs } = decided;
  return { ...operation, id, seq, amount, createdMs };
}

/** What came of the request that booked `booked`. @param charge after it. */
export function resultOf(charge: Charge, booked: BookedOperation): OperationResult {
  const { amount } = booked;
  return amount === null
    ? { kind: 'landing', operation: booked, charge }
    : { kind: 'done', operation: { ...booked, amount }, charge, created: true };
}
