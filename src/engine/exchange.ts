/**
 * One exchange with the gateway under a claim and in its place: the check of the lease in the tick of the send, the
 * end by timeout or lease. Nothing here decides what an outcome means.
 */
import { giveUpAtMs } from '../domain/charge.ts';
import type { CallOutcome, ChargeRequest, LookupOutcome, NotSent } from '../domain/outcomes.ts';
import type { ExchangeOptions } from '../ports/gateway.ts';
import type { PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { keepEvidence, tellsOfMoney } from './evidence.ts';
import { databaseNowMs, type Held, mayStillLeave, usableMs } from './lease.ts';
import { referenceOf } from './names.ts';

/** What the gateway is asked for. The key is the stored one; that it is also the derived one is checked when a record is read. */
export function chargeRequest(
  engine: Engine,
  { order, chargeKey }: Pick<PaymentRecord, 'order' | 'chargeKey'>,
): ChargeRequest {
  return {
    key: chargeKey,
    reference: referenceOf(engine, order),
    orderId: order.orderId,
    amountMinor: order.amountMinor,
    currency: order.currency,
    ...(order.method === undefined ? {} : { method: order.method }),
  };
}

export type CallResult =
  | { readonly kind: 'ended'; readonly outcome: CallOutcome }
  /** Nothing was sent; try again in `waitMs`. */
  | { readonly kind: 'not_sent'; readonly reason: string; readonly waitMs: number };

/** Files, ports and memory are freed by what ends, which takes about so long; and it spares the database a thousand tries. */
const SHORT_FOR_MS = 1000;

/** Less lease than this is not worth an exchange. */
const MIN_CALL_MS = 100;

export async function callGateway(engine: Engine, held: Held, request: ChargeRequest): Promise<CallResult> {
  const { gate, gateway, policy } = engine;
  try {
    const waitMs = gate.callsStoppedMs();
    if (waitMs > 0) return { kind: 'not_sent', reason: 'gateway_paused', waitMs };
    if (usableMs(engine, held) < MIN_CALL_MS)
      return { kind: 'not_sent', reason: 'lease_too_short', waitMs: 0 };
    let refused = false;
    let ended = false;
    // Also for an adapter that was given up: from then on its request counts as landing within the gateway's time.
    const mayLeave = (): boolean => {
      refused ||= ended || !mayStillLeave(engine, held);
      refused ||= isGivenUp(engine, held);
      return !refused;
    };
    const call = ({ timeoutMs }: ExchangeOptions) => gateway.call(request, { timeoutMs, mayLeave });
    // An adapter that was given up may still bring news of money.
    const tooLate = (late: CallOutcome | NotSent): void => {
      if (late.kind === 'not_sent' || !tellsOfMoney(late)) return;
      keepEvidence(engine, held.record, late).catch((error: unknown) =>
        engine.log.error(
          { err: error, payment_id: held.record.paymentId },
          'late news of money was not kept',
        ),
      );
    };
    const outcome = await bounded(engine, held, call, tooLate).catch((error: unknown): CallOutcome => {
      engine.log.error({ err: error, payment_id: held.record.paymentId }, 'the gateway adapter threw');
      return { kind: 'unknown', answered: false, reason: 'adapter_threw' };
    });
    ended = true;
    // Nothing left, and not for a reason of the gateway's: it is no call, and says nothing about its health.
    if (refused && (outcome.kind === 'refused' || outcome.kind === 'not_sent')) {
      const reason = isGivenUp(engine, held) ? 'too_late' : 'lease_over_before_send';
      return { kind: 'not_sent', reason, waitMs: 0 };
    }
    const { paymentId } = held.record;
    if (outcome.kind === 'not_sent') {
      engine.shortage.noted(gate.callSlots, paymentId, outcome.reason);
      return { ...outcome, waitMs: SHORT_FOR_MS };
    }
    gate.callEnded({ paymentId, outcome, pauseMs: policy.forbiddenPauseMs });
    return { kind: 'ended', outcome };
  } finally {
    // Not only when the outcome is written: the next one need not wait for that.
    held.place?.free();
  }
}

/** Whether the time is over that its caller gave it: from then on nothing of it leaves. */
function isGivenUp(engine: Engine, held: Held): boolean {
  const untilMs = giveUpAtMs(held.record.charge);
  // Nearly always without end, and then no clock is read.
  return untilMs !== Number.POSITIVE_INFINITY && databaseNowMs(engine, held) >= untilMs;
}

export async function lookUp(engine: Engine, held: Held, request: ChargeRequest): Promise<LookupOutcome> {
  const { gate, gateway } = engine;
  const own = held.place?.lookups;
  // Of many at once all but one may find no slot. They follow each other in their own: holders of claims that waited for the
  // slots of each other could all wait in vain.
  const free =
    own?.take() ??
    gate.lookupSlots.take() ??
    (await (own ?? gate.lookupSlots).takeWithin(usableMs(engine, held) - MIN_CALL_MS));
  if (free === null) return { kind: 'unavailable', reason: 'no_free_slot' };
  try {
    if (usableMs(engine, held) < MIN_CALL_MS) return { kind: 'unavailable', reason: 'lease_too_short' };
    const lookup = (options: ExchangeOptions) => gateway.lookup(request, options);
    const outcome = await bounded(engine, held, lookup, () => {});
    if (outcome.kind !== 'not_sent') return outcome;
    engine.shortage.noted(gate.lookupSlots, held.record.paymentId, outcome.reason);
    return { kind: 'unavailable', reason: outcome.reason };
  } catch (error) {
    engine.log.error({ err: error, payment_id: held.record.paymentId }, 'the gateway adapter threw');
    return { kind: 'unavailable', reason: 'adapter_threw' };
  } finally {
    free();
  }
}

/**
 * Runs the exchange, which ends with the timeout or the lease, whichever is first. An adapter that does not obey is
 * given up a moment later; what it says after that goes to `tooLate`.
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

/** For an adapter that obeys to say what it knows; well inside the lease's margin. */
const GRACE_MS = 100;
