/** The part of the answers table of follow-ups that is of captures and voids alone: what a payment must be like for one. Pure. */
import type { FollowedPayment, Opening } from './follow-up-acceptance.ts';
import type { Operation } from './operation.ts';

export interface ExclusiveRefusal {
  readonly kind: 'refused';
  readonly why: 'not_authorized' | 'not_offered' | 'exceeds';
}

/** `askedMinor` null: all that was authorised, as for every void. */
export function admitExclusive(
  { status, offered, authorizedMinor }: FollowedPayment,
  askedMinor: number | null,
): Opening | ExclusiveRefusal {
  if (status !== 'AUTHORIZED') return { kind: 'refused', why: 'not_authorized' };
  if (!offered) return { kind: 'refused', why: 'not_offered' };
  if (askedMinor !== null && askedMinor > authorizedMinor) return { kind: 'refused', why: 'exceeds' };
  return { kind: 'open', amountMinor: askedMinor ?? authorizedMinor, verifyFirst: false };
}

/** What becomes of the mark that keeps other captures and voids out when one goes from one status to another. Undefined: nothing. */
export function markChange(
  before: Operation['status'],
  after: Operation['status'],
): 'open' | 'succeeded' | 'failed' | undefined {
  const mark = markOf(after);
  return mark === markOf(before) ? undefined : mark;
}

/** Until it is proved that it changed nothing, it may have: also while a person decides. */
function markOf(status: Operation['status']): 'open' | 'succeeded' | 'failed' {
  if (status === 'COMPLETED') return 'succeeded';
  return status === 'FAILED' ? 'failed' : 'open';
}
