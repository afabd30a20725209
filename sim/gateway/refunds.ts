/** Refunds at the gateway, beside the charges that they give back. */
import type { RefundRequest } from '../../src/domain/refund-outcomes.ts';
import {
  type BookedCharge,
  type BookedEffect,
  type Books,
  createEffectModel,
  type EffectModel,
  type EffectModelOptions,
} from './effects.ts';

export interface BookedRefund extends BookedEffect {
  /** The gateway's own id of the charge. */
  readonly chargeRef: string;
  /** Not asked for by us: a person made it at the gateway. */
  readonly byPerson: boolean;
  /** Every status that it has had. */
  readonly had: Set<BookedEffect['status']>;
}

export type RefundBooks = Books<BookedRefund>;

export interface RefundModel extends EffectModel<RefundRequest, BookedRefund> {
  /** A person gives back part of a charge at the gateway. Returns null if the gateway does not let them. */
  byHand(chargeRef: string, amountMinor: number): BookedRefund | null;
  /** What was refunded of the charge, or is about to be, whoever asked for it. In minor units. */
  refundedMinor(chargeRef: string): number;
}

export interface RefundModelOptions
  extends Pick<
    EffectModelOptions<RefundRequest, BookedRefund>,
    'gateway' | 'contract' | 'ledger' | 'nowMs' | 'after' | 'onBooked'
  > {
  readonly charges: readonly BookedCharge[];
  /** Whether the gateway refuses more than is left of the charge. Then it protects itself, and hides our mistakes. */
  readonly counts: boolean;
}

export function createRefundModel(options: RefundModelOptions): RefundModel {
  const { gateway, ledger, charges, counts, nowMs } = options;

  function refundedMinor(chargeRef: string): number {
    return ledger
      .filter((one) => one.chargeRef === chargeRef && isLive(one))
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  }

  function refuses(chargeRef: string, amountMinor: number, limited: boolean): string | null {
    const charge = charges.find(({ id }) => id === chargeRef);
    if (charge === undefined || charge.gateway !== gateway) return 'charge_not_found';
    if (charge.status !== 'succeeded') return 'charge_not_succeeded';
    const takenMinor = charge.hold?.capturedMinor ?? charge.amountMinor;
    return limited && amountMinor > takenMinor - refundedMinor(chargeRef) ? 'amount_too_large' : null;
  }

  return {
    ...createEffectModel<RefundRequest, BookedRefund>({
      ...options,
      idPrefix: 're',
      termsOf: ({ chargeRef, amountMinor, currency }) => `${chargeRef} ${amountMinor} ${currency}`,
      make: ({ chargeRef }, effect) => ({ ...effect, chargeRef, byPerson: false, had: new Set() }),
      refuses: ({ chargeRef, amountMinor }) => refuses(chargeRef, amountMinor, counts),
      onBooked(refund) {
        refund.had.add(refund.status);
        options.onBooked(refund);
      },
    }),
    refundedMinor,
    byHand(chargeRef, amountMinor) {
      if (refuses(chargeRef, amountMinor, true) !== null) return null;
      const { reference, currency } = charges.find(({ id }) => id === chargeRef) as BookedEffect;
      const refund: BookedRefund = {
        id: `re_${ledger.length + 1}`,
        gateway,
        key: `by hand ${ledger.length + 1}`,
        reference,
        amountMinor,
        currency,
        status: 'succeeded',
        visibleAtMs: nowMs(),
        chargeRef,
        byPerson: true,
        had: new Set(['succeeded']),
      };
      ledger.push(refund);
      return refund;
    },
  };
}

/** Whether its money has left the charge, or is about to. */
export function isLive({ status }: BookedEffect): boolean {
  return status === 'succeeded' || status === 'pending';
}
