/**
 * What a restored database does not know about its own past. Its rows do not show the calls that were made after
 * the backup, and it has no rows of charges that were opened after it. The gateway knows both.
 */
import type { Operation } from '../operation.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { unansweredWaitMs } from '../policy.ts';
import { absenceProof } from '../proof.ts';
import { onNotSent, uncounted } from './call-ended.ts';
import { type Context, type Decision, isDecline, review, withForbidden } from './decision.ts';
import { lookAgain } from './look-again.ts';
import { onLookupEnded } from './lookup-ended.ts';

/**
 * Decides after a charge was looked up before its first call, under the claim of that call. Null: the gateway does
 * not know the key, or shows that nothing is paid yet, so the call may be sent.
 */
export function onLookedFirst(
  operation: Operation,
  outcome: LookupOutcome,
  askedAtMs: number,
  context: Context,
): Decision | null {
  switch (outcome.kind) {
    case 'absent':
      return unlessItMayLand(operation, askedAtMs, context);
    case 'unavailable':
      return askFirstAgain(operation, 'looked_first_unavailable', null, context);
    case 'forbidden':
      return withForbidden(askFirstAgain(operation, 'looked_first_forbidden', null, context));
    case 'open': {
      const decision = onLookupEnded(uncounted(operation), outcome, askedAtMs, context);
      // It permits this very call.
      return decision.next.step === 'call' ? null : decision;
    }
    default:
      return onLookupEnded(uncounted(operation), outcome, askedAtMs, context);
  }
}

/**
 * If keys are kept, this call and a forgotten one that lands now are one charge. If not, the forgotten one must be
 * over first.
 */
function unlessItMayLand(operation: Operation, askedAtMs: number, context: Context): Decision | null {
  if (context.policy.contract.keys === 'kept') return null;
  const proof = absenceProof(operation, askedAtMs, context.policy, context.trust);
  if (proof.kind === 'proved') return null;
  if (proof.kind === 'never') return askFirstAgain(operation, 'looked_first_in_vain', null, context);
  return askFirstAgain(operation, 'forgotten_call_may_land', proof.atMs, context);
}

/** Nothing was sent, and a customer waits for it. As with every lookup, a person is asked if the gateway gives no answer for too long. */
function askFirstAgain(
  operation: Operation,
  reason: string,
  provableAtMs: number | null,
  context: Context,
): Decision {
  const { policy, roll, nowMs } = context;
  const sinceMs = operation.unresolvedSinceMs ?? nowMs;
  const next = { ...operation, unresolvedSinceMs: sinceMs };
  if (nowMs - sinceMs >= policy.resolveForMs) return review(uncounted(next), 'unresolved_too_long', context);
  const scheduledMs = unansweredWaitMs(policy, nowMs - sinceMs, roll);
  const provableMs = provableAtMs === null ? scheduledMs : Math.max(provableAtMs - nowMs + 1, 1);
  return onNotSent(next, reason, Math.min(scheduledMs, provableMs));
}

/**
 * Decides after the charges that come after the one to be called were looked up too. Null: the gateway does not
 * know them, so the call may be sent.
 */
export function onAheadOfCall(
  operation: Operation,
  outcome: AheadOutcome,
  context: Context,
): Decision | null {
  switch (outcome.kind) {
    case 'clear':
      return null;
    case 'found':
    // The order was paid, and somebody took the money back on purpose. So it is not charged again without a new key.
    case 'taken_back':
      return foundAhead(uncounted(operation), outcome.ref, context);
    case 'unavailable': {
      const again = askFirstAgain(operation, 'looked_ahead_unavailable', null, context);
      return outcome.forbidden ? withForbidden(again) : again;
    }
    case 'may_land':
      return askFirstAgain(operation, 'forgotten_charge_may_land', outcome.atMs, context);
  }
}

function foundAhead(operation: Operation, ref: string | null, context: Context): Decision {
  return review({ ...operation, gatewayRef: ref, step: 'verify' }, 'late_success', context);
}

/** What the gateway knows about charges that would come after this one. */
export type AheadOutcome =
  | { readonly kind: 'clear' }
  | { readonly kind: 'found'; readonly ref: string | null }
  /** One was made, and all of it has been taken back since. None is live. */
  | { readonly kind: 'taken_back'; readonly ref: string | null }
  /** None, but one that was sent just before the restore may still land. From `atMs` on, the same answer is proof. */
  | { readonly kind: 'may_land'; readonly atMs: number }
  | {
      readonly kind: 'unavailable';
      readonly reason: string;
      /** The gateway refused our credentials. */
      readonly forbidden: boolean;
    };

/**
 * Decides whether a charge's failure may be written, after the charges that come after it were looked up, which a
 * restored database may have forgotten. `failed`: the decision that would be written.
 */
export function onAhead(
  operation: Operation,
  failed: Decision,
  outcome: AheadOutcome,
  context: Context,
): Decision {
  switch (outcome.kind) {
    case 'clear':
    // Nothing of the order is paid, so the failure is true.
    case 'taken_back':
      return failed;
    case 'found':
      return foundAhead(operation, outcome.ref, context);
    case 'unavailable': {
      const { reason, forbidden } = outcome;
      const again = lookAgain(keepDecline(operation, failed), 'lookup.unavailable', reason, null, context);
      return forbidden ? withForbidden(again) : again;
    }
    case 'may_land': {
      const detail = 'forgotten_charge_may_land';
      return lookAgain(keepDecline(operation, failed), 'lookup.not_found_yet', detail, outcome.atMs, context);
    }
  }
}

/** Keeps a decline from being lost in the meantime. */
function keepDecline(operation: Operation, failed: Decision): Operation {
  return { ...operation, declineCode: isDecline(failed) ? failed.next.failureCode : operation.declineCode };
}
