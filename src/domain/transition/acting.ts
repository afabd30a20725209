/** The customer's part in a charge at a gateway of two steps: it waits for them, for a limited time. */
import { giveUpAtMs, type Operation } from '../operation.ts';
import { type Context, ownRef } from './decision.ts';

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
export function actionEndsAtMs(operation: Operation, { policy, nowMs }: Context): number {
  const sinceMs = operation.unresolvedSinceMs ?? nowMs;
  return Math.min(sinceMs + policy.actionWithinMs, giveUpAtMs(operation));
}

/** Whether the gateway has named it, and the customer's time is over. */
export function isActionOver(operation: Operation, context: Context): boolean {
  return ownRef(operation) !== null && context.nowMs >= actionEndsAtMs(operation, context);
}
