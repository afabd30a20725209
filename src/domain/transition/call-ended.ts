import type { EventType } from '../events.ts';
import { type Operation, worse } from '../operation.ts';
import type { CallOutcome } from '../outcomes.ts';
import { backoffMs } from '../policy.ts';
import {
  ask,
  type Context,
  completed,
  type Decision,
  declined,
  failed,
  NOT_EXECUTED,
  review,
} from './decision.ts';
import { mayCall } from './limits.ts';

/** Decides what the end of a call means. */
export function onCallEnded(operation: Operation, outcome: CallOutcome, context: Context): Decision {
  switch (outcome.kind) {
    case 'approved':
      return completed(operation, outcome, context);
    case 'mismatch':
      // Money has moved. Until lookups must show it, "not found" says nothing, not even if a person says so, too.
      return review(
        { ...doubted(operation, 'answered', context), gatewayRef: outcome.ref },
        outcome.reason,
        context,
      );
    case 'declined':
      return onDeclined(operation, outcome.code, context);
    case 'refused':
      return onRefused(operation, outcome.reason, outcome.retryAfterMs, context);
    case 'busy':
      return retryOrAsk(
        doubted(operation, 'open', context),
        'call.busy',
        null,
        outcome.retryAfterMs,
        context,
      );
    case 'unknown': {
      const next = doubted(operation, outcome.answered ? 'answered' : 'open', context);
      // The gateway keeps this answer under the key, so another call would only get it again.
      if (outcome.answered && context.policy.contract.cachesErrors) {
        return ask(next, 'call.unknown', outcome.reason, context.policy.contract.lookupLagMs, context);
      }
      return retryOrAsk(next, 'call.unknown', outcome.reason, outcome.retryAfterMs, context);
    }
    case 'pending': {
      const next = { ...doubted(operation, 'open', context), gatewayRef: outcome.ref };
      return ask(next, 'call.pending', null, context.policy.pendingPollMs, context);
    }
    case 'forbidden': {
      const event = { type: 'call.forbidden', detail: outcome.reason } as const;
      const waitMs = context.policy.forbiddenPauseMs;
      return { next: uncounted(operation), event, waitMs, alarm: 'gateway_forbidden' };
    }
  }
}

/**
 * Decides after the claim was given back with nothing sent: because of a shutdown, because this machine is short of
 * something, or because too little of the lease is left.
 */
export function onNotSent(operation: Operation, reason: string, waitMs: number): Decision {
  return { next: uncounted(operation), event: { type: 'call.not_sent', detail: reason }, waitMs };
}

function onDeclined(operation: Operation, code: string, context: Context): Decision {
  if (operation.doubt.kind === 'none') return failed(operation, code, declined(operation));
  return ask(
    { ...operation, declineCode: code },
    'call.declined_in_doubt',
    code,
    context.policy.contract.lookupLagMs,
    context,
  );
}

function onRefused(
  operation: Operation,
  reason: string,
  retryAfterMs: number | undefined,
  context: Context,
): Decision {
  const decision = retryOrAsk(operation, 'call.refused', reason, retryAfterMs, context);
  if (decision.next.step === 'call' || operation.doubt.kind !== 'none') return decision;
  return failed(operation, 'gateway_unavailable', NOT_EXECUTED);
}

/** The same key again if that is safe and allowed, else a lookup. */
function retryOrAsk(
  operation: Operation,
  type: EventType,
  detail: string | null,
  retryAfterMs: number | undefined,
  context: Context,
): Decision {
  const waitMs = backoffMs(context.policy, operation.attempts, context.roll, retryAfterMs);
  if (mayCall(operation, waitMs, context)) return { next: operation, event: { type, detail }, waitMs };
  return ask(operation, type, detail, context.policy.contract.lookupLagMs, context);
}

function doubted(operation: Operation, kind: 'answered' | 'open', context: Context): Operation {
  return { ...operation, doubt: worse(operation.doubt, { kind, untilMs: context.nowMs }, context) };
}

export function uncounted(operation: Operation): Operation {
  const attempts = Math.max(operation.attempts - 1, 0);
  return { ...operation, attempts, firstSentAtMs: attempts === 0 ? null : operation.firstSentAtMs };
}
