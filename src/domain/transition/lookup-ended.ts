import { isDeclineFinal } from '../contract.ts';
import { EFFECTS } from '../effects.ts';
import { isSettled, type Operation } from '../operation.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { backoffMs } from '../policy.ts';
import { type AbsenceProof, absenceProof } from '../proof.ts';
import { onAuthorizedLookedUp } from './authorized.ts';
import {
  type Context,
  capturedElsewhere,
  completed,
  type Decision,
  declined,
  failed,
  isDecline,
  knowsOfOtherMoney,
  ownRef,
  REVERSED,
  review,
  withForbidden,
} from './decision.ts';
import { mayCall } from './limits.ts';
import { lookAgain } from './look-again.ts';
import { inOneStep, onReadInTwoSteps } from './two-steps.ts';

/** Decides what the end of a lookup means. `askedAtMs`: a moment before the lookup was sent, by the database's clock. */
export function onLookupEnded(
  operation: Operation,
  outcome: LookupOutcome,
  askedAtMs: number,
  context: Context,
): Decision {
  if (operation.status === 'AUTHORIZED') return onAuthorizedLookedUp(operation, outcome, context);
  const decision = decide(operation, outcome, askedAtMs, context);
  return knowsOfOtherMoney(operation) ? besideOtherMoney(operation, decision, context) : decision;
}

/**
 * Another charge of the order may be live. So this charge's end is not the order's end: nobody may say that nothing
 * was charged, and if this one is live too, there is one charge too many.
 */
function besideOtherMoney(operation: Operation, decision: Decision, { policy }: Context): Decision {
  const { settled } = decision;
  if (settled === undefined) return decision;
  if (settled.problem === null) {
    if (operation.failureCode === 'other_gateway') return decision;
    return { ...decision, alarm: EFFECTS[operation.kind].twice };
  }
  const { failureCode, gatewayRef } = operation;
  const declineCode = isDecline(decision) ? decision.next.failureCode : operation.declineCode;
  const next = { ...operation, declineCode, doubt: { kind: 'none' }, step: 'verify', gatewayRef } as const;
  return {
    next,
    event: { type: EFFECTS[operation.kind].events.review, detail: failureCode },
    waitMs: policy.reviewLookupMs,
  };
}

function decide(operation: Operation, read: LookupOutcome, askedAtMs: number, context: Context): Decision {
  const inTwoSteps = onReadInTwoSteps(operation, read, context);
  if (inTwoSteps !== null) return inTwoSteps;
  const outcome = inOneStep(read);
  switch (outcome.kind) {
    case 'succeeded':
      return completed(operation, outcome, context);
    case 'captured':
      return capturedElsewhere(operation, outcome);
    case 'mismatch':
      return review({ ...operation, gatewayRef: outcome.ref }, outcome.reason, context);
    case 'duplicated':
      return {
        ...review(
          { ...operation, gatewayRef: outcome.refs[0] ?? null },
          EFFECTS[operation.kind].twice,
          context,
        ),
        alarm: EFFECTS[operation.kind].twice,
      };
    case 'declined':
      return onDeclineFound(operation, outcome, askedAtMs, context);
    case 'reversed':
      return onReversed(operation, outcome.refs, askedAtMs, context);
    case 'pending':
      return lookAgain({ ...operation, gatewayRef: outcome.ref }, 'lookup.pending', null, null, context);
    case 'absent':
      return onAbsent(
        outcome.code === undefined ? operation : { ...operation, declineCode: outcome.code },
        askedAtMs,
        context,
      );
    case 'unavailable':
      return lookAgain(operation, 'lookup.unavailable', outcome.reason, null, context);
    case 'forbidden':
      return withForbidden(lookAgain(operation, 'lookup.unavailable', outcome.reason, null, context));
  }
}

function onDeclineFound(
  operation: Operation,
  outcome: { readonly code: string; readonly ref: string },
  askedAtMs: number,
  context: Context,
): Decision {
  // If it is not final, another call under the key may still land and be approved.
  if (isDeclineFinal(context.policy.contract)) {
    return failed({ ...operation, gatewayRef: outcome.ref }, outcome.code, declined(operation));
  }
  // If this is the one that the gateway once named, we now know how it ended.
  const gatewayRef = operation.gatewayRef === outcome.ref ? null : operation.gatewayRef;
  const decision = onAbsent({ ...operation, declineCode: outcome.code, gatewayRef }, askedAtMs, context);
  const named = operation.gatewayRef ?? (isSettled(decision.next.status) ? outcome.ref : null);
  return { ...decision, next: { ...decision.next, gatewayRef: named } };
}

/** Somebody took it back on purpose, so it is not charged again without a new key. */
function onReversed(
  operation: Operation,
  refs: readonly string[],
  askedAtMs: number,
  context: Context,
): Decision {
  const { policy, trust } = context;
  const named = ownRef(operation);
  const unaccounted = named !== null && !refs.includes(named) ? named : null;
  // If keys are kept, a key has one result. If not, another call under it may still land and be approved.
  const doubt = policy.contract.keys === 'kept' ? ({ kind: 'none' } as const) : operation.doubt;
  const proof = absenceProof({ ...operation, doubt, gatewayRef: unaccounted }, askedAtMs, policy, trust);
  if (proof.kind !== 'proved') return notFoundYet(operation, 'refunded', proof, context);
  return failed({ ...operation, gatewayRef: refs[0] ?? null }, 'refunded', REVERSED);
}

function notFoundYet(
  operation: Operation,
  detail: string | null,
  proof: Exclude<AbsenceProof, { kind: 'proved' }>,
  context: Context,
): Decision {
  const provableAtMs = proof.kind === 'from' ? proof.atMs : null;
  return lookAgain(operation, 'lookup.not_found_yet', detail, provableAtMs, context);
}

function onAbsent(operation: Operation, askedAtMs: number, context: Context): Decision {
  const { policy } = context;
  const proof = absenceProof(
    { ...operation, gatewayRef: ownRef(operation) },
    askedAtMs,
    policy,
    context.trust,
  );
  if (proof.kind !== 'proved') return notFoundYet(operation, null, proof, context);
  // Others that count as failed may have been made since this one was sent. They are looked up before each new call, as before the first.
  const step = EFFECTS[operation.kind].followUp === null ? 'call' : 'verify';
  const cleared = { ...operation, doubt: { kind: 'none' }, step } as const;
  const waitMs = backoffMs(policy, operation.attempts, context.roll, undefined);
  if (
    isResendable(operation, context) &&
    operation.status !== 'REVIEW' &&
    mayCall(cleared, waitMs, context)
  ) {
    return { next: cleared, event: { type: 'lookup.absent', detail: null }, waitMs };
  }
  const problem = operation.declineCode === null ? 'gateway_failed' : EFFECTS[operation.kind].declined;
  return failed(operation, operation.declineCode ?? 'gateway_error', { problem, byAbsence: true });
}

/**
 * Whether what is proved absent is sent again. If keys are kept, everything that may be resent was resent
 * before the lookup, so only what waits for the end of an outage goes on after it. If the gateway stores
 * errors under the key, it would only repeat the error.
 */
function isResendable(operation: Operation, { policy, nowMs }: Context): boolean {
  const { keys, cachesErrors } = policy.contract;
  if (operation.declineCode !== null) return false;
  if (operation.giveUpAfterS !== null) {
    return keys === 'none' || !(cachesErrors && operation.doubt.kind === 'answered');
  }
  // The charge's time may have ended before the order's other charges were looked up.
  return keys === 'none' && nowMs - operation.openedAtMs < policy.resolveForMs;
}
