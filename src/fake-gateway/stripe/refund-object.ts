/** Refunds as JSON, at a moment. Pure. */
import { madeAt, refundsAt } from '../ledger/charge-state.ts';
import type { Charge } from '../ledger/port.ts';
import { type OperationStatus, operationStatusAt } from '../ledger/standing.ts';
import type { Payment } from './intent.ts';
import { type Json, secondsOf } from './json.ts';
import { fromLedger } from './money.ts';
import { chargeObject, intentObject, releasedAt } from './objects.ts';

/** What the ledger stores of a refund, next to the operation on its charge. */
export interface RefundNote {
  readonly intentId: string;
  readonly chargeId: string;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** It is the rest of what was held, released by the capture. No money moved. */
  readonly released?: true;
}

/** The refund as it is at `nowMs`; undefined if it has not been made by then. */
export function refundObject(
  payment: Payment,
  id: string,
  note: RefundNote,
  nowMs: number,
  expand: readonly string[] = [],
): Json | undefined {
  const charge = payment.charges.find((one) => one.id === note.chargeId);
  const refund = charge && madeOf(charge, id, note, nowMs);
  if (charge === undefined || refund === undefined) return undefined;
  const { status } = refund;
  return {
    id,
    object: 'refund',
    amount: fromLedger(refund.amount, charge.currency),
    balance_transaction: null,
    charge: expand.includes('charge') ? chargeObject(payment, charge, nowMs) : charge.id,
    created: secondsOf(refund.createdMs),
    currency: charge.currency.toLowerCase(),
    customer: payment.intent.customer,
    customer_account: null,
    destination_details: { card: { type: 'refund' }, type: 'card' },
    ...(status === 'failed'
      ? { failure_reason: refund.isRefused ? 'declined' : 'expired_or_canceled_card' }
      : {}),
    metadata: note.metadata,
    payment_intent: expand.includes('payment_intent') ? intentObject(payment, nowMs) : payment.intent.id,
    payment_method: charge.method,
    ...(status === 'pending' ? { pending_reason: 'processing' } : {}),
    reason: note.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status,
    transfer_reversal: null,
  };
}

/** What became of it. `isRefused`: the bank refused it at once. */
interface Made {
  readonly amount: number;
  readonly createdMs: number;
  readonly status: OperationStatus;
  readonly isRefused: boolean;
}

function madeOf(charge: Charge, id: string, { released }: RefundNote, nowMs: number): Made | undefined {
  if (released === true) {
    const [capture] = madeAt(charge, 'capture', nowMs);
    const amount = releasedAt(charge, nowMs);
    return capture && { amount, createdMs: capture.createdMs, status: 'succeeded', isRefused: false };
  }
  const refund = refundsAt(charge, nowMs).find((one) => one.id === id);
  if (refund === undefined) return undefined;
  const { amount, createdMs, outcome } = refund;
  return { amount, createdMs, status: operationStatusAt(refund, nowMs), isRefused: outcome === 'failed' };
}
