/**
 * The decision: a charge, an event and a policy give the next state, the audit line and the time when it is
 * due again. No clock, no randomness, no I/O: time and chance arrive inside the event.
 *
 * Three rules hold everywhere: a new key is never invented for the same charge; FAILED is written only on
 * proof that nothing was charged; what is unknown is asked after, not guessed.
 */
import { type Charge, type Doubt, isSettled } from './charge.ts';
import type { EventType } from './events.ts';
import type { CallOutcome, LookupOutcome } from './outcomes.ts';
import { backoffMs, lookupWaitMs, type Policy } from './policy.ts';
import type { FailureProblem } from './problems.ts';
import { absenceProof } from './proof.ts';

/** Something that a person must hear about now. */
export type Alarm = 'gateway_forbidden' | 'needs_review' | 'duplicate_charge';

export interface Decision {
  readonly next: Charge;
  readonly event: { readonly type: EventType; readonly detail: string | null };
  /** Milliseconds until it is due again; null when there is nothing left to do. */
  readonly waitMs: number | null;
  readonly alarm?: Alarm;
  /** Present where the operation ends here, for good. */
  readonly settled?: Settled;
}

export interface Settled {
  /** Null: completed. */
  readonly problem: FailureProblem | null;
  /** Failed because a lookup did not find it, not on the gateway's own word. */
  readonly byAbsence: boolean;
}

/** What the claim is for; `none`: the claim itself settled the charge, nothing is sent. */
export type Action = 'call' | 'lookup' | 'verify' | 'none';

export interface ClaimDecision extends Decision {
  readonly action: Action;
}

export interface Context {
  readonly policy: Policy;
  /** The database's clock, at or after the moment of the event. */
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly roll: number;
}

export interface ClaimEvent {
  /** The end of a lease that ran out while somebody held it; null when it was released. */
  readonly expiredAtMs: number | null;
}

/** Decides what a worker that takes the charge up may do. */
export function onClaim(charge: Charge, event: ClaimEvent, context: Context): ClaimDecision {
  const { policy, nowMs } = context;
  const taken = withExpiredLease(charge, event);
  const detail = event.expiredAtMs === null ? null : 'lease_expired';
  if (isSettled(taken.status)) return claimVerify(taken, detail, context);
  if (taken.step === 'none') return { ...idle(taken), action: 'none' };
  if (taken.step === 'lookup') return claimLookup(taken, detail, context);
  if (taken.status === 'REVIEW') return claimVerify(taken, detail, context);
  if (taken.doubt.kind === 'none' && outOfTime(taken, context)) {
    return { ...failed(taken, 'deadline_exceeded', NOT_EXECUTED), action: 'none' };
  }
  if (taken.step === 'verify') return claimVerify(taken, detail, context);
  if (mayCall(taken, 0, context)) {
    const next = { ...taken, attempts: taken.attempts + 1, firstSentAtMs: taken.firstSentAtMs ?? nowMs };
    return { next, event: { type: 'call.started', detail }, waitMs: policy.leaseMs, action: 'call' };
  }
  return claimLookup({ ...taken, step: 'lookup' }, detail, context);
}

/** Decides after the claim was given back with nothing sent: shutdown, no slot, or too little lease left. */
export function onNotSent(charge: Charge, reason: string, waitMs: number): Decision {
  return { next: uncounted(charge), event: { type: 'call.not_sent', detail: reason }, waitMs };
}

/** Decides what the end of a call means. */
export function onCallEnded(charge: Charge, outcome: CallOutcome, context: Context): Decision {
  switch (outcome.kind) {
    case 'approved':
      return completed(charge, outcome.chargeId);
    case 'mismatch':
      return review({ ...charge, gatewayRef: outcome.chargeId }, outcome.reason, context);
    case 'declined':
      return onDeclined(charge, outcome.code, context);
    case 'refused':
      return onRefused(charge, outcome.reason, outcome.retryAfterMs, context);
    case 'busy':
      return retryOrAsk(doubted(charge, 'open', context), 'call.busy', null, outcome.retryAfterMs, context);
    case 'unknown': {
      const next = doubted(charge, outcome.answered ? 'answered' : 'open', context);
      return retryOrAsk(next, 'call.unknown', outcome.reason, outcome.retryAfterMs, context);
    }
    case 'pending': {
      const next = { ...doubted(charge, 'open', context), gatewayRef: outcome.chargeId };
      return ask(next, 'call.pending', null, context.policy.pendingPollMs, context);
    }
    case 'forbidden': {
      const event = { type: 'call.forbidden', detail: outcome.reason } as const;
      const waitMs = context.policy.forbiddenPauseMs;
      return { next: uncounted(charge), event, waitMs, alarm: 'gateway_forbidden' };
    }
  }
}

/** `askedAtMs`: a moment before the lookup was sent, by the database's clock. */
export function onLookupEnded(
  charge: Charge,
  outcome: LookupOutcome,
  askedAtMs: number,
  context: Context,
): Decision {
  switch (outcome.kind) {
    case 'succeeded':
      return completed(charge, outcome.chargeId);
    case 'mismatch':
      return review({ ...charge, gatewayRef: outcome.chargeId }, outcome.reason, context);
    case 'duplicated':
      return {
        ...review({ ...charge, gatewayRef: outcome.chargeIds[0] ?? null }, 'duplicate_charge', context),
        alarm: 'duplicate_charge',
      };
    case 'declined':
      return onDeclineFound(charge, outcome, askedAtMs, context);
    case 'pending':
      return lookAgain({ ...charge, gatewayRef: outcome.chargeId }, 'lookup.pending', null, null, context);
    case 'absent':
      return onAbsent(charge, askedAtMs, context);
    case 'unavailable':
      return lookAgain(charge, 'lookup.unavailable', outcome.reason, null, context);
    case 'forbidden': {
      const again = lookAgain(charge, 'lookup.unavailable', outcome.reason, null, context);
      return { ...again, alarm: again.alarm ?? 'gateway_forbidden' };
    }
  }
}

/** What asking after all earlier charges of the order, and a settled current one, brought to light. */
export type VerifyOutcome =
  | { readonly kind: 'clear' }
  /** Live charges that this payment does not count as its own. */
  | { readonly kind: 'found'; readonly chargeId: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Decides after every earlier charge of the order was asked after. */
export function onVerified(charge: Charge, outcome: VerifyOutcome, context: Context): Decision {
  const { policy, roll } = context;
  if (outcome.kind === 'unavailable') {
    const waitMs =
      charge.status === 'REVIEW'
        ? policy.reviewLookupMs
        : lookupWaitMs(policy, policy.lookupBaseMs, charge.lookups, roll);
    const next = { ...charge, lookups: charge.lookups + 1 };
    return { next, event: { type: 'verify.unavailable', detail: outcome.reason }, waitMs };
  }
  if (outcome.kind === 'found') {
    if (charge.status === 'COMPLETED') {
      const event = { type: 'verify.duplicate_found', detail: outcome.chargeId } as const;
      return { next: charge, event, waitMs: null, alarm: 'duplicate_charge' };
    }
    const next = { ...charge, gatewayRef: outcome.chargeId, step: 'verify' } as const;
    return review(next, 'late_success', context);
  }
  const event = { type: 'verify.clear', detail: null } as const;
  if (isSettled(charge.status)) return { next: charge, event, waitMs: null };
  if (charge.status === 'REVIEW') return { next: charge, event, waitMs: policy.reviewLookupMs };
  return { next: { ...charge, step: 'call' }, event, waitMs: 0 };
}

// ── the parts ────────────────────────────────────────────────────────────────────────────────────────────

function withExpiredLease(charge: Charge, event: ClaimEvent): Charge {
  if (event.expiredAtMs === null || charge.step !== 'call') return charge;
  return { ...charge, doubt: worse(charge.doubt, { kind: 'open', untilMs: event.expiredAtMs }) };
}

function worse(a: Doubt, b: Exclude<Doubt, { kind: 'none' }>): Doubt {
  if (a.kind === 'none') return b;
  const kind = a.kind === 'open' || b.kind === 'open' ? 'open' : 'answered';
  return { kind, untilMs: Math.max(a.untilMs, b.untilMs) };
}

function doubted(charge: Charge, kind: 'answered' | 'open', context: Context): Charge {
  return { ...charge, doubt: worse(charge.doubt, { kind, untilMs: context.nowMs }) };
}

function uncounted(charge: Charge): Charge {
  const attempts = Math.max(charge.attempts - 1, 0);
  return { ...charge, attempts, firstSentAtMs: attempts === 0 ? null : charge.firstSentAtMs };
}

/**
 * Whether it is too late to start a call. The deadline is for retries: an accepted order that was never called,
 * because the gateway was paused or down, is called when it can be. One that cannot be verified ends with the
 * resolution's own limit.
 */
function outOfTime(charge: Charge, { policy, nowMs }: Context): boolean {
  const ageMs = nowMs - charge.openedAtMs;
  if (charge.step === 'verify') return ageMs >= policy.resolveForMs;
  return charge.attempts > 0 && ageMs >= policy.callDeadlineMs;
}

/** Whether one more call is safe and allowed, `waitMs` from now. */
function mayCall(charge: Charge, waitMs: number, { policy, nowMs }: Context): boolean {
  const sentByMs = nowMs + waitMs;
  if (charge.attempts >= policy.maxAttempts) return false;
  if (charge.attempts > 0 && sentByMs >= charge.openedAtMs + policy.callDeadlineMs) return false;
  if (charge.doubt.kind === 'none') return true;
  if (policy.contract.keys === 'none' || charge.declineCode !== null) return false;
  if (policy.contract.cachesErrors && charge.doubt.kind === 'answered') return false;
  // A request under a claim may leave until the lease ends, and must still meet its key there.
  const windowEndsMs = (charge.firstSentAtMs ?? nowMs) + policy.contract.keyWindowMs;
  return sentByMs + policy.leaseMs < windowEndsMs;
}

function onDeclined(charge: Charge, code: string, context: Context): Decision {
  if (charge.doubt.kind === 'none') return failed(charge, code, DECLINED);
  return ask(
    { ...charge, declineCode: code },
    'call.declined_in_doubt',
    code,
    context.policy.contract.lookupLagMs,
    context,
  );
}

function onRefused(
  charge: Charge,
  reason: string,
  retryAfterMs: number | undefined,
  context: Context,
): Decision {
  const decision = retryOrAsk(charge, 'call.refused', reason, retryAfterMs, context);
  if (decision.next.step === 'call' || charge.doubt.kind !== 'none') return decision;
  return failed(charge, 'gateway_unavailable', NOT_EXECUTED);
}

/** The same key again where that is safe and allowed, else a lookup. */
function retryOrAsk(
  charge: Charge,
  type: EventType,
  detail: string | null,
  retryAfterMs: number | undefined,
  context: Context,
): Decision {
  const waitMs = backoffMs(context.policy, charge.attempts, context.roll, retryAfterMs);
  if (mayCall(charge, waitMs, context)) return { next: charge, event: { type, detail }, waitMs };
  return ask(charge, type, detail, context.policy.contract.lookupLagMs, context);
}

/** Ask the gateway in `waitMs`; where it cannot be asked, only a person can tell. */
function ask(
  charge: Charge,
  type: EventType,
  detail: string | null,
  waitMs: number,
  context: Context,
): Decision {
  if (!context.policy.contract.lookup) return review(charge, 'outcome_unknown', context);
  return { next: { ...charge, step: 'lookup' }, event: { type, detail }, waitMs };
}

function onDeclineFound(
  charge: Charge,
  outcome: { readonly code: string; readonly chargeId: string },
  askedAtMs: number,
  context: Context,
): Decision {
  // With keys kept, a key has one result. Without, another call under it may still land and be approved.
  if (context.policy.contract.keys === 'kept') {
    return failed({ ...charge, gatewayRef: outcome.chargeId }, outcome.code, DECLINED);
  }
  return onAbsent({ ...charge, declineCode: outcome.code }, askedAtMs, context);
}

function onAbsent(charge: Charge, askedAtMs: number, context: Context): Decision {
  const proof = absenceProof(charge, askedAtMs, context.policy.contract);
  if (proof.kind === 'never') return lookAgain(charge, 'lookup.not_found_yet', null, null, context);
  if (proof.kind === 'from') return lookAgain(charge, 'lookup.not_found_yet', null, proof.atMs, context);
  const cleared = { ...charge, doubt: { kind: 'none' }, step: 'call' } as const;
  const waitMs = backoffMs(context.policy, charge.attempts, context.roll, undefined);
  const resendable = context.policy.contract.keys === 'none' && charge.declineCode === null;
  if (resendable && charge.status !== 'REVIEW' && mayCall(cleared, waitMs, context)) {
    return { next: cleared, event: { type: 'lookup.absent', detail: null }, waitMs };
  }
  const problem = charge.declineCode === null ? 'gateway_failed' : 'card_declined';
  return failed(charge, charge.declineCode ?? 'gateway_error', { problem, byAbsence: true });
}

/** `provableAtMs`: when the same answer would be proof; asking then beats the slow schedule. */
function lookAgain(
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
  if (charge.status === 'REVIEW') return { next, event: { type, detail }, waitMs: policy.reviewLookupMs };
  if (nowMs - sinceMs >= policy.resolveForMs) return review(next, 'unresolved_too_long', context);
  const pending = type === 'lookup.pending';
  const baseMs = pending ? policy.pendingPollMs : policy.lookupBaseMs;
  const scheduledMs = lookupWaitMs(policy, baseMs, charge.lookups, roll);
  const provableMs = provableAtMs === null ? scheduledMs : Math.max(provableAtMs - nowMs + 1, 1);
  const status = pending ? charge.status : 'UNRESOLVED';
  return { next: { ...next, status }, event: { type, detail }, waitMs: Math.min(scheduledMs, provableMs) };
}

function claimLookup(charge: Charge, detail: string | null, context: Context): ClaimDecision {
  if (!context.policy.contract.lookup)
    return { ...review(charge, 'outcome_unknown', context), action: 'none' };
  const event = { type: 'lookup.started', detail } as const;
  return { next: charge, event, waitMs: context.policy.leaseMs, action: 'lookup' };
}

function claimVerify(charge: Charge, detail: string | null, context: Context): ClaimDecision {
  if (!context.policy.contract.lookup) {
    if (charge.status === 'COMPLETED') return { ...idle(charge), action: 'none' };
    return { ...review({ ...charge, step: 'none' }, 'late_evidence', context), action: 'none' };
  }
  const event = { type: 'verify.started', detail } as const;
  return { next: charge, event, waitMs: context.policy.leaseMs, action: 'verify' };
}

function idle(charge: Charge): Decision {
  return { next: { ...charge, step: 'none' }, event: { type: 'verify.clear', detail: null }, waitMs: null };
}

function completed(charge: Charge, gatewayRef: string): Decision {
  const next = { ...charge, status: 'COMPLETED', step: 'none', failureCode: null, gatewayRef } as const;
  const settled = { problem: null, byAbsence: false };
  return { next, event: { type: 'payment.completed', detail: gatewayRef }, waitMs: null, settled };
}

function failed(charge: Charge, failureCode: string, settled: Settled): Decision {
  const next = { ...charge, status: 'FAILED', step: 'none', failureCode } as const;
  return { next, event: { type: 'payment.failed', detail: failureCode }, waitMs: null, settled };
}

/** The gateway said no. */
const DECLINED: Settled = { problem: 'card_declined', byAbsence: false };
/** No call was executed. */
const NOT_EXECUTED: Settled = { problem: 'gateway_failed', byAbsence: false };

/** A person must decide. Where the gateway can be asked it still is, once a day: proof may yet come. */
function review(charge: Charge, reason: string, { policy }: Context): Decision {
  const asking = policy.contract.lookup;
  const askStep = charge.step === 'verify' ? 'verify' : 'lookup';
  const next = {
    ...charge,
    status: 'REVIEW',
    failureCode: reason,
    step: asking ? askStep : 'none',
  } as const;
  const event = { type: 'payment.review', detail: reason } as const;
  return { next, event, waitMs: asking ? policy.reviewLookupMs : null, alarm: 'needs_review' };
}
