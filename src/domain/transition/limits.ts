/** What the policy and the gateway's contract allow for a charge in a given state. */
import type { Charge } from '../charge.ts';
import { FULL_TRUST, isBelieved } from '../clock-trust.ts';
import type { Context } from './decision.ts';

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
export function mayCall(charge: Charge, waitMs: number, context: Context): boolean {
  const { policy, nowMs } = context;
  const sentByMs = nowMs + waitMs;
  if (charge.attempts >= policy.maxAttempts) return false;
  if (charge.attempts > 0 && sentByMs >= charge.openedAtMs + policy.callDeadlineMs) return false;
  if (charge.doubt.kind === 'none') return true;
  if (policy.contract.keys === 'none' || charge.declineCode !== null) return false;
  if (policy.contract.cachesErrors && charge.doubt.kind === 'answered') return false;
  // A request under a claim may leave until the lease ends and land later still; it must meet its key there.
  const ageMs = waitMs + greatestAgeMs(charge, charge.firstSentAtMs ?? nowMs, context);
  return ageMs + policy.leaseMs + policy.contract.landsWithinMs < policy.contract.keyWindowMs;
}

/**
 * How old something of the charge can be that is dated `statedMs`. A clock that was set back makes it look younger than it
 * is; but it is not older than the payment is by our wall clock. For a first charge that is close to the truth at all times.
 */
function greatestAgeMs(charge: Charge, statedMs: number, context: Context): number {
  const { nowMs, trust = FULL_TRUST, paymentAgeMs = 0 } = context;
  const ageMs = nowMs - statedMs;
  const believed = charge.n > 1 && isBelieved(statedMs, nowMs, trust);
  return believed ? ageMs : Math.max(ageMs, paymentAgeMs);
}

/**
 * Whether the charge waits to be looked up or verified, and this process cannot ask: it is left to one that can. Where none has come for
 * as long as a charge may stay unresolved, whoever is there takes it.
 *
 * @param waiting since when it is due, by the database's clock, and the evidence about it that nobody has looked into: that is looked into
 * by anybody.
 */
export function isForOthers(
  charge: Charge,
  waiting: { readonly dueAtMs: number; readonly evidence: number },
  { policy, nowMs }: Context,
): boolean {
  if (policy.contract.lookup || charge.step === 'call' || waiting.evidence > 0) return false;
  return nowMs - waiting.dueAtMs < policy.resolveForMs;
}

/** Whether the call that was decided on earlier may be made now, by the clock at the moment of its claim. */
export function mayCallNow(charge: Charge, context: Context): boolean {
  if (charge.doubt.kind === 'none' && outOfTime(charge, context)) return false;
  return mayCall(charge, 0, context);
}

/** As long as clients may still repeat a request that a restored database has forgotten. */
const REPEATED_FOR_MS = 30 * 86_400_000;

/**
 * Whether this database may have forgotten something about the charge: it was restored, and the charge is from before,
 * or may be the repetition of one from before.
 */
export function mayBeForgotten({ openedAtMs }: Charge, { policy, nowMs }: Context): boolean {
  const { restoredAtMs } = policy;
  if (restoredAtMs === null) return false;
  return openedAtMs <= restoredAtMs || nowMs < restoredAtMs + REPEATED_FOR_MS;
}

/**
 * Whether the charge was accepted so long ago that its key no longer guards its first call. The row may come from a
 * backup, and the call may have been made since that was taken.
 */
export function isPastItsKey(charge: Charge, context: Context): boolean {
  const { contract, leaseMs, callDeadlineMs } = context.policy;
  const guardedMs =
    contract.keys === 'kept' ? contract.keyWindowMs - contract.landsWithinMs - leaseMs : callDeadlineMs;
  return greatestAgeMs(charge, charge.openedAtMs, context) >= Math.max(guardedMs, leaseMs);
}

/**
 * Whether the gateway is asked about the charge before it is called: where the call may not be the first although no call is
 * known to have been executed, and wherever the database may have forgotten a call or a later charge.
 */
export function mustLookFirst(charge: Charge, context: Context): boolean {
  const { contract, restoredAtMs } = context.policy;
  if (!contract.lookup) return false;
  if (charge.doubt.kind === 'none' && isPastItsKey(charge, context)) return true;
  // Since a later charge was opened, nothing was forgotten: once is enough.
  const looked = charge.attempts > 1 && charge.openedAtMs > (restoredAtMs ?? 0);
  return mayBeForgotten(charge, context) && !looked;
}
