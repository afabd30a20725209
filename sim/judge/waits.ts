/** When a payment is due next: as the policy says for what has just happened. While something is left to do, it always has a due time. */
import { EFFECTS } from '../../src/domain/effects.ts';
import { isSettled } from '../../src/domain/operation.ts';
import type { CallOutcome } from '../../src/domain/outcomes.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { Mishap } from '../plan/faults.ts';
import { type Plan, policyOf } from '../plan/plan.ts';
import type { Change } from '../store/database.ts';
import type { CommitJudgeParts } from './commits.ts';
import { isUndisturbed } from './undisturbed.ts';
import { claimantOf, sentUnder } from './wire.ts';
import { hasOpenWish } from './wishes.ts';

interface Bounds {
  readonly leastMs: number;
  readonly mostMs: number;
}

export function judgeWait({ book, plan, violated }: CommitJudgeParts, change: Change): void {
  const { before, after, event, rowAfter, orderId, kind } = change;
  if (kind !== 'advance' || before === null || event === null) return;
  const { operation, dueAtMs, evidence } = after;
  const what = `${orderId} #${after.seq} ${event.type} (${event.detail ?? ''})`;
  const isOver = isSettled(operation.status) && operation.status !== 'AUTHORIZED';
  const rests = operation.status === 'REVIEW' && operation.step === 'none';
  if (dueAtMs === null) {
    if ((!isOver && !rests) || evidence > 0) violated('waits', `${what}: it is never due again`);
    return;
  }
  const claimant = claimantOf(book.wire, after.claimId);
  const policy = policyOf(plan, claimant?.index ?? 0);
  const waitMs = dueAtMs - event.atMs;
  if (after.held) {
    if (waitMs !== policy.leaseMs) violated('waits', `${what}: a lease of ${waitMs} ms`);
    const lateMs = event.atMs - (before.dueAtMs ?? event.atMs);
    if (lateMs > LATE_MS && isPrompt(plan))
      violated('waits', `${what}: taken up ${lateMs} ms after it was due`);
    return;
  }
  if (after.claimId !== before.claimId) return;
  const key = rowAfter.operations.at(-1)?.gatewayKey ?? '';
  const heard = sentUnder(book.wire, key, before.claimId).at(-1)?.heard as CallOutcome | null | undefined;
  const aheadMs = plan.mishaps.some((mishap) => SETS_CLOCKS.has(mishap)) ? policy.lookupCapMs * 8 : AHEAD_MS;
  const bounds = boundsOf(change, policy, { heard: heard ?? null, aheadMs });
  if (bounds === null) return;
  // The order's own time limit may end the wait sooner, and so does a person who waits.
  const leastMs = operation.giveUpAfterS === null && !hasOpenWish(rowAfter) ? bounds.leastMs : 0;
  if (waitMs < leastMs || waitMs > bounds.mostMs)
    violated('waits', `${what}: due in ${waitMs} ms, not in ${bounds.leastMs} to ${bounds.mostMs}`);
}

/** Several sweeps, plus the longest pause between two probes of the gateway. */
const LATE_MS = 60_000;

/** Whether nothing but a silent gateway can delay the claim of a due payment. */
function isPrompt(plan: Plan): boolean {
  const { mishaps, narrow, rates, story } = plan;
  return (
    isUndisturbed(plan) &&
    story === 'plain' &&
    // With narrow limits, a payment waits for slots and tokens: see `limits.ts`.
    narrow === null &&
    rates.gateway_forbids === undefined &&
    !mishaps.some((mishap) => PAUSES_CALLS.has(mishap))
  );
}

const PAUSES_CALLS: ReadonlySet<Mishap> = new Set([
  'credentials_revoked',
  'database_clock_steps',
  'clock_jumps',
]);

/** Null: any wait is allowed. */
function boundsOf(
  { before, after, event }: Change,
  policy: Policy,
  { heard, aheadMs }: { readonly heard: CallOutcome | null; readonly aheadMs: number },
): Bounds | null {
  const { operation } = after;
  const lookups = before?.operation.lookups ?? 0;
  const type = event?.type ?? '';
  switch (type) {
    case 'call.refused':
    case 'call.unknown':
    case 'call.busy':
      // In two steps it is looked up before it is called again.
      if (policy.contract.steps === 'two' && operation.kind === 'charge' && operation.step === 'lookup')
        return {
          leastMs: 0,
          mostMs: Math.max(
            policy.contract.lookupLagMs,
            backoff(policy, operation.attempts, heard)?.mostMs ?? 0,
          ),
        };
      return operation.step === 'lookup'
        ? exactly(policy.contract.lookupLagMs)
        : backoff(policy, operation.attempts, heard);
    case 'call.declined':
    case 'call.requires_action':
      return exactly(policy.contract.lookupLagMs);
    case 'lookup.open':
      if (operation.step === 'call' || operation.lookups === lookups) return exactly(0);
      return operation.status === 'REVIEW'
        ? exactly(policy.reviewLookupMs)
        : schedule(policy, policy.lookupBaseMs, lookups);
    case 'lookup.requires_action':
      return {
        leastMs: 0,
        mostMs:
          operation.status === 'REVIEW'
            ? policy.reviewLookupMs
            : schedule(policy, policy.pendingPollMs, lookups).mostMs,
      };
    case 'call.declined_in_doubt':
      return { leastMs: 0, mostMs: policy.contract.lookupLagMs };
    case 'call.pending':
      return exactly(policy.pendingPollMs);
    case 'call.forbidden':
      return exactly(policy.forbiddenPauseMs);
    case 'lookup.absent':
      return backoff(policy, operation.attempts, null);
    case 'lookup.unavailable':
      // As the schedule says, and daily if it has not been said for too long.
      if (operation.status === 'AUTHORIZED')
        return { leastMs: 0, mostMs: Math.max(policy.reviewLookupMs, policy.lookupCapMs * 1.1) };
      return operation.status === 'REVIEW'
        ? exactly(policy.reviewLookupMs)
        : unanswered(policy, Math.max(0, (event?.atMs ?? 0) - (operation.unresolvedSinceMs ?? 0)) + aheadMs);
    case 'lookup.pending':
      return operation.status === 'REVIEW'
        ? exactly(policy.reviewLookupMs)
        : schedule(policy, policy.pendingPollMs, lookups);
    case 'lookup.not_found_yet':
      return {
        leastMs: 0,
        mostMs:
          operation.status === 'REVIEW'
            ? policy.reviewLookupMs
            : schedule(policy, policy.lookupBaseMs, lookups).mostMs,
      };
    case 'verify.unavailable':
      // A success is looked up again after an hour, then less and less often, at last once a day.
      if (EFFECTS[operation.kind].mayFailForMs > 0 && operation.status === 'COMPLETED') return null;
      return {
        leastMs: 0,
        mostMs:
          operation.status === 'REVIEW'
            ? policy.reviewLookupMs
            : Math.max(policy.reviewLookupMs, schedule(policy, policy.lookupBaseMs, lookups).mostMs),
      };
    case 'payment.review':
      // It rests. Only evidence that arrived in the meantime makes it due.
      if (operation.step === 'none') return null;
      return exactly(policy.reviewLookupMs);
    default:
      return null;
  }
}

function exactly(ms: number): Bounds {
  return { leastMs: ms, mostMs: ms };
}

/** The gateway's Retry-After wins. Otherwise any wait up to a bound that doubles with every call. */
function backoff(policy: Policy, attempts: number, heard: CallOutcome | null): Bounds {
  const asked = heard !== null && 'retryAfterMs' in heard ? heard.retryAfterMs : undefined;
  if (asked !== undefined) {
    const leastMs = Math.min(Math.max(asked, 0), policy.retryAfterCapMs);
    return { leastMs, mostMs: leastMs + policy.backoffBaseMs };
  }
  const doubled = policy.backoffBaseMs * 2 ** Math.max(attempts - 1, 0);
  return { leastMs: 0, mostMs: Math.min(policy.backoffCapMs, doubled) };
}

/** An eighth of the time without an answer comes on top, and it varies by a tenth. The decision is older than its commit. */
function unanswered({ lookupBaseMs, lookupCapMs }: Policy, waitedMs: number): Bounds {
  const mostMs = Math.min(lookupCapMs, lookupBaseMs + waitedMs / 8);
  return { leastMs: Math.floor(0.9 * Math.min(lookupCapMs, lookupBaseMs)), mostMs: Math.ceil(1.1 * mostMs) };
}

/** A process may take the database's clock for later than it is, by as long as a slow answer took. */
const AHEAD_MS = 10_000;
/** Then a process may take it for any time, for a while. */
const SETS_CLOCKS: ReadonlySet<Mishap> = new Set(['database_clock_steps', 'clock_jumps']);

/** Doubles with every lookup, and varies by a tenth. */
function schedule(policy: Policy, baseMs: number, lookups: number): Bounds {
  const plainMs = Math.min(policy.lookupCapMs, baseMs * 2 ** Math.min(lookups, 30));
  return { leastMs: Math.floor(0.9 * plainMs), mostMs: Math.ceil(1.1 * plainMs) };
}
