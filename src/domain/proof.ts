import { type Charge, worse } from './charge.ts';
import { type ClockTrust, FULL_TRUST, latestMoment } from './clock-trust.ts';
import type { Policy } from './policy.ts';

/** Whether "not found" proves that nothing was charged; `from`: the same answer will be proof at `atMs`. */
export type AbsenceProof =
  | { readonly kind: 'proved' }
  | { readonly kind: 'from'; readonly atMs: number }
  | { readonly kind: 'never' };

/**
 * Judges a lookup that found nothing. `askedAtMs` is a moment before the lookup was sent; it and the charge's
 * times are the database's clock. `trust`: how far that clock may be believed.
 *
 * A call that got a complete answer has done what it will do: only the lookup's own lag can hide it. A call
 * that got none may still be on its way, so the gateway's `landsWithinMs` must pass too. A charge that the
 * gateway itself once named cannot be argued away by not finding it.
 */
export function absenceProof(
  charge: Charge,
  askedAtMs: number,
  { contract, restoredAtMs }: Pick<Policy, 'contract' | 'restoredAtMs'>,
  trust: ClockTrust = FULL_TRUST,
): AbsenceProof {
  if (charge.gatewayRef !== null) return { kind: 'never' };
  // A restored database may have forgotten a call that was made until then, and that got no answer.
  const doubt =
    restoredAtMs === null ? charge.doubt : worse(charge.doubt, { kind: 'open', untilMs: restoredAtMs });
  if (doubt.kind === 'none') return { kind: 'proved' };
  if (doubt.kind === 'answered' && contract.lookupLagMs === 0) return { kind: 'proved' };
  const landsMs = doubt.kind === 'open' ? contract.landsWithinMs : 0;
  const atMs =
    latestMoment(doubt.untilMs, askedAtMs, trust) + landsMs + contract.lookupLagMs + trust.toleranceMs;
  return askedAtMs > atMs ? { kind: 'proved' } : { kind: 'from', atMs };
}
