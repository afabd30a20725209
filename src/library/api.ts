/** The types that callers of the library use. */
import type { CaptureOrVoidEvent } from '../domain/capture-or-void.ts';
import type { CaptureMethod, Payment, PaymentEvent, PaymentStatus } from '../domain/payment.ts';
import type { ChargeFailure } from '../domain/problems.ts';
import type { RefundEvent } from '../domain/refund.ts';
import type { CaptureOrVoidNow, ChargeProblem, PaymentNow, RefundNow } from '../engine/api.ts';
import type { CaptureInput, CaptureOptions, CaptureResult, VoidInput, VoidResult } from './capture-api.ts';
import type { LookNowOptions, OperatorResult, Resolution } from './operator-api.ts';
import type { ForPerson, NothingSent, PerhapsStored, StillOpen, Told, ToldOfFailure } from './outcome-api.ts';
import type { RefundInput, RefundOptions, RefundResult, RefundsFilter, RefundsPage } from './refund-api.ts';
import type { WebhookInput, WebhookResult } from './webhook-api.ts';

/**
 * What to charge. It may be an instance of a class: own and inherited fields both count. An unknown field is refused, and so is a card
 * number in any field.
 *
 * @example
 * const order = { orderId: 'ORD123', amountMinor: 10_000, currency: 'USD', method: 'tok_visa' };
 */
export interface ChargeInput {
  /** Your order's name: 1 to 255 bytes of UTF-8. Two texts that differ in anything are two orders. */
  readonly orderId: string;
  /** Minor units of `currency` (cents, yen, fils): a whole number from 1 to 2^53 - 1. 10.00 USD is 1000. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code in upper case, such as `USD`. */
  readonly currency: string;
  /**
   * A token of your payment provider, passed on to the gateway: 1 to 255 visible ASCII characters, never a card number. Default: none.
   */
  readonly method?: string | undefined;
  /**
   * Your own notes: up to 50 texts by name, in a plain object. A name has 1 to 40 characters, a text up to 500. Never sent to the
   * gateway. Default: none.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Whose order it is, where you have several customers of your own: 1 to 255 bytes of UTF-8. Default `default`. */
  readonly accountId?: string | undefined;
  /**
   * How long the order is tried, in whole seconds: 1 to 259,200 (72 hours). Until then, Payonce waits for the end of an outage of the
   * gateway. After that it makes no more calls, and the order fails as soon as it is proved that nothing was charged. It applies to the
   * charge that this call starts, not to one that it joins. A repeated key needs the same value. Default: the policy's
   * `giveUpAfterS`; if that is 0, calls end after `maxAttempts`.
   */
  readonly giveUpAfterS?: number | undefined;
  /**
   * `manual`: the gateway only authorises the money, and `capture` takes it later, or `void` lets it go. A repeated key needs the same
   * value. Default `automatic`: the money is taken at once.
   */
  readonly captureMethod?: CaptureMethod | undefined;
}

/**
 * The key of one call of `charge`, and how long the call waits.
 *
 * @example
 * await payonce.charge(order, { idempotencyKey: 'try-1', waitMs: 3000 });
 */
export interface ChargeOptions {
  /**
   * Your name for this try: 1 to 255 printable ASCII characters. The same key with the same order gets the same answer; with another
   * order it is refused. A `FAILED` order is charged again only under a new key. Default: none. Then only the order id guards against a
   * second charge, and a `FAILED` order is answered with its failure.
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * The same key in another scope is another key: 1 to 255 printable ASCII characters. Default `library`, so that
   * keys of the library and of the HTTP service on the same database never meet. To share them, use `POST /v1/payments`.
   */
  readonly keyScope?: string | undefined;
  /** How long to wait for the outcome, in milliseconds: 0 (answer at once) to 600,000. Default 10,000. */
  readonly waitMs?: number | undefined;
  /**
   * Ends the wait, not the charge: the promise rejects with the signal's reason, and the charge goes on. Call `charge` again with the
   * same order and key to learn its outcome. If the signal is aborted before the call, nothing is stored and nothing is sent.
   * Default: none.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A payment as it was when its charge ended. `payonce.payment` shows later changes. */
export type SettledPayment = Omit<
  Payment,
  'status' | 'retryAfterMs' | 'nextAttemptAtMs' | 'nextAction' | 'chargeN' | 'inDoubt' | 'seq'
>;

/** The customer has paid: ship. No other outcome means that. If the payment's `livemode` is false, it was no real money. */
export interface Paid extends Told {
  readonly outcome: 'paid';
  /** The payment as it was when the charge ended. */
  readonly payment: SettledPayment & { readonly status: 'COMPLETED' };
}

/** The gateway holds the money, and nothing is taken yet. Only with `captureMethod: 'manual'`. Call `capture` to take it. */
export interface Authorized extends Told {
  readonly outcome: 'authorized';
  /** The payment as it was when it was authorised. */
  readonly payment: SettledPayment & { readonly status: 'AUTHORIZED' };
}

/** The order was authorised, and the money was let go since: nothing is paid. Only for a call that finds the order so. */
export interface Released extends Told {
  readonly outcome: 'released';
  /** The payment as it is now. */
  readonly payment: SettledPayment & { readonly status: 'VOIDED' };
}

/** The charge has failed: it is proved that nothing was charged. */
export interface NotPaid extends ToldOfFailure {
  /** `declined`: the gateway declined it. `failed`: the gateway failed. */
  readonly outcome: 'declined' | 'failed';
  /** The payment as it was when the charge ended. Its `failureCode` says why. */
  readonly payment: SettledPayment & { readonly status: 'FAILED' };
  /** `card_declined` or `gateway_failed`, as in the HTTP API. */
  readonly code: ChargeFailure;
  /** Whether the order could be charged again under a new key when the charge ended. Payonce checks it again then. */
  readonly safeToRetryWithNewKey: boolean;
}

/** Nothing is proved yet. Do not ship, and do not charge in another way. Call `charge` again with the same order and key. */
export type Pending =
  /** The order was accepted. The outcome of its charge is not known yet. If `payment.nextAction` is not null, the customer must act first. */
  | (StillOpen & {
      /** The payment as it is now. */
      readonly payment: Payment;
    })
  | (PerhapsStored & {
      readonly payment: null;
    });

/** A person must decide. Do not ship, and do not charge in another way. */
export interface InReview extends ForPerson {
  /** The payment as it is now. */
  readonly payment: Payment;
}

/** Nothing was sent to the gateway for this call. An earlier call may have charged the order: read `payment`. */
export interface Refused extends NothingSent<ChargeProblem> {
  /** The order's payment; null if there is none or it is not known. Read its status: it need not be paid. */
  readonly payment: Payment | null;
}

/**
 * The result of a charge. `outcome` is all that a program needs to decide.
 *
 * @example
 * switch (result.outcome) {
 *   case 'paid':
 *     return ship(result.payment);
 *   case 'authorized':
 *     return captureWhenShipped(result.payment);
 *   case 'declined':
 *   case 'failed':
 *     return result.safeToRetryWithNewKey ? offerAnotherTry() : tellSupport(result.detail);
 *   case 'pending':
 *     return askAgainIn(result.retryAfterMs);
 *   case 'review':
 *   case 'released':
 *   case 'refused':
 *     return tellSupport(result);
 * }
 */
export type ChargeResult = Paid | Authorized | Released | NotPaid | Pending | InReview | Refused;

/** Whose payments to read. */
export interface AccountOption {
  /** The account that was given to `charge`: 1 to 255 bytes of UTF-8. Default `default`. */
  readonly accountId?: string | undefined;
}

/** Which payments of an account to list. A field that is left out does not restrict the list. */
export interface PaymentsFilter extends AccountOption {
  /** Only the payment of this order. Default: all orders. */
  readonly orderId?: string | undefined;
  /** Only payments with this status. Default: all. */
  readonly status?: PaymentStatus | undefined;
  /** The most payments to list: 1 to 500. Default 20. */
  readonly limit?: number | undefined;
  /** Only payments older than the one with this id: the last one of the page before. Default: from the newest. */
  readonly before?: string | undefined;
}

/** Which part of an audit trail to list. */
export interface EventsFilter extends AccountOption {
  /** Only events after the one with this `seq`. Default 0: from the first. */
  readonly after?: number | undefined;
  /** The most events to list: 1 to 500. Default 100. */
  readonly limit?: number | undefined;
}

/**
 * Charges every order at most once, and makes every refund, capture and void at most once. `createPayonce` makes one. Every method rejects with
 * `PayonceInputError` for wrong arguments; then nothing was stored and nothing was sent.
 */
export interface Payonce {
  /**
   * Charges the order at most once, or says what became of it. A failure of the gateway or the database is an outcome, never a
   * rejection. If the signal ends the wait, it rejects with the signal's reason.
   *
   * @example
   * const result = await payonce.charge(
   *   { orderId: 'ORD123', amountMinor: 1000, currency: 'USD', method: 'tok_visa' },
   *   { idempotencyKey: 'try-1' },
   * );
   * if (result.outcome === 'paid') ship(result.payment.orderId);
   * else if (result.outcome === 'declined') askForAnotherCard();
   */
  charge(input: ChargeInput, options?: ChargeOptions): Promise<ChargeResult>;

  /**
   * The payment as the database has it now, with what has become of its money (`sums`); null if the account has none with this id.
   * Rejects with `StoreError` when it cannot be read.
   *
   * @example
   * const payment = await payonce.payment(result.payment.paymentId);
   */
  payment(paymentId: string, options?: AccountOption): Promise<PaymentNow | null>;

  /**
   * One page of payments, newest first, each as `payment` shows it. Rejects with `StoreError` when they cannot be read.
   *
   * @example
   * const [payment] = await payonce.payments({ orderId: 'ORD123' });
   */
  payments(filter?: PaymentsFilter): Promise<readonly PaymentNow[]>;

  /**
   * One page of a payment's audit trail, oldest first; null if there is no such payment. Rejects with `StoreError` when it cannot be
   * read.
   *
   * @example
   * const events = await payonce.events(payment.paymentId, { limit: 10 });
   */
  events(paymentId: string, filter?: EventsFilter): Promise<readonly PaymentEvent[] | null>;

  /**
   * Gives money of a payment back at most once, or says what became of this refund. A failure of the gateway or the database is an
   * outcome, never a rejection. If the signal ends the wait, it rejects with the signal's reason.
   *
   * @example
   * const result = await payonce.refund({ paymentId, amountMinor: 4000, refundId: 'return-17' });
   * if (result.outcome === 'refunded') tellCustomer();
   */
  refund(input: RefundInput, options?: RefundOptions): Promise<RefundResult>;

  /**
   * Takes money that was authorised: all of it, or a part; the rest is let go. At most once, or says what became of it. A failure of the
   * gateway or the database is an outcome, never a rejection. If the signal ends the wait, it rejects with the signal's reason.
   *
   * @example
   * const result = await payonce.capture({ paymentId, amountMinor: 4000 });
   * if (result.outcome === 'captured') ship();
   */
  capture(input: CaptureInput, options?: CaptureOptions): Promise<CaptureResult>;

  /**
   * Lets go of money that was authorised, or says what became of it. Otherwise as `capture`.
   *
   * @example
   * const result = await payonce.void({ paymentId });
   */
  void(input: VoidInput, options?: CaptureOptions): Promise<VoidResult>;

  /**
   * The last capture of the payment, as the database has it now; null if it has none. Rejects with `StoreError` when it cannot be read.
   *
   * @example
   * const capture = await payonce.findCapture(paymentId);
   */
  findCapture(paymentId: string, options?: AccountOption): Promise<CaptureOrVoidNow | null>;

  /** The last void of the payment, as `findCapture` shows a capture. */
  findVoid(paymentId: string, options?: AccountOption): Promise<CaptureOrVoidNow | null>;

  /**
   * One page of the audit trail of the last capture, oldest first; null if there is none. Rejects with `StoreError` when it cannot be read.
   *
   * @example
   * const events = await payonce.captureEvents(paymentId);
   */
  captureEvents(paymentId: string, filter?: EventsFilter): Promise<readonly CaptureOrVoidEvent[] | null>;

  /** The same of the last void. */
  voidEvents(paymentId: string, filter?: EventsFilter): Promise<readonly CaptureOrVoidEvent[] | null>;

  /**
   * The refund as the database has it now; null if the payment has none with this id. Rejects with `StoreError` when it cannot be read.
   *
   * @example
   * const refund = await payonce.findRefund(paymentId, 'return-17');
   */
  findRefund(paymentId: string, refundId: string, options?: AccountOption): Promise<RefundNow | null>;

  /**
   * One page of a payment's refunds, newest first; null if there is no such payment. Rejects with `StoreError` when they cannot be read.
   *
   * @example
   * const page = await payonce.refunds(paymentId, { limit: 100 });
   */
  refunds(paymentId: string, filter?: RefundsFilter): Promise<RefundsPage | null>;

  /**
   * One page of a refund's audit trail, oldest first; null if there is no such refund. Rejects with `StoreError` when it cannot be read.
   *
   * @example
   * const events = await payonce.refundEvents(paymentId, 'return-17');
   */
  refundEvents(
    paymentId: string,
    refundId: string,
    filter?: EventsFilter,
  ): Promise<readonly RefundEvent[] | null>;

  /**
   * Looks a payment, a refund, a capture or a void up at the gateway at once, and not at its time. It does not wait for the lookup. Rejects with `StoreError` when
   * it cannot be stored.
   *
   * @example
   * const result = await payonce.lookNow(paymentId, { actor: 'amira' });
   */
  lookNow(paymentId: string, options?: LookNowOptions): Promise<OperatorResult>;

  /**
   * States how a payment, a refund, a capture or a void in `REVIEW` has ended. A worker looks at the gateway once more: what the gateway shows is stronger, and
   * only if it shows nothing, your word counts. It does not wait for that: read the payment. Repeating it is safe. Rejects with `StoreError`
   * when it cannot be stored.
   *
   * @example
   * const result = await payonce.resolve({ paymentId, outcome: 'failed', evidence: 'ticket 17', actor: 'amira' });
   */
  resolve(input: Resolution): Promise<OperatorResult>;

  /**
   * Takes an event that your gateway has sent. Its charge or refund is looked up soon, and what the lookup shows decides: an event itself never
   * settles anything. Give the body byte for byte, before anything has parsed it. Answer the gateway with 204 if it was `taken`, and otherwise with a
   * status that makes it send the event again. Rejects with `StoreError` when the database cannot be reached.
   *
   * @example
   * const result = await payonce.gatewayWebhook({ body: rawBody, headers: request.headers });
   * response.writeHead(result.outcome === 'taken' ? 204 : result.code === 'webhook_refused' ? 400 : 503).end();
   */
  gatewayWebhook(event: WebhookInput): Promise<WebhookResult>;

  /** Whether it takes payments now: the database answers and is safe to use, and `stop` was not called. */
  ready(): Promise<boolean>;

  /**
   * Takes nothing new and finishes what is under way, for `withinMs` at most (0 to 600,000, default 10,000). Then every call that still
   * waits is answered with what is known; another process or the next start finishes the rest. The pool and the gateway stay open: they
   * are yours.
   *
   * @example
   * await payonce.stop();
   * await gateway.close();
   * await pool.end();
   */
  stop(withinMs?: number): Promise<void>;
}
