import { isDeclineFinal } from '../contract.ts';
import type { EventType } from '../events.ts';
import { type Operation, worse } from '../operation.ts';
import type { CallOutcome } from '../outcomes.ts';
import { backoffMs } from '../policy.ts';
import { acting } from './acting.ts';
import {
  ask,
  type Context,
  completed,
  type Decision,
  declined,
  failed,
  isInTwoSteps,
  mustReadFirst,
  NOT_EXECUTED,
  review,
} from './decision.ts';
import { mayBeForgotten, mayCall } from './limits.ts';

/** How a call ended. `unprepared`: the gateway's definite no to what it was to be called on, so nothing was called. */
export type CallEnd = CallOutcome | { readonly kind: 'unprepared'; readonly code: string };

/** Decides what the end of a call means. */
export function onCallEnded(operation: Operation, outcome: CallEnd, context: Context): Decision {
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
      return isInTwoSteps(operation, context)
        ? onDeclinedOpen(operation, outcome.code, context)
        : onDeclined(afterDecline(operation, outcome.ref, context), outcome.code, context);
    case 'unprepared':
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
        return ask(
          keptError(next, context),
          'call.unknown',
          outcome.reason,
          context.policy.contract.lookupLagMs,
          context,
        );
      }
      // Another call would only get it again, and what was done shows.
      if (outcome.lookFirst === true && context.policy.contract.lookup)
        return ask(next, 'call.unknown', outcome.reason, context.policy.contract.lookupLagMs, context);
      return retryOrAsk(next, 'call.unknown', outcome.reason, outcome.retryAfterMs, context);
    }
    case 'pending': {
      const next = { ...doubted(operation, 'open', context), gatewayRef: outcome.ref };
      return ask(next, 'call.pending', null, context.policy.pendingPollMs, context);
    }
    case 'requires_action': {
      // It may be the kept answer to an earlier call, and long out of date. So it is not shown before it is read.
      const next = acting(doubted(operation, 'open', context), outcome.ref, context);
      return ask(next, 'call.requires_action', null, context.policy.contract.lookupLagMs, context);
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

/**
 * A decline that the gateway keeps under the key answers every copy of the call. It has an id there. An error has none, and says nothing of
 * a copy that may still land.
 */
function afterDecline(operation: Operation, ref: string | undefined, context: Context): Operation {
  const { contract } = context.policy;
  const { errorsLandWithinMs = 0 } = contract;
  const answersAll = ref !== undefined && isDeclineFinal(contract);
  return errorsLandWithinMs === 0 || answersAll ? operation : doubted(operation, 'answered', context);
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

/** What was declined can still be paid. The code is durable before that is sealed, so the seal comes with the next claim. */
function onDeclinedOpen(operation: Operation, code: string, context: Context): Decision {
  const next = { ...doubted(operation, 'answered', context), declineCode: code };
  return ask(next, 'call.declined', code, context.policy.contract.lookupLagMs, context);
}

function onRefused(
  operation: Operation,
  reason: string,
  retryAfterMs: number | undefined,
  context: Context,
): Decision {
  const decision = retryOrAsk(operation, 'call.refused', reason, retryAfterMs, context);
  if (decision.next.step === 'call' || operation.doubt.kind !== 'none') return decision;
  // A restored database may have forgotten an earlier call, which was executed or can still be. So the gateway is asked.
  if (context.policy.contract.lookup && mayBeForgotten(operation, context)) return decision;
  return failed(operation, 'gateway_unavailable', NOT_EXECUTED);
}

/** The same key again if that is safe and allowed, else a lookup. In two steps, a doubt is looked up before anything is sent again. */
function retryOrAsk(
  operation: Operation,
  type: EventType,
  detail: string | null,
  retryAfterMs: number | undefined,
  context: Context,
): Decision {
  const waitMs = backoffMs(context.policy, operation.attempts, context.roll, retryAfterMs);
  if (mayCall(operation, waitMs, context)) {
    return mustReadFirst(operation, context)
      ? ask(operation, type, detail, waitMs, context)
      : { next: operation, event: { type, detail }, waitMs };
  }
  return ask(operation, type, detail, context.policy.contract.lookupLagMs, context);
}

function doubted(operation: Operation, kind: 'answered' | 'open', context: Context): Operation {
  return { ...operation, doubt: worse(operation.doubt, { kind, untilMs: context.nowMs }, context) };
}

/** In two steps, the answer that is kept under the key is the end of every call so far: none of them is still under way. */
function keptError(operation: Operation, context: Context): Operation {
  const { doubt } = operation;
  if (doubt.kind === 'none' || !isInTwoSteps(operation, context)) return operation;
  return { ...operation, doubt: { ...doubt, kind: 'answered' } };
}

export function uncounted(operation: Operation): Operation {
  const attempts = Math.max(operation.attempts - 1, 0);
  return { ...operation, attempts, firstSentAtMs: attempts === 0 ? null : operation.firstSentAtMs };
}
