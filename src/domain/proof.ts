import type { Charge, Doubt } from './charge.ts';
import { type ClockTrust, FULL_TRUST, latestMoment } from './clock-trust.ts';
import type { Policy } from './policy.ts';

/** Whether "not found" proves that nothing was charged; `from`: the same answer will be proof at `atMs`. */
export type AbsenceProof = TimedProof | { readonly kind: 'never' };

/** Where only time is missing. */
export type TimedProof = { readonly kind: 'proved' } | { readonly kind: 'from'; readonly atMs: number };

type Terms = Pick<Policy, 'contract' | 'restoredAtMs' | 'leaseMs'>;

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
  terms: Terms,
  trust: ClockTrust = FULL_TRUST,
): AbsenceProof {
  if (charge.gatewayRef !== null) return { kind: 'never' };
  const own = proofBehind(charge.doubt, askedAtMs, terms, trust);
  const forgotten = forgottenProof(askedAtMs, terms, trust);
  if (own.kind === 'proved') return forgotten;
  if (forgotten.kind === 'proved') return own;
  return { kind: 'from', atMs: Math.max(own.atMs, forgotten.atMs) };
}

/**
 * Judges the same about calls that a restored database has forgotten, of any charge. They can have left until the restore and,
 * under a lease that was taken just before, for as long as that lasts.
 */
export function forgottenProof(askedAtMs: number, terms: Terms, trust: ClockTrust = FULL_TRUST): TimedProof {
  const { restoredAtMs, leaseMs } = terms;
  if (restoredAtMs === null) return { kind: 'proved' };
  return proofBehind({ kind: 'open', untilMs: restoredAtMs + leaseMs }, askedAtMs, terms, trust);
}

function proofBehind(doubt: Doubt, askedAtMs: number, { contract }: Terms, trust: ClockTrust): TimedProof {
  if (doubt.kind === 'none') return { kind: 'proved' };
  if (doubt.kind === 'answered' && contract.lookupLagMs === 0) return { kind: 'proved' };
  const landsMs = doubt.kind === 'open' ? contract.landsWithinMs : 0;
  const atMs =
    latestMoment(doubt.untilMs, askedAtMs, trust) + landsMs + contract.lookupLagMs + trust.toleranceMs;
  return askedAtMs > atMs ? { kind: 'proved' } : { kind: 'from', atMs };
}
