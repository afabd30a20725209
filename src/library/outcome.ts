/** The parts of a result that are the same for all calls that move money. */
import { RETRY_AFTER_MS } from '../engine/retry-after.ts';
import type { ForPerson, NothingSent, PerhapsStored, StillOpen } from './outcome-api.ts';

/** What decides about a result while nothing has ended. */
interface Open {
  readonly status: string;
  readonly failureCode: string | null;
  readonly inDoubt: boolean;
}

/** The result of what has not ended, or whose end is in doubt. */
export function unsettledOutcome(
  { status, failureCode, inDoubt }: Open,
  { retryAfterMs, replayed }: { readonly retryAfterMs: number; readonly replayed: boolean },
): StillOpen | ForPerson {
  if (status === 'REVIEW')
    return { outcome: 'review', reason: failureCode ?? 'review', retryAfterMs, replayed };
  const reason = status === 'FAILED' && inDoubt ? 'in_doubt' : 'in_progress';
  return { outcome: 'pending', reason, retryAfterMs, replayed };
}

interface Problem<Code> {
  readonly code: Code;
  readonly detail: string;
  readonly retryAfterMs?: number;
  readonly replayed: boolean;
}

/** The result of a problem. If something may have been stored, it is no refusal: what was stored is made. */
export function problemOutcome<Code extends string>({
  code,
  detail,
  retryAfterMs,
  replayed,
}: Problem<Code>): PerhapsStored | NothingSent<Code> {
  if (code === 'store_outcome_unknown')
    return {
      outcome: 'pending',
      reason: 'store_outcome_unknown',
      detail,
      retryAfterMs: retryAfterMs ?? RETRY_AFTER_MS,
      replayed,
    };
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return {
    outcome: 'refused',
    code: code as Exclude<Code, 'store_outcome_unknown'>,
    detail,
    ...wait,
    replayed,
  };
}
