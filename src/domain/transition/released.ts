/** Decisions about a follow-up that fits only because an earlier one counts as failed. */
import { followUpWords } from '../effects.ts';
import type { Operation } from '../operation.ts';
import { type Context, type Decision, failed } from './decision.ts';
import { NO_EVIDENCE, type OwnEvidence, onVerified, type VerifyOutcome } from './verified.ts';

/** What the lookups of the earlier ones have shown. */
export type ReleasedOutcome =
  /** None of them was made, or there is room for this one all the same. */
  | { readonly kind: 'clear'; readonly own: OwnEvidence }
  /** One of them was made after all, and nothing is left for this one. */
  | { readonly kind: 'exceeded' }
  | Extract<VerifyOutcome, { kind: 'unavailable' }>;

/** Decides after the payment's released follow-ups were looked up once more. */
export function onReleasedLookedUp(
  operation: Operation,
  outcome: ReleasedOutcome,
  context: Context,
): Decision {
  if (outcome.kind !== 'exceeded') return onVerified(operation, outcome, context);
  // It may have been sent already, and then the gateway says what became of it.
  if (operation.doubt.kind !== 'none')
    return onVerified(operation, { kind: 'clear', own: NO_EVIDENCE }, context);
  const problem = followUpWords(operation.kind).exceeded;
  return failed(operation, problem, { problem, byAbsence: false });
}
