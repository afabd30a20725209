/** The answer to a request that cannot go on: the engine has stopped for good, or the database cannot be used. */
import { isSettled } from '../../domain/operation.ts';
import type { Order } from '../../domain/payment.ts';
import type { PaymentRecord, StoreError } from '../../ports/store.ts';
import type { ChargeAnswer } from '../api.ts';
import { problem } from '../problem.ts';
import { REFUSED_RETRY_MS, RETRY_AFTER_MS, retryAfterMs } from '../retry-after.ts';
import { showPayment } from '../show.ts';
import { knownSince } from './reading.ts';
import { type Charging, type ClientRequest, isReplayed } from './request.ts';

/** This process has stopped for good. Another one finishes what the request may have stored. */
export function halted({ engine }: Charging, request: ClientRequest): ChargeAnswer {
  const { seen } = request;
  if (request.boundHere && seen !== null) {
    const replayed = isReplayed(request);
    return {
      kind: 'unsettled',
      payment: showPayment(engine, seen),
      retryAfterMs: retryAfterMs(seen),
      replayed,
    };
  }
  const code = request.perhapsStored ? 'store_outcome_unknown' : 'installation_changed';
  return problem(code, seen && showPayment(engine, seen));
}

/** A payment that is known to be accepted is answered with 202. Otherwise the answer says what is not known. */
export function storeFailed(charging: Charging, request: ClientRequest, error: StoreError): ChargeAnswer {
  const { engine } = charging;
  // Only this kind gets a line for each request. `refused` has its own alarm, and so has an outage.
  if (error.kind === 'unfit')
    engine.log.error({ err: error }, 'the database does not take the values of a charge request');
  else engine.outage.failed(error, request.turnAtMs);
  const known = request.seen === null ? undefined : (knownSince(charging, request.seen) ?? request.seen);
  if (known !== undefined && (request.boundHere || isOpenAndSame(known, request.order))) {
    const replayed = isReplayed(request);
    return {
      kind: 'unsettled',
      payment: showPayment(engine, known),
      retryAfterMs: RETRY_AFTER_MS,
      replayed,
    };
  }
  const nothing = error.kind !== 'outcome_unknown' && !request.perhapsStored;
  if (!nothing) return { ...problem('store_outcome_unknown', null), retryAfterMs: RETRY_AFTER_MS };
  if (error.kind === 'unavailable')
    return { ...problem('store_unavailable', null), retryAfterMs: RETRY_AFTER_MS };
  return { ...problem('store_refused', null), retryAfterMs: REFUSED_RETRY_MS };
}

/** Whether the order, as it was read, is still being charged, and on the terms of this request. */
function isOpenAndSame({ order, operation }: PaymentRecord, wanted: Order): boolean {
  if (isSettled(operation.status)) return false;
  return (
    order.amountMinor === wanted.amountMinor &&
    order.currency === wanted.currency &&
    order.captureMethod === wanted.captureMethod
  );
}
