/** Orders, keys and writes for the store's suite. Every id comes from one counter, so a failure repeats itself. */
import { expect } from 'vitest';
import { chargeKey, dashed, orderReference, requestKeyHash, uuidV7 } from '../../../src/domain/ids.ts';
import type { Operation } from '../../../src/domain/operation.ts';
import type { Order } from '../../../src/domain/payment.ts';
import type {
  Advance,
  DueFollowUpsQuery,
  DueQuery,
  Intent,
  NextCharge,
  PaymentKey,
  PaymentRecord,
  Situation,
  Store,
  StoredKey,
} from '../../../src/ports/store.ts';

export const ACCOUNT = 'acme';
export const GATEWAY = 'test-gateway';
export const LEASE_MS = 15_000;

/** For `dueFollowUps`. */
export function ofEveryKind(calls: DueQuery['calls']): DueFollowUpsQuery['calls'] {
  return { refund: calls, capture: calls, void: calls };
}

const INSTALLATION = '4f7d5c1e-8a53-4b60-9a6e-0f3c2b1d7e90';

let drawn = 0;

function hex128(): string {
  drawn += 1;
  return drawn.toString(16).padStart(32, 'a');
}

export function newClaim(): string {
  return dashed(hex128());
}

/** Later ones are greater, as UUIDv7 made one after the other are. */
export function newPaymentId(): string {
  const hex = hex128();
  return uuidV7(1_700_000_000_000 + drawn, hex);
}

export function order(orderId: string, changes: Partial<Order> = {}): Order {
  return { accountId: ACCOUNT, orderId, amountMinor: 1000, currency: 'USD', metadata: {}, ...changes };
}

export function key(name: string, fingerprint = `fingerprint of ${name}`): StoredKey {
  return { hash: requestKeyHash('POST /v1/payments', name), fingerprint };
}

export function gatewayKey({ accountId, orderId }: Order, n: number): string {
  return chargeKey(orderReference(INSTALLATION, accountId, orderId), n);
}

/** A first charge, called at once and without a client's key unless changed. */
export function intent(what: string | Order, changes: Partial<Omit<Intent, 'order'>> = {}): Intent {
  const wanted = typeof what === 'string' ? order(what) : what;
  return {
    order: wanted,
    paymentId: newPaymentId(),
    livemode: true,
    gateway: GATEWAY,
    installationId: null,
    chargeKey: gatewayKey(wanted, 1),
    key: null,
    claimId: newClaim(),
    giveUpAfterS: null,
    start: { kind: 'claimed', leaseMs: LEASE_MS },
    ...changes,
  };
}

/** The order's next charge on the terms of the failed one, unless changed. */
export function nextCharge(failed: PaymentRecord, changes: Partial<NextCharge> = {}): NextCharge {
  const n = changes.n ?? failed.operation.n + 1;
  return {
    paymentId: failed.paymentId,
    expected: { seq: failed.seq },
    n,
    order: failed.order,
    gateway: failed.gateway,
    chargeKey: gatewayKey(failed.order, n),
    verifyFirst: false,
    key: key(`charge ${n} of ${failed.order.orderId}`),
    claimId: newClaim(),
    giveUpAfterS: null,
    openedWallMs: 1_700_000_000_000 + n,
    start: { kind: 'claimed', leaseMs: LEASE_MS },
    ...changes,
  };
}

export function paymentKey(record: PaymentRecord): PaymentKey {
  const { accountId, orderId } = record.order;
  return { accountId, orderId, paymentId: record.paymentId };
}

export type Changes = Partial<Omit<Advance, 'operation' | 'expected'>> & {
  readonly operation?: Partial<Operation>;
  readonly expected?: Partial<Advance['expected']>;
};

/** A write by whoever holds the record as it is here; gives the lease back and leaves nothing due unless changed. */
export function advance(record: PaymentRecord, changes: Changes = {}): Advance {
  const { operation, expected, ...rest } = changes;
  return {
    payment: paymentKey(record),
    expected: {
      seq: record.seq,
      fence: record.fence,
      claimId: record.claimId,
      mustBeDue: false,
      ...expected,
    },
    operation: { ...record.operation, ...operation },
    event: { type: 'call.unknown', detail: null },
    lease: { kind: 'release', waitMs: null },
    settlement: null,
    evidenceSeen: 0,
    updatedAtMs: record.updatedAtMs,
    ...rest,
  };
}

/** Given back, and due again in `waitMs`. */
export function release(record: PaymentRecord, waitMs: number | null, changes: Changes = {}): Advance {
  return advance(record, { lease: { kind: 'release', waitMs }, ...changes });
}

/** Claimed by somebody new, if its time has come. */
export function take(record: PaymentRecord, claimId = newClaim()): Advance {
  return advance(record, {
    expected: { mustBeDue: true },
    event: { type: 'call.started', detail: null },
    lease: { kind: 'take', claim: { claimId, leaseMs: LEASE_MS } },
  });
}

export function complete(record: PaymentRecord, body = `{"completed":"${record.paymentId}"}`): Advance {
  return advance(record, {
    operation: { status: 'COMPLETED', step: 'none', gatewayRef: 'ch_1' },
    event: { type: 'payment.completed', detail: 'ch_1' },
    settlement: { problem: null, body, byAbsence: false },
  });
}

export function fail(
  record: PaymentRecord,
  options: { readonly body?: string; readonly byAbsence?: boolean } = {},
): Advance {
  const { body = `{"failed":"${record.paymentId}"}`, byAbsence = false } = options;
  return advance(record, {
    operation: { status: 'FAILED', step: 'none', failureCode: 'gateway_error' },
    event: { type: 'payment.failed', detail: 'gateway_error' },
    settlement: { problem: 'gateway_failed', body, byAbsence },
  });
}

/** What a charge request reads of an order of the account and of its key. */
export function seen(store: Store, orderId: string, bound: StoredKey | null = null): Promise<Situation> {
  return store.situation({ accountId: ACCOUNT, orderId, keyHash: bound?.hash ?? null });
}

/** Reads the order's payment; fails where there is none. */
export async function recordOf(
  store: Store,
  { accountId, orderId }: Pick<Order, 'accountId' | 'orderId'>,
): Promise<PaymentRecord> {
  const { payment } = await store.situation({ accountId, orderId, keyHash: null });
  if (payment === null) throw new Error(`The store has no payment for order ${orderId}.`);
  return payment;
}

/** Accepts the intent, which must be new, and reads the result. */
export async function accepted(store: Store, wanted: Intent | string): Promise<PaymentRecord> {
  const asked = typeof wanted === 'string' ? intent(wanted) : wanted;
  expect(await store.accept(asked)).toMatchObject({ kind: 'accepted' });
  return recordOf(store, asked.order);
}

/** Makes the write, which must apply, and reads the result. */
export async function done(store: Store, write: Advance): Promise<PaymentRecord> {
  expect(await store.advance(write)).toMatchObject({ kind: 'done' });
  return recordOf(store, write.payment);
}

/** Makes the writes one after the other, each from the record that the one before left. */
export async function steps(
  store: Store,
  record: PaymentRecord,
  ...writes: readonly ((record: PaymentRecord) => Advance)[]
): Promise<PaymentRecord> {
  let last = record;
  for (const write of writes) last = await done(store, write(last));
  return last;
}

/** Everything that the store says about an order and a key, apart from the time. */
export async function everythingAbout(
  store: Store,
  { accountId, orderId }: Pick<Order, 'accountId' | 'orderId'>,
  keyHash: string | null = null,
): Promise<unknown> {
  const { payment, key: bound } = timeless(await store.situation({ accountId, orderId, keyHash }));
  if (payment === null) return { payment, bound };
  const { paymentId } = payment;
  return {
    payment,
    bound,
    events: await store.events({ accountId, paymentId, after: 0, limit: 100 }),
    toVerify: await store.chargesToVerify({ accountId, orderId, paymentId }, { afterN: 0, limit: 100 }),
  };
}

/** A situation without what changes by waiting. */
export function timeless({
  key: bound,
  payment,
}: Pick<Situation, 'key' | 'payment'>): Pick<Situation, 'key' | 'payment'> {
  const still = <T extends { answer: PaymentRecord['answer'] }>(of: T | null): T | null =>
    of && { ...of, answer: of.answer && { ...of.answer, freshForMs: 0 } };
  return { key: still(bound), payment: still(payment) };
}

/** The audit trail of a payment, from its beginning. */
export async function eventsOf(store: Store, { order: { accountId }, paymentId }: PaymentRecord) {
  const events = await store.events({ accountId, paymentId, after: 0, limit: 100 });
  if (events === null) throw new Error('The store has no such payment.');
  return events;
}

/** To the hundredth of a millisecond: a store may keep times as microseconds. */
export function about(ms: number): number {
  return expect.closeTo(ms, 2);
}

export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
