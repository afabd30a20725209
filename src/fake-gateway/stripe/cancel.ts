/** Canceling seals a PaymentIntent: no request can charge it any more, also none that is still on its way. */
import { operateNow } from './capture.ts';
import type { Work } from './command.ts';
import { unexpectedState } from './errors.ts';
import { type IntentStatus, type Payment, stateOf } from './intent.ts';
import type { Json } from './json.ts';
import { checkNames, choiceIn, expandIn } from './params.ts';
import { writeIntent } from './records.ts';
import { shown } from './shown.ts';

const CANCELABLE: readonly IntentStatus[] = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
];

export async function cancel(work: Work, payment: Payment): Promise<Json> {
  const { params } = work.command;
  checkNames(params, ['cancellation_reason', 'expand']);
  const expand = expandIn(params, ['latest_charge']);
  const reason = choiceIn(params, 'cancellation_reason', [
    'duplicate',
    'fraudulent',
    'requested_by_customer',
    'abandoned',
  ]);
  const { intent } = payment;
  const { status, latest } = stateOf(payment, work.nowMs);
  if (!CANCELABLE.includes(status)) {
    throw unexpectedState(
      intent.id,
      `You cannot cancel this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be canceled: ${CANCELABLE.join(', ')}.`,
    );
  }
  if (status === 'requires_capture' && latest !== null) {
    await operateNow(work, {
      kind: 'void',
      key: `stripe cancel of ${latest.id}`,
      chargeId: latest.id,
      asked: null,
    });
  }
  await writeIntent(work.books, { ...intent, action: null, canceled: { atMs: work.nowMs, reason } });
  work.happened('payment_intent.canceled', { intentId: intent.id });
  return shown(work, intent.id, expand);
}
