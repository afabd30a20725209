/** What a decision consists of, and the few ways in which it can end. */

import type { Alarm } from '../alarms.ts';
import type { ClockTrust } from '../clock-trust.ts';
import { EFFECTS } from '../effects.ts';
import type { EventType } from '../events.ts';
import { isSettled, type Operation } from '../operation.ts';
import type { Authorization, Captured } from '../outcomes.ts';
import type { Policy } from '../policy.ts';
import type { FailureProblem } from '../problems.ts';
import { authorizedWaitMs } from './authorized-wait.ts';

export interface Decision {
  readonly next: Operation;
  readonly event: { readonly type: EventType; readonly detail: string | null };
  /** Milliseconds until it is due again. Null: nothing is left to do. */
  readonly waitMs: number | null;
  readonly alarm?: Alarm;
  /** Present: the authorisation has ended, and not by us. Somebody else has captured so much of it, in minor units; 0: nothing. */
  readonly capturedMinor?: number;
  /** Beside `capturedMinor`: so much of that has been refunded since, and not by us. Absent: nothing, as far as is known. */
  readonly refundedElsewhereMinor?: number;
  /** Present if the operation ends here, for good. */
  readonly settled?: Settled;
}

export interface Settled {
  /** Null: completed. */
  readonly problem: FailureProblem | null;
  /** Failed without a decline: a lookup did not find it, or no call is known to have been executed. */
  readonly byAbsence: boolean;
  /** What it moved, in minor units, if that is not what was asked for. Absent: it is. */
  readonly movedMinor?: number;
}

/**
 * Whether evidence that came in meanwhile is checked at once. What has ended is: its own next look may be a day away. Evidence that could not
 * be checked waits as long as the decision says.
 */
export function checksNewsAtOnce({ next, event }: Decision): boolean {
  return isSettled(next.status) && event.type !== 'verify.unavailable';
}

export interface Context {
  readonly policy: Policy;
  /** The database's clock, at or after the moment of the event. */
  readonly nowMs: number;
  /** The database's clock, at or before that moment. Default: `nowMs`. */
  readonly atLeastMs?: number;
  /** Uniform in [0, 1). */
  readonly roll: number;
  /** How far to trust that clock about elapsed time. Default: without limit. */
  readonly trust?: ClockTrust;
  /** Milliseconds since the operation was opened, by the machine's wall clock. Default: 0, not known. */
  readonly wallAgeMs?: number;
}

/** It was done. A charge with manual capture is authorised by that. */
export function completed(
  operation: Operation,
  { ref: gatewayRef, ...found }: { readonly ref: string } & Authorization,
  context: Context,
): Decision {
  if (operation.manual === true) return authorized({ ...operation, gatewayRef }, found, context);
  const waitMs = watchWaitMs(operation, context);
  const step = waitMs === null ? 'none' : 'lookup';
  const next = { ...operation, status: 'COMPLETED', step, failureCode: null, gatewayRef } as const;
  const settled = { problem: null, byAbsence: false };
  const event = { type: EFFECTS[operation.kind].events.completed, detail: gatewayRef };
  return { next, event, waitMs, settled };
}

/** The gateway holds the money. It is looked at again when it should let go of it. */
function authorized(operation: Operation, found: Authorization, context: Context): Decision {
  const waitMs = authorizedWaitMs(operation, found, context);
  const next = {
    ...operation,
    status: 'AUTHORIZED',
    step: 'lookup',
    failureCode: null,
    lookups: 0,
    unresolvedSinceMs: null,
  } as const;
  const event = { type: 'payment.authorized', detail: operation.gatewayRef } as const;
  return { next, event, waitMs, settled: { problem: null, byAbsence: false } };
}

/** Somebody else has captured what was authorised. A capture of ours ends the payment in a write of its own. */
export function capturedElsewhere(operation: Operation, { ref, amountMinor }: Captured): Decision {
  return {
    next: { ...operation, status: 'COMPLETED', step: 'none', failureCode: null, gatewayRef: ref },
    event: { type: 'payment.captured', detail: String(amountMinor) },
    waitMs: null,
    alarm: 'captured_elsewhere',
    capturedMinor: amountMinor,
    settled: { problem: null, byAbsence: false },
  };
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * How long until a success is looked up again, because it may still turn into a failure: after an hour, then in growing steps, at last
 * once a day. Null: it is final, or cannot be looked up.
 */
export function watchWaitMs({ kind, openedAtMs }: Operation, { policy, nowMs }: Context): number | null {
  const { mayFailForMs } = EFFECTS[kind];
  const ageMs = nowMs - openedAtMs;
  // If the clock was set back, the age is negative.
  if (!policy.contract.lookup || mayFailForMs === 0 || ageMs >= mayFailForMs) return null;
  return Math.min(Math.max(ageMs, HOUR_MS), DAY_MS);
}

export function failed(operation: Operation, failureCode: string, settled: Settled): Decision {
  const next = { ...operation, status: 'FAILED', step: 'none', failureCode } as const;
  return {
    next,
    event: { type: EFFECTS[operation.kind].events.failed, detail: failureCode },
    waitMs: null,
    settled,
  };
}

/** The gateway declined. */
export function declined({ kind }: Operation): Settled {
  return { problem: EFFECTS[kind].declined, byAbsence: false };
}

/** Whether the decision would end the operation with a decline. */
export function isDecline({ next, settled }: Decision): boolean {
  return settled?.problem === EFFECTS[next.kind].declined;
}

/**
 * No call was executed, as far as our own records say. A database that lost its last commits may have forgotten
 * one. So this counts as absence: the charge is looked up once more before the order's next charge.
 */
export const NOT_EXECUTED: Settled = { problem: 'gateway_failed', byAbsence: true };

/**
 * It was charged, and has been taken back at the gateway since. A refund may fail days later: then the charge holds money again. So it is
 * looked up once more before the order's next charge.
 */
export const REVERSED: Settled = { problem: 'gateway_failed', byAbsence: true };

/** Whether it is made in two steps: after a decline, what it was called on can still be paid, until that is sealed. */
export function isInTwoSteps({ kind }: Operation, { policy }: Context): boolean {
  return policy.contract.steps === 'two' && EFFECTS[kind].inSteps;
}

/** Whether it must be looked up before it is called again. A lookup that permits the call says so by the step. */
export function mustReadFirst(operation: Operation, context: Context): boolean {
  return operation.doubt.kind !== 'none' && isInTwoSteps(operation, context);
}

/** Look it up in `waitMs`. Without lookups, only a person can find out. */
export function ask(
  operation: Operation,
  type: EventType,
  detail: string | null,
  waitMs: number,
  context: Context,
): Decision {
  if (!context.policy.contract.lookup) return review(operation, 'outcome_unknown', context);
  return { next: { ...operation, step: 'lookup' }, event: { type, detail }, waitMs };
}

/** Our credentials were refused, and somebody must fix them. An alarm that the decision already has is more important. */
export function withForbidden(decision: Decision): Decision {
  return { ...decision, alarm: decision.alarm ?? 'gateway_forbidden' };
}

/** Money of another charge of the order, or a sign of it. Stronger evidence has the higher number. */
const OTHER_MONEY: Readonly<Record<string, number>> = { other_gateway: 1, late_evidence: 2, late_success: 2 };

/** Whether the review is about another charge. Then nothing that is learnt about this one ends it. */
export function knowsOfOtherMoney({ status, failureCode }: Operation): boolean {
  return status === 'REVIEW' && otherMoney(failureCode) > 0;
}

/** The gateway's id of this very charge. While there is money of another charge, the payment shows the id of that one. */
export function ownRef(operation: Operation): string | null {
  const isOthers = operation.status === 'REVIEW' && otherMoney(operation.failureCode) > 1;
  return isOthers ? null : operation.gatewayRef;
}

function otherMoney(reason: string | null): number {
  return OTHER_MONEY[reason ?? ''] ?? 0;
}

/** A person must decide. If the gateway has lookups, they go on once a day: there may still be proof. */
export function review(operation: Operation, reason: string, { policy }: Context): Decision {
  const asking = policy.contract.lookup;
  const keepsReason = knowsOfOtherMoney(operation) && otherMoney(operation.failureCode) > otherMoney(reason);
  const askStep = operation.step === 'verify' ? 'verify' : 'lookup';
  const next = {
    ...operation,
    status: 'REVIEW',
    failureCode: keepsReason ? operation.failureCode : reason,
    step: asking ? askStep : 'none',
  } as const;
  const event = { type: EFFECTS[operation.kind].events.review, detail: reason };
  return { next, event, waitMs: asking ? policy.reviewLookupMs : null, alarm: 'needs_review' };
}
