/** How the model is driven: the driver decides when statements arrive, commit and get lost. */
import type { PaymentEvent } from '../../src/domain/payment.ts';
import type { PaymentSums, Store } from '../../src/ports/store.ts';
import type { Committed } from './committed.ts';
import type { FollowUpRow } from './follow-ups/rows.ts';
import type { PaymentRow, Row } from './rows.ts';

export type WriteMethod =
  | 'accept'
  | 'bindKey'
  | 'openNextCharge'
  | 'advance'
  | 'addEvidence'
  | 'openFollowUp'
  | 'bindFollowUpKey'
  | 'advanceFollowUp'
  | 'addFollowUpEvidence'
  | 'keepHandle'
  | 'raisePrepares'
  | 'keepAction'
  | 'shortenWaits'
  | 'wakeIdle'
  | 'wake'
  | 'noteLease'
  | 'claimMode'
  | 'keepGatewayAddress'
  | 'eraseExpiredAnswers';

export type ReadMethod =
  | 'installationId'
  | 'mode'
  | 'openElsewhere'
  | 'gatewayAddress'
  | 'situation'
  | 'due'
  | 'chargesToVerify'
  | 'answerOf'
  | 'someCharges'
  | 'payment'
  | 'payments'
  | 'events'
  | 'followUpSituation'
  | 'dueFollowUps'
  | 'followUpNews'
  | 'releasedFollowUps'
  | 'followUp'
  | 'followUpAtGateway'
  | 'followUps'
  | 'followUpEvents'
  | 'sums'
  | 'handle'
  | 'lastWish'
  | 'check';

export type Result<M extends keyof Store> = Awaited<ReturnType<Store[M]>>;

export interface DatabaseOptions {
  /** The database's clock, milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** How long frozen answers are kept; may be changed with `retain`. */
  readonly retentionMs: number;
  readonly installationId: string;
  /** Told of every committed change of a payment, after it was applied and before anyone who waited for it goes on. */
  readonly onCommit?: (change: Change) => void;
  /** The same for every committed change of a follow-up. */
  readonly onFollowUpCommit?: (change: FollowUpChange) => void;
}

/** One payment's part in a committed transaction. */
export interface Change {
  readonly kind: WriteMethod;
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
  /** Null: the payment was created. The same object as `after` if only what belongs to it changed. */
  readonly before: PaymentRow | null;
  readonly after: PaymentRow;
  /** The payment with everything that belongs to it, before and after. */
  readonly rowBefore: Row | null;
  readonly rowAfter: Row;
  /** The event that this change wrote; null: it wrote none. */
  readonly event: PaymentEvent | null;
  /** What the statement was given. */
  readonly args: unknown;
}

/** One follow-up's part in a committed transaction. */
export interface FollowUpChange {
  readonly kind: Extract<
    WriteMethod,
    | 'openFollowUp'
    | 'bindFollowUpKey'
    | 'advanceFollowUp'
    | 'addFollowUpEvidence'
    | 'shortenWaits'
    | 'wake'
    | 'eraseExpiredAnswers'
  >;
  readonly accountId: string;
  readonly paymentId: string;
  readonly id: string;
  /** Null: it was opened. The same object as `after` if only what belongs to it changed. */
  readonly before: FollowUpRow | null;
  readonly after: FollowUpRow;
  /** Those of its payment. Null: the payment had no follow-up before. */
  readonly sumsBefore: PaymentSums | null;
  readonly sumsAfter: PaymentSums;
  /** The event that this change wrote; null: it wrote none. */
  readonly event: PaymentEvent | null;
  /** What the statement was given. */
  readonly args: unknown;
}

export interface Transaction<T> {
  /** The statement's `now()`: when it reached the database, also if it then waits for locks. */
  readonly nowMs: number;
  /** Runs `ready` once all row locks are held: at once, or when their holders have ended. Never after the end. */
  whenLocked(ready: () => void): void;
  /**
   * Applies everything at once, releases the locks (waking who waits, first come first served) and returns the
   * port's result. Throws `StoreError` of kind `unfit` where the tables' constraints refuse the row;
   * then nothing is applied and it has ended as well. Only while all locks are held.
   */
  commit(): T;
  /** Releases the locks or leaves the queues; nothing is applied. Nothing happens where it has ended already. */
  rollback(): void;
  /** Whether it is neither committed nor rolled back. */
  readonly open: boolean;
  /** Whether it holds all its locks, so that it may commit. */
  readonly locked: boolean;
}

/** The committed state as it was, for `restore`; opaque. */
export interface Snapshot {
  readonly committed: Committed;
}

export interface Database {
  /** The statement arrives: it takes its snapshot and the locks that are free. */
  begin<M extends WriteMethod>(method: M, ...args: Parameters<Store[M]>): Transaction<Result<M>>;
  /** Reads what is committed now; never waits. */
  read<M extends ReadMethod>(method: M, ...args: Parameters<Store[M]>): Result<M>;
  /** An immediate stop: every open transaction is rolled back, and none of them wakes; what is committed stays. */
  crash(): void;
  /** Every committed payment, in the order of acceptance. */
  rows(): Iterable<Row>;
  /** Every committed follow-up, in the order in which they were opened. */
  followUps(): Iterable<FollowUpRow>;
  /** The payment of an order. */
  row(accountId: string, orderId: string): Row | undefined;
  /** Transactions that have neither committed nor rolled back. */
  openTransactions(): number;
  snapshot(): Snapshot;
  /** The database as an old backup knew it; open transactions are rolled back. */
  restore(snapshot: Snapshot): void;
  /** From now on the installation has another id, as after rows were put into a fresh schema. */
  reinstall(installationId: string): void;
  /** Changes how long frozen answers are kept. */
  retain(retentionMs: number): void;
}
