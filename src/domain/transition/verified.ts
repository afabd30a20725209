import { type Charge, isSettled } from '../charge.ts';
import { lookupWaitMs } from '../policy.ts';
import { type Context, type Decision, review } from './decision.ts';

/** What asking after all earlier charges of the order, and a settled current one, brought to light. */
export type VerifyOutcome =
  | { readonly kind: 'clear' }
  /** Live charges that this payment does not count as its own. */
  | { readonly kind: 'found'; readonly chargeId: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Decides after every earlier charge of the order was asked after. */
export function onVerified(charge: Charge, outcome: VerifyOutcome, context: Context): Decision {
  const { policy, roll } = context;
  if (outcome.kind === 'unavailable') {
    const waitMs =
      charge.status === 'REVIEW'
        ? policy.reviewLookupMs
        : lookupWaitMs(policy, policy.lookupBaseMs, charge.lookups, roll);
    const next = { ...charge, lookups: charge.lookups + 1 };
    return { next, event: { type: 'verify.unavailable', detail: outcome.reason }, waitMs };
  }
  if (outcome.kind === 'found') {
    if (charge.status === 'COMPLETED') {
      const event = { type: 'verify.duplicate_found', detail: outcome.chargeId } as const;
      return { next: charge, event, waitMs: null, alarm: 'duplicate_charge' };
    }
    const next = { ...charge, gatewayRef: outcome.chargeId, step: 'verify' } as const;
    return review(next, 'late_success', context);
  }
  const event = { type: 'verify.clear', detail: null } as const;
  if (isSettled(charge.status)) return { next: charge, event, waitMs: null };
  if (charge.status === 'REVIEW') return { next: charge, event, waitMs: policy.reviewLookupMs };
  return { next: { ...charge, step: 'call' }, event, waitMs: 0 };
}
