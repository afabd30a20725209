/** Confirming a PaymentIntent: the one place where a charge is made. */
import { type BookingFault, delayOf } from '../faults/decide.ts';
import type { Charge, NewCharge } from '../ledger/port.ts';
import type { Work } from './command.ts';
import { invalid, StripeError, unexpectedState } from './errors.ts';
import { type Intent, type IntentStatus, type LastError, type Payment, stateOf } from './intent.ts';
import {
  AUTHENTICATION_REQUIRED,
  type Decline,
  GENERIC_DECLINE,
  methodOf,
  type TestMethod,
} from './methods.ts';
import { toLedger } from './money.ts';
import { clientSecretOf, intentObject, type Json } from './objects.ts';
import { booleanIn, checkNames, expandIn, textIn } from './params.ts';
import { readPayment, writeChargeNote, writeIntent } from './records.ts';

/** How long a bank holds money that nobody captures. */
const HOLD_MS = 7 * 86_400_000;

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
  'payment_method_options',
] as const;

export async function confirm(work: Work, payment: Payment): Promise<Json> {
  checkNames(work.command.params, [...CONFIRM_PARAMS, 'expand'], NOT_EMULATED);
  return confirmPayment(work, payment);
}

const NOT_EMULATED = [
  'payment_method_data',
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

/** Asks the bank. @throws StripeError if the bank declines. */
export async function charge(work: Work, payment: Payment, method: TestMethod): Promise<void> {
  const fate = work.command.fate as BookingFault | null;
  const refused = method.decline ?? (fate === 'declined' ? GENERIC_DECLINE : null);
  if (refused !== null) return decline(work, payment, method, refused);
  const { intent } = payment;
  const booked = await book(
    work,
    intent,
    method,
    fate,
    fate === 'pending' || fate === 'pending_declined' ? 'pending' : 'succeeded',
  );
  await writeIntent(work.books, { ...intent, lastError: null, attempts: intent.attempts + 1 });
  if (!booked.capture) await releaseLater(work, booked);
  announce(work, intent, booked);
}

function announce({ happened }: Work, intent: Intent, booked: Charge): void {
  const about = { intentId: intent.id, chargeId: booked.id };
  const { settleMs } = booked;
  if (booked.outcome === 'pending' && settleMs !== null) {
    happened('charge.pending', about);
    happened('payment_intent.processing', { intentId: intent.id });
    if (booked.settleTo === 'declined') {
      happened('charge.failed', about, settleMs);
      happened('payment_intent.payment_failed', { intentId: intent.id }, settleMs);
      return;
    }
  }
  const paidMs = settleMs ?? booked.createdMs;
  happened('charge.succeeded', about, paidMs);
  happened(
    booked.capture ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated',
    { intentId: intent.id },
    paidMs,
  );
  if (booked.capture) return;
  happened('charge.expired', about, paidMs + HOLD_MS);
  happened('payment_intent.canceled', about, paidMs + HOLD_MS);
}

/** The hold ends by itself, unless it is captured before. The ledger decides that when it is read. */
async function releaseLater({ books, nowMs }: Work, { id, createdMs, settleMs }: Charge): Promise<void> {
  const endsMs = (settleMs ?? createdMs) + HOLD_MS;
  await books.operate(
    {
      kind: 'void',
      key: `stripe hold of ${id}`,
      chargeId: id,
      asked: null,
      wrongAmount: false,
      outcome: 'succeeded',
      answer: 200,
      createdMs: endsMs,
      visibleMs: endsMs,
      settleMs: null,
      settleTo: null,
    },
    nowMs,
  );
}

/** Books the declined attempt, and says why it was declined. The payment can be tried again. */
async function decline(work: Work, payment: Payment, method: TestMethod, refused: Decline): Promise<never> {
  const { intent } = payment;
  const booked = await book(work, intent, method, null, 'declined');
  const lastError: LastError = {
    type: 'card_error',
    decline: refused,
    chargeId: booked.id,
    method: method.id,
  };
  await writeIntent(work.books, { ...intent, method: null, lastError, attempts: intent.attempts + 1 });
  work.happened('charge.failed', { intentId: intent.id, chargeId: booked.id });
  work.happened('payment_intent.payment_failed', { intentId: intent.id });
  const { code, declineCode, message } = refused;
  throw new StripeError(
    402,
    { type: 'card_error', code, decline_code: declineCode, message },
    { kept: true, intentId: intent.id },
  );
}

async function book(
  work: Work,
  intent: Intent,
  method: TestMethod,
  fate: BookingFault | null,
  outcome: 'succeeded' | 'declined' | 'pending',
): Promise<Charge> {
  const { nowMs, settings, books } = work;
  const { metadata, currency } = intent;
  const amount = toLedger(intent.amount, currency);
  const isPending = outcome === 'pending' && fate !== null;
  const charge: NewCharge = {
    key: intent.id,
    generation: intent.attempts,
    reference: metadata.reference ?? metadata.order_id ?? intent.id,
    orderId: metadata.order_id ?? null,
    method: method.id,
    amount: fate === 'wrong_amount' ? amount + 1 : amount,
    currency: fate !== 'wrong_currency' ? currency : currency === 'EUR' ? 'USD' : 'EUR',
    askedAmount: amount,
    askedCurrency: currency,
    capture: intent.capture !== 'manual',
    outcome,
    answer: outcome === 'succeeded' ? 200 : outcome === 'pending' ? 202 : 402,
    createdMs: nowMs,
    visibleMs: nowMs,
    settleMs: isPending ? nowMs + delayOf(settings, fate) : null,
    settleTo: isPending ? (fate === 'pending' ? 'succeeded' : 'declined') : null,
  };
  const booked = await books.book(charge);
  await writeChargeNote(books, intent, booked);
  return booked;
}

function refusal(intentId: string, status: IntentStatus): StripeError {
  return unexpectedState(
    intentId,
    status === 'succeeded'
      ? 'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.'
      : `You cannot confirm this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be confirmed: ${CONFIRMABLE.join(', ')}.`,
  );
}

/** The PaymentIntent as it is after the operation. */
export async function shown(
  { books, nowMs }: Work,
  intentId: string,
  expand: readonly string[],
): Promise<Json> {
  const payment = await readPayment(books, intentId);
  if (payment === undefined) throw new Error(`The PaymentIntent ${intentId} is gone. Report this as a bug.`);
  return intentObject(payment, nowMs, expand);
}
