/** Errors as Stripe's API has them. */

/** The `error` of a body, without the objects that come with it. */
export interface ErrorDetail {
  readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  readonly message: string;
  readonly code?: string;
  readonly decline_code?: string;
  readonly param?: string;
}

/** A refusal. It is thrown wherever it is found, and answered in one place. */
export class StripeError extends Error {
  readonly status: number;
  readonly detail: ErrorDetail;
  /** Whether the operation had begun, so that the answer is kept under the key. */
  readonly kept: boolean;
  /** The payment that the error is about; its present state comes with the error. */
  readonly intentId: string | null;

  constructor(
    status: number,
    detail: ErrorDetail,
    { kept = false, intentId = null }: { kept?: boolean; intentId?: string | null } = {},
  ) {
    super(detail.message);
    this.status = status;
    this.detail = detail;
    this.kept = kept;
    this.intentId = intentId;
  }
}

/** A parameter that is wrong. It is not kept: the key can be used again. */
export function invalid(message: string, more: { param?: string; code?: string } = {}): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...more });
}

/** What the request names does not exist. */
export function missing(what: string, id: string, param: string): StripeError {
  return new StripeError(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${id.slice(0, 128)}'`,
    param,
  });
}

/** The payment cannot do that in its state. The answer is kept. */
export function unexpectedState(intentId: string, message: string): StripeError {
  const detail = { type: 'invalid_request_error', code: 'payment_intent_unexpected_state', message } as const;
  return new StripeError(400, detail, { kept: true, intentId });
}

/** @param objects what comes with the error, such as `payment_intent`. */
export function errorText(detail: ErrorDetail, objects: Readonly<Record<string, unknown>> = {}): string {
  const { code } = detail;
  const doc =
    code === undefined ? {} : { doc_url: `https://docs.stripe.com/error-codes#${code.replaceAll('_', '-')}` };
  return JSON.stringify({ error: { ...detail, ...doc, ...objects } });
}
