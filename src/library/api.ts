/** The library as its callers see it. */
import type { Payment, PaymentEvent, PaymentStatus } from '../domain/payment.ts';
import type { FailureProblem } from '../domain/problems.ts';
import type { ChargeProblem } from '../engine/api.ts';

/**
 * What is to be charged. An instance of a class is taken, too: each field counts wherever it stands, own or inherited, and an
 * unknown one is refused.
 */
export interface ChargeInput {
  /** Your order's name: 1 to 255 bytes of UTF-8. Two texts that differ in anything are two orders. */
  readonly orderId: string;
  /** Minor units of `currency` (cents, yen, fils): a whole number from 1 to 2^53 - 1. 10.00 USD is 1000. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code in upper case, such as `USD`. */
  readonly currency: string;
  /** A token of your payment provider, passed on to the gateway; never a card number. Default: none. */
  readonly method?: string | undefined;
  /** Your own notes: up to 50 texts by name, own properties of a plain object. Never sent to the gateway. Default: none. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Whose order it is, where you have several customers of your own: 1 to 255 bytes of UTF-8. Default `default`. */
  readonly accountId?: string | undefined;
  /**
   * How long the order is tried, in whole seconds: 1 to 259,200 (72 hours). Until then an outage of the gateway is waited for. After that
   * nothing is called any more, and the order fails as soon as it is proved that nothing was charged. It counts for the
   * charge that this call starts; who joins one takes it as it is. With the same key it must be the same. Default: the policy's
   * `giveUpAfterS`; without one the order fails after `maxAttempts` calls.
   */
  readonly giveUpAfterS?: number | undefined;
}

export interface ChargeOptions {
  /**
   * 1 to 255 printable ASCII characters. The same key with the same terms gets the same answer; with other
   * terms it is refused. A FAILED order is charged anew only under a new key; without one you are told how it failed.
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * The same key in another scope is another key: 1 to 255 printable ASCII characters. Default `library`, so that
   * keys of the library and of the HTTP service on the same database never meet. To share them, say `POST /v1/payments`.
   */
  readonly keyScope?: string | undefined;
  /** How long to wait for the outcome, in milliseconds: 0 (answer at once) to 600,000. Default 10,000. */
  readonly waitMs?: number | undefined;
  /**
   * Ends the wait, not the charge: the promise rejects with the signal's reason, and the charge goes on. Ask again with the
   * same order (and key) to learn what became of it. Aborted before the call: nothing is stored and nothing is sent.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A settled payment as it was told when its charge ended. What changes later shows in `payonce.payment`. */
export type SettledPayment = Omit<
  Payment,
  'status' | 'retryAfterMs' | 'nextAttemptAtMs' | 'chargeN' | 'inDoubt' | 'seq'
>;

interface Settled {
  /** Whether this call started the charge; otherwise it joined or found it. */
  readonly started: boolean;
  /** Whether the key had been seen before. */
  readonly replayed: boolean;
}

/** The customer has paid: ship. Only this outcome means that. */
export interface Paid extends Settled {
  readonly outcome: 'paid';
  readonly payment: SettledPayment & { readonly status: 'COMPLETED' };
}

/** The charge has ended without money: it is proved that nothing was charged. */
export interface NotPaid extends Settled {
  /** `declined`: the gateway said no. `failed`: the gateway failed. */
  readonly outcome: 'declined' | 'failed';
  readonly payment: SettledPayment & { readonly status: 'FAILED' };
  readonly code: FailureProblem;
  /** What happened, what was not done, what to do; for people. */
  readonly detail: string;
  /** Whether the order may be charged again under a new key, as it was known when the charge ended. Payonce checks it again. */
  readonly safeToRetryWithNewKey: boolean;
}

/** Nothing is proved yet: do not ship, and do not charge in another way. Ask again with the same order and key. */
export type Pending =
  | {
      readonly outcome: 'pending';
      /** `in_progress`: the charge is under way. `in_doubt`: it failed, but a late word about its money is being looked into. */
      readonly reason: 'in_progress' | 'in_doubt';
      readonly payment: Payment;
      /** When to ask again, in milliseconds. */
      readonly retryAfterMs: number;
      readonly replayed: boolean;
    }
  | {
      readonly outcome: 'pending';
      /** The database did not say whether the order was accepted: it may be charged, or it may never have been stored. */
      readonly reason: 'store_outcome_unknown';
      readonly payment: null;
      readonly detail: string;
      readonly retryAfterMs: number;
      readonly replayed: boolean;
    };

/** A person must decide. Do not ship, and do not charge in another way. */
export interface InReview {
  readonly outcome: 'review';
  readonly payment: Payment;
  /** Why, in a stable word. */
  readonly reason: string;
  readonly retryAfterMs: number;
  readonly replayed: boolean;
}

/** Nothing was sent to the gateway for this call. */
export interface Refused {
  readonly outcome: 'refused';
  readonly code: Exclude<ChargeProblem, 'store_outcome_unknown'>;
  /** What happened, what was not done, what to do; for people. */
  readonly detail: string;
  /** The order's payment, where there is one. It need not be paid: look at its status. */
  readonly payment: Payment | null;
  /** When to try again, in milliseconds, where that may help. */
  readonly retryAfterMs?: number;
  readonly replayed: boolean;
}

/** What became of a charge. `outcome` is all that a program needs to decide. */
export type ChargeResult = Paid | NotPaid | Pending | InReview | Refused;

export interface AccountOption {
  /** Default `default`. */
  readonly accountId?: string | undefined;
}

export interface PaymentsFilter extends AccountOption {
  readonly orderId?: string | undefined;
  readonly status?: PaymentStatus | undefined;
  /** 1 to 500. Default 20. */
  readonly limit?: number | undefined;
  /** The id of a payment: older ones follow it. Default: from the newest. */
  readonly before?: string | undefined;
}

export interface EventsFilter extends AccountOption {
  /** The `seq` of an event: later ones follow it. Default 0. */
  readonly after?: number | undefined;
  /** 1 to 500. Default 100. */
  readonly limit?: number | undefined;
}

/**
 * Charges orders at most once each. Every method rejects with `PayonceInputError` for arguments that it does not take;
 * then nothing was stored and nothing was sent.
 */
export interface Payonce {
  /**
   * Charges the order at most once, or tells what became of it. What a gateway or a database can do is an outcome, never a
   * rejection. Rejects with the signal's reason when that ends the wait.
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
   * The payment as the database has it now; null where there is none, or where the text is no payment's id.
   * Rejects with `StoreError` when it cannot be read.
   *
   * @example
   * const payment = await payonce.payment(result.payment.paymentId);
   */
  payment(paymentId: string, options?: AccountOption): Promise<Payment | null>;

  /**
   * One page of payments, newest first. Rejects with `StoreError` when they cannot be read.
   *
   * @example
   * const [payment] = await payonce.payments({ orderId: 'ORD123' });
   */
  payments(filter?: PaymentsFilter): Promise<readonly Payment[]>;

  /**
   * One page of a payment's audit trail, oldest first; null where there is no such payment. Rejects with `StoreError` when it
   * cannot be read.
   *
   * @example
   * const events = await payonce.events(payment.paymentId, { limit: 10 });
   */
  events(paymentId: string, filter?: EventsFilter): Promise<readonly PaymentEvent[] | null>;

  /** Whether payments can be taken now: the database answers and would keep them, and `stop` was not called. */
  ready(): Promise<boolean>;

  /**
   * Takes nothing new and ends what is under way, for `withinMs` at most (0 to 600,000, default 10,000). Then whoever still
   * waits is told what is known, and the rest is left to whoever runs next. The pool and the gateway stay open: they are yours.
   */
  stop(withinMs?: number): Promise<void>;
}
