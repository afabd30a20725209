/**
 * Payonce as a library: the same engine as the service, inside a Node program, on the caller's own `pg` pool and
 * gateway adapter.
 */
import { DEFAULT_LIMITS, livemodeOf } from './engine/context.ts';
import { startEngine } from './engine/engine.ts';
import type { Payonce } from './library/api.ts';
import { checkedGateway } from './library/checked-gateway.ts';
import { createFrontDoor } from './library/index.ts';
import { type PayonceOptions, readOptions } from './library/options.ts';
import { createPostgresStore, migrate } from './postgres/index.ts';
import { systemClock } from './system/clock.ts';
import { systemRandom } from './system/random.ts';

export type { Action } from './domain/actions.ts';
export type { CaptureOrVoid, CaptureOrVoidEvent } from './domain/capture-or-void.ts';
export {
  type CaptureRequest,
  judgeCaptureCall,
  judgeCaptureLookup,
  judgeChargeBehind,
  type ReportedCapture,
} from './domain/capture-outcomes.ts';
export type { EffectContract, GatewayContract } from './domain/contract.ts';
export type { EffectKind, ExclusiveKind } from './domain/effects.ts';
export type { FollowUpStatus } from './domain/follow-up-status.ts';
export type { GatewayNote, WebhookReading } from './domain/gateway-note.ts';
export {
  type Authorization,
  type CallOutcome,
  type ChargeRequest,
  judgeCall,
  judgeLookup,
  type LookupOutcome,
  type NextAction,
  type NotSent,
  type PrepareOutcome,
  type PrepareRequest,
  type ReportedCharge,
  type SealRequest,
} from './domain/outcomes.ts';
export type { CaptureMethod, Payment, PaymentEvent, PaymentStatus } from './domain/payment.ts';
export type { Policy } from './domain/policy.ts';
export type { Refund, RefundEvent, RefundStatus } from './domain/refund.ts';
export {
  judgeRefundCall,
  judgeRefundLookup,
  type RefundedCharge,
  type RefundedOutcome,
  type RefundRequest,
  type ReportedRefund,
} from './domain/refund-outcomes.ts';
export type { Sums } from './domain/sums.ts';
export type { CaptureOrVoidNow, PaymentNow, RefundNow } from './engine/api.ts';
export type {
  AccountOption,
  Authorized,
  ChargeInput,
  ChargeOptions,
  ChargeResult,
  EventsFilter,
  InReview,
  NotPaid,
  Paid,
  PaymentsFilter,
  Payonce,
  Pending,
  Refused,
  Released,
  SettledPayment,
} from './library/api.ts';
export type {
  Captured,
  CaptureInput,
  CaptureOptions,
  CaptureResult,
  NotDone,
  OperationInReview,
  OperationPending,
  OperationRefused,
  SettledCapture,
  Voided,
  VoidInput,
  VoidResult,
} from './library/capture-api.ts';
export { type InputErrorCode, type InputProblem, PayonceInputError } from './library/input-error.ts';
export type {
  LookNowOptions,
  OperatorAccepted,
  OperatorRefused,
  OperatorResult,
  Resolution,
} from './library/operator-api.ts';
export type { PayonceOptions } from './library/options.ts';
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
  RefundsFilter,
  RefundsPage,
  SettledRefund,
} from './library/refund-api.ts';
export type { WebhookInput, WebhookResult } from './library/webhook-api.ts';
export type {
  CallOptions,
  CaptureEffect,
  Captures,
  ExchangeOptions,
  Gateway,
  OrderTerms,
  Refunds,
  TwoSteps,
  WebhookDelivery,
} from './ports/gateway.ts';
export type { Log } from './ports/log.ts';
export { StoreError } from './ports/store.ts';

/**
 * Migrates the database to this release's tables and starts the engine. Any number of programs and services may
 * run on the same database. End it with `stop`.
 *
 * Rejects with `PayonceInputError` for wrong options, before anything is started. Rejects with `StoreError` when the database
 * cannot be used or would not keep the promise. Rejects with another error when the start would be unsafe, such as on a database that
 * holds payments of the other mode. The message says what to do.
 *
 * @example
 * const payonce = await createPayonce({ pool: new pg.Pool({ connectionString }), gateway });
 * const result = await payonce.charge({ orderId: 'ORD123', amountMinor: 1000, currency: 'USD' });
 * if (result.outcome === 'paid') ship(result.payment.orderId);
 */
export async function createPayonce(options: PayonceOptions): Promise<Payonce> {
  const { pool, log, callTimeoutMs, leaseMs, sweepMs, answerRetentionMs, ...rest } = readOptions(options);
  const gateway = checkedGateway(rest.gateway, log);
  await migrate(pool);
  const engine = await startEngine({
    store: createPostgresStore({ pool, answerRetentionMs, timeoutMs: rest.databaseTimeoutMs, log }),
    gateway,
    clock: systemClock,
    random: systemRandom,
    log,
    policy: { ...rest.policy, contract: gateway.contract, leaseMs },
    limits: { ...DEFAULT_LIMITS, callTimeoutMs, sweepMs },
    gate: { maxCalls: rest.maxCalls, maxLookups: rest.maxLookups },
    acceptGatewayChange: rest.acceptGatewayChange,
    cacheEntries: rest.cacheEntries,
    answerRetentionMs,
  });
  return createFrontDoor(engine, livemodeOf(gateway));
}
