/** What a client can do: every route of `/v1`, with the words of the library. */
import type { CallOptions, ChargeInput, ChargeOptions, ChargeResult } from './charge-types.ts';
import type { FollowUpEvent } from './follow-up.ts';
import type { Listing, ListOptions } from './list-types.ts';
import type { CaptureOrVoidNow } from './operation.ts';
import type {
  CaptureInput,
  CaptureResult,
  OperationOptions,
  VoidInput,
  VoidResult,
} from './operation-types.ts';
import type { LookNowOptions, OperatorResult, Resolution } from './operator-types.ts';
import type { PaymentEvent, PaymentNow, PaymentStatus } from './payment.ts';
import type { RefundNow } from './refund.ts';
import type { RefundInput, RefundOptions, RefundResult } from './refund-types.ts';
import type { WebhookEndpoints } from './webhook-endpoints-api.ts';

/** Which payments to list. A field that is left out does not restrict the list. */
export interface PaymentsFilter extends ListOptions {
  /** Only the payment of this order. Default: all orders. */
  readonly orderId?: string | undefined;
  /** Only payments with this status. Default: all. */
  readonly status?: PaymentStatus | undefined;
}

/**
 * Speaks with a Payonce service. `createClient` makes one. It holds no connection of its own, so there is nothing to close.
 *
 * Calls that move money do not reject because of the service or the network: they have outcomes. Every method rejects with `PayonceInputError`
 * for wrong arguments, and those that list throw it; then nothing was sent. If the caller's signal is aborted, it rejects with the signal's reason.
 */
export interface PayonceClient {
  /**
   * Charges the order at most once, or says what became of it. The same order with the same `attempt` can be sent as often as you like, and also
   * after a crash.
   *
   * @example
   * const result = await payonce.charge({ orderId: 'ORD123', amountMinor: 1000, currency: 'USD', method: 'tok_visa' });
   * if (result.outcome === 'paid') ship(result.payment.orderId);
   * else if (result.outcome === 'declined') askForAnotherCard(); // and send that with { attempt: 2 }
   */
  charge(input: ChargeInput, options?: ChargeOptions): Promise<ChargeResult>;

  /**
   * Takes money that was authorised: all of it, or a part; the rest is let go. At most once, or says what became of it.
   *
   * @example
   * const result = await payonce.capture({ paymentId, amountMinor: 4000 });
   * if (result.outcome === 'captured') ship();
   */
  capture(input: CaptureInput, options?: OperationOptions): Promise<CaptureResult>;

  /**
   * Lets go of money that was authorised, or says what became of it.
   *
   * @example
   * const result = await payonce.void({ paymentId });
   */
  void(input: VoidInput, options?: OperationOptions): Promise<VoidResult>;

  /**
   * Gives money of a payment back at most once for its name, or says what became of this refund.
   *
   * @example
   * const result = await payonce.refund({ paymentId, amountMinor: 4000, refundId: 'return-17' });
   * if (result.outcome === 'refunded') tellCustomer();
   */
  refund(input: RefundInput, options?: RefundOptions): Promise<RefundResult>;

  /**
   * The payment as it is now; null if there is none with this id. Rejects with `PayonceReadError` if it cannot be read.
   *
   * @example
   * const payment = await payonce.payment(result.payment.paymentId);
   */
  payment(paymentId: string, options?: CallOptions): Promise<PaymentNow | null>;

  /**
   * All payments, newest first, read page by page. A step rejects with `PayonceReadError` if a page cannot be read.
   *
   * @example
   * for await (const payment of payonce.payments({ status: 'REVIEW' })) show(payment);
   */
  payments(filter?: PaymentsFilter): Listing<PaymentNow>;

  /** A payment's audit trail, oldest first. As `payments`. */
  events(paymentId: string, options?: ListOptions): Listing<PaymentEvent>;

  /** The refund as it is now; null if there is none. As `payment`. */
  findRefund(paymentId: string, refundId: string, options?: CallOptions): Promise<RefundNow | null>;

  /** A payment's refunds, newest first. As `payments`. */
  refunds(paymentId: string, options?: ListOptions): Listing<RefundNow>;

  /** A refund's audit trail, oldest first. As `payments`. */
  refundEvents(paymentId: string, refundId: string, options?: ListOptions): Listing<FollowUpEvent>;

  /** The last capture of the payment, as it is now; null if there is none. As `payment`. */
  findCapture(paymentId: string, options?: CallOptions): Promise<CaptureOrVoidNow | null>;

  /** The last void of the payment, as it is now; null if there is none. As `payment`. */
  findVoid(paymentId: string, options?: CallOptions): Promise<CaptureOrVoidNow | null>;

  /** The audit trail of the last capture, oldest first. As `payments`. */
  captureEvents(paymentId: string, options?: ListOptions): Listing<FollowUpEvent>;

  /** The audit trail of the last void, oldest first. As `payments`. */
  voidEvents(paymentId: string, options?: ListOptions): Listing<FollowUpEvent>;

  /**
   * Has a payment, a refund, a capture or a void looked up at the gateway at once. It does not wait for the lookup.
   *
   * @example
   * const result = await payonce.lookNow(paymentId, { actor: 'amira' });
   */
  lookNow(paymentId: string, options?: LookNowOptions): Promise<OperatorResult>;

  /**
   * States how a payment, a refund, a capture or a void in `REVIEW` has ended. A worker looks at the gateway once more, and your word counts only if
   * the gateway shows nothing. It does not wait for that: read the payment.
   *
   * @example
   * const result = await payonce.resolve({ paymentId, outcome: 'failed', evidence: 'ticket 17', actor: 'amira' });
   */
  resolve(resolution: Resolution, options?: CallOptions): Promise<OperatorResult>;

  /** The addresses that get the events of your account. */
  readonly webhookEndpoints: WebhookEndpoints;
}
