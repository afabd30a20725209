/** The answer to a request that cannot go on: the engine has stopped for good, or the database cannot be used. */
import { isSettled } from '../../domain/operation.ts';
import type { StoreError } from '../../ports/store.ts';
import { REFUSED_RETRY_MS, RETRY_AFTER_MS } from '../retry-after.ts';
import { problem } from './problem.ts';
import type { Answer, ClientRequest, FollowingUp } from './request.ts';
import type { RequestTraits } from './traits.ts';
import { unsettled } from './waiting.ts';

/** This process has stopped for good. Another one finishes what the request may have stored. */
export function halted<Shown, Own extends string>(
  followingUp: FollowingUp<Shown, Own>,
  request: ClientRequest,
): Answer<Shown, Own> {
  if (request.boundHere && request.seen !== null) return unsettled(followingUp, request, request.seen);
  return problem(
    followingUp.traits,
    request.perhapsStored ? 'store_outcome_unknown' : 'installation_changed',
  );
}

/** A follow-up that is known to be stored is answered with 202. Otherwise the answer says what is not known. */
export function storeFailed<Shown, Own extends string>(
  followingUp: FollowingUp<Shown, Own>,
  request: ClientRequest,
  error: StoreError,
): Answer<Shown, Own> {
  const { engine, traits } = followingUp;
  // Only this kind gets a line for each request. `refused` has its own alarm, and so has an outage.
  if (error.kind === 'unfit')
    engine.log.error(
      { err: error },
      `the database does not take the values of a request for a ${traits.kind}`,
    );
  else engine.outage.failed(error, request.turnAtMs);
  const { seen, wanted } = request;
  const isOpen = seen !== null && !isSettled(seen.operation.status);
  const isSame = seen?.operation.kind === traits.kind && seen.followUp.askedMinor === wanted.amountMinor;
  if (isOpen && isSame) return unsettled(followingUp, request, seen);
  const nothing = error.kind !== 'outcome_unknown' && !request.perhapsStored;
  return nothing ? nothingStored(traits, error) : storeOutcomeUnknown(traits);
}

/** The answer if a confirmation was lost and nothing of the request can be read: it may be stored, or be stored yet. */
export function storeOutcomeUnknown<Shown, Own extends string>(
  traits: RequestTraits<Shown, Own>,
): Answer<Shown, Own> {
  return { ...problem(traits, 'store_outcome_unknown'), retryAfterMs: RETRY_AFTER_MS };
}

/** The answer if the database failed before anything was written. */
export function nothingStored<Shown, Own extends string>(
  traits: RequestTraits<Shown, Own>,
  { kind }: StoreError,
): Answer<Shown, Own> {
  return kind === 'unavailable'
    ? { ...problem(traits, 'store_unavailable'), retryAfterMs: RETRY_AFTER_MS }
    : { ...problem(traits, 'store_refused'), retryAfterMs: REFUSED_RETRY_MS };
}
