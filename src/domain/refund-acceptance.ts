/** The part of the answers table of follow-ups that is of refunds alone: what a payment must be like for one more. Pure. */
import type { FollowedPayment, Opening } from './follow-up-acceptance.ts';
import { admit } from './sums.ts';

export interface RefundRefusal {
  readonly kind: 'refused';
  readonly why: 'not_refundable' | 'not_offered' | 'exceeds';
}

/** `askedMinor` null: all that is left. */
export function admitRefund(
  { status, offered, canAsk, sums }: FollowedPayment,
  askedMinor: number | null,
): Opening | RefundRefusal {
  if (status !== 'COMPLETED') return { kind: 'refused', why: 'not_refundable' };
  if (!offered) return { kind: 'refused', why: 'not_offered' };
  const admission = admit(sums, askedMinor, canAsk);
  if (admission.kind === 'exceeds') return { kind: 'refused', why: 'exceeds' };
  return { kind: 'open', amountMinor: admission.amountMinor, verifyFirst: admission.unsure };
}
