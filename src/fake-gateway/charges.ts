/** `POST /charges`: books a charge under its key, once, whatever else goes wrong. */
import type { RunAttempt } from './attempts.ts';
import { answerBody, errorBody } from './bodies.ts';
import { type AnswerFault, bookingFault, delayOf, strikes } from './faults/decide.ts';
import type { FaultSettings } from './faults/settings.ts';
import { chargeToken, type MagicToken } from './faults/tokens.ts';
import type { Charge, Ledger, NewCharge } from './ledger/port.ts';
import type { ChargeParams } from './requests.ts';
import { answer, type Wire } from './wire.ts';

/** A key that is ignored takes the next free generation. More collisions than this are no coincidence. */
const MAX_GENERATIONS_TRIED = 100;

export interface ChargesContext {
  readonly ledger: Ledger;
  readonly run: RunAttempt;
  readonly now: () => number;
  /** Called for every new charge. */
  readonly onBooked: (charge: Charge, settings: FaultSettings) => void;
}

export function createCharges({
  ledger,
  run,
  now,
  onBooked,
}: ChargesContext): (params: ChargeParams) => Promise<Wire> {
  /** Books the charge, or finds the one that is kept under the key. */
  async function book(
    params: ChargeParams,
    magic: MagicToken | null,
    settings: FaultSettings,
    fault: AnswerFault | null,
    attempt: number,
  ) {
    const { key } = params;
    const plan = (generation: number) => newCharge(params, magic, settings, fault, generation, now());
    if (strikes(settings, 'keys_ignored', key, magic)) {
      let booked = await ledger.book(plan(attempt - 1));
      for (let tries = 0; !booked.created && tries < MAX_GENERATIONS_TRIED; tries += 1) {
        const generation = (await ledger.countAttempt(key)) - 1;
        booked = await ledger.book(plan(generation));
      }
      return booked;
    }
    const booked = await ledger.book(plan(0));
    if (booked.created || !strikes(settings, 'keys_expired', key, magic)) return booked;
    const expiresAfterMs = delayOf(settings, 'keys_expired');
    const latest = (await ledger.byKey(key)).at(-1) ?? booked.charge;
    if (latest.createdMs + expiresAfterMs > now()) return { charge: latest, created: false };
    return ledger.book(plan(latest.generation + 1));
  }

  return (params) => {
    const magic = chargeToken(params.method);
    return run(
      {
        key: params.key,
        idempotencyKey: params.key,
        magic,
        numbered: (settings) => strikes(settings, 'keys_ignored', params.key, magic),
      },
      async ({ settings, fault, attempt }) => {
        const { charge, created } = await book(params, magic, settings, fault, attempt);
        if (created) onBooked(charge, settings);
        else if (!isSame(charge, params)) return answer(422, errorBody('key_reused', { key: params.key }));
        else if (charge.createdMs > now()) return answer(409, errorBody('in_progress', { key: params.key }));
        return answer(charge.answer, answerBody(charge));
      },
    );
  };
}

function isSame(charge: Charge, params: ChargeParams): boolean {
  return (
    charge.askedAmount === params.amount &&
    charge.askedCurrency === params.currency &&
    charge.reference === params.reference &&
    charge.orderId === params.orderId &&
    charge.accountId === params.accountId &&
    charge.method === params.method &&
    charge.capture === params.capture
  );
}

function newCharge(
  params: ChargeParams,
  magic: MagicToken | null,
  settings: FaultSettings,
  fault: AnswerFault | null,
  generation: number,
  nowMs: number,
): NewCharge {
  const { key, reference, orderId, accountId, method, amount, currency, capture } = params;
  const booking = bookingFault(settings, key, magic);
  const createdMs = fault === 'lands_late' ? nowMs + delayOf(settings, fault) : nowMs;
  const isPending = booking === 'pending' || booking === 'pending_declined';
  const outcome = isPending ? 'pending' : booking === 'declined' ? 'declined' : 'succeeded';
  const isStale = fault === 'stale_error' || fault === 'stale_error_after';
  return {
    key,
    generation,
    reference,
    orderId,
    accountId,
    method,
    amount: booking === 'wrong_amount' ? amount + 1 : amount,
    currency: booking !== 'wrong_currency' ? currency : currency === 'EUR' ? 'USD' : 'EUR',
    askedAmount: amount,
    askedCurrency: currency,
    capture,
    outcome: fault === 'stale_error' ? 'none' : outcome,
    answer: isStale ? 500 : outcome === 'succeeded' ? 200 : outcome === 'pending' ? 202 : 402,
    createdMs,
    visibleMs:
      createdMs + (strikes(settings, 'lookup_lag', key, magic) ? delayOf(settings, 'lookup_lag') : 0),
    settleMs: isPending ? createdMs + delayOf(settings, booking) : null,
    settleTo: isPending ? (booking === 'pending' ? 'succeeded' : 'declined') : null,
    expiresMs: capture ? null : createdMs + holdMs(booking, settings),
  };
}

const WEEK_MS = 7 * 86_400_000;

/** How long money that is only authorised is held. */
function holdMs(booking: ReturnType<typeof bookingFault>, settings: FaultSettings): number {
  return booking === 'authorization_expires' ? delayOf(settings, booking) : WEEK_MS;
}
