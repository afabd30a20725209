/** Decisions about a follow-up behind an earlier one that counts as failed without the gateway's word. */
import { followUpWords } from '../effects.ts';
import type { Operation } from '../operation.ts';
import { type Context, type Decision, failed } from './decision.ts';
import { type OwnEvidence, onVerified, type VerifyOutcome } from './verified.ts';

/** What the lookups of the earlier ones have shown. */
export type ReleasedOutcome =
  /** None of them was made. */
  | { readonly kind: 'clear'; readonly own: OwnEvidence }
  /**
   * One of them was made after all. `exceeded`: not enough is left for this one. `made`: this one would fit, but it may be another try of
   * the same refund.
   */
  | { readonly kind: 'exceeded' | 'made'; readonly own: OwnEvidence }
  | Extract<VerifyOutcome, { kind: 'unavailable' }>;

/** Decides after the payment's released follow-ups were looked up once more. */
export function onReleasedLookedUp(
  operation: Operation,
  outcome: ReleasedOutcome,
  context: Context,
): Decision {
  if (outcome.kind === 'clear' || outcome.kind === 'unavailable')
    return onVerified(operation, outcome, context);
  // It may have been sent already. Then the gateway says what became of it, and it is not sent again.
  const asking = onVerified({ ...operation, step: 'lookup' }, { kind: 'clear', own: outcome.own }, context);
  if (asking.next.doubt.kind !== 'none') return asking;
  const words = followUpWords(operation.kind);
  const problem = outcome.kind === 'made' ? words.earlierFound : words.exceeded;
  // What was sent and proved absent is looked up again before the next one, too.
  return failed(operation, problem, { problem, byAbsence: operation.attempts > 0 });
}
