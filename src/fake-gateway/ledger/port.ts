/**
 * What the fake gateway really charged. Two implementations pass one suite: memory, for tests and benchmarks, and
 * PostgreSQL, durable and shared by all processes. Times are milliseconds since the epoch by the gateway's clock,
 * stored and compared, never waited for: a charge lands, becomes visible and settles by being read later.
 */

/** One charge as booked. What it is *now* (settled, refunded …) is derived: `charge-state.ts`. */
export interface Charge {
  readonly id: string;
  /** Order of booking. */
  readonly seq: number;
  readonly key: string;
  /** 0, or more for a further charge under a key that was ignored or had expired. */
  readonly generation: number;
  readonly reference: string;
  readonly orderId: string | null;
  /** A token, never a card number. */
  readonly method: string | null;
  /** What was charged, in minor units; differs from what was asked for only by a fault. */
  readonly amount: number;
  readonly currency: string;
  readonly askedAmount: number;
  readonly askedCurrency: string;
  /** Whether success captures at once. */
  readonly capture: boolean;
  /** `none`: no charge at all, only an answer that is kept under the key. */
  readonly outcome: 'succeeded' | 'declined' | 'pending' | 'none';
  /** Status of the answer that is kept under the key and replayed. */
  readonly answer: 200 | 202 | 402 | 500;
  /** When it takes effect. Before that it does not exist, except that its key is in progress. */
  readonly createdMs: number;
  /** From when on lookups and lists show it. */
  readonly visibleMs: number;
  /** When a pending charge settles; `null` for all others. */
  readonly settleMs: number | null;
  readonly settleTo: 'succeeded' | 'declined' | null;
  /** Captured by a later request, where `capture` is false. */
  readonly captured: number;
  readonly refunded: number;
  readonly voided: boolean;
}

export type NewCharge = Omit<Charge, 'id' | 'seq' | 'captured' | 'refunded' | 'voided'>;

export type OperationKind = 'refund' | 'capture' | 'void';

export interface OperationRequest {
  readonly kind: OperationKind;
  readonly key: string;
  readonly chargeId: string;
  /** Minor units; `null`: all that is left. A void takes none. */
  readonly amount: number | null;
  readonly nowMs: number;
}

export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly key: string;
  readonly chargeId: string;
  readonly amount: number;
  /** The amount as asked for, to tell whether a key is reused. */
  readonly asked: number | null;
  readonly currency: string;
  readonly reference: string;
  readonly createdMs: number;
}

/** Codes of a refused operation; nothing is kept under its key. */
export type OperationError =
  | 'charge_not_found'
  | 'key_reused'
  | 'charge_not_succeeded'
  | 'amount_too_large'
  | 'already_captured'
  | 'not_captured';

export type OperationResult =
  | {
      readonly kind: 'done';
      readonly operation: Operation;
      readonly charge: Charge;
      readonly created: boolean;
    }
  | { readonly kind: 'refused'; readonly error: OperationError };

/** Which charges; what is left out does not restrict. */
export interface Filter {
  readonly nowMs: number;
  readonly reference?: string;
  readonly orderId?: string;
}

export interface ListQuery extends Filter {
  /** `public`: what lookups show by now. `real`: all that has taken effect. */
  readonly view: 'public' | 'real';
  readonly createdAfterMs?: number;
  /** Continues after this charge. */
  readonly after?: { readonly createdMs: number; readonly seq: number };
  readonly limit: number;
}

export interface Summary {
  /** Charges by what they are now. */
  readonly statuses: Readonly<Record<'succeeded' | 'declined' | 'pending' | 'refunded' | 'voided', number>>;
  /** Charges on their way: they will take effect, and nobody can stop them. */
  readonly landing: number;
  /** Money by currency, in minor units. */
  readonly money: Readonly<Record<string, { readonly captured: number; readonly refunded: number }>>;
  /** References with more than one live charge. */
  readonly duplicates: number;
}

export interface Duplicate {
  readonly reference: string;
  /** Live charges. */
  readonly live: number;
}

export interface Ledger {
  /** Whether other processes may use the same ledger at this moment. */
  readonly shared: boolean;
  /** Books the charge, unless its key and generation are taken: then the one that is there comes back. Atomic. */
  book(charge: NewCharge): Promise<{ readonly charge: Charge; readonly created: boolean }>;
  /** Counts an attempt with the key that goes wrong, durably; the first is 1. */
  countAttempt(key: string): Promise<number>;
  /** All charges of the key that took or will take effect, and what else is kept under it, oldest first. */
  byKey(key: string): Promise<readonly Charge[]>;
  byId(id: string): Promise<Charge | undefined>;
  /** By time of effect, then order of booking. */
  list(query: ListQuery): Promise<readonly Charge[]>;
  /** Refunds, captures or voids, at most once per key. Atomic. */
  operate(request: OperationRequest): Promise<OperationResult>;
  operationsByKey(key: string): Promise<readonly Operation[]>;
  summary(filter: Filter): Promise<Summary>;
  /** References with more than one live charge, the largest numbers first. */
  duplicates(filter: Filter, limit: number): Promise<readonly Duplicate[]>;
  /** The settings that were last written, or `null`. Opaque here. */
  readSettings(): Promise<unknown>;
  /** `null` forgets them. */
  writeSettings(settings: unknown): Promise<void>;
}
