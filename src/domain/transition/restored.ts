/**
 * What a database does not know about its own past: rows from a backup tell of calls that were made since as if they had
 * never been made, and nothing at all of charges that were opened since. The gateway knows.
 */
import type { Charge } from '../charge.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { lookupWaitMs } from '../policy.ts';
import { absenceProof } from '../proof.ts';
import { onNotSent, uncounted } from './call-ended.ts';
import { type Context, type Decision, review, withForbidden } from './decision.ts';
import { lookAgain, onLookupEnded } from './lookup-ended.ts';

/**
 * Decides after the gateway was asked about a key before its first call, under the claim of that call. Null: it knows
 * nothing of the key, so the call may leave.
 */
export function onLookedFirst(
  charge: Charge,
  outcome: LookupOutcome,
  askedAtMs: number,
  context: Context,
): Decision | null {
  switch (outcome.kind) {
    case 'absent':
      return unlessItMayLand(charge, askedAtMs, context);
    case 'unavailable':
      return askFirstAgain(charge, 'looked_first_unavailable', null, context);
    case 'forbidden':
      return withForbidden(askFirstAgain(charge, 'looked_first_forbidden', null, context));
    default:
      return onLookupEnded(uncounted(charge), outcome, askedAtMs, context);
  }
}

/** Where keys are kept, a forgotten call that lands now and this one are one charge; without, it must be over. */
function unlessItMayLand(charge: Charge, askedAtMs: number, context: Context): Decision | null {
  if (context.policy.contract.keys === 'kept') return null;
  const proof = absenceProof(charge, askedAtMs, context.policy, context.trust);
  if (proof.kind === 'proved') return null;
  if (proof.kind === 'never') return askFirstAgain(charge, 'looked_first_in_vain', null, context);
  return askFirstAgain(charge, 'forgotten_call_may_land', proof.atMs, context);
}

/** Nothing was sent. As with every lookup, a person is asked where the gateway does not tell for too long. */
function askFirstAgain(
  charge: Charge,
  reason: string,
  provableAtMs: number | null,
  context: Context,
): Decision {
  const { policy, roll, nowMs } = context;
  const sinceMs = charge.unresolvedSinceMs ?? nowMs;
  const next = { ...charge, lookups: charge.lookups + 1, unresolvedSinceMs: sinceMs };
  if (nowMs - sinceMs >= policy.resolveForMs) return review(uncounted(next), 'unresolved_too_long', context);
  const scheduledMs = lookupWaitMs(policy, policy.lookupBaseMs, charge.lookups, roll);
  const provableMs = provableAtMs === null ? scheduledMs : Math.max(provableAtMs - nowMs + 1, 1);
  return onNotSent(next, reason, Math.min(scheduledMs, provableMs));
}

/**
 * Decides after the gateway was also asked about the charges behind one that is about to be called. Null: it knows nothing of
 * them, so the call may leave.
 */
export function onAheadOfCall(charge: Charge, outcome: AheadOutcome, context: Context): Decision | null {
  switch (outcome.kind) {
    case 'clear':
      return null;
    case 'found':
      return foundAhead(uncounted(charge), outcome.chargeId, context);
    case 'unavailable': {
      const again = askFirstAgain(charge, 'looked_ahead_unavailable', null, context);
      return outcome.forbidden ? withForbidden(again) : again;
    }
    case 'may_land':
      return askFirstAgain(charge, 'forgotten_charge_may_land', outcome.atMs, context);
  }
}

function foundAhead(charge: Charge, chargeId: string | null, context: Context): Decision {
  return review({ ...charge, gatewayRef: chargeId, step: 'verify' }, 'late_success', context);
}

/** What the gateway knows of charges that would come after this one. */
export type AheadOutcome =
  | { readonly kind: 'clear' }
  | { readonly kind: 'found'; readonly chargeId: string | null }
  /** Nothing; but one that was sent just before the restore may still land. From `atMs` on the same answer is proof. */
  | { readonly kind: 'may_land'; readonly atMs: number }
  | {
      readonly kind: 'unavailable';
      readonly reason: string;
      /** The gateway refused our credentials. */
      readonly forbidden: boolean;
    };

/**
 * Decides whether the failure of a charge may be written, after the gateway was asked about the charges behind it, which a
 * restored database may have forgotten. `failed`: the decision that would be written.
 */
export function onAhead(charge: Charge, failed: Decision, outcome: AheadOutcome, context: Context): Decision {
  switch (outcome.kind) {
    case 'clear':
      return failed;
    case 'found':
      return foundAhead(charge, outcome.chargeId, context);
    case 'unavailable': {
      const { reason, forbidden } = outcome;
      const again = lookAgain(keepNo(charge, failed), 'lookup.unavailable', reason, null, context);
      return forbidden ? withForbidden(again) : again;
    }
    case 'may_land': {
      const detail = 'forgotten_charge_may_land';
      return lookAgain(keepNo(charge, failed), 'lookup.not_found_yet', detail, outcome.atMs, context);
    }
  }
}

/** The gateway's no must not be lost meanwhile. */
function keepNo(charge: Charge, failed: Decision): Charge {
  const isNo = failed.settled?.problem === 'card_declined';
  return { ...charge, declineCode: isNo ? failed.next.failureCode : charge.declineCode };
}
