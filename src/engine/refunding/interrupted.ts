/** The answer to a request that cannot go on: the engine has stopped for good, or the database cannot be used. */
import { isSettled } from '../../domain/operation.ts';
import type { StoreError } from '../../ports/store.ts';
import type { RefundAnswer } from '../api.ts';
import { REFUSED_RETRY_MS, RETRY_AFTER_MS } from '../retry-after.ts';
import { refundProblem } from './problem.ts';
import type { ClientRequest, Refunding } from './request.ts';
import { unsettled } from './waiting.ts';

/** This process has stopped for good. Another one finishes what the request may have stored. */
export function halted({ engine }: Refunding, request: ClientRequest): RefundAnswer {
  if (request.boundHere && request.seen !== null) return unsettled(engine, request, request.seen);
  return refundProblem(request.perhapsStored ? 'store_outcome_unknown' : 'installation_changed');
}

/** A refund that is known to be stored is answered with 202. Otherwise the answer says what is not known. */
export function storeFailed({ engine }: Refunding, request: ClientRequest, error: StoreError): RefundAnswer {
  // Only this kind gets a line for each request. `refused` has its own alarm, and so has an outage.
  if (error.kind === 'unfit')
    engine.log.error({ err: error }, 'the database does not take the values of a request for a refund');
  else engine.outage.failed(error, request.turnAtMs);
  const { seen, wanted } = request;
  const isOpen = seen !== null && !isSettled(seen.operation.status);
  if (isOpen && seen.followUp.askedMinor === wanted.amountMinor) return unsettled(engine, request, seen);
  const nothing = error.kind !== 'outcome_unknown' && !request.perhapsStored;
  if (!nothing) return { ...refundProblem('store_outcome_unknown'), retryAfterMs: RETRY_AFTER_MS };
  return nothingStored(error);
}

/** The answer if the database failed before anything was written. */
export function nothingStored({ kind }: StoreError): RefundAnswer {
  return kind === 'unavailable'
    ? { ...refundProblem('store_unavailable'), retryAfterMs: RETRY_AFTER_MS }
    : { ...refundProblem('store_refused'), retryAfterMs: REFUSED_RETRY_MS };
}
