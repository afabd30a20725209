/**
 * One exchange with the gateway, under a claim and with a place. It checks the lease in the tick of the send, and
 * ends by timeout or with the lease. Nothing here decides what an outcome means.
 */
import { notSent } from '../domain/not-asked.ts';
import { giveUpAtMs } from '../domain/operation.ts';
import type { CallOutcome, ChargeRequest, LookupOutcome, NotSent } from '../domain/outcomes.ts';
import type { CallEnd } from '../domain/transition/index.ts';
import type { CallOptions, ExchangeOptions } from '../ports/gateway.ts';
import type { PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { keepEvidence, tellsOfMoney } from './evidence.ts';
import type { GateOutcome } from './gate.ts';
import { databaseNowMs, type Held, mayStillLeave, usableMs } from './lease.ts';
import { referenceOf } from './names.ts';
import { slotsFor } from './slots.ts';
import { namesOf, unitOf } from './unit.ts';

/**
 * The request to the gateway. Its key is the stored one. When a record is read, that key is compared with the
 * derived one.
 */
export function chargeRequest(
  engine: Engine,
  { order, gatewayKey }: Pick<PaymentRecord, 'order' | 'gatewayKey'>,
): ChargeRequest {
  return {
    key: gatewayKey,
    reference: referenceOf(engine, order),
    orderId: order.orderId,
    accountId: order.accountId,
    installationId: engine.installationId,
    amountMinor: order.amountMinor,
    currency: order.currency,
    ...(order.method === undefined ? {} : { method: order.method }),
    ...(order.captureMethod === undefined ? {} : { captureMethod: order.captureMethod }),
  };
}

export type Sent<Outcome> =
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  /** Nothing was sent. Try again in `waitMs`. */
  | { readonly kind: 'not_sent'; readonly reason: string; readonly waitMs: number };

/** How the call of an operation ended, with what had to be made for it before. */
export type CallResult = Sent<CallEnd>;

/** A request with an effect at the gateway, by what it can say. */
export interface Sending<Outcome> {
  /** What it means if the adapter throws, or does not end. */
  readonly thrown: Outcome;
  /** What it says of money, and of the gateway's health. */
  asCall(outcome: Outcome): GateOutcome;
}

const CALL: Sending<CallOutcome> = {
  thrown: { kind: 'unknown', answered: false, reason: 'adapter_threw' },
  asCall: (outcome) => outcome,
};

/** Other work frees files, ports and memory in about this time, and the database is spared a thousand tries. */
export const SHORT_FOR_MS = 1000;

/** With less of the lease left than this, an exchange is not worth it. */
const MIN_CALL_MS = 100;

/** `send`: what an adapter does to send it. Gives the place at the gateway back. */
export function callGateway(
  engine: Engine,
  held: Held,
  send: (options: CallOptions) => Promise<CallOutcome | NotSent>,
): Promise<Sent<CallOutcome>> {
  return sendToGateway(engine, held, send, CALL);
}

/** `callGateway` for any request with an effect at the gateway. */
export async function sendToGateway<Outcome extends { readonly kind: string }>(
  engine: Engine,
  held: Held,
  send: (options: CallOptions) => Promise<Outcome | NotSent>,
  { thrown, asCall }: Sending<Outcome>,
): Promise<Sent<Outcome>> {
  const { clock, gate, policy } = engine;
  const names = namesOf(held.record);
  try {
    const leftAtMs = clock.monotonicMs();
    const { kind } = held.record.operation;
    const waitMs = gate.leave(kind);
    if (waitMs > 0) return { kind: 'not_sent', reason: 'gateway_paused', waitMs };
    if (usableMs(engine, held) < MIN_CALL_MS)
      return { kind: 'not_sent', reason: 'lease_too_short', waitMs: 0 };
    let refused = false;
    let ended = false;
    // Also for an adapter that was given up: the time in which its request may land is counted from then on.
    const mayLeave = (): boolean => {
      refused ||= ended || !mayStillLeave(engine, held);
      refused ||= isGivenUp(engine, held);
      return !refused;
    };
    const call = ({ timeoutMs }: ExchangeOptions) => send({ timeoutMs, mayLeave });
    // An adapter that was given up may still report money.
    const tooLate = (late: Outcome | NotSent): void => {
      if (!isAnswer(late)) return;
      const told = asCall(late);
      if (!tellsOfMoney(told)) return;
      const kept = keepEvidence(engine, held.record, told).catch((error: unknown) =>
        engine.log.error({ err: error, ...names }, 'late news of money was not kept'),
      );
      engine.lateNews.note(kept);
    };
    const outcome = await bounded(engine, held, call, tooLate).catch((error: unknown): Outcome => {
      engine.log.error({ err: error, ...names }, 'the gateway adapter threw');
      return thrown;
    });
    ended = true;
    // Nothing was sent, and not because of the gateway. So it is no call, and says nothing about the gateway's
    // health.
    if (refused && (outcome.kind === 'refused' || outcome.kind === 'not_sent')) {
      const reason = isGivenUp(engine, held) ? 'too_late' : 'lease_over_before_send';
      return { kind: 'not_sent', reason, waitMs: 0 };
    }
    const unit = unitOf(held.record);
    if (!isAnswer(outcome)) {
      const { reason } = outcome as NotSent;
      engine.shortage.noted(gate.callSlots, names, reason);
      return { kind: 'not_sent', reason, waitMs: SHORT_FOR_MS };
    }
    gate.callEnded({
      unit,
      outcome: asCall(outcome),
      leftAtMs,
      pauseMs: policy.forbiddenPauseMs,
      kind,
    });
    return { kind: 'ended', outcome };
  } finally {
    // Now, because the next payment need not wait until this outcome is written.
    held.place?.free();
  }
}

/** Whether the caller's time is over. From then on nothing is sent for it. */
function isGivenUp(engine: Engine, held: Held): boolean {
  const untilMs = giveUpAtMs(held.record.operation);
  // Nearly always infinite, and then no clock is read.
  return untilMs !== Number.POSITIVE_INFINITY && databaseNowMs(engine, held) >= untilMs;
}

type Unanswered = Extract<LookupOutcome, { kind: 'unavailable' }>;

function isAnswer<T extends { readonly kind: string }>(outcome: T | NotSent): outcome is Exclude<T, NotSent> {
  return outcome.kind !== 'not_sent';
}

/** `ask`: what an adapter does to ask. */
export async function lookUp<T extends { readonly kind: string }>(
  engine: Engine,
  held: Held,
  ask: (options: ExchangeOptions) => Promise<T | NotSent>,
): Promise<Exclude<T, NotSent> | Unanswered> {
  const { gate } = engine;
  const names = namesOf(held.record);
  const own = held.place?.lookups;
  const lookupSlots = slotsFor(gate.lookupSlots, held.record.operation.kind);
  // Of many lookups at once, all but one may find no slot. They share their own slot, one after the other: if
  // holders of claims waited for each other's slots, all of them could wait without result.
  const free =
    own?.take() ??
    lookupSlots.take() ??
    (await (own ?? lookupSlots).takeWithin(usableMs(engine, held) - MIN_CALL_MS));
  if (free === null) return { kind: 'unavailable', reason: 'no_free_slot' };
  try {
    if (usableMs(engine, held) < MIN_CALL_MS) return { kind: 'unavailable', reason: 'lease_too_short' };
    const outcome = await bounded(engine, held, ask, () => {});
    if (isAnswer(outcome)) return outcome;
    const { reason } = outcome as NotSent;
    engine.shortage.noted(gate.lookupSlots, names, reason);
    return { kind: 'unavailable', reason: notSent(reason) };
  } catch (error) {
    engine.log.error({ err: error, ...names }, 'the gateway adapter threw');
    return { kind: 'unavailable', reason: 'adapter_threw' };
  } finally {
    free();
  }
}

/**
 * Runs the exchange until the timeout or the end of the lease, whichever is first. An adapter that does not stop
 * then is given up a moment later. What it answers after that goes to `tooLate`.
 */
function bounded<T>(
  engine: Engine,
  held: Held,
  exchange: (options: ExchangeOptions) => Promise<T>,
  tooLate: (outcome: T) => void,
): Promise<T> {
  const timeoutMs = Math.min(engine.limits.callTimeoutMs, usableMs(engine, held));
  return new Promise((resolve, reject) => {
    let givenUp = false;
    const cancel = engine.clock.after(timeoutMs + GRACE_MS, () => {
      givenUp = true;
      reject(new Error('the adapter did not end in time'));
    });
    exchange({ timeoutMs }).then(
      (outcome) => {
        if (givenUp) return tooLate(outcome);
        cancel();
        resolve(outcome);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}

/** Time for an adapter that stops to report what it knows. Well within the lease's margin. */
const GRACE_MS = 100;
