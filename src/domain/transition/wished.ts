/** Decisions about an operation in REVIEW whose outcome an operator has stated: after one more look at the gateway. */
import { isDeclineFinal } from '../contract.ts';
import { EFFECTS } from '../effects.ts';
import { isNotAsked } from '../not-asked.ts';
import type { Operation } from '../operation.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { lookupWaitMs } from '../policy.ts';
import { absenceProof } from '../proof.ts';
import { inWords, type KnownWish, type Wish, type WishEnd } from '../wish.ts';
import { type Context, completed, type Decision, failed } from './decision.ts';
import { onLookupEnded } from './lookup-ended.ts';
import type { ReleasedOutcome } from './released.ts';
import type { VerifyOutcome } from './verified.ts';

/** What the look has shown. */
export interface Looks {
  /** What follows from late evidence, and from the other operations: the order's other charges, or the payment's released follow-ups. */
  readonly checked: Decision;
  readonly others: Shown;
  /** Of the operation itself. Null: the gateway has no lookups. */
  readonly own: LookupOutcome | null;
  /**
   * The amount in the operator's word, in minor units, if it is not the one that was asked for. Then the gateway was asked for the operation
   * with this amount. Null: it is the same, or the word has none.
   */
  readonly otherMinor: number | null;
  /** By the database's clock, before the first of these questions was sent. */
  readonly askedAtMs: number;
}

/** What the check of the other operations has shown. */
export type Shown =
  | { readonly kind: 'nothing' }
  /** The gateway was asked, and has not answered. */
  | { readonly kind: 'silence' }
  /** The gateway shows another charge of the order that is live. `ref` null: its id is not known. */
  | { readonly kind: 'money'; readonly ref: string | null }
  /** The check has not ended. `waitMs`: when it goes on; null: soon. */
  | { readonly kind: 'unfinished'; readonly waitMs: number | null };

/** Evidence, and a gateway that cannot be asked from here, are what a person is there for. So they show nothing. */
export function shownBy(outcome: VerifyOutcome | ReleasedOutcome): Shown {
  switch (outcome.kind) {
    case 'found':
      return outcome.reason === 'late_success' ? { kind: 'money', ref: outcome.ref } : { kind: 'nothing' };
    case 'unavailable':
      return outcome.waitMs !== null || isNotAsked(outcome.reason)
        ? { kind: 'unfinished', waitMs: outcome.waitMs }
        : { kind: 'silence' };
    default:
      return { kind: 'nothing' };
  }
}

export interface Wished {
  readonly decision: Decision;
  /** Null: the wish stays open. */
  readonly end: WishEnd | null;
}

/**
 * Decides about the wish. Proof is stronger, in either direction; only a gateway that shows nothing lets the wish stand. Once it has shown
 * that a wish was wrong, silence is not enough: it must answer. The same holds for a wish with another amount than was asked for, and for
 * `failed` if the review began because a lookup had shown another charge's money.
 */
export function onWished(
  { wish, refutedBefore }: Pick<KnownWish, 'wish' | 'refutedBefore'>,
  looks: Looks,
  context: Context,
): Wished {
  const { checked, own, others, otherMinor, askedAtMs } = looks;
  const looked =
    own === null || checked.settled !== undefined
      ? checked
      : onLookupEnded(checked.next, own, askedAtMs, context);
  const { settled } = looked;
  if (settled !== undefined) {
    const agrees = (settled.problem === null) === (wish.outcome === 'completed');
    return agrees ? { decision: withAmount(looked, otherMinor), end: 'confirmed' } : refuted(looked, wish);
  }
  const landsAtMs = mayLandUntilMs(looked.next, askedAtMs, context);
  const isNoFinal = isDeclineFinal(context.policy.contract) || landsAtMs === null;
  if (isAgainst(wish, looks, isNoFinal)) return refuted(looked, wish);
  if (others.kind === 'unfinished' || !wasAsked(own) || isUnsealed(own)) {
    const waitMs = others.kind === 'unfinished' ? others.waitMs : null;
    return { decision: within(looked, waitMs ?? context.policy.lookupBaseMs), end: null };
  }
  const needsAnswer = refutedBefore || otherMinor !== null || isAgainstShown(wish, checked.next);
  if (needsAnswer && isSilent(looks)) return { decision: stillWished(looked, context), end: null };
  if (wish.outcome === 'failed' && landsAtMs !== null) {
    return { decision: within(looked, Math.max(1, landsAtMs - context.nowMs + 1)), end: null };
  }
  return { decision: carriedOut(looked.next, wish, looks, context), end: 'carried_out' };
}

/**
 * Whether the gateway shows that the wish is wrong, although this does not end the review.
 * @param isNoFinal whether nothing is made any more under a key that the gateway has declined.
 */
function isAgainst({ outcome }: Wish, { own, others, otherMinor }: Looks, isNoFinal: boolean): boolean {
  // Money on other terms is not this payment's, and it is live.
  if (own?.kind === 'mismatch') return true;
  if (outcome === 'completed' && own !== null && isNo(own) && isNoFinal) return true;
  // Only the gateway itself can show that another amount was moved.
  if (otherMinor !== null && own !== null) return own.kind !== 'unavailable' && own.kind !== 'forbidden';
  // The charge shows that this capture or void cannot have been made as it was asked for.
  if (outcome === 'completed')
    return own?.kind === 'reversed' || (own?.kind === 'absent' && own.code !== undefined);
  // What is pending may still be made, and nobody would notice it then.
  return own?.kind === 'duplicated' || own?.kind === 'pending' || others.kind === 'money';
}

/** Whether a lookup has shown money before this look, so that the review is about it. A person may not have seen that. */
function isAgainstShown({ outcome }: Wish, { failureCode }: Operation): boolean {
  return outcome === 'failed' && failureCode === 'late_success';
}

/** It can still be paid: the seal has not worked yet. */
function isUnsealed(own: LookupOutcome | null): boolean {
  return own?.kind === 'open' || own?.kind === 'requires_action';
}

function wasAsked(own: LookupOutcome | null): boolean {
  return own === null || own.kind !== 'unavailable' || !isNotAsked(own.reason);
}

function isSilent({ own, others }: Looks): boolean {
  const saysNothing = own?.kind === 'unavailable' ? !isNo(own) : own?.kind === 'forbidden';
  return saysNothing || others.kind === 'silence';
}

/** A no on other terms than were asked for. It proves nothing alone, but it is an answer. */
function isNo(own: LookupOutcome): boolean {
  return own.kind === 'unavailable' && own.declinedRef !== undefined;
}

function refuted(looked: Decision, wish: Wish): Wished {
  const { gatewayRef, failureCode, kind } = looked.next;
  const detail = `${inWords(wish, kind)}; the gateway shows ${failureCode ?? gatewayRef ?? 'something else'}`;
  const event = { type: 'operator.refuted', detail } as const;
  return { decision: { ...looked, event, alarm: 'operator_refuted' }, end: 'refuted' };
}

/** The decision, due again in `waitMs` at the latest. */
function within(decision: Decision, waitMs: number): Decision {
  return { ...decision, waitMs: Math.min(decision.waitMs ?? waitMs, waitMs) };
}

/**
 * The decision, by which the wish could not end after all. It is looked at again before long, because somebody waits for it, and then less
 * and less often: each look leaves two events.
 */
export function stillWished(decision: Decision, { policy, roll }: Context): Decision {
  const { next } = decision;
  const waitMs = lookupWaitMs(policy, policy.lookupBaseMs, next.lookups, roll);
  return within({ ...decision, next: { ...next, lookups: next.lookups + 1 } }, waitMs);
}

/** Until when something that was sent may still take effect. Until then, not even a person can know that it failed. Null: nothing may. */
function mayLandUntilMs(operation: Operation, askedAtMs: number, { policy, trust }: Context): number | null {
  const proof = absenceProof({ ...operation, gatewayRef: null }, askedAtMs, policy, trust);
  return proof.kind === 'from' ? proof.atMs : null;
}

function carriedOut(operation: Operation, wish: Wish, looks: Looks, context: Context): Decision {
  const event = { type: 'operator.settled', detail: inWords(wish, operation.kind) } as const;
  if (wish.outcome === 'failed') {
    // It is no proof. So it counts as absence: it is looked up once more before anything is sent again.
    const settled = { problem: 'gateway_failed', byAbsence: true } as const;
    return { ...failed(operation, BY_OPERATOR, settled), event };
  }
  const done = { ...completed(operation, { ref: wish.gatewayRef }, context), event };
  const decision = withAmount(done, looks.otherMinor);
  return isTwice(wish.gatewayRef, looks) ? { ...decision, alarm: EFFECTS[operation.kind].twice } : decision;
}

function withAmount(decision: Decision, otherMinor: number | null): Decision {
  const { settled } = decision;
  if (otherMinor === null || settled === undefined || settled.problem !== null) return decision;
  return { ...decision, settled: { ...settled, movedMinor: otherMinor } };
}

/** Whether the gateway shows live money besides that of the wish. */
function isTwice(gatewayRef: string, { own, others }: Looks): boolean {
  return own?.kind === 'duplicated' || (others.kind === 'money' && others.ref !== gatewayRef);
}

/** The failure code of what an operator has declared failed. */
export const BY_OPERATOR = 'resolved_by_operator';
