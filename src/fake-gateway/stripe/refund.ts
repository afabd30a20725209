/** Giving back money that was captured. */
import { endingOf } from '../charge-operations.ts';
import { delayOf, type OperationFault } from '../faults/decide.ts';
import { standingAt } from '../ledger/charge-state.ts';
import type { Charge, NewOperation, Operation } from '../ledger/port.ts';
import type { Work } from './command.ts';
import { invalid, missing, StripeError } from './errors.ts';
import type { Payment } from './intent.ts';
import type { Json } from './json.ts';
import { findMethod } from './methods.ts';
import { fromLedger, toLedger } from './money.ts';
import { checkNames, choiceIn, expandIn, integerIn, metadataIn, textIn } from './params.ts';
import { readPayment, writeRefundNote } from './records.ts';
import { type RefundNote, refundObject } from './refund-object.ts';

/** @param payment whose charge is refunded. */
export async function refund(work: Work, payment: Payment): Promise<Json> {
  const { params } = work.command;
  checkNames(
    params,
    ['payment_intent', 'charge', 'amount', 'reason', 'metadata', 'expand'],
    ['currency', 'customer', 'instructions_email', 'origin', 'refund_application_fee', 'reverse_transfer'],
  );
  const expand = expandIn(params, ['charge', 'payment_intent']);
  const reason = choiceIn(params, 'reason', ['duplicate', 'fraudulent', 'requested_by_customer']);
  const metadata = metadataIn(params);
  const asked = integerIn(params, 'amount');
  if (asked !== null && asked < 1) {
    throw invalid('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' });
  }
  const charge = chargeIn(work, payment);
  const amount = amountOf(asked, charge, payment.intent.id, work.nowMs);
  const operation = await operate(work, charge, amount);
  const note: RefundNote = { intentId: payment.intent.id, chargeId: charge.id, reason, metadata };
  await writeRefundNote(work.books, operation.id, note, work.nowMs);
  announce(work, note, operation);
  const after = await readPayment(work.books, payment.intent.id);
  const object = after && refundObject(after, operation.id, note, work.nowMs, expand);
  if (object === undefined) throw new Error(`The refund ${operation.id} is gone. Report this as a bug.`);
  return object;
}

/** The charge that the request names, or the one that the payment succeeded with. */
function chargeIn({ command: { params }, nowMs }: Work, { intent, charges }: Payment): Charge {
  const named = textIn(params, 'charge');
  const charge = charges.find(({ id }) => id === named) ?? (named === null ? charges.at(-1) : undefined);
  if (named !== null && charge === undefined) throw missing('charge', named, 'charge');
  if (charge !== undefined && standingAt(charge, nowMs).captured > 0) return charge;
  const message = `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`;
  const param = named === null ? 'payment_intent' : 'charge';
  throw new StripeError(400, { type: 'invalid_request_error', message, param }, { kept: true });
}

/** In minor units of the ledger. */
function amountOf(asked: number | null, charge: Charge, intentId: string, nowMs: number): number {
  const { captured, refunded } = standingAt(charge, nowMs);
  const left = captured - refunded;
  if (left === 0) {
    throw new StripeError(
      400,
      {
        type: 'invalid_request_error',
        code: 'charge_already_refunded',
        message: `Charge ${charge.id} has already been refunded.`,
      },
      { kept: true, intentId },
    );
  }
  const amount = asked === null ? left : toLedger(asked, charge.currency);
  if (amount <= left && Number.isSafeInteger(amount)) return amount;
  throw new StripeError(
    400,
    {
      type: 'invalid_request_error',
      message: `Refund amount (${asked}) is greater than unrefunded amount on charge (${fromLedger(left, charge.currency)})`,
      param: 'amount',
    },
    { kept: true },
  );
}

async function operate(
  { books, settings, nowMs, command }: Work,
  charge: Charge,
  amount: number,
): Promise<Operation> {
  const fate = findMethod(charge.method ?? '')?.refund ?? (command.fate as OperationFault | null);
  const { outcome, settleTo } = endingOf(fate);
  const plan: NewOperation = {
    kind: 'refund',
    key: `stripe ${books.newId('refund')}`,
    chargeId: charge.id,
    asked: amount,
    wrongAmount: fate === 'refund_wrong_amount',
    outcome,
    answer: 200,
    createdMs: nowMs,
    visibleMs: nowMs,
    settleMs: settleTo === null || fate === null ? null : nowMs + delayOf(settings, fate),
    settleTo,
  };
  const result = await books.operate(plan, nowMs);
  if (result.kind === 'done') return result.operation;
  throw new Error('The ledger refused a refund. Nothing was done. Try again.');
}

function announce({ happened }: Work, { intentId, chargeId }: RefundNote, operation: Operation): void {
  const about = { intentId, chargeId, refundId: operation.id };
  happened('refund.created', about);
  if (operation.outcome === 'failed') happened('refund.failed', about);
  else happened('charge.refunded', { intentId, chargeId });
  if (operation.settleMs === null) return;
  happened('refund.updated', about, operation.settleMs);
  if (operation.settleTo === 'failed') happened('refund.failed', about, operation.settleMs);
}
