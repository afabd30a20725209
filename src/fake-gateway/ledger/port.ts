/**
 * What the fake gateway really charged. Two implementations pass one suite: memory, for tests and benchmarks, and PostgreSQL, durable
 * and shared by all processes. Times are milliseconds since the epoch by the gateway's clock. They are stored and compared, never
 * waited for: a charge or a refund lands, becomes visible and settles when it is read later.
 */
import type { Transact } from './books.ts';

/** One charge as it was booked, and what was requested of it. Its state now (settled, refunded …) follows from it and the current time. */
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
  /** The `account_id` of the request; null where it had none. */
  readonly accountId: string | null;
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
  /** When money that is only authorised is let go, if it is not captured before; null for charges that capture at once. */
  readonly expiresMs: number | null;
  /** What was requested of it later, by the time of its effect, then in the order of booking: also what has not taken effect yet. */
  readonly operations: readonly BookedOperation[];
}

/** A charge to be booked: without what the ledger itself fills in. */
export type NewCharge = Omit<Charge, 'id' | 'seq' | 'operations'>;

/**
 * What can be done with a charge that succeeded: `capture` takes the money that it holds, `void` releases money that is not captured,
 * and `refund` gives back money that is.
 */
export type OperationKind = 'refund' | 'capture' | 'void';

/** A refund, capture or void to be booked: without what the ledger itself fills in. */
export interface NewOperation {
  /** Which of the three. */
  readonly kind: OperationKind;
  /** Its own idempotency key. */
  readonly key: string;
  /** The id of the charge that it is about. */
  readonly chargeId: string;
  /** The amount as it is requested, in minor units; null: all that is left. A void takes none. It also shows whether a key is reused. */
  readonly asked: number | null;
  /** Whether it takes one minor unit more than requested, or one less if no more is left. */
  readonly wrongAmount: boolean;
  /**
   * How it ends when it takes effect: `succeeded`, `failed`, or `pending`, which settles later. `none`: nothing is done, and only an
   * answer is kept under the key.
   */
  readonly outcome: 'succeeded' | 'failed' | 'pending' | 'none';
  /** The HTTP status of the answer that is kept under the key and repeated. */
  readonly answer: 200 | 202 | 402 | 500;
  /**
   * When it takes effect. If that is later than the request, the key is in progress until then, and only then it is decided whether and
   * how much is possible. If nothing is possible, nothing was done, and the key counts as unused.
   */
  readonly createdMs: number;
  /** When lookups begin to show it. */
  readonly visibleMs: number;
  /** When its status changes; null if it never does. */
  readonly settleMs: number | null;
  /** What its status changes to: `succeeded` or `failed`; null if it never does. */
  readonly settleTo: 'succeeded' | 'failed' | null;
}

/** A refund, capture or void in the ledger. */
export interface BookedOperation extends NewOperation {
  /** The operation's id, such as `re_…`. */
  readonly id: string;
  /** Its place in the order of booking, from 1. */
  readonly seq: number;
  /** In minor units; null if it takes effect after its request. Then it is decided from the ledger's content, at each reading. */
  readonly amount: number | null;
}

/** A refund, capture or void that has taken effect. */
export interface Operation extends BookedOperation {
  /** What was refunded, captured or voided, in minor units of the charge's currency. */
  readonly amount: number;
}

/**
 * Why an operation was refused. Nothing is kept under its key.
 * - `charge_not_found`: there is no such charge, or it has not taken effect yet.
 * - `key_reused`: the key was used for another operation.
 * - `in_progress`: the operation under the key takes effect later.
 * - `charge_not_succeeded`: the charge is declined, pending, voided or let go, or refunded in full.
 * - `amount_too_large`: more than is left.
 * - `operation_under_way`: another capture or void of the charge is pending.
 * - `already_captured`: a captured charge cannot be captured again or voided.
 * - `not_captured`: a charge that is not captured cannot be refunded.
 */
export type OperationError =
  | 'charge_not_found'
  | 'key_reused'
  | 'in_progress'
  | 'charge_not_succeeded'
  | 'amount_too_large'
  | 'operation_under_way'
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
  /** It takes effect later, if it is possible then. */
  | {
      readonly kind: 'landing';
      /** The operation. */
      readonly operation: BookedOperation;
      /** Its charge. */
      readonly charge: Charge;
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
  /** What was captured and refunded, by currency, in minor units. A pending refund counts, a failed one does not. */
  readonly money: Readonly<Record<string, { readonly captured: number; readonly refunded: number }>>;
  /** How many references have more than one live charge. */
  readonly duplicates: number;
  /** How many refunds have which status at that moment. `landing`: they are still to take effect, if they are possible then. */
  readonly refunds: Readonly<Record<'succeeded' | 'pending' | 'failed' | 'landing', number>>;
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
  /** Refunds, captures or voids, at most once for each key. Atomic. `nowMs`: when it is requested. */
  operate(operation: NewOperation, nowMs: number): Promise<OperationResult>;
  /** The charge that has the operation under this key, also before that takes effect; undefined if there is none. */
  byOperationKey(key: string): Promise<Charge | undefined>;
  /** Runs a transaction of a protocol with rules of its own. Atomic. */
  readonly transact: Transact;
  /** The summary of all charges that match. */
  summary(filter: Filter): Promise<Summary>;
  /** References with more than one live charge, those with the most first, at most `limit`. */
  duplicates(filter: Filter, limit: number): Promise<readonly Duplicate[]>;
  /** The settings that were written last; null if there are none. The ledger does not read their content. */
  readSettings(): Promise<unknown>;
  /** Stores the settings; null forgets them. */
  writeSettings(settings: unknown): Promise<void>;
}
