/** Refunds for the store's suite: what opens them, what writes to them, and what is read of them. */
import { expect } from 'vitest';
import type { Operation } from '../../../src/domain/operation.ts';
import type {
  Advance,
  Elsewhere,
  FollowUpAdvance,
  FollowUpIntent,
  FollowUpRecord,
  FollowUpSituation,
  Intent,
  PaymentRecord,
  PaymentSums,
  Store,
} from '../../../src/ports/store.ts';
import {
  accepted,
  advance,
  complete,
  done,
  gatewayKey,
  intent,
  LEASE_MS,
  newClaim,
  newPaymentId,
  paymentKey,
} from './fixtures.ts';

/** What every completed payment of the suite has captured, in minor units. */
export const CAPTURED = 1000;
const NO_CHANGE = { refundingMinor: 0, refundedMinor: 0, absences: 0 } as const;

/** A COMPLETED payment of 1,000. */
export async function completed(store: Store, wanted: Intent | string = 'the order'): Promise<PaymentRecord> {
  return done(store, complete(await accepted(store, wanted)));
}

export type RefundChanges = Partial<Omit<FollowUpIntent, 'terms'>> & {
  readonly terms?: Partial<FollowUpIntent['terms']>;
};

/** A refund of 70 that is called at once, without a client's key unless changed. */
export async function refund(
  store: Pick<Store, 'installationId'>,
  payment: PaymentRecord,
  name = 'r-1',
  { terms, ...changes }: RefundChanges = {},
): Promise<FollowUpIntent> {
  const amountMinor = changes.amountMinor ?? 70;
  return {
    kind: 'refund',
    payment: paymentKey(payment),
    terms: {
      id: newPaymentId(),
      name,
      keyHash: null,
      chargeRef: 'ch_1',
      askedMinor: amountMinor,
      reason: null,
      ...terms,
    },
    amountMinor,
    currency: 'USD',
    metadata: {},
    gateway: payment.gateway,
    gatewayKey: gatewayKey(payment.order, 100),
    installationId: await store.installationId(),
    key: null,
    claimId: newClaim(),
    verifyFirst: false,
    expected: { absences: 0 },
    start: { kind: 'claimed', leaseMs: LEASE_MS },
    ...changes,
  };
}

/** What a request for a refund reads, by its name or its key. */
export function lookAt(
  store: Store,
  { accountId, paymentId }: { readonly accountId: string; readonly paymentId: string },
  name: string | null,
  keyHash: string | null = null,
): Promise<FollowUpSituation> {
  return store.followUpSituation({ accountId, paymentId, kind: 'refund', name, keyHash });
}

/** The follow-up with its answer; fails if there is none. */
export async function followUpOf(store: Store, { payment, terms }: FollowUpIntent): Promise<FollowUpRecord> {
  const { followUp } = await lookAt(store, payment, terms.name);
  if (followUp === null) throw new Error(`The store has no follow-up ${terms.name}.`);
  return followUp;
}

/** Opens it, which must succeed, and reads it. */
export async function opened(store: Store, wanted: FollowUpIntent): Promise<FollowUpRecord> {
  expect(await store.openFollowUp(wanted)).toEqual({ kind: 'opened', nowMs: expect.any(Number) });
  return followUpOf(store, wanted);
}

/** A refund of a new COMPLETED payment, opened. */
export async function aRefund(
  store: Store,
  orderId = 'the order',
  changes: RefundChanges = {},
): Promise<FollowUpRecord> {
  return opened(store, await refund(store, await completed(store, intent(orderId)), 'r-1', changes));
}

export type FollowUpChanges = Partial<Omit<FollowUpAdvance, 'operation' | 'expected' | 'sums'>> & {
  readonly operation?: Partial<Operation>;
  readonly expected?: Partial<Advance['expected']>;
  readonly sums?: Partial<FollowUpAdvance['sums']>;
};

/** What the gateway said of refunds by somebody else, with the sums when it was asked. Default: exactly so much. */
export function elsewhere(
  amountMinor: number,
  {
    refundingMinor,
    refundedMinor,
    absences = 0,
  }: Omit<Elsewhere['asked'], 'absences'> & { readonly absences?: number },
  exact = true,
): Elsewhere {
  return { amountMinor, asked: { refundingMinor, refundedMinor, absences }, exact };
}

/** A write by whoever holds it; gives the lease back, leaves nothing due and changes no sum unless changed. */
export function write(record: FollowUpRecord, changes: FollowUpChanges = {}): FollowUpAdvance {
  const { sums, elsewhere: learnt = null, id = record.followUp.id, ...others } = changes;
  const { settledMinor = record.settledMinor, ...rest } = others;
  return { ...advance(record, rest), id, settledMinor, sums: { ...NO_CHANGE, ...sums }, elsewhere: learnt };
}

export function claim(record: FollowUpRecord, claimId = newClaim()): FollowUpAdvance {
  return write(record, {
    expected: { mustBeDue: true },
    event: { type: 'call.started', detail: null },
    lease: { kind: 'take', claim: { claimId, leaseMs: LEASE_MS } },
  });
}

export function giveBack(
  record: FollowUpRecord,
  waitMs: number | null,
  changes: FollowUpChanges = {},
): FollowUpAdvance {
  return write(record, { lease: { kind: 'release', waitMs }, ...changes });
}

/** Its whole amount goes from being refunded to refunded. */
export function succeed(
  record: FollowUpRecord,
  { body = '{"refunded":true}', ...changes }: FollowUpChanges & { readonly body?: string } = {},
): FollowUpAdvance {
  const amount = record.order.amountMinor;
  return write(record, {
    operation: { status: 'COMPLETED', step: 'none', gatewayRef: 're_1' },
    event: { type: 'refund.succeeded', detail: null },
    settlement: { problem: null, body, byAbsence: false },
    sums: { refundingMinor: -amount, refundedMinor: amount },
    ...changes,
  });
}

/** Its whole amount is free again. */
export function failed(
  record: FollowUpRecord,
  {
    body = '{"refunded":false}',
    byAbsence = false,
  }: { readonly body?: string; readonly byAbsence?: boolean } = {},
): FollowUpAdvance {
  return write(record, {
    operation: { status: 'FAILED', step: 'none', failureCode: 'gateway_error' },
    event: { type: 'refund.failed', detail: 'gateway_error' },
    settlement: { problem: byAbsence ? 'gateway_failed' : 'refund_declined', body, byAbsence },
    sums: { refundingMinor: -record.order.amountMinor, absences: byAbsence ? 1 : 0 },
  });
}

/** Makes the write, which must apply, and reads the result. */
export async function written(store: Store, made: FollowUpAdvance): Promise<FollowUpRecord> {
  expect(await store.advanceFollowUp(made)).toMatchObject({ kind: 'done' });
  return found(store, made);
}

/** The follow-up of a write, with its answer. */
export async function found(
  store: Store,
  { payment, id }: Pick<FollowUpAdvance, 'payment' | 'id'>,
): Promise<FollowUpRecord> {
  const { accountId, paymentId } = payment;
  const all = await store.followUps({ accountId, paymentId, kind: 'refund', limit: 500 });
  const name = all.find(({ followUp }) => followUp.id === id)?.followUp.name ?? null;
  const { followUp } = await lookAt(store, payment, name);
  if (followUp === null) throw new Error('The store has no such follow-up.');
  return followUp;
}

/** The sums of the payment, those of a payment without follow-ups included. */
export async function sumsOf(
  store: Store,
  payment: Pick<PaymentRecord, 'order' | 'paymentId'>,
): Promise<PaymentSums> {
  const { accountId } = payment.order;
  return (await lookAt(store, { accountId, paymentId: payment.paymentId }, null)).sums;
}

/** The words of its audit trail. */
export async function trailOf(store: Store, { order, paymentId, followUp }: FollowUpRecord) {
  const name = { accountId: order.accountId, paymentId, kind: 'refund', name: followUp.name } as const;
  const events = await store.followUpEvents({ ...name, after: 0, limit: 100 });
  if (events === null) throw new Error('The store has no such follow-up.');
  return events;
}

/** A record without what changes by waiting. */
function still<T extends PaymentRecord | null>(record: T): T {
  return record && { ...record, answer: record.answer && { ...record.answer, freshForMs: 0 } };
}

/** Everything that the store says about the follow-ups of a payment. */
export async function everythingOfFollowUps(
  store: Store,
  payment: Pick<PaymentRecord, 'order' | 'paymentId'>,
  keyHash: string | null = null,
): Promise<unknown> {
  const { accountId } = payment.order;
  const { paymentId } = payment;
  const of = { accountId, paymentId, kind: 'refund' } as const;
  const records = await store.followUps({ ...of, limit: 100 });
  const names = records.map(({ followUp }) => followUp.name);
  return {
    sums: await sumsOf(store, payment),
    bound: (await lookAt(store, { accountId, paymentId }, null, keyHash)).key,
    followUps: await Promise.all(
      names.map(async (name) => still((await lookAt(store, { accountId, paymentId }, name)).followUp)),
    ),
    events: await Promise.all(
      names.map((name) => store.followUpEvents({ ...of, name, after: 0, limit: 100 })),
    ),
    news: await Promise.all(records.map(({ followUp }) => store.followUpNews(accountId, followUp.id))),
  };
}
