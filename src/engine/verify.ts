/**
 * Looks up the other charges of an order: those that failed without a decline, and those with late evidence. The
 * order is clear only when all of them are, however many there are.
 */

import { isDeclineFinal } from '../domain/contract.ts';
import { isMade, isSettled } from '../domain/operation.ts';
import { type LookupOutcome, onAnyTerms } from '../domain/outcomes.ts';
import { absenceProof } from '../domain/proof.ts';
import {
  mayBeForgotten,
  NO_EVIDENCE,
  type OwnEvidence,
  type VerifyOutcome,
} from '../domain/transition/index.ts';
import { type ChargeToVerify, type PaymentRecord, StoreError } from '../ports/store.ts';
import { lookAhead } from './ahead.ts';
import { lastEvidenceAtMs, pagesToVerify } from './charges-to-verify.ts';
import { type Engine, policyOf } from './context.ts';
import { askedAtMs, askingNow, databaseNowMs, type Held } from './lease.ts';
import { chargeOf, lookUpCharge, seals } from './look-up-charge.ts';
import { derivedKey, stopForNames } from './names.ts';
import { paymentKey } from './unit.ts';
import type { VerifyProgress } from './verify-progress.ts';

type Found = Omit<Extract<VerifyOutcome, { kind: 'found' }>, 'own'>;
type Unavailable = Extract<VerifyOutcome, { kind: 'unavailable' }>;
type Ended = Found | Unavailable;

/**
 * Looks up every charge that must be verified. For a completed charge with late evidence, also checks whether it
 * exists twice. If one lease is too short, the next one continues where `progress` says.
 */
export async function verifyOthers(
  engine: Engine,
  held: Held,
  progress: VerifyProgress,
): Promise<VerifyOutcome> {
  const { record } = held;
  try {
    // All evidence counts as checked when this ends, whatever is found first.
    const own = await readOwn(engine, record);
    const ended = await askAfterAll(engine, held, progress);
    if (ended === null) return { kind: 'clear', own };
    if (ended.kind === 'found') return { ...ended, own };
    const waits = ended.contested && isSettled(record.operation.status);
    return { ...ended, evidenceAtMs: waits ? await lastEvidenceAtMs(engine, record) : null };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // So that the lease is given back, and not left to expire.
    return unavailable('store_unavailable', record.evidence > 0);
  }
}

/** Null: everything is clear. */
async function askAfterAll(engine: Engine, held: Held, progress: VerifyProgress): Promise<Ended | null> {
  const { record } = held;
  const contested = record.evidence > 0;
  if (isMade(record.operation.status)) {
    const twin = await findTwin(engine, held, contested);
    if (twin !== null) return twin;
  }
  const begunN = progress.reached(record);
  let reachedN = begunN;
  let sawOwn = false;
  for await (const page of pagesToVerify(engine, record, begunN)) {
    const { ended, clearUntilN } = await verifyPage(engine, held, page);
    reachedN = clearUntilN ?? reachedN;
    sawOwn ||= page.some(({ n }) => n === record.operation.n);
    if (ended !== null) return goOnLater(progress, record, ended, { begunN, reachedN });
  }
  const own = sawOwn ? null : await findAfterNo(engine, held);
  if (own !== null) return own;
  const ahead = await verifyAhead(engine, held);
  return ahead === null ? null : goOnLater(progress, record, ahead, { begunN, reachedN });
}

/** If this lease made progress, the next one continues at once. */
function goOnLater(
  progress: VerifyProgress,
  record: PaymentRecord,
  ended: Ended,
  { begunN, reachedN }: { readonly begunN: number; readonly reachedN: number },
): Ended {
  if (ended.kind === 'found') return ended;
  progress.keep(record, reachedN);
  if (reachedN === begunN || ended.waitMs !== null) return ended;
  return { ...ended, waitMs: 1 };
}

/** For a charge that has failed in a restored database. Null: the gateway knows no later charge. */
async function verifyAhead(engine: Engine, held: Held): Promise<Ended | null> {
  const { operation, evidence } = held.record;
  const { policy } = engine;
  const context = { policy, nowMs: held.grantedAtMs, roll: 0 };
  // The review may be about such a charge, and nothing else would look it up again.
  const isAsked = operation.status === 'REVIEW' && operation.failureCode === 'late_success';
  const isInQuestion = isAsked || (operation.status === 'FAILED' && mayBeForgotten(operation, context));
  if (!isInQuestion || !policy.contract.lookup) return null;
  const ahead = await lookAhead(engine, held);
  switch (ahead.kind) {
    case 'clear':
    case 'taken_back':
      return null;
    case 'found':
      return { kind: 'found', ref: ahead.ref, reason: 'late_success' };
    case 'unavailable':
      return { ...unavailable(ahead.reason, evidence > 0), forbidden: ahead.forbidden };
    case 'may_land':
      return unavailable(
        'may_still_land',
        evidence > 0,
        Math.max(1, ahead.atMs - databaseNowMs(engine, held) + 1),
      );
  }
}

function unavailable(reason: string, contested: boolean, waitMs: number | null = null): Unavailable {
  return { kind: 'unavailable', reason, waitMs, contested, evidenceAtMs: null, forbidden: false };
}

/** The gateway did not say what happened to a charge. */
function unanswered(
  { kind, reason }: Extract<LookupOutcome, { kind: 'unavailable' | 'forbidden' }>,
  contested: boolean,
): Unavailable {
  return { ...unavailable(reason, contested), forbidden: kind === 'forbidden' };
}

/** What evidence shows about the unsettled charge itself. */
async function readOwn({ store }: Engine, record: PaymentRecord): Promise<OwnEvidence> {
  const { n, status } = record.operation;
  // The evidence of a review was checked when the review began, and still counts.
  const isWanted = record.evidence > 0 || status === 'REVIEW';
  if (!isWanted || isSettled(status)) return NO_EVIDENCE;
  const page = await store.chargesToVerify(paymentKey(record), { afterN: n - 1, limit: 1 });
  const own = page.find((one) => one.n === n);
  return own === undefined ? NO_EVIDENCE : { sentUntilMs: own.sentUntilMs, gatewayRef: own.moneyRef };
}

/** Null: the completed charge exists once. */
async function findTwin(engine: Engine, held: Held, contested: boolean): Promise<Ended | null> {
  if (!engine.policy.contract.lookup) return null;
  const own = await lookUpCharge(engine, held, chargeOf(held.record), seals.nothing);
  if (own.kind === 'duplicated') return { kind: 'found', ref: own.refs.join(' '), reason: 'late_success' };
  if (own.kind === 'unavailable' || own.kind === 'forbidden') return unanswered(own, contested);
  return null;
}

/**
 * For a charge that has failed by the gateway's own word, and that is looked up all the same: an event says that its money moved. Null: it holds
 * no money.
 */
async function findAfterNo(engine: Engine, held: Held): Promise<Ended | null> {
  const { operation, evidence } = held.record;
  if (operation.status !== 'FAILED' || evidence > 0 || !engine.policy.contract.lookup) return null;
  const own = await lookUpCharge(engine, held, chargeOf(held.record), seals.whatIsOpen);
  return own.kind === 'absent' || own.kind === 'reversed' ? null : found(own, false);
}

interface PageEnded {
  /** Null: all of them are clear. Found money counts before a missing answer. */
  readonly ended: Ended | null;
  /** All up to this one are clear. Null: not even the first is. */
  readonly clearUntilN: number | null;
}

async function verifyPage(engine: Engine, held: Held, page: readonly ChargeToVerify[]): Promise<PageEnded> {
  const answers = await Promise.all(page.map((one) => verifyOne(engine, held, one)));
  const firstOpen = answers.findIndex((answer) => answer !== null);
  const clear = firstOpen === -1 ? page : page.slice(0, firstOpen);
  const found = answers.filter((answer) => answer?.kind === 'found');
  const worst = found.find(({ reason }) => reason !== 'other_gateway') ?? found[0];
  return {
    ended: worst ?? firstUnanswered(answers),
    clearUntilN: clear.at(-1)?.n ?? null,
  };
}

/** Null: all are clear. A refusal of our credentials is reported even if another answer came before it. */
function firstUnanswered(answers: readonly (Ended | null)[]): Unavailable | null {
  const missing = answers.filter((answer) => answer?.kind === 'unavailable');
  const [first] = missing;
  return first === undefined ? null : { ...first, forbidden: missing.some(({ forbidden }) => forbidden) };
}

/** Null: clear, or not to be looked up here. */
async function verifyOne(engine: Engine, held: Held, one: ChargeToVerify): Promise<Ended | null> {
  const { operation } = held.record;
  if (one.n !== operation.n || operation.status === 'FAILED') return verifyOther(engine, held, one);
  return isMade(operation.status) ? verifyTwin(engine, held, one) : null;
}

async function verifyOther(engine: Engine, held: Held, one: ChargeToVerify): Promise<Ended | null> {
  const { record } = held;
  const contested = record.evidence > 0;
  const hasEvidence = one.moneyAtMs !== null || one.sentUntilMs !== null;
  if (one.gateway !== engine.gateway.name) {
    return hasEvidence
      ? { kind: 'found', ref: one.moneyRef, reason: 'other_gateway' }
      : unavailable('other_gateway', contested);
  }
  const derived = derivedKey(engine, record.order, one.n);
  // A charge that the database has forgotten has no stored key.
  if (one.chargeKey !== null && one.chargeKey !== derived) {
    stopForNames(engine, { payment_id: record.paymentId });
    return unavailable('installation_changed', contested);
  }
  if (!engine.policy.contract.lookup) return hasEvidence ? lateEvidence(one) : null;
  const order = { ...record.order, amountMinor: one.amountMinor, currency: one.currency };
  const asking = askingNow(engine, held);
  const answer = await lookUpCharge(
    engine,
    held,
    { order, gatewayKey: derived, paymentId: record.paymentId, n: one.n },
    seals.whatIsOpen,
  );
  const outcome = one.chargeKey === null ? onAnyTerms(answer) : answer;
  const atMs = askedAtMs(engine, asking);
  if (outcome.kind === 'absent') return onAbsent(engine, held, one, atMs);
  // Otherwise a decline is about one call. Another call of the same charge may have been approved, or may still land.
  if (outcome.kind === 'declined' && !isDeclineFinal(engine.policy.contract)) {
    return onAbsent(engine, held, one, atMs);
  }
  if (outcome.kind === 'reversed') return onReversed(engine, held, outcome.refs, { one, atMs });
  return found(outcome, contested);
}

/**
 * Whether evidence shows a second charge besides a completed one that its lookup does not show. Null: it does not.
 * A key that is kept has one charge, unless the gateway itself named another one, or something was sent after the
 * key expired.
 */
function verifyTwin(engine: Engine, held: Held, own: ChargeToVerify): Ended | null {
  const named = own.moneyRef !== null && own.moneyRef !== held.record.operation.gatewayRef;
  const unguarded = mayHaveMissedItsKey(engine, held, own.sentUntilMs);
  if (!named && !unguarded) return null;
  // Only a person can find out whether it was charged.
  if (!engine.policy.contract.lookup) return lateEvidence(own);
  const waiting = notBefore(engine, held, [own.moneyAtMs, own.sentUntilMs], askingNow(engine, held).atMs);
  return waiting ?? (named ? lateEvidence(own) : null);
}

/** Whether something sent until then may have landed when the gateway no longer kept the key, or if it never keeps keys. */
function mayHaveMissedItsKey({ policy }: Engine, { record }: Held, sentUntilMs: number | null): boolean {
  const { keys, keyWindowMs, landsWithinMs } = policy.contract;
  if (sentUntilMs === null) return false;
  const { firstSentAtMs, openedAtMs } = record.operation;
  return keys === 'none' || sentUntilMs + landsWithinMs >= (firstSentAtMs ?? openedAtMs) + keyWindowMs;
}

/** What the lookup found about a charge that had failed. */
function found(
  outcome: Exclude<LookupOutcome, { kind: 'absent' | 'reversed' }>,
  contested: boolean,
): Ended | null {
  switch (outcome.kind) {
    case 'declined':
    case 'sealed':
      return null;
    // No money has moved. But it still may, as long as the seal has not worked.
    case 'open':
    case 'requires_action':
      return unavailable('not_sealed', contested);
    case 'succeeded':
    case 'captured':
    case 'mismatch':
    case 'pending':
      return { kind: 'found', ref: outcome.ref, reason: 'late_success' };
    case 'duplicated':
      return { kind: 'found', ref: outcome.refs[0] ?? null, reason: 'late_success' };
    case 'unavailable':
    case 'forbidden':
      return unanswered(outcome, contested);
  }
}

/** A charge that was taken back is not live. Evidence that names another charge is about that one. */
function onReversed(
  engine: Engine,
  held: Held,
  refs: readonly string[],
  { one, atMs }: { readonly one: ChargeToVerify; readonly atMs: number },
): Ended | null {
  const isTold = one.moneyRef === null || refs.includes(one.moneyRef);
  if (!isTold) return onAbsent(engine, held, one, atMs);
  // Without keys, another call of the same charge may have been approved, or may still land.
  if (engine.policy.contract.keys === 'kept') return null;
  return notBefore(engine, held, [one.moneyAtMs, one.sentUntilMs], atMs);
}

/**
 * A lookup that finds nothing does not disprove evidence of money: a person must check it. Besides a completed
 * charge, the lookup first gets its time, because an alarm that names the charge is better. What a worker may have
 * sent after its lease counts as absent only when it can no longer land.
 */
function onAbsent(engine: Engine, held: Held, one: ChargeToVerify, atMs: number): Ended | null {
  const { record } = held;
  const isOpen = record.evidence > 0 || record.operation.status === 'REVIEW';
  const money = isOpen && one.moneyAtMs !== null;
  if (money && !isMade(record.operation.status)) return lateEvidence(one);
  const waiting = notBefore(engine, held, [money ? one.moneyAtMs : null, one.sentUntilMs], atMs);
  return waiting ?? (money ? lateEvidence(one) : null);
}

/** Null: everything that was sent of the charge until these times has landed by now, and lookups show it. */
export function notBefore(
  engine: Engine,
  held: Held,
  sentUntilMs: readonly (number | null)[],
  atMs: number,
): Unavailable | null {
  const { record } = held;
  const trust = engine.databaseClock.trust();
  let fromMs: number | null = null;
  for (const untilMs of sentUntilMs) {
    if (untilMs === null) continue;
    const sent = { ...record.operation, gatewayRef: null, doubt: { kind: 'open', untilMs } } as const;
    const proof = absenceProof(sent, atMs, policyOf(engine, record), trust);
    if (proof.kind === 'from') fromMs = Math.max(fromMs ?? proof.atMs, proof.atMs);
  }
  if (fromMs === null) return null;
  const waitMs = Math.max(1, fromMs - databaseNowMs(engine, held) + 1);
  return unavailable('may_still_land', record.evidence > 0, waitMs);
}

function lateEvidence({ moneyRef }: ChargeToVerify): Ended {
  return { kind: 'found', ref: moneyRef, reason: 'late_evidence' };
}
