/**
 * What has become of a payment's money. Refunds share these sums and nothing else: each is opened only if it fits, and each
 * changes the sums by its own amount alone. Amounts are minor units of the payment's currency, safe integers of at least 0.
 */
import type { Operation } from './operation.ts';

/** The sums of one payment. */
export interface Sums {
  /** What the charge took. */
  readonly capturedMinor: number;
  /** Refunds that were opened and have not ended. Their money may be on its way back. */
  readonly refundingMinor: number;
  /** Refunds that succeeded. */
  readonly refundedMinor: number;
  /** Refunds that somebody else made at the gateway, as far as the gateway was asked. */
  readonly elsewhereMinor: number;
}

/** What can still be refunded. Never negative: a refund that counted as failed may have succeeded after all. */
export function refundableMinor({ capturedMinor, ...taken }: Sums): number {
  return Math.max(0, capturedMinor - taken.refundingMinor - taken.refundedMinor - taken.elsewhereMinor);
}

/** Whether more went back than was taken. Then nothing more is refunded. */
export function isOverRefunded({ capturedMinor, refundedMinor, elsewhereMinor }: Sums): boolean {
  return refundedMinor + elsewhereMinor > capturedMinor;
}

export type Admission =
  /** `unsure`: it fits only if less was refunded elsewhere than is known here. The gateway must be asked before it is sent. */
  | { readonly kind: 'admitted'; readonly amountMinor: number; readonly unsure: boolean }
  | { readonly kind: 'exceeds'; readonly refundableMinor: number };

/**
 * Whether a refund fits. `askedMinor` null: all that is left. The bound is checked only here, when a refund is opened. What
 * is proved later is always written, even if it exceeds the bound. `canAsk`: the gateway can be asked before a refund is sent.
 */
export function admit(sums: Sums, askedMinor: number | null, canAsk: boolean): Admission {
  const left = refundableMinor(sums);
  // A refund that somebody else made may have failed, or be one of ours that the database had forgotten.
  const atMost = canAsk ? refundableMinor({ ...sums, elsewhereMinor: 0 }) : left;
  const amountMinor = askedMinor ?? (left > 0 ? left : atMost);
  if (amountMinor < 1 || amountMinor > atMost) return { kind: 'exceeds', refundableMinor: left };
  return { kind: 'admitted', amountMinor, unsure: amountMinor > left };
}

/** How a change of one refund changes the sums. */
export type SumChange = Pick<Sums, 'refundingMinor' | 'refundedMinor'>;

/**
 * By what the sums change when a refund of `amountMinor` goes from one status to another. The numbers may be negative. `movedMinor`: what it gives
 * back if it succeeds.
 */
export function sumChange(
  before: Operation['status'],
  after: Operation['status'],
  amountMinor: number,
  movedMinor = amountMinor,
): SumChange {
  return {
    refundingMinor: amountMinor * (Number(isReserved(after)) - Number(isReserved(before))),
    refundedMinor: movedMinor * (Number(after === 'COMPLETED') - Number(before === 'COMPLETED')),
  };
}

/** Until its failure is proved, its money may be on its way back: also while a person decides. */
function isReserved(status: Operation['status']): boolean {
  return status !== 'COMPLETED' && status !== 'FAILED';
}
