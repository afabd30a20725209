/**
 * The requests, exactly as they are sent. Stripe refuses a key that comes again with other form fields. So a change here breaks the keys
 * of what older releases began; `requests.test.ts` holds the exact bytes.
 */
import { randomInt } from 'node:crypto';
import type Stripe from 'stripe';
import type { PrepareRequest } from '../../domain/outcomes.ts';
import type { RefundRequest } from '../../domain/refund-outcomes.ts';
import type { Write } from './one-request.ts';

/** Makes an intent, and does not confirm it. Cards only: other methods may be pending for days. */
export function createIntent(request: PrepareRequest, amount: number): Write {
  const params: Stripe.PaymentIntentCreateParams = {
    amount,
    currency: request.currency.toLowerCase(),
    allowed_payment_method_types: ['card'],
    metadata: identityOf(request, 'charge'),
    ...(request.method === undefined ? {} : { payment_method: request.method }),
    ...(request.captureMethod === undefined ? {} : { capture_method: request.captureMethod }),
  };
  return (stripe) => stripe.paymentIntents.create(params, { idempotencyKey: request.prepareKey });
}

export function confirmIntent(handle: string, key: string): Write {
  return (stripe) => stripe.paymentIntents.confirm(handle, {}, { idempotencyKey: key });
}

export function cancelIntent(handle: string, key: string): Write {
  return (stripe) => stripe.paymentIntents.cancel(handle, {}, { idempotencyKey: key });
}

/** With the amount: without one, Stripe captures all of it. */
export function captureIntent(handle: string, amount: number, key: string): Write {
  return (stripe) =>
    stripe.paymentIntents.capture(handle, { amount_to_capture: amount }, { idempotencyKey: key });
}

/** With its latest charge, which tells what was refunded. */
export function retrieveIntent(handle: string): Write {
  return (stripe) => stripe.paymentIntents.retrieve(handle, { expand: ['latest_charge'] });
}

/** The most entries of one page. */
const PAGE = 100;

/** Newest first, each with its latest charge. */
export function listIntents(after: string | null): Write {
  return (stripe) =>
    stripe.paymentIntents.list({ limit: PAGE, expand: ['data.latest_charge'], ...startingAfter(after) });
}

/** With the amount: without one, Stripe refunds all that is left. */
export function createRefund(request: RefundRequest, amount: number): Write {
  const params: Stripe.RefundCreateParams = {
    amount,
    payment_intent: request.chargeRef,
    metadata: identityOf(request, 'refund'),
  };
  return (stripe) => stripe.refunds.create(params, { idempotencyKey: request.key });
}

export function listRefunds(intent: string, after: string | null): Write {
  return (stripe) => stripe.refunds.list({ payment_intent: intent, limit: PAGE, ...startingAfter(after) });
}

/** 2001, years before Stripe. In seconds. */
const BEFORE_STRIPE_S = 1_000_000_000;

/** A list that is empty, and that nobody has asked for before: intents from before a second that is drawn. It is no error in Stripe’s log. */
export function listNothing(): Write {
  const created = { lt: randomInt(BEFORE_STRIPE_S) };
  return (stripe) => stripe.paymentIntents.list({ limit: 1, created });
}

export function retrieveAccount(): Write {
  return (stripe) => stripe.accounts.retrieveCurrent();
}

function startingAfter(after: string | null): { readonly starting_after?: string } {
  return after === null ? {} : { starting_after: after };
}

/**
 * Whose object it is and what for. All of it is derived from the order: what is drawn would change after a restore, and the same key would
 * come with other fields.
 */
function identityOf(
  request: PrepareRequest | RefundRequest,
  operation: 'charge' | 'refund',
): Record<string, string> {
  return {
    installation: request.installationId,
    account: request.accountId,
    order_id: request.orderId,
    reference: request.reference,
    operation,
    key: request.key,
  };
}
