/**
 * Asking after the other charges of an order: those that failed without the gateway's own no, and those about which late
 * evidence came in. All of them, however many: nothing is called clear before.
 */

import { isSettled } from '../domain/charge.ts';
import type { LookupOutcome } from '../domain/outcomes.ts';
import { absenceProof } from '../domain/proof.ts';
import {
  mayBeForgotten,
  NO_EVIDENCE,
  type OwnEvidence,
  type VerifyOutcome,
} from '../domain/transition/index.ts';
import { type ChargeToVerify, type PaymentRecord, StoreError } from '../ports/store.ts';
import { lookAhead } from './ahead.ts';
import type { Engine } from './context.ts';
import { chargeRequest, lookUp } from './exchange.ts';
import { databaseNowMs, type Held } from './lease.ts';
import { derivedKey, stopForNames } from './names.ts';
import { paymentKey } from './write.ts';

/** Charges that are read, and then asked after, together: a lease has room for several such pages. */
const PAGE = 16;

type Ended = Exclude<VerifyOutcome, { kind: 'clear' }>;

/** Asks after everything that is in question; also, for a completed charge with late evidence, whether it exists twice. */
export async function verifyOthers(engine: Engine, held: Held): Promise<VerifyOutcome> {
  const { record } = held;
  const contested = record.evidence > 0;
  if (record.charge.status === 'COMPLETED') {
    const twin = await findTwin(engine, held, contested);
    if (twin !== null) return twin;
  }
  let own = NO_EVIDENCE;
  for (let afterN = 0; ; ) {
    const page = await readPage(engine, record, afterN);
    if (page === null) return unavailable('store_unavailable', contested);
    const current = page.find(({ n }) => n === record.charge.n);
    if (current !== undefined && !isSettled(record.charge.status)) own = evidenceOf(current);
    const ended = await verifyPage(engine, held, page);
    if (ended !== null) return ended;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    afterN = last.n;
  }
  return (await verifyAhead(engine, held)) ?? { kind: 'clear', own };
}

/** Null: as far as the gateway knows, nothing came behind a charge that a restored database says has failed. */
async function verifyAhead(engine: Engine, held: Held): Promise<Ended | null> {
  const { charge, evidence } = held.record;
  const { policy } = engine;
  const context = { policy, nowMs: held.grantedAtMs, roll: 0 };
  if (charge.status !== 'FAILED' || !policy.contract.lookup || !mayBeForgotten(charge, context)) return null;
  const ahead = await lookAhead(engine, held);
  switch (ahead.kind) {
    case 'clear':
      return null;
    case 'found':
      return { kind: 'found', chargeId: ahead.chargeId, reason: 'late_success' };
    case 'unavailable':
      return unavailable(ahead.reason, evidence > 0);
    case 'may_land':
      return unavailable(
        'may_still_land',
        evidence > 0,
        Math.max(1, ahead.atMs - databaseNowMs(engine, held) + 1),
      );
  }
}

function unavailable(reason: string, contested: boolean, waitMs: number | null = null): Ended {
  return { kind: 'unavailable', reason, waitMs, contested };
}

function evidenceOf({ sentUntilMs, moneyRef }: ChargeToVerify): OwnEvidence {
  return { sentUntilMs, gatewayRef: moneyRef };
}

/** Null: the completed charge is there once. */
async function findTwin(engine: Engine, held: Held, contested: boolean): Promise<Ended | null> {
  if (!engine.policy.contract.lookup) return null;
  const own = await lookUp(engine, held, chargeRequest(engine, held.record));
  if (own.kind === 'duplicated')
    return { kind: 'found', chargeId: own.chargeIds.join(' '), reason: 'late_success' };
  if (own.kind === 'unavailable' || own.kind === 'forbidden') return unavailable(own.reason, contested);
  return null;
}

/** Null: the store could not be read; the lease is given back instead of being left to run out. */
async function readPage(
  engine: Engine,
  record: PaymentRecord,
  afterN: number,
): Promise<readonly ChargeToVerify[] | null> {
  try {
    return await engine.store.chargesToVerify(paymentKey(record), { afterN, limit: PAGE });
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

/** Null: all of them are clear. What is found comes before what could not be asked. */
async function verifyPage(
  engine: Engine,
  held: Held,
  page: readonly ChargeToVerify[],
): Promise<Ended | null> {
  const { charge } = held.record;
  const others = page.filter(({ n }) => n !== charge.n || charge.status === 'FAILED');
  const own = page.find(({ n }) => n === charge.n && charge.status === 'COMPLETED');
  const ended = await Promise.all([
    own === undefined ? null : twinMayLand(engine, held, own),
    ...others.map((one) => verifyOne(engine, held, one)),
  ]);
  return ended.find((one) => one?.kind === 'found') ?? ended.find((one) => one !== null) ?? null;
}

async function verifyOne(engine: Engine, held: Held, one: ChargeToVerify): Promise<Ended | null> {
  const { record } = held;
  const contested = record.evidence > 0;
  const hasEvidence = one.moneyEvidence || one.sentUntilMs !== null;
  if (one.gateway !== engine.gateway.name) return unavailable('other_gateway', contested);
  if (one.chargeKey !== derivedKey(engine, record.order, one.n)) {
    stopForNames(engine, { payment_id: record.paymentId });
    return unavailable('installation_changed', contested);
  }
  if (!engine.policy.contract.lookup) return hasEvidence ? lateEvidence(one) : null;
  const order = { ...record.order, amountMinor: one.amountMinor, currency: one.currency };
  const askedAtMs = Math.min(held.grantedAtMs, engine.databaseClock.atLeastMs());
  const outcome = await lookUp(engine, held, chargeRequest(engine, { order, chargeKey: one.chargeKey }));
  if (outcome.kind === 'absent') return onAbsent(engine, held, one, askedAtMs);
  // Without keys a decline is about one call; another of the same charge may still land.
  if (outcome.kind === 'declined' && engine.policy.contract.keys === 'none') {
    return mayStillLand(engine, held, one, askedAtMs);
  }
  return found(outcome, contested);
}

/** Without keys, what was sent of a completed charge once more can still become a second one. Null: it cannot. */
function twinMayLand(engine: Engine, held: Held, own: ChargeToVerify): Ended | null {
  const { keys, lookup } = engine.policy.contract;
  if (keys === 'kept' || !lookup) return null;
  return mayStillLand(engine, held, own, Math.min(held.grantedAtMs, engine.databaseClock.atLeastMs()));
}

/** What the lookup found of a charge that had failed. */
function found(outcome: Exclude<LookupOutcome, { kind: 'absent' }>, contested: boolean): Ended | null {
  switch (outcome.kind) {
    case 'declined':
      return null;
    case 'succeeded':
    case 'mismatch':
    case 'pending':
      return { kind: 'found', chargeId: outcome.chargeId, reason: 'late_success' };
    case 'duplicated':
      return { kind: 'found', chargeId: outcome.chargeIds[0] ?? null, reason: 'late_success' };
    case 'unavailable':
    case 'forbidden':
      return unavailable(outcome.reason, contested);
  }
}

/**
 * Evidence of a charge's money is not argued away by a lookup of it that finds nothing: a person must look. And what a
 * worker may have sent after its lease counts as absent only when it can no longer land.
 */
function onAbsent(engine: Engine, held: Held, one: ChargeToVerify, askedAtMs: number): Ended | null {
  const { record } = held;
  const contested = record.evidence > 0;
  if (contested && one.moneyEvidence && record.charge.status !== 'COMPLETED') return lateEvidence(one);
  return mayStillLand(engine, held, one, askedAtMs);
}

/** Null: what a worker may have sent of the charge after its lease has landed by then, or has not been sent. */
function mayStillLand(engine: Engine, held: Held, one: ChargeToVerify, askedAtMs: number): Ended | null {
  const { record } = held;
  if (one.sentUntilMs === null) return null;
  const doubt = { kind: 'open', untilMs: one.sentUntilMs } as const;
  const sent = { ...record.charge, gatewayRef: null, doubt };
  const proof = absenceProof(sent, askedAtMs, engine.policy, engine.databaseClock.trust());
  if (proof.kind !== 'from') return null;
  const waitMs = Math.max(1, proof.atMs - databaseNowMs(engine, held) + 1);
  return unavailable('may_still_land', record.evidence > 0, waitMs);
}

function lateEvidence({ moneyRef }: ChargeToVerify): Ended {
  return { kind: 'found', chargeId: moneyRef, reason: 'late_evidence' };
}
