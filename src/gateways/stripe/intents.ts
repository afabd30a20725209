/** What an intent says about the charge that it was made for. */
import {
  type CallOutcome,
  type ChargeRequest,
  judgeCall,
  judgeLookup,
  type LookupOutcome,
  type NextAction,
  type PrepareOutcome,
  type PrepareRequest,
  type ReportedCharge,
} from '../../domain/outcomes.ts';
import { isStorableText } from '../../domain/text.ts';
import { isObject, type JsonObject } from '../http/json.ts';
import type { Stale } from './answer.ts';
import { type Intent, parseIntent } from './objects.ts';
import { INTENT_STATUSES } from './table.ts';

/** What an intent is judged by, beside the request. */
export interface Judging {
  readonly livemode: boolean;
  readonly stale: Stale | null;
}

/** The intent in the answer to a confirm. */
export function judgeConfirmed(
  request: ChargeRequest,
  object: JsonObject,
  { livemode, stale }: Judging,
): CallOutcome {
  const intent = parseIntent(object);
  if (intent === undefined) return unknown('unparseable_answer');
  if (intent.id !== request.handle) return unknown('answer_about_another_charge');
  const meaning = INTENT_STATUSES.get(intent.status);
  // Money that was taken stays taken. Everything else may have changed since a stale answer was made.
  if (stale !== null && meaning !== 'paid') return unknown(`${stale}_answer`, stale === 'replayed');
  switch (meaning) {
    case 'paid':
    case 'held':
    case 'pending':
      return judgeCall(request, reported(request, intent, chargeStatus(intent, meaning)), livemode);
    case 'action':
      return isOurs(request, intent)
        ? { kind: 'requires_action', ref: intent.id, action: actionOf(intent) }
        : unknown('answer_about_another_charge');
    case 'open':
    case 'sealed':
      // A decline is an error and no intent. The read tells what has happened.
      return unknown('contradicting_answer', true);
    case undefined:
      return unknown('status_unknown');
  }
}

/** The intent that a decline of a confirm names. */
export function judgeDeclined(
  request: ChargeRequest,
  object: JsonObject | undefined,
  { code, livemode }: { readonly code: string; readonly livemode: boolean },
): CallOutcome {
  const intent = parseIntent(object);
  if (intent === undefined) return unknown('unparseable_answer');
  if (intent.id !== request.handle) return unknown('answer_about_another_charge');
  const isNotPaid = INTENT_STATUSES.get(intent.status) === 'open' && intent.receivedMinor === 0;
  if (!isNotPaid) return unknown('contradicting_answer');
  return judgeCall(request, { ...reported(request, intent, 'declined'), code }, livemode);
}

function unknown(reason: string, answered = false): CallOutcome {
  return { kind: 'unknown', answered, reason };
}

/** The intent as it is now. */
export function judgeRead(request: ChargeRequest, intent: Intent, livemode: boolean): LookupOutcome {
  if (!isOurs(request, intent)) return { kind: 'unavailable', reason: 'answer_about_another_charge' };
  if (intent.livemode !== livemode) return { kind: 'unavailable', reason: 'livemode_mismatch' };
  const meaning = INTENT_STATUSES.get(intent.status);
  switch (meaning) {
    case 'paid':
    case 'held':
    case 'pending':
      return judgeLookup(request, [reported(request, intent, chargeStatus(intent, meaning))], livemode);
    case 'action':
      return { kind: 'requires_action', ref: intent.id, action: actionOf(intent) };
    case 'open':
      return intent.receivedMinor === 0
        ? { kind: 'open', ref: intent.id, ...codeOf(intent) }
        : { kind: 'mismatch', ref: intent.id, reason: 'received_although_open' };
    case 'sealed':
      return intent.receivedMinor === 0
        ? { kind: 'sealed', ref: intent.id, ...(intent.held ? { held: true } : {}) }
        : { kind: 'mismatch', ref: intent.id, reason: 'received_although_canceled' };
    case undefined:
      return { kind: 'unavailable', reason: 'status_unknown' };
  }
}

/** Every intent that was made under the charge's key. What shows money counts first, and then what may still lead to it. */
export function judgeListed(
  request: ChargeRequest,
  intents: readonly Intent[],
  livemode: boolean,
): LookupOutcome {
  const outcomes = intents.map((intent) => judgeRead(request, intent, livemode));
  // A status that nobody knows may mean a second payment.
  const unknown = outcomes.find(({ kind }) => kind === 'unavailable');
  if (unknown !== undefined) return unknown;
  const live = outcomes.filter(({ kind }) => LIVE.includes(kind));
  if (live.length > 1) return { kind: 'duplicated', refs: live.map((one) => ('ref' in one ? one.ref : '')) };
  for (const kind of BY_WEIGHT) {
    const found = outcomes.find((one) => one.kind === kind);
    if (found !== undefined) return found;
  }
  return { kind: 'absent' };
}

/** Money is taken or held. */
const LIVE: readonly LookupOutcome['kind'][] = ['succeeded', 'captured', 'mismatch'];

/**
 * A charge that was paid and given back is over: only one intent was ever confirmed under its key. So it counts before an intent that was
 * left over, which would be paid anew once Stripe has forgotten the key.
 */
const BY_WEIGHT: readonly LookupOutcome['kind'][] = [
  ...LIVE,
  'pending',
  'requires_action',
  'reversed',
  'open',
  'sealed',
];

/** The intent that was made for a charge. It moves no money, so only what it is for counts. */
export function judgePrepared(
  request: PrepareRequest,
  object: JsonObject,
  livemode: boolean,
): PrepareOutcome {
  const intent = parseIntent(object);
  if (intent === undefined) return { kind: 'failed', reason: 'unparseable_answer' };
  if (!isOurs(request, intent)) return { kind: 'failed', reason: 'answer_about_another_charge' };
  // The key gives this intent every time, so another one needs another key.
  const isAsAsked =
    intent.livemode === livemode &&
    intent.manual === (request.captureMethod === 'manual') &&
    intent.amountMinor === request.amountMinor &&
    intent.currency === request.currency;
  return isAsAsked
    ? { kind: 'prepared', handle: intent.id }
    : { kind: 'failed_for_good', reason: 'prepared_on_other_terms' };
}

function isOurs({ key, reference }: Pick<ChargeRequest, 'key' | 'reference'>, intent: Intent): boolean {
  return intent.key === key && intent.reference === reference;
}

function chargeStatus({ refunded }: Intent, meaning: 'paid' | 'held' | 'pending'): ReportedCharge['status'] {
  if (meaning !== 'paid') return meaning === 'held' ? 'authorized' : 'pending';
  return refunded ? 'refunded' : 'succeeded';
}

/**
 * Of money that was taken or is held, its amount counts, and not the one that was asked for. If it was authorised first and taken, that is the
 * sum that was captured.
 */
function reported(
  { captureMethod }: ChargeRequest,
  intent: Intent,
  status: ReportedCharge['status'],
): ReportedCharge {
  const { id, currency, reference, key, livemode, amountMinor, capturableMinor, receivedMinor, heldUntilMs } =
    intent;
  const charge = { id, status, amountMinor, currency, reference, key, livemode };
  const isTaken = status === 'succeeded' || status === 'refunded';
  if (status === 'authorized') {
    const held = { ...charge, amountMinor: capturableMinor };
    return heldUntilMs === undefined ? held : { ...held, authorizedUntilMs: heldUntilMs };
  }
  if (!isTaken) return charge;
  return captureMethod === 'manual'
    ? { ...charge, capturedMinor: receivedMinor }
    : { ...charge, amountMinor: receivedMinor };
}

function codeOf({ declineCode }: Intent): { readonly code?: string } {
  return declineCode === undefined ? {} : { code: declineCode };
}

/**
 * What the merchant's page needs: a page to send the customer to, or the intent's client secret for `handleNextAction` of Stripe.js. The
 * secret is made for the customer's browser.
 */
function actionOf({ raw }: Intent): NextAction {
  const action: Record<string, string> = {};
  const next = isObject(raw.next_action) ? raw.next_action : {};
  const redirect = isObject(next.redirect_to_url) ? next.redirect_to_url : {};
  const parts = { type: next.type, url: redirect.url, client_secret: raw.client_secret };
  for (const [name, value] of Object.entries(parts)) {
    if (typeof value === 'string' && value.length <= MAX_ACTION_TEXT && isStorableText(value))
      action[name] = value;
  }
  return action;
}

/** As `NextAction` says. */
const MAX_ACTION_TEXT = 2048;
