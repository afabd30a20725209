import { type Charge, isSettled } from '../charge.ts';
import type { EventType } from '../events.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { backoffMs, lookupWaitMs } from '../policy.ts';
import { type AbsenceProof, absenceProof } from '../proof.ts';
import {
  type Context,
  completed,
  DECLINED,
  type Decision,
  failed,
  knowsOfOtherMoney,
  ownRef,
  reversed,
  review,
  withForbidden,
} from './decision.ts';
import { mayCall } from './limits.ts';

/** Decides what the end of a lookup means. `askedAtMs`: a moment before the lookup was sent, by the database's clock. */
export function onLookupEnded(
  charge: Charge,
  outcome: LookupOutcome,
  askedAtMs: number,
  context: Context,
): Decision {
  const decision = decide(charge, outcome, askedAtMs, context);
  return knowsOfOtherMoney(charge) ? besideOtherMoney(charge, decision, context) : decision;
}

/**
 * Another charge of the order may be live. So this charge's end is not the order's end: nobody may say that nothing
 * was charged, and if this one is live too, there is one charge too many.
 */
function besideOtherMoney(charge: Charge, decision: Decision, { policy }: Context): Decision {
  const { settled } = decision;
  if (settled === undefined) return decision;
  if (settled.problem === null) {
    return charge.failureCode === 'other_gateway' ? decision : { ...decision, alarm: 'duplicate_charge' };
  }
  const { failureCode, gatewayRef } = charge;
  const declineCode = settled.problem === 'card_declined' ? decision.next.failureCode : charge.declineCode;
  const next = { ...charge, declineCode, doubt: { kind: 'none' }, step: 'verify', gatewayRef } as const;
  return { next, event: { type: 'payment.review', detail: failureCode }, waitMs: policy.reviewLookupMs };
}

function decide(charge: Charge, outcome: LookupOutcome, askedAtMs: number, context: Context): Decision {
  switch (outcome.kind) {
    case 'succeeded':
      return completed(charge, outcome.ref);
    case 'mismatch':
      return review({ ...charge, gatewayRef: outcome.ref }, outcome.reason, context);
    case 'duplicated':
      return {
        ...review({ ...charge, gatewayRef: outcome.refs[0] ?? null }, 'duplicate_charge', context),
        alarm: 'duplicate_charge',
      };
    case 'declined':
      return onDeclineFound(charge, outcome, askedAtMs, context);
    case 'reversed':
      return onReversed(charge, outcome.refs, askedAtMs, context);
    case 'pending':
      return lookAgain({ ...charge, gatewayRef: outcome.ref }, 'lookup.pending', null, null, context);
    case 'absent':
      return onAbsent(charge, askedAtMs, context);
    case 'unavailable':
      return lookAgain(charge, 'lookup.unavailable', outcome.reason, null, context);
    case 'forbidden':
      return withForbidden(lookAgain(charge, 'lookup.unavailable', outcome.reason, null, context));
  }
}

function onDeclineFound(
  charge: Charge,
  outcome: { readonly code: string; readonly ref: string },
  askedAtMs: number,
  context: Context,
): Decision {
  // If keys are kept, a key has one result. If not, another call under it may still land and be approved.
  if (context.policy.contract.keys === 'kept') {
    return failed({ ...charge, gatewayRef: outcome.ref }, outcome.code, DECLINED);
  }
  // If this is the charge that the gateway once named, we now know how it ended.
  const gatewayRef = charge.gatewayRef === outcome.ref ? null : charge.gatewayRef;
  const decision = onAbsent({ ...charge, declineCode: outcome.code, gatewayRef }, askedAtMs, context);
  const named = charge.gatewayRef ?? (isSettled(decision.next.status) ? outcome.ref : null);
  return { ...decision, next: { ...decision.next, gatewayRef: named } };
}

/** Somebody took it back on purpose, so it is not charged again without a new key. */
function onReversed(charge: Charge, refs: readonly string[], askedAtMs: number, context: Context): Decision {
  const { policy, trust } = context;
  const named = ownRef(charge);
  const unaccounted = named !== null && !refs.includes(named) ? named : null;
  // If keys are kept, a key has one result. If not, another call under it may still land and be approved.
  const doubt = policy.contract.keys === 'kept' ? ({ kind: 'none' } as const) : charge.doubt;
  const proof = absenceProof({ ...charge, doubt, gatewayRef: unaccounted }, askedAtMs, policy, trust);
  if (proof.kind !== 'proved') return notFoundYet(charge, 'refunded', proof, context);
  return failed({ ...charge, gatewayRef: refs[0] ?? null }, 'refunded', reversed(context));
}

function notFoundYet(
  charge: Charge,
  detail: string | null,
  proof: Exclude<AbsenceProof, { kind: 'proved' }>,
  context: Context,
): Decision {
  const provableAtMs = proof.kind === 'from' ? proof.atMs : null;
  return lookAgain(charge, 'lookup.not_found_yet', detail, provableAtMs, context);
}

function onAbsent(charge: Charge, askedAtMs: number, context: Context): Decision {
  const { policy } = context;
  const proof = absenceProof({ ...charge, gatewayRef: ownRef(charge) }, askedAtMs, policy, context.trust);
  if (proof.kind !== 'proved') return notFoundYet(charge, null, proof, context);
  const cleared = { ...charge, doubt: { kind: 'none' }, step: 'call' } as const;
  const waitMs = backoffMs(policy, charge.attempts, context.roll, undefined);
  if (isResendable(charge, context) && charge.status !== 'REVIEW' && mayCall(cleared, waitMs, context)) {
    return { next: cleared, event: { type: 'lookup.absent', detail: null }, waitMs };
  }
  const problem = charge.declineCode === null ? 'gateway_failed' : 'card_declined';
  return failed(charge, charge.declineCode ?? 'gateway_error', { problem, byAbsence: true });
}

/**
 * Whether a charge that is proved absent is sent again. If keys are kept, everything that may be resent was resent
 * before the lookup, so only an order that waits for the end of an outage goes on after it. If the gateway stores
 * errors under the key, it would only repeat the error.
 */
function isResendable(charge: Charge, { policy, nowMs }: Context): boolean {
  const { keys, cachesErrors } = policy.contract;
  if (charge.declineCode !== null) return false;
  if (charge.giveUpAfterS !== null) {
    return keys === 'none' || !(cachesErrors && charge.doubt.kind === 'answered');
  }
  // The charge's time may have ended before the order's other charges were looked up.
  return keys === 'none' && nowMs - charge.openedAtMs < policy.resolveForMs;
}

/** `provableAtMs`: when the same answer would be proof. The next lookup is then, if that is earlier than the schedule. */
export function lookAgain(
  charge: Charge,
  type: EventType,
  detail: string | null,
  provableAtMs: number | null,
  context: Context,
): Decision {
  const { policy, nowMs, roll } = context;
  const sinceMs = charge.unresolvedSinceMs ?? nowMs;
  const next = {
    ...charge,
    step: 'lookup',
    lookups: charge.lookups + 1,
    unresolvedSinceMs: sinceMs,
  } as const;
  const provableMs = provableAtMs === null ? null : Math.max(provableAtMs - nowMs + 1, 1);
  if (charge.status === 'REVIEW') {
    const { reviewLookupMs } = policy;
    return { next, event: { type, detail }, waitMs: Math.min(reviewLookupMs, provableMs ?? reviewLookupMs) };
  }
  if (nowMs - sinceMs >= policy.resolveForMs) return review(next, 'unresolved_too_long', context);
  const pending = type === 'lookup.pending';
  const baseMs = pending ? policy.pendingPollMs : policy.lookupBaseMs;
  const scheduledMs = lookupWaitMs(policy, baseMs, charge.lookups, roll);
  const status = pending ? charge.status : 'UNRESOLVED';
  const waitMs = Math.min(scheduledMs, provableMs ?? scheduledMs);
  return { next: { ...next, status }, event: { type, detail }, waitMs };
}
