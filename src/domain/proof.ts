import { type ClockTrust, FULL_TRUST, latestMoment, latestMomentOfKnown } from './clock-trust.ts';
import type { Doubt, Operation } from './operation.ts';
import type { Policy } from './policy.ts';

/** Whether "not found" proves that it moved no money; `from`: the same answer will be proof at `atMs`. */
export type AbsenceProof = TimedProof | { readonly kind: 'never' };

/** Proof, or proof once enough time has passed. */
export type TimedProof = { readonly kind: 'proved' } | { readonly kind: 'from'; readonly atMs: number };

type Terms = Pick<Policy, 'contract' | 'restoredAtMs' | 'leaseMs'>;

/**
 * Judges a lookup that found nothing. `askedAtMs` is a moment before the lookup was sent. It and the operation's times
 * are by the database's clock. `trust`: how far to trust that clock.
 *
 * A call that got a complete answer has no effect later than the gateway's `errorsLandWithinMs`; after that only the lookup's own lag can hide
 * what it did. A call that got none may still be on its way, so `landsWithinMs` must pass. If the gateway once named
 * it, not finding it proves nothing.
 */
export function absenceProof(
  operation: Operation,
  askedAtMs: number,
  terms: Terms,
  trust: ClockTrust = FULL_TRUST,
): AbsenceProof {
  if (operation.gatewayRef !== null) return { kind: 'never' };
  const own = proofBehind(operation.doubt, askedAtMs, terms, trust);
  const forgotten = forgottenProof(askedAtMs, terms, trust);
  if (own.kind === 'proved') return forgotten;
  if (forgotten.kind === 'proved') return own;
  return { kind: 'from', atMs: Math.max(own.atMs, forgotten.atMs) };
}

/**
 * The same for calls of any charge that a restored database has forgotten. They can have been sent until the
 * restore and, under a lease that was taken just before it, until that lease ended.
 */
export function forgottenProof(askedAtMs: number, terms: Terms, trust: ClockTrust = FULL_TRUST): TimedProof {
  const { restoredAtMs, leaseMs } = terms;
  if (restoredAtMs === null) return { kind: 'proved' };
  const untilMs = latestMomentOfKnown(restoredAtMs + leaseMs, askedAtMs, trust);
  return proofFrom(untilMs + terms.contract.landsWithinMs, askedAtMs, terms, trust);
}

function proofBehind(doubt: Doubt, askedAtMs: number, terms: Terms, trust: ClockTrust): TimedProof {
  const { contract } = terms;
  if (doubt.kind === 'none') return { kind: 'proved' };
  const { errorsLandWithinMs = 0 } = contract;
  const landsMs = doubt.kind === 'open' ? contract.landsWithinMs : errorsLandWithinMs;
  if (doubt.kind === 'answered' && contract.lookupLagMs + landsMs === 0) return { kind: 'proved' };
  return proofFrom(latestMoment(doubt.untilMs, askedAtMs, trust) + landsMs, askedAtMs, terms, trust);
}

/** Nothing lands after `landedMs`, so what a later lookup does not show, was not done. */
function proofFrom(landedMs: number, askedAtMs: number, { contract }: Terms, trust: ClockTrust): TimedProof {
  const atMs = landedMs + contract.lookupLagMs + trust.toleranceMs;
  return askedAtMs > atMs ? { kind: 'proved' } : { kind: 'from', atMs };
}
