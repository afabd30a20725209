import { AUTHORIZED_FOR_MS } from '../contract.ts';
import type { Operation } from '../operation.ts';
import type { Authorization } from '../outcomes.ts';
import { lookupWaitMs, type Policy } from '../policy.ts';

/** A gateway may need a moment to let go. */
const AFTER_MS = 1000;
/** A gateway may name a time that is far too late. To look too early does no harm. */
const LONGEST_MS = 90 * 86_400_000;

/**
 * How long until a charge that is authorised is looked at, in milliseconds: until its time is over, as the gateway says, or else as the contract
 * says; 90 days at most. If it is over already: as the schedule of lookups says.
 */
export function authorizedWaitMs(
  { openedAtMs, lookups }: Operation,
  { authorizedUntilMs }: Authorization,
  { policy, nowMs, roll }: { readonly policy: Policy; readonly nowMs: number; readonly roll: number },
): number {
  const { authorizedForMs = AUTHORIZED_FOR_MS } = policy.contract;
  const leftMs = (authorizedUntilMs ?? openedAtMs + authorizedForMs) + AFTER_MS - nowMs;
  return leftMs > 0 ? Math.min(leftMs, LONGEST_MS) : lookupWaitMs(policy, policy.lookupBaseMs, lookups, roll);
}
