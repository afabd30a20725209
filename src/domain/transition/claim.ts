import { FULL_TRUST, latestMoment } from '../clock-trust.ts';
import { isSettled, type Operation, worse } from '../operation.ts';
import { unaskedAuthorized } from './authorized.ts';
import { uncounted } from './call-ended.ts';
import { type Context, type Decision, failed, isInTwoSteps, NOT_EXECUTED, review } from './decision.ts';
import { isPastItsKey, mayBeForgotten, mayCall, outOfTime } from './limits.ts';

/** What the claim is for. `none`: the claim itself ended the matter, and nothing is sent. */
export type Action = 'call' | 'lookup' | 'verify' | 'none';

export interface ClaimDecision extends Decision {
  readonly action: Action;
}

export interface ClaimEvent {
  /** The end of a lease that expired while a worker held it. Null: it was released. */
  readonly expiredAtMs: number | null;
  /** Pieces of late evidence that have not been checked yet. */
  readonly evidence: number;
  /** An operator has stated how it ended. Default: no. */
  readonly wished?: boolean;
}

/** Decides what a worker that takes the operation up may do. */
export function onClaim(operation: Operation, event: ClaimEvent, context: Context): ClaimDecision {
  const taken = withExpiredLease(operation, event, context);
  const detail = event.expiredAtMs === null ? null : 'lease_expired';
  if (taken.status === 'AUTHORIZED' && event.evidence === 0) return claimAuthorized(taken, detail, context);
  if (isSettled(taken.status)) return claimVerify(taken, detail, context);
  // Everything is looked at before the wish is decided, also where nothing was due.
  if (event.wished === true && taken.status === 'REVIEW') return claimVerify(taken, detail, context);
  // Evidence comes first: it shows what else may have been sent, of this operation or of an earlier one.
  if (event.evidence > 0) {
    const step = taken.step === 'call' ? 'verify' : taken.step;
    return claimVerify({ ...taken, step }, detail, context);
  }
  if (taken.step === 'none') return claimIdle(taken, detail, context);
  if (taken.step === 'lookup') return claimLookup(taken, detail, context);
  if (taken.status === 'REVIEW') return claimVerify(taken, detail, context);
  if (taken.doubt.kind === 'none' && outOfTime(taken, context)) {
    return notExecuted(taken, 'deadline_exceeded', detail, context);
  }
  if (taken.step === 'verify') return claimVerify(taken, detail, context);
  return claimCall(taken, detail, context);
}

/**
 * If the clock was set, a lease may only look over. Its request may be sent until the lease really ends. In two steps, what it may have done
 * is looked up before anything is sent again.
 */
function withExpiredLease(operation: Operation, event: ClaimEvent, context: Context): Operation {
  if (event.expiredAtMs === null || operation.step !== 'call') return operation;
  const { nowMs, trust = FULL_TRUST } = context;
  const untilMs = latestMoment(event.expiredAtMs, nowMs, trust);
  const doubt = worse(operation.doubt, { kind: 'open', untilMs }, context);
  return { ...operation, doubt, step: isInTwoSteps(operation, context) ? 'lookup' : operation.step };
}

function claimCall(operation: Operation, detail: string | null, context: Context): ClaimDecision {
  const { policy, nowMs, atLeastMs = nowMs } = context;
  if (!mayCall(operation, 0, context)) {
    // Calls are used up, perhaps because fewer are allowed now. If none was executed, there is nothing to look up.
    return operation.doubt.kind === 'none'
      ? notExecuted(operation, 'gateway_unavailable', detail, context)
      : claimLookup({ ...operation, step: 'lookup' }, detail, context);
  }
  // It must be looked up first, and cannot be.
  if (!policy.contract.lookup && operation.doubt.kind === 'none' && isUnguarded(operation, context)) {
    return { ...review(operation, 'outcome_unknown', context), action: 'none' };
  }
  // The key's window starts here. A process whose clock is ahead must not date it into the future.
  const firstSentAtMs = operation.firstSentAtMs ?? Math.min(nowMs, atLeastMs);
  const next = { ...operation, attempts: operation.attempts + 1, firstSentAtMs };
  return { next, event: { type: 'call.started', detail }, waitMs: policy.leaseMs, action: 'call' };
}

/**
 * Whether a claimed call may be made now, by the clock at the moment of its claim. `claimed`: the operation as the
 * claim left it, with what the last holder of an expired lease may have sent.
 */
export function mayCallNow(claimed: Operation, context: Context): boolean {
  const operation = uncounted(claimed);
  if (operation.doubt.kind === 'none' && outOfTime(operation, context)) return false;
  return mayCall(operation, 0, context);
}

/** Only the gateway's memory of the key could keep this call from moving the money twice. */
function isUnguarded(operation: Operation, context: Context): boolean {
  return context.policy.contract.keys === 'kept' && isPastItsKey(operation, context);
}

/**
 * No call was executed, as far as this database knows. A restored database may have forgotten one, so the gateway
 * is asked.
 */
function notExecuted(
  operation: Operation,
  code: string,
  detail: string | null,
  context: Context,
): ClaimDecision {
  if (context.policy.contract.lookup && mayBeForgotten(operation, context)) {
    return claimLookup({ ...operation, step: 'lookup' }, detail, context);
  }
  return { ...failed(operation, code, NOT_EXECUTED), action: 'none' };
}

function claimLookup(operation: Operation, detail: string | null, context: Context): ClaimDecision {
  if (!context.policy.contract.lookup)
    return { ...review(operation, 'outcome_unknown', context), action: 'none' };
  const event = { type: 'lookup.started', detail } as const;
  return { next: operation, event, waitMs: context.policy.leaseMs, action: 'lookup' };
}

function claimAuthorized(operation: Operation, detail: string | null, context: Context): ClaimDecision {
  return context.policy.contract.lookup
    ? claimLookup({ ...operation, step: 'lookup' }, detail, context)
    : { ...unaskedAuthorized(operation, context), action: 'none' };
}

function claimVerify(operation: Operation, detail: string | null, context: Context): ClaimDecision {
  const event = { type: 'verify.started', detail } as const;
  return { next: operation, event, waitMs: context.policy.leaseMs, action: 'verify' };
}

/** A payment in REVIEW rests if the gateway could not be asked. A process that can ask continues from there. */
function claimIdle(operation: Operation, detail: string | null, context: Context): ClaimDecision {
  if (operation.status === 'REVIEW' && context.policy.contract.lookup) {
    return operation.doubt.kind === 'none'
      ? claimVerify({ ...operation, step: 'verify' }, detail, context)
      : claimLookup({ ...operation, step: 'lookup' }, detail, context);
  }
  return { next: operation, event: { type: 'verify.clear', detail: null }, waitMs: null, action: 'none' };
}
