/**
 * Captures and voids: what is asked for, what a gateway reports, and how both are compared. Each is an effect like a charge, so its outcomes
 * are those of `outcomes.ts`, by the same judges.
 */
import type { ExclusiveKind } from './effects.ts';
import {
  type CallOutcome,
  type Fate,
  judgeEffect,
  judgeEffects,
  type LookupOutcome,
  type ReportedCharge,
  type ReportKind,
} from './outcomes.ts';
import type { RefundRequest } from './refund-outcomes.ts';

/**
 * The capture or the void that the engine wants, at most once, under one key. `chargeRef`: the charge that was authorised. `amountMinor`:
 * what is captured, or what a void lets go of, that is all of it. The rest of the fields are as in `RefundRequest`.
 */
export type CaptureRequest = RefundRequest;

/**
 * A capture or a void as a gateway reported it, parsed but not yet checked. An adapter fills it in, and `judgeCaptureCall` or
 * `judgeCaptureLookup` judges it.
 */
export interface ReportedCapture {
  /** The gateway's own id of it: 1 to 255 visible ASCII characters. The charge's own, if it has none. */
  readonly id: string;
  /**
   * `succeeded`: it is done. `pending`: not decided yet. `failed`, `canceled`: it changed nothing, and never will. Translate the gateway's
   * word into one of these. A report with any other word counts as `unknown`, or `unavailable`.
   */
  readonly status: 'succeeded' | 'pending' | 'failed' | 'canceled';
  /** In minor units of `currency`, as the gateway reports it. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** The reference of the charge. */
  readonly reference: string;
  /** The idempotency key that it was requested with. */
  readonly key: string;
  /** The gateway's own id of the charge. */
  readonly chargeRef: string;
  /** Why it failed, in the gateway's word. Absent: the status. */
  readonly code?: string;
  /** Whether real money moved. Absent if the gateway does not say: then the adapter's `livemode` counts. */
  readonly livemode?: boolean;
}

function kindOf(name: ExclusiveKind): ReportKind<CaptureRequest, ReportedCapture> {
  return {
    name,
    fates: new Map<ReportedCapture['status'], Fate>([
      ['succeeded', 'live'],
      ['pending', 'pending'],
      ['failed', 'declined'],
      ['canceled', 'declined'],
    ]),
    ownDifference: (request, reported) => (reported.chargeRef === request.chargeRef ? null : 'charge'),
  };
}

/** Captures and voids, as the judges see them. */
export const EXCLUSIVE: Readonly<Record<ExclusiveKind, ReportKind<CaptureRequest, ReportedCapture>>> = {
  capture: kindOf('capture'),
  void: kindOf('void'),
};

/**
 * Compares the capture or the void in a call's answer with what was requested. Key, reference, charge, amount and currency must all be the
 * request's; the rules are those of `judgeRefundCall`. It never throws.
 *
 * @param livemode whether real money moves at this gateway. Default: not compared.
 *
 * @example
 * return judgeCaptureCall('capture', request, { id: body.id, status: 'succeeded', amountMinor: body.amount, currency: body.currency,
 *   reference: body.reference, key: body.idempotency_key, chargeRef: body.charge });
 */
export function judgeCaptureCall(
  kind: ExclusiveKind,
  request: CaptureRequest,
  reported: ReportedCapture,
  livemode?: boolean,
): CallOutcome {
  return judgeEffect(EXCLUSIVE[kind], request, reported, livemode);
}

/**
 * Compares everything that a lookup by key returned with what was requested. If there is nothing, ask for the charge, and use
 * `judgeChargeBehind`. It never throws.
 *
 * @param reported all captures, or all voids, that the gateway has under the key; none: `absent`
 * @param livemode as for `judgeCaptureCall`
 */
export function judgeCaptureLookup(
  kind: ExclusiveKind,
  request: CaptureRequest,
  reported: readonly ReportedCapture[],
  livemode?: boolean,
): LookupOutcome {
  return judgeEffects(EXCLUSIVE[kind], request, reported, livemode);
}

/**
 * What the charge itself shows of a capture or a void that the gateway does not know by its key. A charge is captured or voided once. So one
 * that was captured with the amount that was asked for is what the capture wants, and one that was voided is what the void wants, whoever
 * did it. Anything else that has become of the charge is why this effect cannot be done any more: `absent`, with a `code`. It never throws.
 *
 * @param charge as the gateway shows it now; `capturedMinor` must be the sum that was captured
 */
export function judgeChargeBehind(
  kind: ExclusiveKind,
  request: CaptureRequest,
  charge: ReportedCharge,
): LookupOutcome {
  if (charge.id !== request.chargeRef || charge.reference !== request.reference)
    return { kind: 'unavailable', reason: 'answer_about_another_charge' };
  if (charge.currency !== request.currency) return { kind: 'unavailable', reason: 'currency_mismatch' };
  const { id: ref, status, amountMinor, capturedMinor = amountMinor } = charge;
  switch (status) {
    case 'authorized':
      return { kind: 'absent' };
    case 'succeeded':
      return kind === 'capture' && capturedMinor === request.amountMinor
        ? { kind: 'succeeded', ref }
        : { kind: 'absent', code: 'already_captured' };
    case 'refunded':
      // A refund does not change what was captured. Without the sum it may have been any.
      return kind === 'capture' && charge.capturedMinor === request.amountMinor
        ? { kind: 'succeeded', ref }
        : { kind: 'absent', code: 'already_captured' };
    case 'voided':
    case 'canceled':
      return kind === 'void' ? { kind: 'succeeded', ref } : { kind: 'absent', code: 'already_voided' };
    case 'declined':
      return { kind: 'absent', code: 'not_authorized' };
    default:
      return { kind: 'unavailable', reason: 'status_unknown' };
  }
}
