/**
 * The decision: from an operation, an event and a policy come the next state, the audit line and the time when it is
 * due again. No clock, no randomness, no I/O: the caller passes in the time and the random number.
 *
 * Three rules hold everywhere:
 * - An operation never gets a new key.
 * - FAILED is written only on proof that it moved no money.
 * - What is unknown is looked up, not guessed.
 */
export type { Alarm } from '../alarms.ts';
export { CAPTURE_OR_VOID_OPEN } from './authorized.ts';
export { type CallEnd, onCallEnded, onNotSent } from './call-ended.ts';
export { type Action, type ClaimEvent, mayCallNow, onClaim } from './claim.ts';
export { type Context, checksNewsAtOnce, type Decision, isDecline } from './decision.ts';
export {
  endingInTime,
  isForOthers,
  leftToTryMs,
  mayBeForgotten,
  mustLookFirst,
} from './limits.ts';
export { onLookupEnded } from './lookup-ended.ts';
export { onReleasedLookedUp, type ReleasedOutcome } from './released.ts';
export { type AheadOutcome, onAhead, onAheadOfCall, onLookedFirst } from './restored.ts';
export { ACTION_EXPIRED, inTwoSteps, mayWaitForCustomer, mustSeal } from './two-steps.ts';
export { NO_EVIDENCE, type OwnEvidence, onUnseen, onVerified, type VerifyOutcome } from './verified.ts';
export { onWatched } from './watched.ts';
export { BY_OPERATOR, onWished, type Shown, shownBy, stillWished } from './wished.ts';
