/**
 * A payment gateway with ledgers of its own, which are the judge of everything: what it charged and refunded is what
 * happened. It shares no logic with the engine.
 */
import type { GatewayContract } from '../../src/domain/contract.ts';
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import { type BookedCapture, type CaptureModel, createCaptureModel } from './captures.ts';
import { type BookedCharge, type Books, createEffectModel, type EffectModel, madeAs } from './effects.ts';
import { createHolds, newHold } from './holds.ts';
import { createObjectModel, type ObjectModel } from './objects.ts';
import { type BookedRefund, createRefundModel, type RefundModel } from './refunds.ts';

export type { BookedCapture, CaptureBooks, CaptureModel, EndKind } from './captures.ts';
export {
  type BookedCharge,
  type BookedEffect,
  type Customer,
  type EffectModel,
  isHeldOrTaken,
  madeAs,
  type Reply,
  together,
  type Wish,
} from './effects.ts';
export { asShown, newHold } from './holds.ts';
export type { ObjectModel, PrepareReply, PrepareWish } from './objects.ts';
export { type BookedRefund, isLive, type RefundBooks } from './refunds.ts';
export type ChargeBooks = Books<BookedCharge>;

export interface GatewayModel {
  readonly charges: EffectModel<ChargeRequest, BookedCharge>;
  /** The same, if charges are made in two steps. */
  readonly objects: ObjectModel | null;
  readonly refunds: RefundModel;
  readonly captures: CaptureModel;
  /** Its time begins: a charge was made without a call. */
  holds(charge: BookedCharge): void;
}

export interface GatewayModelOptions {
  readonly name: string;
  /** The books of all gateways of a world are one list. */
  readonly ledger: BookedCharge[];
  readonly refundLedger: BookedRefund[];
  readonly captureLedger: BookedCapture[];
  /** How long money is held that is authorised. */
  readonly holdsForMs: number;
  readonly saysUntil: boolean;
  /** Whether it refuses to refund more than is left of a charge. */
  readonly countsRefunds: boolean;
  readonly contract: GatewayContract;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, event: () => void) => void;
  readonly onBooked: (charge: BookedCharge) => void;
  /** In two steps: see `objects.ts`. */
  readonly preparesAnew: boolean;
  /** Told of what happens to charges of two steps. */
  readonly mark: (what: string) => void;
  readonly onRefundBooked: (refund: BookedRefund) => void;
  readonly onCaptureBooked: (capture: BookedCapture) => void;
  /** Told of what happens to money that is held. */
  readonly markHold: (what: string) => void;
}

export function createGatewayModel(options: GatewayModelOptions): GatewayModel {
  const { name: gateway, contract, nowMs, after, ledger, refundLedger, holdsForMs } = options;
  const common = { gateway, contract, nowMs, after };
  const holds = createHolds({
    holdsForMs,
    saysUntil: options.saysUntil,
    nowMs,
    after,
    onChange: options.onBooked,
    mark: options.markHold,
  });
  const onBooked = (charge: BookedCharge): void => {
    holds.began(charge);
    options.onBooked(charge);
  };
  const ofCharges = { ...common, ledger, onBooked };
  const objects =
    contract.steps === 'two'
      ? createObjectModel({ ...ofCharges, mark: options.mark, preparesAnew: options.preparesAnew })
      : null;
  return {
    objects,
    charges:
      objects ??
      createEffectModel({
        ...ofCharges,
        idPrefix: 'ch',
        termsOf: ({ reference, amountMinor, currency, method, captureMethod }) =>
          `${reference} ${amountMinor} ${currency} ${method ?? ''} ${captureMethod ?? ''}`,
        make: (request, charge) => ({ ...charge, ...newHold(request) }),
        madeAs,
        refuses: () => null,
      }),
    refunds: createRefundModel({
      ...common,
      ledger: refundLedger,
      charges: ledger,
      counts: options.countsRefunds,
      onBooked: options.onRefundBooked,
    }),
    captures: createCaptureModel({
      ...common,
      ledger: options.captureLedger,
      charges: ledger,
      holds,
      onBooked: options.onCaptureBooked,
    }),
    holds: holds.began,
  };
}
