/** The statement of `Store.addFollowUpEvidence`, and what other statements do to follow-ups; see `src/postgres/`. */
import type { FollowUpEvidence, WaitsQuery } from '../../../src/ports/store.ts';
import { within } from '../committed.ts';
import type { Context, Statement } from '../statement.ts';
import type { FollowUpChange, Result } from '../types.ts';
import { byId, putFollowUp } from './committed.ts';
import type { FollowUpRow } from './rows.ts';
import { followUpChange, followUpLock } from './statement.ts';

/** A part of a statement that does something to many rows, some of which are follow-ups. */
export interface Part<T> {
  readonly locks: readonly string[];
  apply(followUps: FollowUpChange[]): T;
}

export function addFollowUpEvidence(
  { committed, nowMs }: Context,
  evidence: FollowUpEvidence,
): Statement<Result<'addFollowUpEvidence'>> {
  const { payment, id, outcome } = evidence;
  const followUp = within(payment.accountId, id);
  const row = byId(committed, payment.accountId, id);
  const isKnown = row?.state.paymentId === payment.paymentId;

  function apply(followUps: FollowUpChange[]): Result<'addFollowUpEvidence'> {
    const pieces = committed.followUpEvidence.get(followUp) ?? [];
    committed.followUpEvidence.set(followUp, [...pieces, { outcome, atMs: nowMs }]);
    const before = isKnown ? byId(committed, payment.accountId, id) : undefined;
    if (before === undefined) return 'no_payment';
    const { held, dueAtMs, evidence: counted } = before.state;
    const state = { ...before.state, evidence: counted + 1, dueAtMs: held ? dueAtMs : nowMs };
    const after: FollowUpRow = { ...before, state };
    putFollowUp(committed, after);
    followUps.push(followUpChange(committed, 'addFollowUpEvidence', evidence, before, after));
    return 'kept';
  }
  return {
    locks: isKnown ? [followUpLock(followUp)] : [],
    proceeds: () => true,
    apply: (_changes, followUps) => apply(followUps),
    otherwise: (_changes, followUps) => apply(followUps),
  };
}

const FUTURE_MS = 1000;

/** One page; its result is where the next one begins. */
export function shortenFollowUps({ committed, nowMs }: Context, query: WaitsQuery): Part<number | null> {
  const dueOf = ({ state }: FollowUpRow): number => state.dueAtMs ?? 0;
  const waits = (row: FollowUpRow): boolean => row.state.gateway === query.gateway && dueOf(row) > nowMs;
  const isByOldClock = ({ state, events }: FollowUpRow): boolean =>
    state.evidence > 0 || (events.at(-1)?.atMs ?? nowMs) > nowMs + FUTURE_MS;
  const all = [...committed.followUps]
    .filter(([, row]) => waits(row) && dueOf(row) > (query.after ?? 0))
    .sort(([, a], [, b]) => dueOf(a) - dueOf(b));
  const last = all[query.limit - 1]?.[1];
  // All that are due at the same moment belong to one page.
  const page = all.filter(([, row]) => last === undefined || dueOf(row) <= dueOf(last));
  const seqs = new Map(
    page.filter(([, row]) => isByOldClock(row)).map(([key, { state }]) => [key, state.seq]),
  );
  const keys = [...seqs.keys()];
  return {
    locks: keys.map(followUpLock).sort(),
    apply(followUps) {
      for (const key of keys) {
        const before = committed.followUps.get(key);
        // While this statement waited, somebody may have written by the new clock.
        if (before === undefined || !waits(before) || before.state.seq !== seqs.get(key)) continue;
        const soonMs = Math.min(dueOf(before), nowMs + committed.longestLeaseMs);
        const state = { ...before.state, dueAtMs: before.state.held ? soonMs : nowMs };
        const after: FollowUpRow = { ...before, state };
        putFollowUp(committed, after);
        followUps.push(followUpChange(committed, 'shortenWaits', query, before, after));
      }
      return last === undefined ? null : dueOf(last);
    },
  };
}

/** Erases at most so many answers that were settled before then, oldest first; its result is how many. */
export function eraseOfFollowUps({ committed }: Context, beforeMs: number, limit: number): Part<number> {
  const isExpired = ({ answer, settledAtMs }: FollowUpRow): boolean =>
    answer !== null && settledAtMs !== null && settledAtMs < beforeMs;
  const keys = [...committed.followUps]
    .filter(([, row]) => isExpired(row))
    .sort(([, a], [, b]) => (a.settledAtMs ?? 0) - (b.settledAtMs ?? 0))
    .slice(0, limit)
    .map(([key]) => key);
  return {
    // In one order for all: PostgreSQL ends a deadlock, which this model could not.
    locks: keys.map(followUpLock).sort(),
    apply(followUps) {
      let erased = 0;
      for (const key of keys) {
        const before = committed.followUps.get(key);
        if (before === undefined || !isExpired(before)) continue;
        const after: FollowUpRow = { ...before, answer: null };
        putFollowUp(committed, after);
        followUps.push(followUpChange(committed, 'eraseExpiredAnswers', limit, before, after));
        erased += 1;
      }
      return erased;
    },
  };
}
