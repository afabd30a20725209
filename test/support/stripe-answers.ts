/** Stripe's answers, as a test writes them: the objects that the adapter reads, with the fields that it reads. */
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import type { RefundRequest } from '../../src/domain/refund-outcomes.ts';
import type { RawAnswer } from '../../src/testing/server.ts';

export const CHARGE = {
  key: '0b0e7a0e-5c0f-5f6d-9d5e-0d2f6f1a7c11',
  reference: '7c9e6679-7425-50de-944b-e07fc1f90ae7',
  orderId: 'ORD 1/ü',
  accountId: 'default',
  installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
  amountMinor: 10_000,
  currency: 'USD',
  method: 'pm_card_visa',
  handle: 'pi_1',
} as const satisfies ChargeRequest;

export const REFUND = {
  key: '3f0d2b7a-9c1e-5b64-8a37-6f1de20c9b58',
  reference: CHARGE.reference,
  orderId: CHARGE.orderId,
  accountId: CHARGE.accountId,
  installationId: CHARGE.installationId,
  chargeRef: 'pi_1',
  amountMinor: 4_000,
  currency: 'USD',
} as const satisfies RefundRequest;

export type Fields = Readonly<Record<string, unknown>>;

/** The intent of `CHARGE`, not confirmed. */
export function intentBody(changes: Fields = {}): Fields {
  const paid = changes.status === 'succeeded';
  return {
    id: 'pi_1',
    object: 'payment_intent',
    amount: 10_000,
    amount_capturable: changes.status === 'requires_capture' ? 10_000 : 0,
    amount_received: paid ? 10_000 : 0,
    client_secret: 'pi_1_secret_abc',
    created: 1_790_000_000,
    currency: 'usd',
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: { key: CHARGE.key, reference: CHARGE.reference },
    next_action: null,
    status: 'requires_confirmation',
    ...changes,
  };
}

/** The refund of `REFUND`. */
export function refundBody(changes: Fields = {}): Fields {
  return {
    id: 're_1',
    object: 'refund',
    amount: 4_000,
    currency: 'usd',
    metadata: { key: REFUND.key, reference: REFUND.reference },
    payment_intent: 'pi_1',
    status: 'succeeded',
    ...changes,
  };
}

export function listBody(data: readonly Fields[], hasMore = false): Fields {
  return { object: 'list', url: '/v1/any', has_more: hasMore, data };
}

/** An answer of 200, or with another status. */
export function json(body: Fields, status = 200, headers: Readonly<Record<string, string>> = {}): RawAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'request-id': 'req_1', ...headers },
    body: JSON.stringify(body),
  };
}

export function errorAnswer(
  status: number,
  error: Fields,
  headers: Readonly<Record<string, string>> = {},
): RawAnswer {
  return json({ error: { type: 'invalid_request_error', message: 'No.', ...error } }, status, headers);
}
