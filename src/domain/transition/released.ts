/** Decisions about a follow-up that fits only because an earlier one counts as failed. */
import { followUpWords } from '../effects.ts';
import type { Operation } from '../operation.ts';
import { type Context, type Decision, failed } from './decision.ts';
import { type OwnEvidence, onVerified, type VerifyOutcome } from './verified.ts';

/** What the lookups of the earlier ones have shown. */
export type ReleasedOutcome =
  /** None of them was made, or there is room for this one all the same. */
  | { readonly kind: 'clear'; readonly own: OwnEvidence }
  /** One of them was made after all, and nothing is left for this one. */
  | { readonly kind: 'exceeded'; readonly own: OwnEvidence }
  | Extract<VerifyOutcome, { kind: 'unavailable' }>;

/** Decides after the payment's released follow-ups were looked up once more. */
export function onReleasedLookedUp(
  operation: Operation,
  outcome: ReleasedOutcome,
  context: Context,
): Decision {
  if (outcome.kind !== 'exceeded') return onVerified(operation, outcome, context);
  // It may have been sent already. Then the gateway says what became of it, and it is not sent again: there is no room for it.
  const asking = onVerified({ ...operation, step: 'lookup' }, { kind: 'clear', own: outcome.own }, context);
  if (asking.next.doubt.kind !== 'none') return asking;
  const problem = followUpWords(operation.kind).exceeded;
  return failed(operation, problem, { problem, byAbsence: false });
}
