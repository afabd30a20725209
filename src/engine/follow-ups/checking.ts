/** What a worker checks of a follow-up beside its own call: late evidence, released ones, and whether a success has failed since. */

import type { Operation } from '../../domain/operation.ts';
import type { LookupOutcome } from '../../domain/outcomes.ts';
import {
  type Context,
  mayBeForgotten,
  NO_EVIDENCE,
  type OwnEvidence,
  onReleasedLookedUp,
  onWatched,
  type ReleasedOutcome,
  shownBy,
} from '../../domain/transition/index.ts';
import {
  type Elsewhere,
  type FollowUpNews,
  type FollowUpRecord,
  type PaymentSums,
  StoreError,
} from '../../ports/store.ts';
import { type Engine, policyOf, roomOf } from '../context.ts';
import type { Verified } from '../effects/room.ts';
import { askedAtMs, askingNow } from '../lease.ts';
import { paymentKey } from '../unit.ts';
import { notBefore } from '../verify.ts';
import { lookUpReleased, unanswered } from './released.ts';
import type { HeldFollowUp, RoomTraits } from './traits.ts';

type Decide = (context: Context) => Verified;

/** For one that has ended: looks it up again. */
export async function watch(engine: Engine, held: HeldFollowUp, traits: RoomTraits): Promise<Decide> {
  const { operation, evidence } = held.record;
  const asking = askingNow(engine, held);
  const outcome = await ownLookup(engine, held);
  const news = await newsOf(engine, held.record);
  const asked = askedAtMs(engine, asking);
  const known: LookupOutcome = news === 'unreadable' ? STORE_UNAVAILABLE : outcome;
  const told = news === 'unreadable' ? NOTHING_KNOWN : news;
  const elsewhere = stands(operation, known) ? await elsewhereAgain(engine, held, traits) : null;
  return (context) => {
    const { decision, checked } = onWatched(operation, known, { news: told, askedAtMs: asked }, context);
    return { decision, evidenceSeen: checked ? evidence : 0, others: { kind: 'nothing' }, elsewhere };
  };
}

function stands({ status }: Operation, { kind }: LookupOutcome): boolean {
  return status === 'COMPLETED' && kind === 'succeeded';
}

/** Asked again where somebody else's refunds hold up ours: one of those may have failed, or have been ours. */
async function elsewhereAgain(
  engine: Engine,
  held: HeldFollowUp,
  { askElsewhere }: RoomTraits,
): Promise<Elsewhere | null> {
  const { accountId, paymentId } = paymentKey(held.record);
  const [sums] = await engine.store.sums(accountId, [paymentId]).catch(unread);
  if (sums === undefined || sums.elsewhereMinor === 0) return null;
  const said = await askElsewhere(engine, held, true);
  return said.kind === 'said' ? said.elsewhere : null;
}

function unread(error: unknown): readonly PaymentSums[] {
  if (error instanceof StoreError) return [];
  throw error;
}

/** For one that has not ended: checks its evidence and, before it is sent, the payment's released ones of its kind. */
export async function check(engine: Engine, held: HeldFollowUp, traits: RoomTraits): Promise<Decide> {
  const { operation, evidence } = held.record;
  const { elsewhere, ...outcome } = await checked(engine, held, traits);
  return (context) => ({
    decision: onReleasedLookedUp(operation, outcome, context),
    evidenceSeen: outcome.kind === 'unavailable' ? 0 : evidence,
    others: shownBy(outcome),
    elsewhere,
  });
}

type Checked = ReleasedOutcome & Pick<Verified, 'elsewhere'>;

async function checked(engine: Engine, held: HeldFollowUp, traits: RoomTraits): Promise<Checked> {
  const { record } = held;
  try {
    const own = await ownEvidence(engine, record);
    const isSent = record.operation.step !== 'verify' || !policyOf(engine, record).contract.lookup;
    const released = isSent ? NOT_LOOKED_UP : await lookUpReleased(engine, held, traits);
    if (released.kind === 'unavailable') return { ...released, elsewhere: null };
    const { kind, elsewhere } = released;
    if (kind === 'clear') return { kind, own, elsewhere };
    // It may have been sent itself. Then the gateway says what became of it.
    const isSentBy = own.sentUntilMs !== null || own.gatewayRef !== null;
    const forgotten = isSentBy ? own : await ownForgotten(engine, held);
    if ('kind' in forgotten) return { ...forgotten, elsewhere: null };
    // What the gateway shows of this one is in its sum, and is not somebody else's.
    const isThere = forgotten.sentUntilMs !== null || forgotten.gatewayRef !== null;
    return { kind, own: forgotten, elsewhere: isThere ? null : elsewhere };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // So that the lease is given back, and not left to expire.
    const contested = record.evidence > 0;
    const { reason } = STORE_UNAVAILABLE;
    const unknown = { waitMs: null, evidenceAtMs: null, forbidden: false, elsewhere: null } as const;
    return { kind: 'unavailable', reason, contested, ...unknown };
  }
}

async function ownEvidence(
  { store }: Engine,
  { order, operation, evidence, followUp }: FollowUpRecord,
): Promise<OwnEvidence> {
  // The evidence of a review was checked when the review began, and still counts.
  if (evidence === 0 && operation.status !== 'REVIEW') return NO_EVIDENCE;
  const { sentUntilMs, moneyRef } = await store.followUpNews(order.accountId, followUp.id);
  return { sentUntilMs, gatewayRef: moneyRef };
}

/** Whether the gateway has the one that nobody here remembers sending: the database may have lost its last commits. */
async function ownForgotten(
  engine: Engine,
  held: HeldFollowUp,
): Promise<OwnEvidence | Extract<ReleasedOutcome, { kind: 'unavailable' }>> {
  const { operation } = held.record;
  const asking = askingNow(engine, held);
  const outcome = await ownLookup(engine, held);
  if (outcome.kind === 'unavailable' || outcome.kind === 'forbidden') return unanswered(outcome);
  if (outcome.kind !== 'absent') return { sentUntilMs: held.grantedAtMs, gatewayRef: null };
  const policy = policyOf(engine, held.record);
  if (!mayBeForgotten(operation, { policy, nowMs: held.grantedAtMs, roll: 0 })) return NO_EVIDENCE;
  return notBefore(engine, held, [policy.restoredAtMs], askedAtMs(engine, asking)) ?? NO_EVIDENCE;
}

function ownLookup(engine: Engine, held: HeldFollowUp): Promise<LookupOutcome> {
  if (!policyOf(engine, held.record).contract.lookup)
    return Promise.resolve({ kind: 'unavailable', reason: 'no_lookup' });
  return roomOf(engine, held.record).lookup(engine, held);
}

async function newsOf(
  { store }: Engine,
  { order, followUp, evidence }: FollowUpRecord,
): Promise<FollowUpNews | null | 'unreadable'> {
  if (evidence === 0) return null;
  try {
    return await store.followUpNews(order.accountId, followUp.id);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return 'unreadable';
  }
}

const NOT_LOOKED_UP = { kind: 'clear', elsewhere: null } as const;
const STORE_UNAVAILABLE = { kind: 'unavailable', reason: 'store_unavailable' } as const;
const NOTHING_KNOWN = { moneyAtMs: null, moneyRef: null, sentUntilMs: null } as const;
