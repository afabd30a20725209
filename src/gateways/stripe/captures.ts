/** Captures and voids: both end the intent that was authorised, and the intent shows how. A void cancels it. */
import {
  type CaptureRequest,
  judgeCaptureCall,
  judgeChargeBehind,
  type ReportedCapture,
} from '../../domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { CallOutcome, LookupOutcome, NotSent, ReportedCharge } from '../../domain/outcomes.ts';
import type { CallOptions, CaptureEffect, Captures, ExchangeOptions } from '../../ports/gateway.ts';
import type { JsonObject } from '../http/json.ts';
import { toStripe } from './amounts.ts';
import { read } from './answer.ts';
import { followUpFailed } from './errors.ts';
import type { Judging } from './intents.ts';
import { retrieve } from './lookups.ts';
import { type Intent, isStripeId, parseIntent } from './objects.ts';
import type { Write } from './one-request.ts';
import { cancelIntent, captureIntent } from './requests.ts';
import { INTENT_STATUSES, type IntentMeaning } from './table.ts';
import type { Wire } from './wire.ts';

export function createCaptures(wire: Wire, livemode: boolean): Captures {
  const effectOf = (kind: ExclusiveKind): CaptureEffect => ({
    call: (request, limits) => send(wire, kind, request, limits, livemode),
    lookup: (request, limits) => lookUp(wire, kind, request, limits, livemode),
  });
  return { capture: effectOf('capture'), void: effectOf('void') };
}

/** What the intent means once it was done, and what it says of the amount. */
const DONE: Readonly<
  Record<ExclusiveKind, { readonly meaning: IntentMeaning; amountMinor(intent: Intent): number }>
> = {
  capture: { meaning: 'paid', amountMinor: ({ receivedMinor }) => receivedMinor },
  void: { meaning: 'sealed', amountMinor: ({ amountMinor }) => amountMinor },
};

async function send(
  wire: Wire,
  kind: ExclusiveKind,
  request: CaptureRequest,
  limits: CallOptions,
  livemode: boolean,
): Promise<CallOutcome | NotSent> {
  if (!isStripeId(request.chargeRef)) return { kind: 'refused', reason: 'charge_id_unusable' };
  const write = writeOf(kind, request);
  if (write === null) return { kind: 'declined', code: 'amount_not_capturable' };
  const reading = read(await wire.post(write, limits), request.key, Date.now());
  if (reading.kind !== 'object') return followUpFailed(reading);
  return judgeMade(kind, request, reading.object, { livemode, stale: reading.stale });
}

/** Null: Stripe cannot capture such an amount. */
function writeOf(
  kind: ExclusiveKind,
  { chargeRef, amountMinor, currency, key }: CaptureRequest,
): Write | null {
  if (kind === 'void') return cancelIntent(chargeRef, key);
  const amount = toStripe(amountMinor, currency);
  return amount === null ? null : captureIntent(chargeRef, amount, key);
}

/** The intent in the answer. */
function judgeMade(
  kind: ExclusiveKind,
  request: CaptureRequest,
  object: JsonObject,
  { livemode, stale }: Judging,
): CallOutcome {
  const intent = parseIntent(object);
  if (intent === undefined) return unknown('unparseable_answer');
  if (intent.id !== request.chargeRef) return unknown('answer_about_another_charge');
  const meaning = INTENT_STATUSES.get(intent.status);
  const { meaning: done, amountMinor } = DONE[kind];
  // What is done stays done. Everything else may have changed since a stale answer was made.
  if (meaning === done)
    return judgeCaptureCall(kind, request, reported(request, intent, amountMinor(intent)), livemode);
  if (stale !== null) return unknown(`${stale}_answer`, stale === 'replayed');
  return meaning === undefined ? unknown('status_unknown') : unknown('contradicting_answer', true);
}

/** The answer names the key of this request in a header, and the intent that of the charge. */
function reported(
  { key }: CaptureRequest,
  { id, currency, reference, livemode }: Intent,
  amountMinor: number,
): ReportedCapture {
  return { id, status: 'succeeded', amountMinor, currency, reference, key, chargeRef: id, livemode };
}

async function lookUp(
  wire: Wire,
  kind: ExclusiveKind,
  request: CaptureRequest,
  limits: ExchangeOptions,
  livemode: boolean,
): Promise<LookupOutcome | NotSent> {
  const retrieved = await retrieve(wire, request.chargeRef, limits);
  if (retrieved.kind !== 'intent') return retrieved;
  const { intent, flaw } = retrieved;
  if (intent.livemode !== livemode) return unavailable('livemode_mismatch');
  const status = BEHIND[INTENT_STATUSES.get(intent.status) ?? 'pending'];
  if (status === undefined) return unavailable('status_unknown');
  const { id, currency, reference, key, amountMinor, receivedMinor: capturedMinor } = intent;
  const charge = { id, status, amountMinor, capturedMinor, currency, reference, key };
  const outcome = judgeChargeBehind(kind, request, charge);
  // What was captured or voided stays so. What an old answer does not show may have happened since.
  return outcome.kind === 'succeeded' || flaw === null ? outcome : unavailable(flaw);
}

/** Refunds do not change what was captured. What is missing was never authorised, or is not decided. */
const BEHIND: Readonly<Partial<Record<IntentMeaning, ReportedCharge['status']>>> = {
  held: 'authorized',
  paid: 'succeeded',
  sealed: 'canceled',
};

function unknown(reason: string, answered = false): CallOutcome {
  return { kind: 'unknown', answered, reason };
}

function unavailable(reason: string): LookupOutcome {
  return { kind: 'unavailable', reason };
}
