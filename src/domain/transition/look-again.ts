/**
 * What becomes of an operation that a lookup has not ended: it is looked up again, less and less often, until a person is asked. If the gateway
 * gave no answer, it is looked up soon after the gateway is back.
 */
import { EFFECTS } from '../effects.ts';
import type { EventType } from '../events.ts';
import type { Operation } from '../operation.ts';
import { lookupWaitMs, type Policy, unansweredWaitMs } from '../policy.ts';
import { type Context, type Decision, review } from './decision.ts';

/** `provableAtMs`: when the same answer would be proof. The next lookup is then, if that is earlier than the schedule. */
export function lookAgain(
  operation: Operation,
  type: EventType,
  detail: string | null,
  provableAtMs: number | null,
  context: Context,
): Decision {
  const { policy, nowMs, roll } = context;
  const sinceMs = operation.unresolvedSinceMs ?? nowMs;
  const isAnswered = type !== 'lookup.unavailable';
  const next = {
    ...operation,
    step: 'lookup',
    // An outage must not slow down the lookups that come after it.
    lookups: operation.lookups + (isAnswered ? 1 : 0),
    unresolvedSinceMs: sinceMs,
  } as const;
  const provableMs = provableAtMs === null ? null : Math.max(provableAtMs - nowMs + 1, 1);
  if (operation.status === 'REVIEW') {
    const { reviewLookupMs } = policy;
    return { next, event: { type, detail }, waitMs: Math.min(reviewLookupMs, provableMs ?? reviewLookupMs) };
  }
  if (nowMs - sinceMs >= resolveForMs(next, policy)) return review(next, 'unresolved_too_long', context);
  const pending = type === 'lookup.pending' || type === 'lookup.requires_action';
  const baseMs = pending ? policy.pendingPollMs : policy.lookupBaseMs;
  const scheduledMs = isAnswered
    ? lookupWaitMs(policy, baseMs, operation.lookups, roll)
    : unansweredWaitMs(policy, nowMs - sinceMs, roll);
  const status = pending ? operation.status : 'UNRESOLVED';
  const waitMs = Math.min(scheduledMs, provableMs ?? scheduledMs);
  return { next: { ...next, status }, event: { type, detail }, waitMs };
}

/** How long it may stay without an end before a person is asked. The gateway may take longer with what it has accepted. */
function resolveForMs({ kind, gatewayRef }: Operation, policy: Policy): number {
  if (gatewayRef === null) return policy.resolveForMs;
  return policy.contract.pendingForMs ?? EFFECTS[kind].pendingForMs ?? policy.resolveForMs;
}
