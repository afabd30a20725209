/**
 * What a worker takes up as one: a payment with its charge, or a follow-up. Each is one row with one lock, so what is promised of the fence,
 * of leases and of evidence is the same for both, and so are the tests.
 */
import type { CallOutcome } from '../../../src/domain/outcomes.ts';
import type {
  Advance,
  FollowUpAdvance,
  FollowUpRecord,
  PaymentKey,
  PaymentRecord,
  Store,
} from '../../../src/ports/store.ts';
import {
  accepted,
  advance,
  type Changes,
  complete,
  eventsOf,
  everythingAbout,
  fail,
  GATEWAY,
  intent,
  ofEveryKind,
  order,
  paymentKey,
  recordOf,
  release,
  take,
} from './fixtures.ts';
import {
  claim,
  completed,
  everythingOfFollowUps,
  failed,
  found,
  giveBack,
  opened,
  refund,
  succeed,
  trailOf,
  write,
} from './follow-up-fixtures.ts';

/** The methods take records and writes of this unit only. */
export interface Unit {
  readonly name: string;
  /** A new one of an order of its own, held by whoever opened it. Its first event is its opening. */
  held(store: Store, orderId: string, accountId?: string): Promise<PaymentRecord>;
  /** A write by whoever holds it; gives the lease back and leaves nothing due unless changed. */
  write(record: PaymentRecord, changes?: Changes): Advance;
  /** Claimed by somebody new, if its time has come. */
  take(record: PaymentRecord, claimId?: string): Advance;
  release(record: PaymentRecord, waitMs: number | null): Advance;
  complete(record: PaymentRecord): Advance;
  fail(record: PaymentRecord): Advance;
  advance(store: Store, made: Advance): ReturnType<Store['advance']>;
  read(store: Store, record: PaymentRecord): Promise<PaymentRecord>;
  trail(store: Store, record: PaymentRecord): ReturnType<typeof eventsOf>;
  /** Everything that the store says about it, apart from the time. */
  everything(store: Store, record: PaymentRecord): Promise<unknown>;
  /** A worker without a lease reports money. `payment`: default its own. */
  tell(store: Store, record: PaymentRecord, payment?: PaymentKey): Promise<'kept' | 'no_payment'>;
  /** What is due now. */
  due(store: Store): Promise<readonly PaymentRecord[]>;
}

const LATE: CallOutcome = { kind: 'approved', ref: 'ch_late' };
const EVERYTHING_DUE = { gateway: GATEWAY, limit: 100, calls: true } as const;

const PAYMENT: Unit = {
  name: 'a payment',
  held: (store, orderId, accountId) =>
    accepted(store, intent(order(orderId, accountId === undefined ? {} : { accountId }))),
  write: advance,
  take,
  release,
  complete: (record) => complete(record),
  fail: (record) => fail(record),
  advance: (store, made) => store.advance(made),
  read: (store, record) => recordOf(store, record.order),
  trail: eventsOf,
  everything: (store, record) => everythingAbout(store, record.order),
  tell: (store, record, payment = paymentKey(record)) =>
    store.addEvidence({ payment, chargeN: record.operation.n, outcome: LATE }),
  due: async (store) => (await store.due(EVERYTHING_DUE)).payments,
};

const FOLLOW_UP: Unit = {
  name: 'a follow-up',
  async held(store, orderId, accountId) {
    const wanted = intent(order(orderId, accountId === undefined ? {} : { accountId }));
    return opened(store, await refund(store, await completed(store, wanted)));
  },
  write: (record: FollowUpRecord, changes) => write(record, changes),
  take: claim,
  release: (record: FollowUpRecord, waitMs) => giveBack(record, waitMs),
  complete: (record: FollowUpRecord) => succeed(record),
  fail: (record: FollowUpRecord) => failed(record),
  advance: (store, made: FollowUpAdvance) => store.advanceFollowUp(made),
  read: (store, record: FollowUpRecord) =>
    found(store, { payment: paymentKey(record), id: record.followUp.id }),
  trail: (store, record: FollowUpRecord) => trailOf(store, record),
  everything: everythingOfFollowUps,
  tell: (store, record: FollowUpRecord, payment = paymentKey(record)) =>
    store.addFollowUpEvidence({ payment, id: record.followUp.id, outcome: LATE }),
  due: async (store) => (await store.dueFollowUps({ ...EVERYTHING_DUE, calls: ofEveryKind(true) })).followUps,
};

export const UNITS: readonly Unit[] = [PAYMENT, FOLLOW_UP];
