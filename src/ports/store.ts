import type { Charge } from '../domain/charge.ts';
import type { EventType } from '../domain/events.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import type { Order, PaymentEvent, PaymentStatus } from '../domain/payment.ts';
import type { FailureProblem } from '../domain/problems.ts';

/**
 * What the engine stores. Every method is atomic, and none makes a decision about money. Times are the database's clock in
 * milliseconds since the epoch. Waits and leases are durations that the store adds to that clock, so that no other machine's clock
 * decides who may act.
 *
 * Any method may reject with `StoreError`.
 */
export interface Store {
  /** This installation's random id, made once with the tables. */
  installationId(): Promise<string>;

  /**
   * Sets whether the payments of this database are real money. The first claim decides; a later claim of the other mode succeeds only
   * while there is no payment. Repeating it is safe.
   */
  claimMode(livemode: boolean): Promise<Mode>;
  /** The current mode, without a claim. */
  mode(): Promise<Mode>;

  /** The number of open payments of every other gateway, which no process of this one looks up. In the order of names. */
  openElsewhere(gateway: string): Promise<readonly OpenElsewhere[]>;

  /**
   * Writes the key, the payment, charge 1 and the first event, all or nothing. It does so only if neither the key nor the order exists
   * yet, the database has the mode of the intent, and the database still belongs to the intent's installation. If no mode is claimed
   * yet, it claims the intent's. Repeating it with the same `paymentId` and `claimId` is safe: see `situation`.
   */
  accept(intent: Intent): Promise<Accepted>;

  /** The key and the order as they are now. Read it when `accept` found one of them. */
  situation(query: SituationQuery): Promise<Situation>;

  /** Binds a key to an existing charge, or to no charge (`AS_IT_STANDS`). `lost`: the key was bound in the meantime; read again. */
  bindKey(binding: KeyBinding): Promise<'bound' | 'lost'>;

  /** Opens the next charge of a FAILED payment, with its key. `lost`: something changed; read again. */
  openNextCharge(
    opening: NextCharge,
  ): Promise<{ readonly kind: 'opened'; readonly nowMs: number } | { readonly kind: 'lost' }>;

  /**
   * One fenced write. It applies only if the row has the expected fence, claim and `seq`. It raises `seq` by one and adds one event.
   * `lost` has the row as it is now, so that the caller can distinguish its own write (whose acknowledgement was lost) from another
   * worker's.
   *
   * A write that settles as failed applies only if all evidence of the row has been seen: "nothing was charged" must not be written
   * over evidence of money.
   */
  advance(write: Advance): Promise<Advanced>;

  /** The due payments of one gateway, oldest first. */
  due(query: DueQuery): Promise<DuePayments>;

  /**
   * Keeps for ever what a worker received, or did not receive, after it had lost its lease, and makes the payment due. `no_payment`: the
   * evidence is kept, but the database has no such payment, so no worker will look into it.
   */
  addEvidence(evidence: Evidence): Promise<'kept' | 'no_payment'>;

  /**
   * The charges of a payment that must be looked up again: those that failed without a decline of the gateway, and those with new
   * evidence, even if the database has forgotten the charge itself. In the order of `n`, after `page.afterN`, at most `page.limit`.
   */
  chargesToVerify(payment: PaymentKey, page: ChargePage): Promise<readonly ChargeToVerify[]>;

  /** The frozen answer of one charge; null while it is unsettled or after it has expired. */
  answerOf(payment: PaymentKey, chargeN: number): Promise<StoredAnswer | null>;

  /** Stores how long this process's leases last, and returns the longest that any process ever stored. */
  noteLease(leaseMs: number): Promise<{ readonly nowMs: number; readonly longestLeaseMs: number }>;

  /**
   * Shortens waits whose end was set before the database's clock was set back. Payments that are held then wait for the longest lease
   * at most; the others are due now. One call does one page, and returns where the next page begins; null: that was the last one.
   */
  shortenWaits(query: WaitsQuery): Promise<number | null>;

  /**
   * Makes idle payments of a status due: those that wait for nothing and that no worker has looked at since `query.beforeMs`. One call
   * does one page, and returns where the next page begins; null: that was the last one.
   */
  wakeIdle(query: IdleQuery): Promise<IdleCursor | null>;

  /** A few current charges, to compare their stored gateway keys with the derived ones. The store chooses kinds, and `limit` of each. */
  someCharges(limit: number): Promise<readonly ChargeName[]>;

  /** Without the frozen answer: readers get the payment as it is now. */
  payment(accountId: string, paymentId: string): Promise<PaymentRecord | null>;
  /** Newest first; without the frozen answers. */
  payments(query: PaymentsQuery): Promise<readonly PaymentRecord[]>;
  /** Null if there is no such payment. */
  events(query: EventsQuery): Promise<readonly PaymentEvent[] | null>;

  /** Erases at most `limit` frozen answers that are older than the retention. Returns how many. */
  eraseExpiredAnswers(limit: number): Promise<number>;

  /**
   * Resolves when the database takes durable writes now; rejects with `refused` while it refuses what is asked of it. `writes`: also
   * waits until the tables can be written, which a lock may prevent.
   */
  check(options?: { readonly writes?: boolean }): Promise<void>;
}

/**
 * Why the store could not do it. Nothing was written, except perhaps with the last one:
 * - `unavailable`: not now. It may work in a moment.
 * - `refused`: not until somebody changes something at the database, such as a grant.
 * - `unfit`: not with these values. Others may work.
 * - `outcome_unknown`: the answer was lost, so it may have been written.
 */
export type StoreErrorKind = 'unavailable' | 'refused' | 'unfit' | 'outcome_unknown';

/**
 * The database could not be used. The message says what happened and, if somebody must act, what to do. `cause` is the driver's error,
 * if there is one.
 *
 * @example
 * try {
 *   await payonce.payment(paymentId);
 * } catch (error) {
 *   if (error instanceof StoreError && error.kind === 'unavailable') tryAgainLater();
 *   else throw error;
 * }
 */
export class StoreError extends Error {
  /** Why, as a code for programs. */
  readonly kind: StoreErrorKind;
  /** For Payonce itself: a caller only catches it. */
  constructor(kind: StoreErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreError';
    this.kind = kind;
  }
}

export interface Mode {
  /** Null: it is not claimed yet. */
  readonly livemode: boolean | null;
  /** There are payments, so it can never change. */
  readonly final: boolean;
}

export interface OpenElsewhere {
  readonly gateway: string;
  readonly count: number;
}

export interface PaymentKey {
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
}

/** A client's key as it is stored. */
export interface StoredKey {
  /** The `requestKeyHash` of the route and the key. */
  readonly hash: string;
  readonly fingerprint: string;
}

/** A lease that the same write takes. `leaseMs` counts from the database's now. */
export interface Claim {
  /** Random, and new for every claim. */
  readonly claimId: string;
  readonly leaseMs: number;
}

export interface Intent {
  readonly order: Order;
  readonly paymentId: string;
  /** Whether it is real money. */
  readonly livemode: boolean;
  readonly gateway: string;
  /** The installation that `chargeKey` is derived from. Null: the one that the database belongs to. */
  readonly installationId: string | null;
  /** The key that charge 1 has at the gateway. */
  readonly chargeKey: string;
  readonly key: StoredKey | null;
  readonly claimId: string;
  /** How long the charge is tried, in whole seconds; null: as the policy says. */
  readonly giveUpAfterS: number | null;
  /** Either held by the claim and counted as the first call, or released and due in `waitMs`. */
  readonly start:
    | { readonly kind: 'claimed'; readonly leaseMs: number }
    | { readonly kind: 'waiting'; readonly waitMs: number };
}

export type Accepted =
  | { readonly kind: 'accepted'; readonly nowMs: number }
  | { readonly kind: 'exists' }
  /** The database is of the other mode (real or test payments), so nothing was written. */
  | { readonly kind: 'mode_lost' }
  /** The database belongs to another installation than the intent's, so nothing was written. */
  | { readonly kind: 'other_installation' };

export interface SituationQuery {
  readonly accountId: string;
  readonly orderId: string;
  readonly keyHash: string | null;
}

export interface Situation {
  readonly nowMs: number;
  /** Null: the key was never seen, or the query named none. */
  readonly key: BoundKey | null;
  /** Null: the order was never seen. */
  readonly payment: PaymentRecord | null;
}

/** A key and the operation that it is bound to. */
export interface BoundKey {
  readonly fingerprint: string;
  readonly chargeN: number;
  /** Whether this key's request started the operation. */
  readonly started: boolean;
  /** The operation's frozen answer; null while it is unsettled or after it has expired. */
  readonly answer: StoredAnswer | null;
  readonly expired: boolean;
}

export interface StoredAnswer {
  /** Null: completed. */
  readonly problem: FailureProblem | null;
  readonly body: string;
  /** How long the answer may still be given, in milliseconds. */
  readonly freshForMs: number;
}

/** A payment with everything that a worker needs. */
export interface PaymentRecord {
  readonly order: Order;
  readonly paymentId: string;
  readonly gateway: string;
  readonly charge: Charge;
  /** The current charge's key at the gateway, as it was when the charge was opened. */
  readonly chargeKey: string;
  readonly seq: number;
  readonly fence: number;
  /** The last claim, whether it is still held or not. */
  readonly claimId: string;
  readonly held: boolean;
  /** While held, the end of the lease; else the next try. Null: nothing to do. */
  readonly dueAtMs: number | null;
  /** Pieces of unfenced evidence that no worker has looked into yet. */
  readonly evidence: number;
  /** Earlier charges that failed without a decline of the gateway. */
  readonly absences: number;
  /** How the current charge failed; null if it has not. It is kept longer than the answer's body. */
  readonly problem: FailureProblem | null;
  /** The current charge's frozen answer, if settled and not expired. */
  readonly answer: StoredAnswer | null;
  readonly createdAtMs: number;
  /** Never goes back from one `seq` to the next. */
  readonly updatedAtMs: number;
}

export interface KeyBinding {
  readonly payment: PaymentKey;
  readonly chargeN: number;
  readonly key: StoredKey;
}

export interface NextCharge {
  readonly paymentId: string;
  readonly expected: { readonly seq: number };
  readonly n: number;
  /** The terms of this charge; they may differ from those of the failed one. */
  readonly order: Order;
  readonly gateway: string;
  readonly chargeKey: string;
  readonly verifyFirst: boolean;
  readonly key: StoredKey;
  readonly claimId: string;
  readonly giveUpAfterS: Intent['giveUpAfterS'];
  readonly start: Intent['start'];
}

export interface Advance {
  readonly payment: PaymentKey;
  /** The row must have exactly these. For a claim, it must also be due. */
  readonly expected: {
    readonly seq: number;
    readonly fence: number;
    readonly claimId: string;
    readonly mustBeDue: boolean;
  };
  readonly charge: Charge;
  readonly event: { readonly type: EventType; readonly detail: string | null };
  /**
   * What happens to the lease. `take`: the writer takes it, and the fence rises by one. `release`: the holder gives it back. `pass`: a
   * writer that does not hold it does not take it either; the row still gets a new claim and the fence rises, so that the last holder
   * never mistakes this write for its own. `waitMs`: when the row is due again; null: never.
   */
  readonly lease:
    | { readonly kind: 'take'; readonly claim: Claim }
    | { readonly kind: 'release'; readonly waitMs: number | null }
    | { readonly kind: 'pass'; readonly claimId: string; readonly waitMs: number | null };
  /** Set by the write that settles the operation. */
  readonly settlement: Settlement | null;
  /** Pieces of evidence that this write has dealt with. */
  readonly evidenceSeen: number;
  /** By the database's clock, as the writer knows it. Not earlier than the row's last update. */
  readonly updatedAtMs: number;
}

export interface Settlement {
  readonly problem: FailureProblem | null;
  /** The frozen answer's bytes. */
  readonly body: string;
  /** It failed without a decline of the gateway. */
  readonly byAbsence: boolean;
}

export type Advanced =
  | {
      readonly kind: 'done';
      readonly nowMs: number;
      /** Pieces of evidence still to be looked into. */
      readonly evidence: number;
    }
  | { readonly kind: 'lost'; readonly record: PaymentRecord | null };

export interface DueQuery {
  /** The adapter's name: no charge is looked up at another gateway. */
  readonly gateway: string;
  readonly limit: number;
  /** Whether to include payments that wait for a call: all, none, or those that were due before then. Those with evidence are always included. */
  readonly calls: boolean | { readonly dueBeforeMs: number };
  /**
   * For a process that cannot look charges up. Leaves out payments without evidence that wait for anything but a call, until they are
   * overdue by so much, in milliseconds. Default, and null: leaves out none.
   */
  readonly lookupsOverdueMs?: number | null;
}

export interface DuePayments {
  readonly nowMs: number;
  readonly payments: readonly PaymentRecord[];
}

export interface Evidence {
  readonly payment: PaymentKey;
  readonly chargeN: number;
  readonly outcome: CallOutcome;
}

export interface ChargePage {
  readonly afterN: number;
  readonly limit: number;
}

export interface ChargeToVerify {
  readonly n: number;
  /** Where it was made: only that gateway can look it up. */
  readonly gateway: string;
  /** Null: the database has forgotten the charge, and only evidence shows it. The other fields are then the payment's. */
  readonly chargeKey: string | null;
  readonly amountMinor: number;
  readonly currency: string;
  /** When the last evidence came in that this charge moved money, by the clock at that time; null: there is none. */
  readonly moneyAtMs: number | null;
  /** The gateway's id of the charge, from that evidence. */
  readonly moneyRef: string | null;
  /** Until when a worker that had lost its lease may have sent this charge; null: none has. */
  readonly sentUntilMs: number | null;
}

export interface IdleQuery {
  readonly gateway: string;
  readonly status: 'FAILED' | 'REVIEW';
  /** By the database's clock. Null: all, whenever a worker looked at them. */
  readonly beforeMs: number | null;
  /** Null: from the beginning. */
  readonly after: IdleCursor | null;
  readonly limit: number;
}

export interface IdleCursor {
  readonly accountId: string;
  readonly paymentId: string;
}

/** A charge's stored key at the gateway, with what it is derived from. */
export interface ChargeName {
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
  readonly n: number;
  readonly chargeKey: string;
}

export interface WaitsQuery {
  readonly gateway: string;
  /** Where the page begins, as the last page returned it; null: from the beginning. */
  readonly after: number | null;
  readonly limit: number;
}

export interface PaymentsQuery {
  readonly accountId: string;
  readonly orderId?: string;
  readonly status?: PaymentStatus;
  readonly limit: number;
  readonly before?: string;
}

export interface EventsQuery {
  readonly accountId: string;
  readonly paymentId: string;
  readonly after: number;
  readonly limit: number;
}
