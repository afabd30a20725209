/** Confirming a PaymentIntent. */
import { charge, decline } from './charge.ts';
import type { Work } from './command.ts';
import { invalid, type StripeError, unexpectedState } from './errors.ts';
import { type IntentStatus, type Payment, stateOf } from './intent.ts';
import type { Json } from './json.ts';
import { AUTHENTICATION_REQUIRED, methodOf } from './methods.ts';
import { clientSecretOf } from './objects.ts';
import { booleanIn, checkNames, expandIn, textIn } from './params.ts';
import { writeIntent } from './records.ts';
import { shown } from './shown.ts';

const CONFIRMABLE: readonly IntentStatus[] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
];

export const CONFIRM_PARAMS = [
  'payment_method',
  'return_url',
  'off_session',
  'error_on_requires_action',
  'use_stripe_sdk',
] as const;

export async function confirm(work: Work, payment: Payment): Promise<Json> {
  checkNames(work.command.params, [...CONFIRM_PARAMS, 'expand'], NOT_EMULATED);
  return confirmPayment(work, payment);
}

const NOT_EMULATED = [
  'payment_method_data',
  'payment_method_options',
  'confirmation_token',
  'mandate',
  'mandate_data',
  'setup_future_usage',
  'shipping',
  'receipt_email',
  'capture_method',
  'payment_method_types',
  'allowed_payment_method_types',
  'excluded_payment_method_types',
  'amount_details',
  'radar_options',
];

/** Also the second half of a create with `confirm`. */
export async function confirmPayment(work: Work, payment: Payment): Promise<Json> {
  const { params } = work.command;
  const expand = expandIn(params, ['latest_charge']);
  const { intent } = payment;
  const state = stateOf(payment, work.nowMs);
  if (!CONFIRMABLE.includes(state.status)) throw refusal(intent.id, state.status);
  const id = textIn(params, 'payment_method') ?? state.method;
  if (id === null) {
    throw unexpectedState(
      intent.id,
      "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.",
    );
  }
  const method = methodOf(id);
  const returnUrl = textIn(params, 'return_url');
  if (returnUrl !== null && !URL.canParse(returnUrl)) {
    throw invalid('Not a valid URL', { code: 'url_invalid', param: 'return_url' });
  }
  const redirects = intent.automaticMethods?.redirects;
  if (redirects === 'always' && returnUrl === null && !booleanIn(params, 'use_stripe_sdk')) {
    throw invalid(
      'This PaymentIntent accepts payment methods that might redirect, so you must provide a `return_url`. Or set `automatic_payment_methods[allow_redirects]` to `never`.',
      { param: 'return_url' },
    );
  }
  if (redirects === 'never' && returnUrl !== null) {
    throw invalid(
      'A `return_url` cannot be specified when `automatic_payment_methods[allow_redirects]` is `never`.',
      {
        param: 'return_url',
      },
    );
  }
  const tried = { ...intent, method: method.id, action: null };
  if (method.authenticates) {
    const mayAsk = !isOffSession(work) && !booleanIn(params, 'error_on_requires_action');
    if (!mayAsk) return decline(work, { ...payment, intent: tried }, method, AUTHENTICATION_REQUIRED);
    const secret = encodeURIComponent(clientSecretOf(intent.id));
    const page = `${work.command.base}/stripe/authenticate/${intent.id}?client_secret=${secret}`;
    await writeIntent(work.books, { ...tried, action: { page, returnUrl } });
    work.happened('payment_intent.requires_action', { intentId: intent.id });
  } else {
    await charge(work, { ...payment, intent: tried }, method);
  }
  return shown(work, intent.id, expand);
}

/** Anything but "false" says that the customer is not there; it may also be a word such as `one_off`. */
function isOffSession({ command: { params } }: Work): boolean {
  const text = textIn(params, 'off_session');
  return text !== null && text !== 'false';
}

function refusal(intentId: string, status: IntentStatus): StripeError {
  return unexpectedState(
    intentId,
    status === 'succeeded'
      ? 'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.'
      : `You cannot confirm this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be confirmed: ${CONFIRMABLE.join(', ')}.`,
  );
}
