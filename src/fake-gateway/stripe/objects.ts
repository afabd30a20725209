/** PaymentIntents and charges as JSON, at a moment. Pure. */
import { createHash } from 'node:crypto';
import { standingAt } from '../ledger/charge-state.ts';
import { operationsAt } from '../ledger/operations.ts';
import type { Charge, Operation } from '../ledger/port.ts';
import { cardOf, methodObject, NOBODY } from './card-object.ts';
import { declineOf, type Intent, type LastError, type Payment, stateOf } from './intent.ts';
import { type Json, secondsOf } from './json.ts';
import { fromLedger, toLedger } from './money.ts';

/** Whoever holds it may act for the customer. It follows from the id, so that it need not be stored. */
export function clientSecretOf(intentId: string): string {
  const secret = createHash('sha256').update(`client secret of ${intentId}`).digest('hex').slice(0, 25);
  return `${intentId}_secret_${secret}`;
}

/** @param expand what to show in full in place of its id. */
export function intentObject(payment: Payment, nowMs: number, expand: readonly string[] = []): Json {
  const { intent } = payment;
  const { status, latest, standing, canceled, lastError, method } = stateOf(payment, nowMs);
  const captured = standing === null ? 0 : fromLedger(standing.captured, latest?.currency ?? '');
  // With the fault `wrong_currency` it is another one, and the ledger and all of Stripe's objects agree about it.
  const currency = latest?.currency ?? intent.currency;
  return {
    id: intent.id,
    object: 'payment_intent',
    allowed_payment_method_types: intent.allowedTypes,
    amount: fromLedger(toLedger(intent.amount, intent.currency), currency),
    amount_capturable:
      status === 'requires_capture' && latest !== null ? fromLedger(latest.amount, latest.currency) : 0,
    amount_details: { tip: {} },
    amount_received: captured,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods:
      intent.automaticMethods === null
        ? null
        : { allow_redirects: intent.automaticMethods.redirects, enabled: true },
    canceled_at: canceled === null ? null : secondsOf(canceled.atMs),
    cancellation_reason: canceled?.reason ?? null,
    capture_method: intent.capture,
    client_secret: clientSecretOf(intent.id),
    confirmation_method: intent.confirmation,
    created: secondsOf(intent.createdMs),
    currency: currency.toLowerCase(),
    customer: intent.customer,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error: lastError === null ? null : lastErrorObject(lastError, intent),
    latest_charge:
      latest !== null && expand.includes('latest_charge')
        ? chargeObject(payment, latest, nowMs)
        : (latest?.id ?? null),
    livemode: false,
    managed_payments: null,
    metadata: intent.metadata,
    next_action: status === 'requires_action' ? nextAction(intent) : null,
    on_behalf_of: null,
    payment_method: method,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    payment_record: null,
    processing: status === 'processing' ? { type: 'card' } : null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: intent.setupFutureUsage,
    shipping: intent.shipping,
    source: null,
    statement_descriptor: intent.statementDescriptor,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    status,
    transfer_data: null,
    transfer_group: null,
  };
}

function nextAction({ action }: Intent): Json | null {
  if (action === null) return null;
  return action.returnUrl === null
    ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: action.page } }
    : { type: 'redirect_to_url', redirect_to_url: { return_url: action.returnUrl, url: action.page } };
}

/** `last_payment_error`, and the error of the answer to a decline. */
export function lastErrorObject({ type, decline, chargeId, method }: LastError, intent: Intent): Json {
  return {
    ...(chargeId === null ? {} : { charge: chargeId }),
    code: decline.code,
    ...(type === 'card_error' ? { decline_code: decline.declineCode } : {}),
    doc_url: `https://docs.stripe.com/error-codes#${decline.code.replaceAll('_', '-')}`,
    message: decline.message,
    payment_method: methodObject(method, intent),
    type,
  };
}

export function chargeObject(
  payment: Payment,
  charge: Charge,
  nowMs: number,
  expand: readonly string[] = [],
): Json {
  const { intent } = payment;
  const { settled, captured, refunded } = standingAt(charge, nowMs);
  const status = settled === 'declined' ? 'failed' : settled;
  const failure = settled === 'declined' ? declineOf(charge) : null;
  return {
    id: charge.id,
    object: 'charge',
    amount: fromLedger(charge.amount, charge.currency),
    amount_captured: fromLedger(captured, charge.currency),
    amount_refunded: fromLedger(refunded + releasedAt(charge, nowMs), charge.currency),
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: NOBODY,
    calculated_statement_descriptor: null,
    captured: captured > 0,
    created: secondsOf(charge.createdMs),
    currency: charge.currency.toLowerCase(),
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: failure === null ? 'approved_by_network' : 'declined_by_network',
      reason: failure?.declineCode ?? null,
      risk_level: 'normal',
      seller_message:
        failure === null
          ? 'Payment complete.'
          : 'The bank did not return any further details with this decline.',
      type: failure === null ? 'authorized' : 'issuer_declined',
    },
    paid: status === 'succeeded',
    payment_intent: expand.includes('payment_intent') ? intentObject(payment, nowMs) : intent.id,
    payment_method: charge.method,
    payment_method_details: { card: cardOf(charge.method), type: 'card' },
    receipt_email: intent.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    refunded: captured > 0 && refunded >= captured,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statementDescriptor,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    status,
    transfer_data: null,
    transfer_group: null,
  };
}

/** What was held and not captured, in minor units of the ledger. Stripe counts it as refunded, although it was never taken. */
export function releasedAt(charge: Charge, nowMs: number): number {
  const { captured } = standingAt(charge, nowMs);
  return captured > 0 ? Math.max(charge.amount - captured, 0) : 0;
}

/** Whether the hold of the charge had ended by itself at `nowMs`. */
export function hasExpired({ intent }: Payment, charge: Charge, nowMs: number): boolean {
  return (
    intent.canceled === null && operationsAt(charge, nowMs).some(({ kind }: Operation) => kind === 'void')
  );
}
