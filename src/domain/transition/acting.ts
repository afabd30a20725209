/** The customer's part in a charge at a gateway of two steps: it waits for them, for a limited time. */
import { FULL_TRUST } from '../clock-trust.ts';
import { giveUpAtMs, type Operation } from '../operation.ts';
import { type Context, ownRef } from './decision.ts';
import { leftToTryMs } from './limits.ts';

/** The operation, for which the customer must do something at the gateway. Their time begins when the gateway names it. */
export function acting(operation: Operation, ref: string, context: Context): Operation {
  const { unresolvedSinceMs, doubt } = operation;
  const isKnown = operation.gatewayRef === ref && unresolvedSinceMs !== null;
  return {
    ...operation,
    // The gateway has it, so it was called.
    doubt: doubt.kind === 'none' ? { kind: 'answered', untilMs: context.nowMs } : doubt,
    gatewayRef: ref,
    unresolvedSinceMs: isKnown ? unresolvedSinceMs : context.nowMs,
  };
}

/** When the customer's time is over, or the caller's, whichever comes first. By the database's clock, in milliseconds since the epoch. */
export function actionEndsAtMs(operation: Operation, context: Context): number {
  return Math.min(begunAtMs(operation, context) + context.policy.actionWithinMs, giveUpAtMs(operation));
}

/** A date in the future is by a clock that was set back since. So it began before that. */
function begunAtMs({ unresolvedSinceMs }: Operation, { nowMs, trust = FULL_TRUST }: Context): number {
  const sinceMs = unresolvedSinceMs ?? nowMs;
  return sinceMs > nowMs + trust.aheadMs ? trust.writtenFromMs : sinceMs;
}

/** Whether the gateway has named it, and the customer's time is over. */
export function isActionOver(operation: Operation, context: Context): boolean {
  if (ownRef(operation) === null) return false;
  return leftToTryMs(operation, context) === 0 || context.nowMs >= actionEndsAtMs(operation, context);
}
