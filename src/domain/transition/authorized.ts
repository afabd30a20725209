/** Decisions about a charge that is authorised: it is looked at until the gateway says what has become of it. */
import { EFFECTS } from '../effects.ts';
import type { EventType } from '../events.ts';
import type { Operation } from '../operation.ts';
import type { Authorization, LookupOutcome } from '../outcomes.ts';
import { lookupWaitMs } from '../policy.ts';
import { authorizedWaitMs } from './authorized-wait.ts';
import { type Context, capturedElsewhere, type Decision, withForbidden } from './decision.ts';

/** The failure code of a payment whose authorisation ended at the gateway, and not by a void of ours. */
export const AUTHORIZATION_EXPIRED = 'authorization_expired';
/** The failure code if nothing was ever held, although somebody had said so. */
const NOT_AUTHORIZED = 'not_authorized';

/** It leaves AUTHORIZED only when the gateway shows that the money was taken, or that it is free again. */
export function onAuthorizedLookedUp(
  operation: Operation,
  outcome: LookupOutcome,
  context: Context,
): Decision {
  switch (outcome.kind) {
    case 'succeeded':
      return stillAuthorized(operation, outcome, context);
    case 'captured':
      return capturedElsewhere(operation, outcome);
    case 'reversed': {
      const { captured, refs } = outcome;
      if (captured !== undefined && isOurs(operation, [captured.ref]))
        return { ...capturedElsewhere(operation, captured), refundedElsewhereMinor: captured.amountMinor };
      // Where keys are not kept, another one under the key may have been taken back, and ours is not shown yet.
      return isOurs(operation, refs)
        ? free(operation, AUTHORIZATION_EXPIRED)
        : unknown(operation, 'not_shown', context);
    }
    case 'sealed':
      return isOurs(operation, [outcome.ref])
        ? free(operation, AUTHORIZATION_EXPIRED)
        : unknown(operation, 'not_shown', context);
    case 'duplicated':
      return { ...unknown(operation, 'duplicated', context), alarm: EFFECTS.charge.twice };
    case 'forbidden':
      return withForbidden(unknown(operation, outcome.reason, context));
    case 'unavailable':
      return outcome.reason === CAPTURE_OR_VOID_OPEN
        ? leftToOurs(operation, context)
        : unknown(operation, outcome.reason, context);
    case 'mismatch':
      return unknown(operation, outcome.reason, context);
    case 'declined':
      // Another one under the key may be held, where a decline is not final. Or an operator has named another charge of the order.
      return isOurs(operation, [outcome.ref])
        ? free(operation, NOT_AUTHORIZED)
        : unknown(operation, 'not_shown', context);
    case 'absent':
    case 'pending':
    case 'open':
    case 'requires_action':
      return unknown(operation, outcome.kind, context);
  }
}

function isOurs({ gatewayRef }: Operation, refs: readonly string[]): boolean {
  return gatewayRef === null || refs.includes(gatewayRef);
}

function free(operation: Operation, failureCode: string): Decision {
  return {
    next: { ...operation, status: 'VOIDED', step: 'none', failureCode },
    event: { type: 'payment.voided', detail: failureCode },
    waitMs: null,
    capturedMinor: 0,
  };
}

function stillAuthorized(operation: Operation, found: Authorization, context: Context): Decision {
  const waitMs = authorizedWaitMs(operation, found, context);
  const next = { ...operation, lookups: operation.lookups + 1, unresolvedSinceMs: null };
  return { next, event: { type: 'lookup.authorized', detail: null }, waitMs };
}

/** Its time is over, and this gateway cannot be asked. */
export function unaskedAuthorized(operation: Operation, { policy }: Context): Decision {
  const event = { type: 'lookup.unavailable', detail: 'no_lookup' } as const;
  return { next: operation, event, waitMs: policy.reviewLookupMs, alarm: 'authorization_unknown' };
}

/** The reason of a look that decides nothing, because a capture or a void of ours is open, and it says itself how it ended. */
export const CAPTURE_OR_VOID_OPEN = 'capture_or_void_open';

/** No alarm: if nobody can find out how it ended, that one goes to REVIEW, and its alarm says so. */
function leftToOurs(operation: Operation, { policy, roll }: Context): Decision {
  const waitMs = lookupWaitMs(policy, policy.lookupBaseMs, operation.lookups, roll);
  const next = { ...operation, lookups: operation.lookups + 1, unresolvedSinceMs: null };
  return { next, event: { type: 'lookup.unavailable', detail: CAPTURE_OR_VOID_OPEN }, waitMs };
}

/** A person is told if the gateway has not said it for too long. */
function unknown(operation: Operation, detail: string, context: Context): Decision {
  const { policy, nowMs, roll } = context;
  const sinceMs = operation.unresolvedSinceMs ?? nowMs;
  const next = { ...operation, lookups: operation.lookups + 1, unresolvedSinceMs: sinceMs };
  const event = { type: 'lookup.unavailable', detail } as const;
  if (nowMs - sinceMs >= policy.resolveForMs)
    return { next, event, waitMs: policy.reviewLookupMs, alarm: 'authorization_unknown' };
  return { next, event, waitMs: lookupWaitMs(policy, policy.lookupBaseMs, operation.lookups, roll) };
}

/** A charge that was made rests as it is after a check of late evidence. One that is authorised goes on being looked at. */
export function restingAfter(
  operation: Operation,
  event: { readonly type: EventType; readonly detail: string | null },
  context: Context,
): Decision {
  if (operation.status !== 'AUTHORIZED') return { next: operation, event, waitMs: null };
  // The look says until when the money is held.
  const waitMs = context.policy.contract.lookup ? 0 : authorizedWaitMs(operation, {}, context);
  return { next: { ...operation, step: 'lookup' }, event, waitMs };
}
