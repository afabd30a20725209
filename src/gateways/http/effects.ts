/** The kinds of effects in the protocol: how a charge, a refund, a capture and a void are written, and which errors only one of them gets. */

import { type CaptureRequest, EXCLUSIVE, type ReportedCapture } from '../../domain/capture-outcomes.ts';
import { hasManyDigits } from '../../domain/cards.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import {
  CHARGE,
  type ChargeRequest,
  type EffectTerms,
  type Fate,
  type ReportedCharge,
  type ReportedEffect,
  type ReportKind,
} from '../../domain/outcomes.ts';
import { REFUND, type RefundRequest, type ReportedRefund } from '../../domain/refund-outcomes.ts';
import { isObject, type JsonObject } from './json.ts';

/** One kind of effect in the protocol. */
export interface Effect<Request extends EffectTerms, Reported extends ReportedEffect> {
  readonly kind: ReportKind<Request, Reported>;
  /** Parses one. `undefined` if a field is missing, of another type or out of range, or if the status is unknown. */
  readonly parse: (value: unknown) => Reported | undefined;
  /** Whether it leaves out what only this request needs to know. Absent: it never does. */
  readonly isUnclear?: (request: Request, reported: Reported) => boolean;
  /**
   * The errors that only calls of this kind get, by status and word. `declined`: nothing was done, for good. `unknown`: it may have
   * been done. `done_before`: likewise, and the same call would get the same error, so the next step is a look.
   */
  readonly errors: ReadonlyMap<string, 'declined' | 'unknown' | 'done_before'>;
  /** Whether what was done stays done. If not, only a new answer proves that it is. */
  readonly staysDone: (request: Request) => boolean;
}

export const CHARGES: Effect<ChargeRequest, ReportedCharge> = {
  kind: CHARGE,
  parse: parseCharge,
  isUnclear: ({ captureMethod }, charge) => captureMethod === 'manual' && leavesOutWhatWasTaken(charge),
  errors: new Map(),
  // Money that is only held may be let go.
  staysDone: ({ captureMethod }) => captureMethod === undefined,
};

export const REFUNDS: Effect<RefundRequest, ReportedRefund> = {
  kind: REFUND,
  parse: (value) => parseOperation('refund', REFUND.fates, value),
  errors: new Map([
    // It is the wrong account or mode that asks, so the gateway may know the charge all the same, and refunds of it.
    ['404 charge_not_found', 'unknown'],
    ['409 charge_not_succeeded', 'declined'],
    ['409 not_captured', 'declined'],
    ['422 amount_too_large', 'declined'],
  ]),
  // A bank may send a refund back days after it succeeded.
  staysDone: () => false,
};

/** In the protocol, a capture and a void are written as a refund is. */
function exclusive(
  kind: ExclusiveKind,
  declines: readonly string[],
): Effect<CaptureRequest, ReportedCapture> {
  return {
    kind: EXCLUSIVE[kind],
    parse: (value) => parseOperation(kind, EXCLUSIVE[kind].fates, value),
    errors: new Map([
      ...declines.map((error) => [error, 'declined'] as const),
      ['404 charge_not_found', 'unknown'],
      // It may have been this very one, under a key that the gateway has forgotten. A look at the charge decides.
      ['409 already_captured', 'done_before'],
      ['409 charge_not_succeeded', 'done_before'],
      ['409 operation_under_way', 'unknown'],
    ]),
    staysDone: () => true,
  };
}

export const EXCLUSIVES: Readonly<Record<ExclusiveKind, Effect<CaptureRequest, ReportedCapture>>> = {
  capture: exclusive('capture', ['422 amount_too_large']),
  void: exclusive('void', []),
};

export function parseCharge(value: unknown): ReportedCharge | undefined {
  if (!isObject(value)) return undefined;
  const charge = parseEffect<ReportedCharge['status']>(CHARGE.fates, value);
  if (charge === undefined) return undefined;
  const { captured, refunded, authorized_until: until } = value;
  // A sum that is there and cannot be read may be any sum. It must not count as one that is not there.
  if (captured !== undefined && !isSum(captured)) return undefined;
  if (refunded !== undefined && !isSum(refunded)) return undefined;
  // It cannot be a final no and show money that was taken.
  if (charge.status === 'declined' && holdsMoney(value)) return undefined;
  const capturedMinor = captured === undefined || captured === 0 ? {} : { capturedMinor: captured };
  const untilMs = typeof until === 'string' ? Date.parse(until) : Number.NaN;
  const authorizedUntilMs = untilMs >= 0 ? { authorizedUntilMs: untilMs } : {};
  return { ...charge, status: standing(charge.status, value), ...capturedMinor, ...authorizedUntilMs };
}

/** Whether nobody can tell money that is held from money that was taken: a writer that leaves out zero leaves `captured` out, too. */
export function leavesOutWhatWasTaken({ status, capturedMinor }: ReportedCharge): boolean {
  return status === 'succeeded' && capturedMinor === undefined;
}

/** A sum in minor units. */
export function isSum(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** What the word for a charge means beside the sums. */
function standing(status: ReportedCharge['status'], value: JsonObject): ReportedCharge['status'] {
  if (CHARGE.fates.get(status) === 'reversed' && holdsMoney(value)) return 'succeeded';
  // It succeeded, and nothing of it was taken.
  return status === 'succeeded' && value.captured === 0 ? 'authorized' : status;
}

/**
 * A gateway may call a charge `refunded` of which only a part was refunded. The rest is still paid. A `refunded` that is left out means
 * nothing was refunded, as with writers that leave out zero. But the word `refunded` alone says that all of it was.
 */
function holdsMoney({
  status,
  captured,
  refunded = status === 'refunded' ? captured : 0,
}: JsonObject): boolean {
  return typeof captured === 'number' && typeof refunded === 'number' && captured > refunded;
}

/** Refunds, captures and voids look the same but for the word that says which it is. */
function parseOperation<Status extends string>(
  kind: string,
  fates: ReadonlyMap<unknown, Fate>,
  value: unknown,
): (Omit<ReportedEffect, 'status'> & { readonly status: Status; readonly chargeRef: string }) | undefined {
  if (!isObject(value)) return undefined;
  const { object, charge: chargeRef } = value;
  if (object !== undefined && object !== kind) return undefined;
  const operation = parseEffect<Status>(fates, value);
  return operation !== undefined && isId(chargeRef) ? { ...operation, chargeRef } : undefined;
}

/** A decline code is stored, and reaches the client and the log. Only a short word is passed on, and no number as long as a card's. */
const DECLINE_CODE = /^[A-Za-z0-9_.-]{1,64}$/;

/** The fields that every kind of effect has. */
function parseEffect<Status extends string>(
  fates: ReadonlyMap<unknown, Fate>,
  value: JsonObject,
): (Omit<ReportedEffect, 'status'> & { readonly status: Status }) | undefined {
  const { id, status, amount, currency, reference, idempotency_key: key, code, livemode } = value;
  if (!isId(id)) return undefined;
  if (!fates.has(status)) return undefined;
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount)) return undefined;
  if (typeof currency !== 'string' || typeof reference !== 'string' || typeof key !== 'string')
    return undefined;
  if (livemode !== undefined && typeof livemode !== 'boolean') return undefined;
  const mode = livemode === undefined ? {} : { livemode };
  const effect = {
    id,
    status: status as Status,
    amountMinor: amount,
    currency,
    reference,
    key,
    ...mode,
  };
  const isCode = typeof code === 'string' && DECLINE_CODE.test(code) && !hasManyDigits(code);
  return isCode ? { ...effect, code } : effect;
}

/** Printable ASCII: an id is stored, logged and put into paths, and no gateway needs more. */
const ID = /^[\x21-\x7e]{1,255}$/;

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}
