/**
 * What the fake gateway really charged. Two implementations pass one suite: memory, for tests and benchmarks, and PostgreSQL, durable
 * and shared by all processes. Times are milliseconds since the epoch by the gateway's clock. They are stored and compared, never
 * waited for: a charge lands, becomes visible and settles when it is read later.
 */

/** One charge as it was booked. Its state now (settled, refunded …) follows from it and the current time. */
export interface Charge {
  /** The charge's id, such as `ch_…`. */
  readonly id: string;
  /** Its place in the order of booking, from 1. */
  readonly seq: number;
  /** The idempotency key that it was requested with. */
  readonly key: string;
  /** 0; more for another charge under a key that was ignored or had expired. */
  readonly generation: number;
  /** The `reference` of the request. */
  readonly reference: string;
  /** The `order_id` of the request; null where it had none. */
  readonly orderId: string | null;
  /** The `method` of the request, a token and never a card number; null where it had none. */
  readonly method: string | null;
  /** What was charged, in minor units; differs from what was requested only by a fault. */
  readonly amount: number;
  /** The currency that was charged, an ISO 4217 code; differs from the requested one only by a fault. */
  readonly currency: string;
  /** What was requested, in minor units of `askedCurrency`. */
  readonly askedAmount: number;
  /** The currency that was requested, an ISO 4217 code. */
  readonly askedCurrency: string;
  /** Whether success captures the money at once; otherwise a later request does. */
  readonly capture: boolean;
  /**
   * How it ended when it was booked: `succeeded`, `declined`, or `pending`, which settles later. `none`: no charge at all, only an answer
   * that is kept under the key.
   */
  readonly outcome: 'succeeded' | 'declined' | 'pending' | 'none';
  /** The HTTP status of the answer that is kept under the key and repeated. */
  readonly answer: 200 | 202 | 402 | 500;
  /** When it takes effect. Before that it does not exist, except that its key is in progress. */
  readonly createdMs: number;
  /** When lookups and lists begin to show it. */
  readonly visibleMs: number;
  /** When a pending charge settles; null for all others. */
  readonly settleMs: number | null;
  /** What a pending charge settles to: `succeeded` or `declined`; null for all others. */
  readonly settleTo: 'succeeded' | 'declined' | null;
  /** What a later request has captured, in minor units; 0 where `capture` is true. */
  readonly captured: number;
  /** What was refunded of it, in minor units. */
  readonly refunded: number;
  /** Whether it was voided before it was captured. */
  readonly voided: boolean;
}

/** A charge to be booked: without what the ledger itself fills in. */
export type NewCharge = Omit<Charge, 'id' | 'seq' | 'captured' | 'refunded' | 'voided'>;

/**
 * What can be done with a charge that succeeded: `capture` takes the money that it holds, `void` releases money that is not captured,
 * and `refund` gives back money that is.
 */
export type OperationKind = 'refund' | 'capture' | 'void';

/** A request for a refund, capture or void. */
export interface OperationRequest {
  /** Which of the three. */
  readonly kind: OperationKind;
  /** Its own idempotency key. */
  readonly key: string;
  /** The id of the charge that it is about. */
  readonly chargeId: string;
  /** In minor units; null: all that is left. A void takes none. */
  readonly amount: number | null;
  /** When it is requested. */
  readonly nowMs: number;
}

/** A refund, capture or void as it was done. */
export interface Operation {
  /** The operation's id, such as `re_…`. */
  readonly id: string;
  /** Which of the three. */
  readonly kind: OperationKind;
  /** The idempotency key that it was requested with. */
  readonly key: string;
  /** The id of the charge that it is about. */
  readonly chargeId: string;
  /** What was refunded, captured or voided, in minor units of `currency`. */
  readonly amount: number;
  /** The amount as it was requested, also null. It shows whether a key is reused. */
  readonly asked: number | null;
  /** The charge's currency. */
  readonly currency: string;
  /** The charge's reference. */
  readonly reference: string;
  /** When it was done. */
  readonly createdMs: number;
}

/**
 * Why an operation was refused. Nothing is kept under its key.
 * - `charge_not_found`: there is no such charge, or it has not taken effect yet.
 * - `key_reused`: the key was used for another operation.
 * - `charge_not_succeeded`: the charge is declined, pending, voided, or refunded in full.
 * - `amount_too_large`: more than is left.
 * - `already_captured`: a captured charge cannot be captured again or voided.
 * - `not_captured`: a charge that is not captured cannot be refunded.
 */
export type OperationError =
  | 'charge_not_found'
  | 'key_reused'
  | 'charge_not_succeeded'
  | 'amount_too_large'
  | 'already_captured'
  | 'not_captured';

/** The result of a request for an operation. */
export type OperationResult =
  /** It was done, now or by an earlier request with the same key. */
  | {
      readonly kind: 'done';
      /** The operation. */
      readonly operation: Operation;
      /** Its charge, after it. */
      readonly charge: Charge;
      /** Whether this request did it. */
      readonly created: boolean;
    }
  /** Nothing was done. */
  | {
      readonly kind: 'refused';
      /** Why. */
      readonly error: OperationError;
    };

/** Which charges, and at which time. */
export interface Filter {
  /** The time of the state to read. */
  readonly nowMs: number;
  /** Only charges with this reference. Default: all. */
  readonly reference?: string;
  /** Only charges with this order id. Default: all. */
  readonly orderId?: string;
}

/** Which page of the charges to list. */
export interface ListQuery extends Filter {
  /** `public`: what lookups show by now. `real`: all that has taken effect. */
  readonly view: 'public' | 'real';
  /** Only charges that took effect after this moment. Default: all. */
  readonly createdAfterMs?: number;
  /** Only charges after this one, the last of the page before. Default: from the first. */
  readonly after?: { readonly createdMs: number; readonly seq: number };
  /** The most charges to list, at least 1. */
  readonly limit: number;
}

/** The ledger in numbers, at one moment. */
export interface Summary {
  /** How many charges have which status at that moment. */
  readonly statuses: Readonly<Record<'succeeded' | 'declined' | 'pending' | 'refunded' | 'voided', number>>;
  /** Charges that will still take effect. They cannot be stopped. */
  readonly landing: number;
  /** What was captured and refunded, by currency, in minor units. */
  readonly money: Readonly<Record<string, { readonly captured: number; readonly refunded: number }>>;
  /** How many references have more than one live charge. */
  readonly duplicates: number;
}

/** A reference that was charged more than once. */
export interface Duplicate {
  /** The reference. */
  readonly reference: string;
  /** How many live charges it has, at least 2. */
  readonly live: number;
}

/**
 * What the fake gateway really charged: the independent judge. `createMemoryLedger` and `createPostgresLedger` make one. Every time is
 * in milliseconds since the Unix epoch, by the gateway's clock.
 */
export interface Ledger {
  /** Whether other processes may use the same ledger at the same time. */
  readonly shared: boolean;
  /** Books the charge. If its key and generation are taken, it returns the existing charge. Atomic. */
  book(charge: NewCharge): Promise<{ readonly charge: Charge; readonly created: boolean }>;
  /** Counts an attempt with the key durably, and returns its number; the first is 1. */
  countAttempt(key: string): Promise<number>;
  /** Everything that is kept under the key, in the order of `generation`: also charges that have not taken effect yet. */
  byKey(key: string): Promise<readonly Charge[]>;
  /** The charge with this id, also before it takes effect; undefined if there is none. */
  byId(id: string): Promise<Charge | undefined>;
  /** One page of the charges, by the time of their effect, then in the order of booking. */
  list(query: ListQuery): Promise<readonly Charge[]>;
  /** Refunds, captures or voids, at most once for each key. Atomic. */
  operate(request: OperationRequest): Promise<OperationResult>;
  /** The operation that was done under the key; empty if there is none. */
  operationsByKey(key: string): Promise<readonly Operation[]>;
  /** The summary of all charges that match. */
  summary(filter: Filter): Promise<Summary>;
  /** References with more than one live charge, those with the most first, at most `limit`. */
  duplicates(filter: Filter, limit: number): Promise<readonly Duplicate[]>;
  /** The settings that were written last; null if there are none. The ledger does not read their content. */
  readSettings(): Promise<unknown>;
  /** Stores the settings; null forgets them. */
  writeSettings(settings: unknown): Promise<void>;
}
