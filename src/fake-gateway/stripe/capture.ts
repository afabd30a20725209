/** Capturing held money, in full or in part. What is not captured is released. */
import type { NewOperation } from '../ledger/port.ts';
import type { Work } from './command.ts';
import { StripeError, unexpectedState } from './errors.ts';
import { type Payment, stateOf } from './intent.ts';
import type { Json } from './json.ts';
import { fromLedger, toLedger } from './money.ts';
import { checkNames, expandIn, integerIn } from './params.ts';
import { writeRefundNote } from './records.ts';
import type { RefundNote } from './refund-object.ts';
import { shown } from './shown.ts';

export async function capture(work: Work, payment: Payment): Promise<Json> {
  const { params } = work.command;
  checkNames(
    params,
    ['amount_to_capture', 'expand'],
    [
      'application_fee_amount',
      'final_capture',
      'metadata',
      'statement_descriptor',
      'statement_descriptor_suffix',
      'transfer_data',
    ],
  );
  const expand = expandIn(params, ['latest_charge']);
  const wanted = integerIn(params, 'amount_to_capture');
  const { intent } = payment;
  const { status, latest } = stateOf(payment, work.nowMs);
  if (status !== 'requires_capture' || latest === null) {
    throw unexpectedState(
      intent.id,
      `This PaymentIntent could not be captured because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`,
    );
  }
  const held = fromLedger(latest.amount, latest.currency);
  if (wanted !== null && (wanted < 1 || wanted > held)) {
    throw new StripeError(
      400,
      {
        type: 'invalid_request_error',
        code: 'amount_too_large',
        message: `The amount to capture must be from 1 to the amount that can be captured, ${held}.`,
        param: 'amount_to_capture',
      },
      { kept: true, intentId: intent.id },
    );
  }
  const amount = wanted === null ? null : toLedger(wanted, latest.currency);
  await operateNow(work, {
    kind: 'capture',
    key: `stripe capture of ${latest.id}`,
    chargeId: latest.id,
    asked: amount,
  });
  if (amount !== null && amount < latest.amount) await writeReleased(work, intent.id, latest.id);
  work.happened('charge.captured', { intentId: intent.id, chargeId: latest.id });
  work.happened('payment_intent.succeeded', { intentId: intent.id });
  return shown(work, intent.id, expand);
}

/** So that the rest is in the lists of refunds. How much it is, the ledger knows. */
function writeReleased({ books, nowMs }: Work, intentId: string, chargeId: string): Promise<void> {
  const note: RefundNote = { intentId, chargeId, reason: null, metadata: {}, released: true };
  return writeRefundNote(books, books.newId('re'), note, nowMs);
}

/** Captures or voids. Its conditions were checked under the payment's lock, so it cannot be refused. */
export async function operateNow(
  { books, nowMs }: Work,
  operation: Pick<NewOperation, 'kind' | 'key' | 'chargeId' | 'asked'>,
): Promise<void> {
  const ending = { outcome: 'succeeded', answer: 200, settleMs: null, settleTo: null } as const;
  const plan: NewOperation = {
    ...operation,
    ...ending,
    wrongAmount: false,
    createdMs: nowMs,
    visibleMs: nowMs,
  };
  const result = await books.operate(plan, nowMs);
  if (result.kind !== 'done')
    throw new Error(`The ledger refused ${operation.key}. Nothing was done. Try again.`);
}
