/** What the policy and the gateway's contract allow for an operation in a given state. */

import { FULL_TRUST, isBelieved } from '../clock-trust.ts';
import { giveUpAtMs, type Operation } from '../operation.ts';
import type { Context, Decision } from './decision.ts';

/**
 * Whether it is too late to start a call: the caller's time for it is over. Without such a time, the deadline
 * applies to retries only: what was accepted and never called, because the gateway was paused or down, is
 * called when that is possible. In any case the order's other charges are verified first, because the failure will
 * say that nothing was charged. If they cannot be, resolving has its own limit.
 */
export function outOfTime(operation: Operation, context: Context): boolean {
  const { policy, nowMs } = context;
  const ageMs = nowMs - operation.openedAtMs;
  if (operation.step === 'verify') return ageMs >= policy.resolveForMs;
  if (operation.giveUpAfterS !== null) return leftToTryMs(operation, context) === 0;
  return operation.attempts > 0 && ageMs >= policy.callDeadlineMs;
}

/**
 * For how many milliseconds the caller still wants it called. Infinity: the caller has not said. By the database's clock. If that may have
 * been set since the operation was opened, it is at least as old as our wall clock says. A wall clock that is wrong must not end what
 * nobody has tried, so it counts only then.
 */
export function leftToTryMs(operation: Operation, context: Context): number {
  const { nowMs, trust = FULL_TRUST, wallAgeMs = 0 } = context;
  const { openedAtMs } = operation;
  const ageMs = nowMs - openedAtMs;
  const openForMs = isBelieved(openedAtMs, nowMs, trust) ? ageMs : Math.max(ageMs, wallAgeMs);
  return Math.max(0, giveUpAtMs(operation) - openedAtMs - openForMs);
}

/** The decision, due again no later than the end of the caller's time: what is not called by then ends then. */
export function endingInTime(decision: Decision, context: Context): Decision {
  const { next, waitMs } = decision;
  if (waitMs === null || next.giveUpAfterS === null || next.step === 'lookup') return decision;
  if (next.status !== 'PROCESSING' && next.status !== 'UNRESOLVED') return decision;
  const leftMs = leftToTryMs(next, context);
  // Then the lookups of other charges go on at their own pace.
  if (leftMs >= waitMs || (leftMs === 0 && next.step === 'verify')) return decision;
  return { ...decision, waitMs: leftMs };
}

/** Whether the caller, or else the policy, allows one more call `waitMs` from now. */
function hasCallsLeft(operation: Operation, waitMs: number, context: Context): boolean {
  const { policy, nowMs } = context;
  // A longer wait ends with that time.
  if (operation.giveUpAfterS !== null) return leftToTryMs(operation, context) > 0;
  if (operation.attempts >= policy.maxAttempts) return false;
  return operation.attempts === 0 || nowMs + waitMs < operation.openedAtMs + policy.callDeadlineMs;
}

/** Whether one more call is safe and allowed, `waitMs` from now. */
export function mayCall(operation: Operation, waitMs: number, context: Context): boolean {
  const { policy } = context;
  if (!hasCallsLeft(operation, waitMs, context)) return false;
  if (operation.doubt.kind === 'none') return true;
  if (policy.contract.keys === 'none' || operation.declineCode !== null) return false;
  if (policy.contract.cachesErrors && operation.doubt.kind === 'answered') return false;
  // A request under a claim may be sent until the lease ends, and lands even later. The gateway must still remember
  // its key then.
  const ageMs = waitMs + greatestAgeMs(operation.firstSentAtMs ?? operation.openedAtMs, context);
  return ageMs + policy.leaseMs + policy.contract.landsWithinMs < policy.contract.keyWindowMs;
}

/**
 * How old something of the operation can be that is dated `statedMs`. A clock that was set back makes it look younger
 * than it is: by as much as it was set back, if the date is from before that. It is no older than the operation, whose age our wall clock
 * knows, too. That one counts because this process may not have seen the database's clock set. Both can be set together, so it counts only
 * where it says more. If both still put it in the future, both were set back by nobody knows how much, and it can be of any age.
 */
function greatestAgeMs(statedMs: number, { nowMs, trust = FULL_TRUST, wallAgeMs = 0 }: Context): number {
  const setBackMs = isBelieved(statedMs, nowMs, trust) ? 0 : trust.setBackMs;
  const ageMs = Math.max(nowMs - statedMs + setBackMs, wallAgeMs);
  return ageMs < -trust.aheadMs ? Number.POSITIVE_INFINITY : ageMs;
}

/**
 * Whether the operation waits to be looked up or verified, and this process cannot do lookups. Then it is left to a
 * process that can. If none has come for as long as it may stay unresolved, any process takes it.
 *
 * @param waiting since when it is due, by the database's clock, and its unchecked evidence: any process checks
 *   that.
 */
export function isForOthers(
  operation: Operation,
  waiting: { readonly dueAtMs: number; readonly evidence: number },
  { policy, nowMs }: Context,
): boolean {
  if (policy.contract.lookup || operation.step === 'call' || waiting.evidence > 0) return false;
  return nowMs - waiting.dueAtMs < policy.resolveForMs;
}

/** How long clients may still repeat a request that a restored database has forgotten. */
const REPEATED_FOR_MS = 30 * 86_400_000;

/**
 * Whether this database may have forgotten something about the operation: it was restored, and the operation is older
 * than the restore, or may repeat one that is.
 */
export function mayBeForgotten({ openedAtMs }: Operation, { policy, nowMs }: Context): boolean {
  const { restoredAtMs } = policy;
  if (restoredAtMs === null) return false;
  return openedAtMs <= restoredAtMs || nowMs < restoredAtMs + REPEATED_FOR_MS;
}

/**
 * Whether the operation was accepted so long ago that its key no longer protects its first call. The row may come from
 * a backup, and the call may have been made after the backup.
 */
export function isPastItsKey(operation: Operation, context: Context): boolean {
  const { contract, leaseMs, callDeadlineMs } = context.policy;
  const guardedMs =
    contract.keys === 'kept' ? contract.keyWindowMs - contract.landsWithinMs - leaseMs : callDeadlineMs;
  return greatestAgeMs(operation.openedAtMs, context) >= Math.max(guardedMs, leaseMs);
}

/**
 * Whether the operation is looked up before it is called: if the call may not be the first although no call is known
 * to have been executed, or if the database may have forgotten a call or a later charge.
 */
export function mustLookFirst(operation: Operation, context: Context): boolean {
  if (!context.policy.contract.lookup) return false;
  if (operation.doubt.kind === 'none' && isPastItsKey(operation, context)) return true;
  // Before each call: the worker that counted an earlier one may have died before its lookup.
  return mayBeForgotten(operation, context);
}
