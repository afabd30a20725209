/** What the policy and the gateway's contract allow for a charge in a given state. */
import type { Charge, Doubt } from '../charge.ts';
import type { Context } from './decision.ts';

export function worse(a: Doubt, b: Exclude<Doubt, { kind: 'none' }>): Doubt {
  if (a.kind === 'none') return b;
  const kind = a.kind === 'open' || b.kind === 'open' ? 'open' : 'answered';
  return { kind, untilMs: Math.max(a.untilMs, b.untilMs) };
}

/**
 * Whether it is too late to start a call. The deadline is for retries: an accepted order that was never called,
 * because the gateway was paused or down, is called when it can be. One that cannot be verified ends with the
 * resolution's own limit.
 */
export function outOfTime(charge: Charge, { policy, nowMs }: Context): boolean {
  const ageMs = nowMs - charge.openedAtMs;
  if (charge.step === 'verify') return ageMs >= policy.resolveForMs;
  return charge.attempts > 0 && ageMs >= policy.callDeadlineMs;
}

/** Whether one more call is safe and allowed, `waitMs` from now. */
export function mayCall(charge: Charge, waitMs: number, { policy, nowMs }: Context): boolean {
  const sentByMs = nowMs + waitMs;
  if (charge.attempts >= policy.maxAttempts) return false;
  if (charge.attempts > 0 && sentByMs >= charge.openedAtMs + policy.callDeadlineMs) return false;
  if (charge.doubt.kind === 'none') return true;
  if (policy.contract.keys === 'none' || charge.declineCode !== null) return false;
  if (policy.contract.cachesErrors && charge.doubt.kind === 'answered') return false;
  // A request under a claim may leave until the lease ends and land later still; it must meet its key there.
  const windowEndsMs = (charge.firstSentAtMs ?? nowMs) + policy.contract.keyWindowMs;
  return sentByMs + policy.leaseMs + policy.contract.landsWithinMs < windowEndsMs;
}
