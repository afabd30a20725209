/** What became of a charge: its intent is read by its handle, or, without one, looked for among the account's intents. */
import type { ChargeRequest, LookupOutcome, NotSent } from '../../domain/outcomes.ts';
import type { ExchangeOptions } from '../../ports/gateway.ts';
import { flawOf } from '../http/lookups.ts';
import { read } from './answer.ts';
import { type NoAnswer, readFailed } from './errors.ts';
import { judgeListed, judgeRead } from './intents.ts';
import { readList } from './lists.ts';
import { type Intent, isStripeId, parseIntent } from './objects.ts';
import { listIntents, retrieveIntent } from './requests.ts';
import type { Wire } from './wire.ts';

/**
 * How far back intents are listed, by Stripe's clock: the 30 days for which `RESTORED_AT` stays set after a restore, and as much again for
 * the age of the backup.
 */
const LOOK_BACK_MS = 60 * 86_400_000;

type Outcome = LookupOutcome | NotSent;

export function lookUpCharge(
  wire: Wire,
  request: ChargeRequest,
  livemode: boolean,
  options: ExchangeOptions,
): Promise<Outcome> {
  const { handle } = request;
  return handle === undefined
    ? lookThrough(wire, request, livemode, options)
    : readIntent(wire, request, { handle, livemode }, options);
}

async function readIntent(
  wire: Wire,
  request: ChargeRequest,
  { handle, livemode }: { readonly handle: string; readonly livemode: boolean },
  options: ExchangeOptions,
): Promise<Outcome> {
  const retrieved = await retrieve(wire, handle, options);
  if (retrieved.kind !== 'intent') return retrieved;
  return believed(request, judgeRead(request, retrieved.intent, livemode), retrieved.flaw);
}

/** One intent, by its id. */
export interface Retrieved {
  readonly kind: 'intent';
  readonly intent: Intent;
  /** Why it may not be what is true now. Null: it is. */
  readonly flaw: string | null;
}

/** Never rejects, and ends within `timeoutMs`. */
export async function retrieve(
  wire: Wire,
  id: string,
  options: ExchangeOptions,
): Promise<Retrieved | NoAnswer | NotSent> {
  if (!isStripeId(id)) return unavailable('handle_unusable');
  const { result, isOld } = await wire.ask(retrieveIntent(id), options);
  const reading = read(result, null, Date.now());
  if (reading.kind !== 'object') {
    // The key is another account's, or of the other mode. The intent exists all the same.
    const isUnknown = reading.kind === 'error' && reading.error.status === 404;
    return isUnknown ? unavailable('handle_unknown') : readFailed(reading);
  }
  const intent = parseIntent(reading.object);
  if (intent === undefined) return unavailable('unparseable_answer');
  if (intent.id !== id) return unavailable('answer_about_another_charge');
  return { kind: 'intent', intent, flaw: result.kind === 'answer' ? flawOf(result, isOld) : null };
}

async function lookThrough(
  wire: Wire,
  request: ChargeRequest,
  livemode: boolean,
  options: ExchangeOptions,
): Promise<Outcome> {
  const isLast = ({ createdS }: Intent, nowMs: number | null): boolean =>
    nowMs !== null && createdS * 1000 < nowMs - LOOK_BACK_MS;
  const listed = await readList(wire, { page: listIntents, parse: parseIntent, isLast }, options);
  if (listed.kind !== 'list') return listed;
  const own = listed.entries.filter(({ key }) => key === request.key);
  return believed(request, judgeListed(request, own, livemode), listed.flaw);
}

/** Money that was taken stays taken, even if the answer is old or lacks something. Nothing else does, not even money that is held. */
function believed(
  { captureMethod }: ChargeRequest,
  outcome: LookupOutcome,
  flaw: string | null,
): LookupOutcome {
  const isHeld = outcome.kind === 'succeeded' && captureMethod === 'manual';
  const showsMoney = !isHeld && ['succeeded', 'captured', 'mismatch', 'duplicated'].includes(outcome.kind);
  return flaw === null || showsMoney ? outcome : unavailable(flaw);
}

function unavailable(reason: string): NoAnswer {
  return { kind: 'unavailable', reason };
}
