/**
 * What a database does not know about its own past: rows from a backup tell of calls that were made since as if they had
 * never been made, and nothing at all of charges that were opened since. The gateway knows.
 */
import type { Charge } from '../charge.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { lookupWaitMs } from '../policy.ts';
import { onNotSent, uncounted } from './call-ended.ts';
import { ask, type Context, type Decision, review } from './decision.ts';
import { onLookupEnded } from './lookup-ended.ts';

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
      return null;
    case 'unavailable':
    case 'forbidden': {
      const { policy, roll } = context;
      const next = { ...charge, lookups: charge.lookups + 1 };
      const waitMs = lookupWaitMs(policy, policy.lookupBaseMs, charge.lookups, roll);
      return onNotSent(next, `looked_first_${outcome.kind}`, waitMs);
    }
    default:
      return onLookupEnded(uncounted(charge), outcome, askedAtMs, context);
  }
}

/** What the gateway knows of charges that would come after this one. */
export type AheadOutcome =
  | { readonly kind: 'clear' }
  | { readonly kind: 'found'; readonly chargeId: string | null }
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * Decides whether the failure of a charge may be written, after the gateway was asked about the charges behind it, which a
 * restored database may have forgotten. `failed`: the decision that would be written.
 */
export function onAhead(charge: Charge, failed: Decision, outcome: AheadOutcome, context: Context): Decision {
  switch (outcome.kind) {
    case 'clear':
      return failed;
    case 'found':
      return review({ ...charge, gatewayRef: outcome.chargeId, step: 'verify' }, 'late_success', context);
    case 'unavailable': {
      // The gateway's no must not be lost meanwhile.
      const declineCode =
        failed.settled?.problem === 'card_declined' ? failed.next.failureCode : charge.declineCode;
      const { policy, roll } = context;
      const waitMs = lookupWaitMs(policy, policy.lookupBaseMs, charge.lookups, roll);
      const next = { ...charge, declineCode, lookups: charge.lookups + 1 };
      return ask(next, 'lookup.unavailable', outcome.reason, waitMs, context);
    }
  }
}
