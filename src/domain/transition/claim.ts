import { type Charge, isSettled } from '../charge.ts';
import { type Context, type Decision, failed, NOT_EXECUTED, review } from './decision.ts';
import { mayCall, outOfTime, worse } from './limits.ts';

/** What the claim is for; `none`: the claim itself settled the charge, nothing is sent. */
export type Action = 'call' | 'lookup' | 'verify' | 'none';

export interface ClaimDecision extends Decision {
  readonly action: Action;
}

export interface ClaimEvent {
  /** The end of a lease that ran out while somebody held it; null when it was released. */
  readonly expiredAtMs: number | null;
  /** Pieces of late evidence that nobody has looked into yet. */
  readonly evidence: number;
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
  // Evidence about an earlier charge comes before this one is sent.
  const contested = event.evidence > 0 && taken.n > 1 && taken.attempts === 0;
  if (taken.step === 'verify' || contested) return claimVerify({ ...taken, step: 'verify' }, detail, context);
  if (mayCall(taken, 0, context)) {
    const next = { ...taken, attempts: taken.attempts + 1, firstSentAtMs: taken.firstSentAtMs ?? nowMs };
    return { next, event: { type: 'call.started', detail }, waitMs: policy.leaseMs, action: 'call' };
  }
  return claimLookup({ ...taken, step: 'lookup' }, detail, context);
}

function withExpiredLease(charge: Charge, event: ClaimEvent): Charge {
  if (event.expiredAtMs === null || charge.step !== 'call') return charge;
  return { ...charge, doubt: worse(charge.doubt, { kind: 'open', untilMs: event.expiredAtMs }) };
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
