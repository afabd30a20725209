/**
 * Decisions about an operation that has ended, and whose end is not the last word: a refund that succeeded may fail days later, and one
 * that counted as failed may have been made after all.
 */
import { isDeclineFinal } from '../contract.ts';
import { EFFECTS, followUpWords } from '../effects.ts';
import type { Operation } from '../operation.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { lookupWaitMs } from '../policy.ts';
import { absenceProof } from '../proof.ts';
import {
  type Context,
  completed,
  type Decision,
  declined,
  failed,
  review,
  watchWaitMs,
  withForbidden,
} from './decision.ts';
import { inOneStep } from './two-steps.ts';

/** What workers without a lease have reported about it. Times are by the database's clock. */
export interface WatchNews {
  /** The last report of money; null: there is none. */
  readonly moneyAtMs: number | null;
  /** The gateway's id of it, from that report. */
  readonly moneyRef: string | null;
  /** Until when one of them may have sent it; null: none has. */
  readonly sentUntilMs: number | null;
}

export interface Watched {
  readonly decision: Decision;
  /** Whether the evidence that was there has been dealt with. */
  readonly checked: boolean;
}

/**
 * Decides what a lookup shows of an operation that is COMPLETED or FAILED. `news`: what its unchecked evidence says; null: there is none.
 * `askedAtMs`: a moment before the lookup was sent.
 */
export function onWatched(
  operation: Operation,
  outcome: LookupOutcome,
  known: { readonly news: WatchNews | null; readonly askedAtMs: number },
  context: Context,
): Watched {
  const watched = decide(operation, outcome, known, context);
  // If it has failed since, that is what must be told.
  const stands = watched.decision.next.status === operation.status;
  if (!watched.checked || !stands || !namesAnother(operation, outcome, known.news)) return watched;
  const event = { type: 'verify.duplicate_found', detail: known.news?.moneyRef ?? null } as const;
  return { ...watched, decision: { ...watched.decision, event, alarm: EFFECTS[operation.kind].twice } };
}

/** Whether a worker was told of another one than the one that counts. A lookup need not show both. */
function namesAnother(
  { status, gatewayRef }: Operation,
  outcome: LookupOutcome,
  news: WatchNews | null,
): boolean {
  const named = news?.moneyRef ?? null;
  if (status !== 'COMPLETED' || named === null || named === gatewayRef) return false;
  // An operator may have stated the wrong id.
  return outcome.kind !== 'succeeded' || outcome.ref !== named;
}

function decide(
  operation: Operation,
  read: LookupOutcome,
  { news, askedAtMs }: { readonly news: WatchNews | null; readonly askedAtMs: number },
  context: Context,
): Watched {
  if (!context.policy.contract.lookup) return { decision: unasked(operation, news, context), checked: true };
  const outcome = inOneStep(read);
  switch (outcome.kind) {
    case 'unavailable':
    case 'forbidden': {
      // What counts as failed is looked up only if something says that it was made.
      const contested = news !== null || operation.status === 'FAILED';
      const later = lookLater(operation, 'verify.unavailable', outcome.reason, contested, context);
      const decision = waitsTooLong(news, context) ? toldOfWaiting(later, context) : later;
      return { decision: outcome.kind === 'forbidden' ? withForbidden(decision) : decision, checked: false };
    }
    case 'captured':
    case 'succeeded':
      return { decision: onAlive(operation, outcome.ref, context), checked: true };
    case 'pending':
      return { decision: onPending(operation, outcome.ref, context), checked: true };
    case 'duplicated':
      return { decision: onDuplicated(operation, outcome.refs, context), checked: true };
    case 'mismatch': {
      const found = { ...operation, gatewayRef: outcome.ref };
      return { decision: review(found, outcome.reason, context), checked: true };
    }
    case 'declined': {
      // A decline that is not final is about one call. Another one, by a worker without a lease, may still land.
      const isFinal = operation.status !== 'FAILED' || isDeclineFinal(context.policy.contract);
      const waiting = isFinal ? null : untilLanded(operation, { news, askedAtMs }, context);
      return waiting ?? { decision: onDead(operation, outcome.code, context), checked: true };
    }
    case 'reversed':
      return { decision: onDead(operation, 'canceled', context), checked: true };
    case 'absent':
      return onAbsent(operation, { news, askedAtMs }, context);
  }
}

/** The gateway cannot be asked. Evidence that what counts as failed was made, or may have been sent, is for a person. */
function unasked(operation: Operation, news: WatchNews | null, context: Context): Decision {
  if (operation.status !== 'FAILED' || news === null) return confirmed(operation, context);
  if (news.moneyAtMs !== null) return notFound(operation, news, context);
  return news.sentUntilMs === null
    ? confirmed(operation, context)
    : review(operation, 'outcome_unknown', context);
}

/** It was made more than once. What counted as failed does not count as failed any more. */
function onDuplicated(operation: Operation, refs: readonly string[], context: Context): Decision {
  const alarm = EFFECTS[operation.kind].twice;
  if (operation.status !== 'COMPLETED')
    return { ...review({ ...operation, gatewayRef: refs[0] ?? null }, alarm, context), alarm };
  const event = { type: 'verify.duplicate_found', detail: refs.join(' ') } as const;
  return { ...confirmed(operation, context), event, alarm };
}

/** It was made. */
function onAlive(operation: Operation, ref: string, context: Context): Decision {
  if (operation.status === 'COMPLETED') return confirmed(operation, context);
  return { ...completed(operation, { ref }, context), alarm: followUpWords(operation.kind).landedLate };
}

/** The gateway still works on it. What counted as failed does not count as failed any more. */
function onPending(operation: Operation, ref: string, context: Context): Decision {
  if (operation.status === 'COMPLETED') return confirmed(operation, context);
  const { nowMs, policy } = context;
  const next = {
    ...operation,
    status: 'PROCESSING',
    step: 'lookup',
    doubt: { kind: 'open', untilMs: nowMs },
    failureCode: null,
    gatewayRef: ref,
    lookups: 0,
    unresolvedSinceMs: nowMs,
  } as const;
  const { foundPending, landedLate } = followUpWords(operation.kind);
  const event = { type: foundPending, detail: ref };
  return { next, event, waitMs: policy.pendingPollMs, alarm: landedLate };
}

/** The gateway says that it does not take effect. */
function onDead(operation: Operation, code: string, context: Context): Decision {
  if (operation.status === 'FAILED') return confirmed(operation, context);
  const { failedLate } = followUpWords(operation.kind);
  // The gateway contradicts what it said when it did it.
  if (failedLate === null) return lookLater(operation, 'verify.unavailable', code, false, context);
  return { ...failed(operation, code, declined(operation)), alarm: failedLate };
}

/** The gateway does not show it. That ends no success, which the gateway itself reported. */
function onAbsent(
  operation: Operation,
  { news, askedAtMs }: { readonly news: WatchNews | null; readonly askedAtMs: number },
  context: Context,
): Watched {
  if (operation.status === 'COMPLETED') {
    const decision = lookLater(operation, 'verify.unavailable', 'not_shown', false, context);
    return { decision, checked: true };
  }
  const waiting = untilLanded(operation, { news, askedAtMs }, context);
  if (waiting !== null) return waiting;
  if (news !== null && news.moneyAtMs !== null)
    return { decision: notFound(operation, news, context), checked: true };
  return { decision: confirmed(operation, context), checked: true };
}

/** The wait until what a worker without a lease may have sent can no longer land. Null: nothing may. */
function untilLanded(
  operation: Operation,
  { news, askedAtMs }: { readonly news: WatchNews | null; readonly askedAtMs: number },
  context: Context,
): Watched | null {
  const sentUntilMs = news?.sentUntilMs ?? null;
  if (sentUntilMs === null) return null;
  const sent = { ...operation, gatewayRef: null, doubt: { kind: 'open', untilMs: sentUntilMs } } as const;
  const proof = absenceProof(sent, askedAtMs, context.policy, context.trust);
  if (proof.kind !== 'from') return null;
  const waitMs = Math.max(1, proof.atMs - context.nowMs + 1);
  const event = { type: 'verify.unavailable', detail: 'may_still_land' } as const;
  return { decision: { next: operation, event, waitMs }, checked: false };
}

/**
 * It was reported, and no lookup shows it. That does not disprove the report, now or later: it keeps the gateway's id, and so "not found" is no
 * proof any more.
 */
function notFound(operation: Operation, { moneyRef }: WatchNews, context: Context): Decision {
  const named = { ...operation, gatewayRef: moneyRef ?? operation.gatewayRef };
  return review(named, 'reported_not_found', context);
}

/** It stands as it is. */
function confirmed(operation: Operation, context: Context): Decision {
  const waitMs = operation.status === 'COMPLETED' ? watchWaitMs(operation, context) : null;
  const next = { ...operation, step: waitMs === null ? 'none' : 'lookup', lookups: 0 } as const;
  return { next, event: { type: followUpWords(operation.kind).confirmed, detail: null }, waitMs };
}

/** It keeps its status until its evidence can be checked. A person must know if that takes too long. */
function waitsTooLong(news: WatchNews | null, { policy, nowMs }: Context): boolean {
  const lastMs = Math.max(news?.moneyAtMs ?? 0, news?.sentUntilMs ?? 0);
  return lastMs > 0 && nowMs - lastMs >= policy.resolveForMs;
}

function toldOfWaiting(decision: Decision, { policy }: Context): Decision {
  return { ...decision, waitMs: policy.reviewLookupMs, alarm: 'evidence_waits' };
}

/** `contested`: evidence or an event waits for the answer, so it is asked for sooner. */
function lookLater(
  operation: Operation,
  type: 'verify.unavailable',
  detail: string,
  contested: boolean,
  context: Context,
): Decision {
  const { policy, roll } = context;
  const waitMs = contested
    ? lookupWaitMs(policy, policy.lookupBaseMs, operation.lookups, roll)
    : watchWaitMs(operation, context);
  const step = waitMs === null ? 'none' : 'lookup';
  return { next: { ...operation, step, lookups: operation.lookups + 1 }, event: { type, detail }, waitMs };
}
