/** What the customer does at the bank's page: 3-D Secure. */

import { charge } from './charge.ts';
import type { Work } from './command.ts';
import { invalid, unexpectedState } from './errors.ts';
import { type Payment, stateOf } from './intent.ts';
import type { Json } from './json.ts';
import { methodOf } from './methods.ts';
import { choiceIn } from './params.ts';
import { writeIntent } from './records.ts';
import { shown } from './shown.ts';

const FAILED = {
  code: 'payment_intent_authentication_failure',
  declineCode: '',
  message:
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
};

/** The bank lets the customer through, and the payment goes on; or it does not, and the payment needs another method. */
export async function authenticate(work: Work, payment: Payment): Promise<Json> {
  const { intent } = payment;
  const { status } = stateOf(payment, work.nowMs);
  if (status !== 'requires_action' || intent.method === null) {
    throw unexpectedState(
      intent.id,
      `Nothing is to be authenticated: this PaymentIntent has a status of ${status}.`,
    );
  }
  const next = { ...intent, action: null };
  const result = choiceIn(work.command.params, 'result', ['succeeded', 'failed']);
  if (result === null)
    throw invalid('Missing required param: result.', { code: 'parameter_missing', param: 'result' });
  if (result === 'succeeded') {
    await charge(work, { ...payment, intent: next }, methodOf(intent.method));
  } else {
    const lastError = {
      type: 'invalid_request_error',
      decline: FAILED,
      chargeId: null,
      method: intent.method,
    } as const;
    await writeIntent(work.books, { ...next, method: null, lastError });
    work.happened('payment_intent.payment_failed', { intentId: intent.id });
  }
  return shown(work, intent.id, []);
}
