/**
 * A client for the HTTP API of a Payonce service. It depends on nothing, and runs in Node, in browsers and in workers.
 */
export type { PaymentsFilter, PayonceClient } from './api.ts';
export type {
  AskAgain,
  AttemptOptions,
  Authorized,
  CallOptions,
  ChargeInput,
  ChargeOptions,
  ChargeResult,
  InReview,
  NotPaid,
  Paid,
  Pending,
  Refused,
  Released,
} from './charge-types.ts';
export { createClient } from './client.ts';
export {
  type FieldProblem,
  PayonceChangeError,
  PayonceInputError,
  PayonceReadError,
  PayonceRequestError,
  type RequestErrorCode,
} from './errors.ts';
export type { FollowUpEvent, FollowUpStatus } from './follow-up.ts';
export type { Listing, ListOptions, Page } from './list-types.ts';
export type { CaptureOrVoid, CaptureOrVoidNow, OperationKind } from './operation.ts';
export type {
  Captured,
  CaptureInput,
  CaptureResult,
  NotDone,
  OperationInReview,
  OperationOptions,
  OperationPending,
  OperationRefused,
  Voided,
  VoidInput,
  VoidResult,
} from './operation-types.ts';
export type {
  LookNowOptions,
  OperatorAccepted,
  OperatorRefused,
  OperatorResult,
  Resolution,
} from './operator-types.ts';
export type { ClientOptions, Fetch, FetchInit, FetchResponse } from './options.ts';
export type { NextAction, Payment, PaymentEvent, PaymentNow, PaymentStatus, Sums } from './payment.ts';
export type { ProblemCode } from './problem-codes.ts';
export type { Refund, RefundNow } from './refund.ts';
export type {
  NotRefunded,
  RefundAccepted,
  Refunded,
  RefundInput,
  RefundInReview,
  RefundOptions,
  RefundPending,
  RefundRefused,
  RefundResult,
} from './refund-types.ts';
export { verifyWebhook, type WebhookCheck, type WebhookHeaders, type WebhookInput } from './webhook.ts';
export type {
  WebhookDelivery,
  WebhookDeliveryWithTries,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
  WebhooksResent,
  WebhookTry,
} from './webhook-endpoint.ts';
export type {
  DeliveriesFilter,
  RotateSecretOptions,
  WebhookEndpointChange,
  WebhookEndpointInput,
  WebhookEndpoints,
} from './webhook-endpoints-api.ts';
export { WEBHOOK_EVENT_TYPES, type WebhookEventType } from './webhook-event-types.ts';
