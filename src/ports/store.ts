import type { NextAction } from '../domain/outcomes.ts';
import type { PaymentEvent } from '../domain/payment.ts';
import type { Advance, Advanced } from './store/advance.ts';
import type { AddressChange, ChargeName, GatewayAddress, Mode, OpenElsewhere } from './store/checks.ts';
import type {
  DueFollowUps,
  DueFollowUpsQuery,
  FollowUpAdvance,
  FollowUpAdvanced,
  FollowUpAtGateway,
  FollowUpEventsQuery,
  FollowUpEvidence,
  FollowUpIntent,
  FollowUpKeyBinding,
  FollowUpName,
  FollowUpNews,
  FollowUpOpened,
  FollowUpRecord,
  FollowUpSituation,
  FollowUpSituationQuery,
  FollowUpsQuery,
  PaymentSums,
  ReleasedQuery,
} from './store/follow-ups.ts';
import type { ChargeOf, StoredHandle } from './store/handles.ts';
import type { Accepted, Intent, KeyBinding, NextCharge } from './store/opening.ts';
import type { EventsQuery, PaymentsQuery } from './store/reads.ts';
import type { PaymentKey, PaymentRecord, Situation, SituationQuery, StoredAnswer } from './store/records.ts';
import type { StoredWish, UnitKey } from './store/wishes.ts';
import type {
  ChargePage,
  ChargeToVerify,
  DuePayments,
  DueQuery,
  Evidence,
  IdleCursor,
  IdleQuery,
  WaitsQuery,
  Wake,
} from './store/work.ts';

export type * from './store/advance.ts';
export type * from './store/checks.ts';
export { StoreError } from './store/error.ts';
export type * from './store/follow-ups.ts';
export type * from './store/handles.ts';
export type * from './store/opening.ts';
export type * from './store/reads.ts';
export type * from './store/records.ts';
export type * from './store/wishes.ts';
export type * from './store/work.ts';

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

  /** Where the gateway was at the last start, and what is open there. */
  gatewayAddress(gateway: string): Promise<GatewayAddress>;
  /** Keeps a new address. `lost`: another process has kept one in the meantime; read again. */
  keepGatewayAddress(change: AddressChange): Promise<'kept' | 'lost'>;

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

  /**
   * Makes a row due for a lookup, `query.waitMs` from now. Only its timer changes: neither fence nor `seq` changes, and no event is written. A
   * row that waits for a call is never woken. `lost`: it has changed since it was read, a worker holds it, it waits for a call, or it is due
   * sooner. Nothing was written then; read again.
   */
  wake(query: Wake): Promise<'woken' | 'lost'>;

  /** A few current charges, to compare their stored gateway keys with the derived ones. The store chooses kinds, and `limit` of each. */
  someCharges(limit: number): Promise<readonly ChargeName[]>;

  /** Without the frozen answer: readers get the payment as it is now. */
  payment(accountId: string, paymentId: string): Promise<PaymentRecord | null>;
  /** Newest first; without the frozen answers. */
  payments(query: PaymentsQuery): Promise<readonly PaymentRecord[]>;
  /** Null if there is no such payment. */
  events(query: EventsQuery): Promise<readonly PaymentEvent[] | null>;

  /**
   * Opens a refund of a COMPLETED payment, or a capture or a void of an AUTHORIZED one: writes its key, itself and its first event, and reserves its amount in the payment's sums, all
   * or nothing. It does so only if neither the key nor the name exists, and if what is refunded, being refunded and refunded elsewhere
   * leaves room for it. A capture or a void reserves nothing, but keeps all others of both kinds out. Repeating it is safe: `followUpSituation` then shows a row with its `claimId`.
   */
  openFollowUp(intent: FollowUpIntent): Promise<FollowUpOpened>;

  /** The key, the follow-up, its payment and the sums as they are now. */
  followUpSituation(query: FollowUpSituationQuery): Promise<FollowUpSituation>;

  /** Binds a key to an existing follow-up. `lost`: the key was bound in the meantime, or there is no such follow-up; read again. */
  bindFollowUpKey(binding: FollowUpKeyBinding): Promise<'bound' | 'lost'>;

  /**
   * As `advance`, for a follow-up: one fenced write of its row. It changes the payment's sums by what this write changes. The sums are never
   * checked here: what is proved is written.
   */
  advanceFollowUp(write: FollowUpAdvance): Promise<FollowUpAdvanced>;

  /** As `due`, for follow-ups. Each kind has a page of its own, so that none keeps another one from being found. */
  dueFollowUps(query: DueFollowUpsQuery): Promise<DueFollowUps>;

  /** As `addEvidence`, for a follow-up. */
  addFollowUpEvidence(evidence: FollowUpEvidence): Promise<'kept' | 'no_payment'>;

  /** What the evidence about a follow-up says. */
  followUpNews(accountId: string, id: string): Promise<FollowUpNews>;

  /** The payment's follow-ups that failed without the gateway's word. */
  releasedFollowUps(query: ReleasedQuery): Promise<readonly FollowUpRecord[]>;

  /** Null if there is none. Without the frozen answer. */
  followUp(name: FollowUpName): Promise<FollowUpRecord | null>;
  /** Null if the payment has none with this key, or with this id at the gateway. Without the frozen answer. */
  followUpAtGateway(query: FollowUpAtGateway): Promise<FollowUpRecord | null>;
  /** Newest first; without the frozen answers. */
  followUps(query: FollowUpsQuery): Promise<readonly FollowUpRecord[]>;
  /** Null if there is no such follow-up. */
  followUpEvents(query: FollowUpEventsQuery): Promise<readonly PaymentEvent[] | null>;
  /** The sums of those payments that have any: a payment without follow-ups has none. */
  sums(accountId: string, paymentIds: readonly string[]): Promise<readonly PaymentSums[]>;

  /** What a charge was prepared on; null: nothing of that is stored. Only charges at a gateway of two steps have it. */
  handle(charge: ChargeOf): Promise<StoredHandle | null>;

  /**
   * Stores the handle, if the charge has none, and returns the stored one: whoever comes second gets the first one's. It needs no claim, and
   * repeating it is safe.
   */
  keepHandle(charge: ChargeOf, handle: string): Promise<string>;

  /** Raises `prepares` to `to`, if it is less. It needs no claim, and repeating it is safe. */
  raisePrepares(charge: ChargeOf, to: number): Promise<void>;

  /** Stores what the customer has to do, or that there is nothing to do. Nothing changes if the charge has no handle. */
  keepAction(charge: ChargeOf, action: NextAction | null): Promise<void>;

  /** The last wish about the row, open or ended; null: there never was one. */
  lastWish(unit: UnitKey): Promise<StoredWish | null>;

  /** Erases at most `limit` frozen answers that are older than the retention. Returns how many. */
  eraseExpiredAnswers(limit: number): Promise<number>;

  /**
   * Resolves when the database takes durable writes now; rejects with `refused` while it refuses what is asked of it. `writes`: also
   * waits until the tables can be written, which a lock may prevent.
   */
  check(options?: { readonly writes?: boolean }): Promise<void>;
}
