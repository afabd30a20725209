/** Captures and voids at the gateway, beside the charges whose hold they end. A charge takes one of them. */
import type { CaptureRequest } from '../../src/domain/capture-outcomes.ts';
import {
  type BookedCharge,
  type BookedEffect,
  type Books,
  createEffectModel,
  type EffectModel,
  type EffectModelOptions,
} from './effects.ts';
import type { Holds } from './holds.ts';

export type EndKind = 'capture' | 'void';

export interface BookedCapture extends BookedEffect {
  readonly kind: EndKind;
  /** The gateway's own id of the charge. */
  readonly chargeRef: string;
  /** Not asked for by us: a person did it at the gateway. */
  readonly byPerson: boolean;
  /** Every status that it has had. */
  readonly had: Set<BookedEffect['status']>;
}

export type CaptureBooks = Books<BookedCapture>;

export interface CaptureModel {
  readonly capture: EffectModel<CaptureRequest, BookedCapture>;
  readonly void: EffectModel<CaptureRequest, BookedCapture>;
  /** A person captures or voids a charge at the gateway. Returns null if the gateway does not let them. */
  byHand(kind: EndKind, chargeRef: string, amountMinor: number): BookedCapture | null;
}

export interface CaptureModelOptions
  extends Pick<
    EffectModelOptions<CaptureRequest, BookedCapture>,
    'gateway' | 'contract' | 'ledger' | 'nowMs' | 'after' | 'onBooked'
  > {
  readonly charges: readonly BookedCharge[];
  readonly holds: Holds;
}

export function createCaptureModel(options: CaptureModelOptions): CaptureModel {
  const { gateway, ledger, charges, holds, nowMs } = options;

  function chargeOf(chargeRef: string): BookedCharge | undefined {
    return charges.find((one) => one.id === chargeRef && one.gateway === gateway);
  }

  function refuses(kind: EndKind, chargeRef: string, amountMinor: number): string | null {
    const charge = chargeOf(chargeRef);
    if (charge === undefined) return 'charge_not_found';
    if (charge.status === 'succeeded' || charge.status === 'refunded') return 'already_captured';
    if (charge.status !== 'authorized') return 'charge_not_succeeded';
    if (charge.hold?.ending === true) return 'operation_under_way';
    return kind === 'capture' && amountMinor > charge.amountMinor ? 'amount_too_large' : null;
  }

  function booked(one: BookedCapture): void {
    one.had.add(one.status);
    const charge = chargeOf(one.chargeRef);
    if (charge !== undefined) {
      holds.ending(charge, one.status === 'pending');
      if (one.status === 'succeeded' && one.kind === 'capture')
        holds.captured(charge, one.amountMinor, one.visibleAtMs);
      if (one.status === 'succeeded' && one.kind === 'void') holds.voided(charge, one.visibleAtMs);
    }
    options.onBooked(one);
  }

  function modelOf(kind: EndKind, idPrefix: string): EffectModel<CaptureRequest, BookedCapture> {
    return createEffectModel<CaptureRequest, BookedCapture>({
      ...options,
      idPrefix,
      termsOf: ({ chargeRef, amountMinor, currency }) => `${chargeRef} ${amountMinor} ${currency}`,
      make: ({ chargeRef }, effect) => ({ ...effect, kind, chargeRef, byPerson: false, had: new Set() }),
      refuses: ({ chargeRef, amountMinor }) => refuses(kind, chargeRef, amountMinor),
      onBooked: booked,
    });
  }

  return {
    capture: modelOf('capture', 'cp'),
    void: modelOf('void', 'vd'),
    byHand(kind, chargeRef, amountMinor) {
      const charge = chargeOf(chargeRef);
      if (charge === undefined || refuses(kind, chargeRef, amountMinor) !== null) return null;
      const number = ledger.length + 1;
      const one: BookedCapture = {
        id: `${kind === 'capture' ? 'cp' : 'vd'}_${number}`,
        gateway,
        key: `by hand ${kind} ${number}`,
        reference: charge.reference,
        amountMinor: kind === 'capture' ? amountMinor : charge.amountMinor,
        currency: charge.currency,
        status: 'succeeded',
        visibleAtMs: nowMs(),
        kind,
        chargeRef,
        byPerson: true,
        had: new Set(),
      };
      ledger.push(one);
      booked(one);
      return one;
    },
  };
}
