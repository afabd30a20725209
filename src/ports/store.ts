import type { Charge } from '../domain/charge.ts';
import type { EventType } from '../domain/events.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import type { Order, PaymentEvent, PaymentStatus } from '../domain/payment.ts';
import type { FailureProblem } from '../domain/problems.ts';

/**
 * The durable side of the engine. Every method is atomic; none makes a decision about money. Times are the
 * database's clock in milliseconds since the epoch; waits and leases are durations that the store adds to
 * that clock itself, so that no other machine's clock decides who may act.
 *
 * Any method may reject with `StoreError`.
 */
export interface Store {
  /** This installation's random id, made once with the tables. */
  installationId(): Promise<string>;

  /**
   * Whether the payments of this database are real money: the first claim decides, and a later one of the other mode
   * prevails only while there is no payment. Repeating it is safe.
   */
  claimMode(livemode: boolean): Promise<Mode>;
  /** The mode as it is, without a claim. */
  mode(): Promise<Mode>;

  /** Payments of other gateways that are not at rest: nobody here asks after them. By gateway, in the order of names. */
  openElsewhere(gateway: string): Promise<readonly OpenElsewhere[]>;

  /**
   * Writes the key, the payment, charge 1 and the first event, all or nothing, if neither the key nor the
   * order exists yet, if the database's mode is the intent's, and if the database still belongs to the installation that
   * the intent names. A mode that nobody has claimed is claimed by it. Repeating it with the same `paymentId` and `claimId`
   * is safe: see `situation`.
   */
  accept(intent: Intent): Promise<Accepted>;

  /** What the key and the order look like now; read where `accept` found something there. */
  situation(query: SituationQuery): Promise<Situation>;

  /** Binds a key to an existing charge, or to none of them (`AS_IT_STANDS`). `lost`: the key was bound in the meantime; read again. */
  bindKey(binding: KeyBinding): Promise<'bound' | 'lost'>;

  /** Opens the next charge of a FAILED payment, with its key. `lost`: something changed; read again. */
  openNextCharge(
    opening: NextCharge,
  ): Promise<{ readonly kind: 'opened'; readonly nowMs: number } | { readonly kind: 'lost' }>;

  /**
   * One fenced write: applies only to the row whose fence, claim and `seq` are the expected ones, raises `seq`
   * by one and adds one event. `lost` carries the row as it is now, so that the caller can tell its own write
   * (whose acknowledgement was lost) from somebody else's.
   *
   * A write that settles as failed applies only where all of the row's evidence has been seen: what says that nothing
   * was charged must not be written over evidence of money.
   */
  advance(write: Advance): Promise<Advanced>;

  /** Payments of one gateway whose time has come, oldest first. */
  due(query: DueQuery): Promise<DuePayments>;

  /**
   * What a worker heard, or did not hear, after it had lost its lease: kept for ever, and the payment made due.
   * `no_payment`: the evidence is kept, but the database has no such payment, so nobody will look into it.
   */
  addEvidence(evidence: Evidence): Promise<'kept' | 'no_payment'>;

  /**
   * The charges of a payment that the gateway must be asked about again: those that failed without its own no, and
   * those about which evidence came in, also where the database has forgotten the charge itself. In the order of `n`,
   * after `page.afterN`, at most `page.limit`.
   */
  chargesToVerify(payment: PaymentKey, page: ChargePage): Promise<readonly ChargeToVerify[]>;

  /** The frozen answer of one charge; null while it is unsettled or after it has expired. */
  answerOf(payment: PaymentKey, chargeN: number): Promise<StoredAnswer | null>;

  /** Notes how long this process's leases last, and returns the longest of all processes that ever noted theirs. */
  noteLease(leaseMs: number): Promise<{ readonly nowMs: number; readonly longestLeaseMs: number }>;

  /**
   * Payments that wait although a clock which has been set back since has said until when: those that are held wait for
   * the longest lease at most, the others are due now. A page at a time; returns where the next one begins, null: that was
   * the last.
   */
  shortenWaits(query: WaitsQuery): Promise<number | null>;

  /**
   * Makes payments of a status due that wait for nothing and that nobody has looked at since `query.beforeMs`, a page at a time.
   * Returns where the next page begins; null: that was the last.
   */
  wakeIdle(query: IdleQuery): Promise<IdleCursor | null>;

  /** A few current charges, `limit` of each kind that the store finds useful, to compare their stored gateway keys with the derived ones. */
  someCharges(limit: number): Promise<readonly ChargeName[]>;

  /** Without the frozen answer: readers are shown the payment as it stands. */
  payment(accountId: string, paymentId: string): Promise<PaymentRecord | null>;
  /** Newest first; without the frozen answers. */
  payments(query: PaymentsQuery): Promise<readonly PaymentRecord[]>;
  /** Null where there is no such payment. */
  events(query: EventsQuery): Promise<readonly PaymentEvent[] | null>;

  /** Erases frozen answers older than the retention, at most `limit`; how many it erased. */
  eraseExpiredAnswers(limit: number): Promise<number>;

  /** Resolves when the database takes durable writes now; rejects with `refused` while it refuses what is asked of it. */
  check(): Promise<void>;
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
 * The database could not be used. The message says what happened and, where somebody must act, what to do. `cause` is the driver's error,
 * where there is one.
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
  /** Why, for a program to decide by. */
  readonly kind: StoreErrorKind;
  /** For Payonce itself: a caller only catches it. */
  constructor(kind: StoreErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreError';
    this.kind = kind;
  }
}

export interface Mode {
  /** Null: nobody has claimed it yet. */
  readonly livemode: boolean | null;
  /** There are payments, so it stays as it is for good. */
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
  /** `requestKeyHash` of route and key. */
  readonly hash: string;
  readonly fingerprint: string;
}

/** A lease to be taken in the same write; `leaseMs` from the database's now. */
export interface Claim {
  /** Random, drawn anew for every claim. */
  readonly claimId: string;
  readonly leaseMs: number;
}

export interface Intent {
  readonly order: Order;
  readonly paymentId: string;
  /** Whether it is real money. */
  readonly livemode: boolean;
  readonly gateway: string;
  /** The installation that `chargeKey` is derived from. Null: whichever the database belongs to. */
  readonly installationId: string | null;
  /** The key that charge 1 has at the gateway. */
  readonly chargeKey: string;
  readonly key: StoredKey | null;
  readonly claimId: string;
  /** How long the charge is tried, in whole seconds; null: as the policy says. */
  readonly giveUpAfterS: number | null;
  /** Held by the claim and counted as the first call, or released and due in `waitMs`. */
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
  /** The key that the current charge was given at the gateway when it was opened. */
  readonly chargeKey: string;
  readonly seq: number;
  readonly fence: number;
  /** The last claim, held or not. */
  readonly claimId: string;
  readonly held: boolean;
  /** The lease's end while held, else the next try; null: nothing to do. */
  readonly dueAtMs: number | null;
  /** Pieces of unfenced evidence that nobody has looked into yet. */
  readonly evidence: number;
  /** Earlier charges that failed without the gateway's own no. */
  readonly absences: number;
  /** How the current charge failed; null while it has not. Outlives the answer's body. */
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
  /** The row must carry exactly these, and for a claim its time must have come. */
  readonly expected: {
    readonly seq: number;
    readonly fence: number;
    readonly claimId: string;
    readonly mustBeDue: boolean;
  };
  readonly charge: Charge;
  readonly event: { readonly type: EventType; readonly detail: string | null };
  /**
   * What happens to the lease. `take`: taken, and the fence rises by one. `release`: the holder gives it back. `pass`: somebody
   * who does not hold it writes without taking it; the claim is a new one all the same and the fence rises, so that the last
   * holder never takes this write for its own. `waitMs`: due again then; null: never.
   */
  readonly lease:
    | { readonly kind: 'take'; readonly claim: Claim }
    | { readonly kind: 'release'; readonly waitMs: number | null }
    | { readonly kind: 'pass'; readonly claimId: string; readonly waitMs: number | null };
  /** Set by the write that settles the operation. */
  readonly settlement: Settlement | null;
  /** Pieces of evidence that this write has dealt with. */
  readonly evidenceSeen: number;
  /** By the database's clock, as the writer knows it; not before the row's last. */
  readonly updatedAtMs: number;
}

export interface Settlement {
  readonly problem: FailureProblem | null;
  /** The frozen answer's bytes. */
  readonly body: string;
  /** Failed without the gateway's own no. */
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
  /** The adapter's name: nobody asks one gateway about another's charges. */
  readonly gateway: string;
  readonly limit: number;
  /** Whether those that wait to be sent are wanted, too: all, none, or those that were due before then. Evidence is always wanted. */
  readonly calls: boolean | { readonly dueBeforeMs: number };
  /**
   * Given by who cannot look charges up: leaves out those without evidence that wait for anything but a call, until they are overdue by
   * so much, in milliseconds. Default, and null: leaves out none.
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
  /** Where it was made: only that gateway can tell. */
  readonly gateway: string;
  /** Null: the database has forgotten the charge, and only evidence tells of it. What else is said is then the payment's. */
  readonly chargeKey: string | null;
  readonly amountMinor: number;
  readonly currency: string;
  /** When the last evidence of this very charge's money came in, by the clock of then; null: none has. */
  readonly moneyAtMs: number | null;
  /** The gateway's id of the charge, as that evidence named it. */
  readonly moneyRef: string | null;
  /** A worker that had lost its lease may have sent this charge, until then at the latest; null: none has. */
  readonly sentUntilMs: number | null;
}

export interface IdleQuery {
  readonly gateway: string;
  readonly status: 'FAILED' | 'REVIEW';
  /** By the database's clock. Null: whenever they were looked at. */
  readonly beforeMs: number | null;
  /** Null: from the beginning. */
  readonly after: IdleCursor | null;
  readonly limit: number;
}

export interface IdleCursor {
  readonly accountId: string;
  readonly paymentId: string;
}

/** A charge's name at the gateway, as stored and with what it is derived from. */
export interface ChargeName {
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
  readonly n: number;
  readonly chargeKey: string;
}

export interface WaitsQuery {
  readonly gateway: string;
  /** Where the page begins, as the one before has returned it; null: from the beginning. */
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
