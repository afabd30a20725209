import { EFFECTS } from '../effects.ts';
import { isMade, isSettled, type Operation, worse } from '../operation.ts';
import { lookupWaitMs, unansweredWaitMs } from '../policy.ts';
import { restingAfter } from './authorized.ts';
import {
  type Context,
  type Decision,
  isDecline,
  knowsOfOtherMoney,
  mustReadFirst,
  review,
  withForbidden,
} from './decision.ts';

/** What late evidence about this operation has shown, and, for a charge, the lookups of the order's other charges. */
export type VerifyOutcome =
  | { readonly kind: 'clear'; readonly own: OwnEvidence }
  /** Money that this payment does not count as its own. `ref` null: the gateway's id of it is not known. */
  | {
      readonly kind: 'found';
      readonly ref: string | null;
      readonly reason: LateMoney;
      readonly own: OwnEvidence;
    }
  /** `waitMs`: when the same answer may say more. Null: as the schedule says. */
  | {
      readonly kind: 'unavailable';
      readonly reason: string;
      readonly waitMs: number | null;
      /** Late evidence waits for this, so a person must look at it if it takes too long. */
      readonly contested: boolean;
      /** When the last late evidence about a settled charge came in that is still unchecked. Null: there is none. */
      readonly evidenceAtMs: number | null;
      /** The gateway refused our credentials. */
      readonly forbidden: boolean;
    };

/**
 * `late_success`: a lookup shows the charge. `late_evidence`: only a worker without a lease has reported it.
 * `other_gateway`: there is evidence about a charge at another gateway, which cannot be asked from here.
 */
export type LateMoney = 'late_success' | 'late_evidence' | 'other_gateway';

/** What workers without a lease reported about the unsettled operation itself. */
export interface OwnEvidence {
  /** One of them may have sent it, at this time at the latest. */
  readonly sentUntilMs: number | null;
  /** The gateway named it to one of them. */
  readonly gatewayRef: string | null;
}

export const NO_EVIDENCE: OwnEvidence = { sentUntilMs: null, gatewayRef: null };

/** Decides after every other charge of the order was looked up. */
export function onVerified(operation: Operation, outcome: VerifyOutcome, context: Context): Decision {
  switch (outcome.kind) {
    case 'unavailable':
      return onUnavailable(operation, outcome, context);
    case 'found':
      return onFound(operation, outcome, context);
    case 'clear':
      return onClear(operation, outcome.own, context);
  }
}

type Unavailable = Extract<VerifyOutcome, { kind: 'unavailable' }>;

function onUnavailable(operation: Operation, outcome: Unavailable, context: Context): Decision {
  const { reason, waitMs, contested, forbidden } = outcome;
  const { policy, nowMs } = context;
  const next = { ...operation, lookups: operation.lookups + 1 };
  const event = { type: 'verify.unavailable', detail: reason } as const;
  const open = !isSettled(operation.status) && operation.status !== 'REVIEW';
  if (contested && open && nowMs - operation.openedAtMs >= policy.resolveForMs) {
    return review(next, 'unresolved_too_long', context);
  }
  if (waitsTooLong(operation, outcome, context)) {
    return { next, event, waitMs: policy.reviewLookupMs, alarm: 'evidence_waits' };
  }
  const scheduledMs = scheduled(operation, context);
  const decision = { next, event, waitMs: waitMs === null ? scheduledMs : Math.min(scheduledMs, waitMs) };
  const isNews = reason === 'other_gateway' && operation.lookups === 0;
  if (isNews) return { ...decision, alarm: 'other_gateway' };
  return forbidden ? withForbidden(decision) : decision;
}

/** A customer waits for a charge that is still to be called. Nobody waits for what has ended. */
function scheduled({ status, openedAtMs, lookups }: Operation, { policy, nowMs, roll }: Context): number {
  if (status === 'REVIEW') return policy.reviewLookupMs;
  return isSettled(status)
    ? lookupWaitMs(policy, policy.lookupBaseMs, lookups, roll)
    : unansweredWaitMs(policy, nowMs - openedAtMs, roll);
}

/** What is settled stays so until evidence is confirmed. A person must be alarmed if the gateway gives no answer. */
function waitsTooLong(
  { status }: Operation,
  { waitMs, evidenceAtMs }: Unavailable,
  { policy, nowMs }: Context,
): boolean {
  if (!isSettled(status) || waitMs !== null || evidenceAtMs === null) return false;
  return nowMs - evidenceAtMs >= policy.resolveForMs;
}

function onFound(
  operation: Operation,
  { ref, reason, own }: Extract<VerifyOutcome, { kind: 'found' }>,
  context: Context,
): Decision {
  if (isMade(operation.status)) {
    if (reason === 'other_gateway') {
      const event = { type: 'verify.unavailable', detail: reason } as const;
      return { ...restingAfter(operation, event, context), alarm: 'other_gateway' };
    }
    const event = { type: 'verify.duplicate_found', detail: ref ?? reason } as const;
    return { ...restingAfter(operation, event, context), alarm: EFFECTS[operation.kind].twice };
  }
  const settled = isSettled(operation.status);
  const known = settled ? operation : withOwnEvidence(operation, own, context);
  // If this charge may have been sent, it is looked up. If not, the other one is.
  const step = known.doubt.kind === 'none' || settled ? 'verify' : 'lookup';
  const decision = review({ ...known, gatewayRef: ref ?? known.gatewayRef, step }, reason, context);
  if (reason !== 'other_gateway') return decision;
  // Another lookup from here would show nothing new, so a person is alarmed once.
  const { alarm: _told, ...quiet } = decision;
  return knowsOfOtherMoney(operation) ? quiet : { ...quiet, alarm: 'other_gateway' };
}

function onClear(operation: Operation, own: OwnEvidence, context: Context): Decision {
  const event = { type: 'verify.clear', detail: null } as const;
  if (isSettled(operation.status)) return restingAfter(operation, event, context);
  const next = withOwnEvidence(operation, own, context);
  if (operation.status === 'REVIEW') return onClearInReview(next, own, context);
  const looks = operation.step === 'lookup' || mustReadFirst(next, context);
  return { next: { ...next, step: looks ? 'lookup' : 'call' }, event, waitMs: 0 };
}

/**
 * No other charge of the order holds money, so this one decides how the order ends: it is looked up. The review may
 * have been about this very charge, seen before it was taken back. So only a lookup from now on can prove that it
 * is absent.
 */
function onClearInReview(operation: Operation, own: OwnEvidence, context: Context): Decision {
  const { policy, nowMs } = context;
  const event = { type: 'verify.clear', detail: null } as const;
  if (!policy.contract.lookup || operation.step === 'none') {
    return { next: operation, event, waitMs: operation.step === 'none' ? null : policy.reviewLookupMs };
  }
  const next = { ...operation, step: 'lookup' } as const;
  if (!knowsOfOtherMoney(operation)) return { next, event, waitMs: 0 };
  const doubt = worse(operation.doubt, { kind: 'open', untilMs: nowMs }, context);
  const cleared = { ...next, doubt, failureCode: 'outcome_unknown', gatewayRef: own.gatewayRef };
  return { next: cleared, event, waitMs: 0 };
}

/**
 * Decides when a failure could not be written because unchecked evidence came in. The evidence is checked first,
 * then the operation is looked up. What was learnt about it is kept meanwhile.
 */
export function onUnseen(operation: Operation, failure: Decision, { nowMs, policy }: Context): Decision {
  const declined = isDecline(failure);
  const declineCode = declined ? failure.next.failureCode : operation.declineCode;
  // Another worker has received or sent something, so our own calls do not show everything.
  const doubt =
    operation.doubt.kind === 'none' ? ({ kind: 'answered', untilMs: nowMs } as const) : operation.doubt;
  const event = declined
    ? ({ type: 'call.declined_in_doubt', detail: declineCode } as const)
    : ({ type: 'lookup.not_found_yet', detail: 'late_evidence' } as const);
  // A process without lookups leaves them to others. It still checks the evidence itself.
  const step = policy.contract.lookup ? 'lookup' : 'verify';
  return { next: { ...operation, doubt, declineCode, step }, event, waitMs: 0 };
}

function withOwnEvidence(
  operation: Operation,
  { sentUntilMs, gatewayRef }: OwnEvidence,
  context: Context,
): Operation {
  const doubt =
    sentUntilMs === null
      ? operation.doubt
      : worse(operation.doubt, { kind: 'open', untilMs: sentUntilMs }, context);
  const named = gatewayRef ?? operation.gatewayRef;
  if (gatewayRef === null || doubt.kind !== 'none') return { ...operation, doubt, gatewayRef: named };
  // The gateway named it, so it was sent. A lookup shows the rest.
  return { ...operation, doubt: { kind: 'answered', untilMs: operation.openedAtMs }, gatewayRef: named };
}
