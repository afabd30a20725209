import { type Charge, worse } from '../charge.ts';
import type { EventType } from '../events.ts';
import type { CallOutcome } from '../outcomes.ts';
import { backoffMs } from '../policy.ts';
import {
  ask,
  type Context,
  completed,
  DECLINED,
  type Decision,
  failed,
  NOT_EXECUTED,
  review,
} from './decision.ts';
import { mayCall } from './limits.ts';

/** Decides what the end of a call means. */
export function onCallEnded(charge: Charge, outcome: CallOutcome, context: Context): Decision {
  switch (outcome.kind) {
    case 'approved':
      return completed(charge, outcome.ref);
    case 'mismatch':
      return review({ ...charge, gatewayRef: outcome.ref }, outcome.reason, context);
    case 'declined':
      return onDeclined(charge, outcome.code, context);
    case 'refused':
      return onRefused(charge, outcome.reason, outcome.retryAfterMs, context);
    case 'busy':
      return retryOrAsk(doubted(charge, 'open', context), 'call.busy', null, outcome.retryAfterMs, context);
    case 'unknown': {
      const next = doubted(charge, outcome.answered ? 'answered' : 'open', context);
      return retryOrAsk(next, 'call.unknown', outcome.reason, outcome.retryAfterMs, context);
    }
    case 'pending': {
      const next = { ...doubted(charge, 'open', context), gatewayRef: outcome.ref };
      return ask(next, 'call.pending', null, context.policy.pendingPollMs, context);
    }
    case 'forbidden': {
      const event = { type: 'call.forbidden', detail: outcome.reason } as const;
      const waitMs = context.policy.forbiddenPauseMs;
      return { next: uncounted(charge), event, waitMs, alarm: 'gateway_forbidden' };
    }
  }
}

/**
 * Decides after the claim was given back with nothing sent: because of a shutdown, because this machine is short of
 * something, or because too little of the lease is left.
 */
export function onNotSent(charge: Charge, reason: string, waitMs: number): Decision {
  return { next: uncounted(charge), event: { type: 'call.not_sent', detail: reason }, waitMs };
}

function onDeclined(charge: Charge, code: string, context: Context): Decision {
  if (charge.doubt.kind === 'none') return failed(charge, code, DECLINED);
  return ask(
    { ...charge, declineCode: code },
    'call.declined_in_doubt',
    code,
    context.policy.contract.lookupLagMs,
    context,
  );
}

function onRefused(
  charge: Charge,
  reason: string,
  retryAfterMs: number | undefined,
  context: Context,
): Decision {
  const decision = retryOrAsk(charge, 'call.refused', reason, retryAfterMs, context);
  if (decision.next.step === 'call' || charge.doubt.kind !== 'none') return decision;
  return failed(charge, 'gateway_unavailable', NOT_EXECUTED);
}

/** The same key again if that is safe and allowed, else a lookup. */
function retryOrAsk(
  charge: Charge,
  type: EventType,
  detail: string | null,
  retryAfterMs: number | undefined,
  context: Context,
): Decision {
  const waitMs = backoffMs(context.policy, charge.attempts, context.roll, retryAfterMs);
  if (mayCall(charge, waitMs, context)) return { next: charge, event: { type, detail }, waitMs };
  return ask(charge, type, detail, context.policy.contract.lookupLagMs, context);
}

function doubted(charge: Charge, kind: 'answered' | 'open', context: Context): Charge {
  return { ...charge, doubt: worse(charge.doubt, { kind, untilMs: context.nowMs }, context) };
}

export function uncounted(charge: Charge): Charge {
  const attempts = Math.max(charge.attempts - 1, 0);
  return { ...charge, attempts, firstSentAtMs: attempts === 0 ? null : charge.firstSentAtMs };
}
