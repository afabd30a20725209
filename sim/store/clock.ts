/** The statements of `Store.noteLease` and `Store.shortenWaits`; see `src/postgres/clock.ts`. */
import type { WaitsQuery } from '../../src/ports/store.ts';
import { put } from './committed.ts';
import { shortenFollowUps } from './follow-ups/work.ts';
import type { Row } from './rows.ts';
import { type Context, changeOf, INSTALLATION_LOCK, orderLock, type Statement } from './statement.ts';
import type { Change, FollowUpChange, Result } from './types.ts';

const FUTURE_MS = 1000;

export function noteLease(context: Context, leaseMs: number): Statement<Result<'noteLease'>> {
  const { committed, nowMs } = context;
  const apply = (): Result<'noteLease'> => {
    committed.longestLeaseMs = Math.max(committed.longestLeaseMs, leaseMs);
    return { nowMs, longestLeaseMs: committed.longestLeaseMs };
  };
  return { locks: [INSTALLATION_LOCK], proceeds: () => true, apply, otherwise: apply };
}

export function shortenWaits(context: Context, query: WaitsQuery): Statement<number | null> {
  const { committed, nowMs } = context;
  const waits = ({ payment }: Row): boolean =>
    payment.gateway === query.gateway && payment.dueAtMs !== null && payment.dueAtMs > nowMs;
  const all = [...committed.rows]
    .filter(([, row]) => waits(row) && (row.payment.dueAtMs ?? 0) > (query.after ?? 0))
    .sort(([, a], [, b]) => (a.payment.dueAtMs ?? 0) - (b.payment.dueAtMs ?? 0));
  const lastMs = all[query.limit - 1]?.[1].payment.dueAtMs ?? null;
  // All that are due at the same moment belong to one page.
  const page = all.filter(([, { payment }]) => lastMs === null || (payment.dueAtMs ?? 0) <= lastMs);
  const found = page.filter(([, row]) => isByOldClock(row, nowMs));
  const seqs = new Map(found.map(([order, { payment }]) => [order, payment.seq]));
  const orders = [...seqs.keys()];

  function shorten(order: string, changes: Change[]): void {
    const before = committed.rows.get(order);
    if (before === undefined || !waits(before)) return;
    // While this statement waited, somebody has written by the new clock.
    if (before.payment.seq !== seqs.get(order)) return;
    const { payment } = before;
    const soonMs = Math.min(payment.dueAtMs ?? nowMs, nowMs + committed.longestLeaseMs);
    const after: Row = { ...before, payment: { ...payment, dueAtMs: payment.held ? soonMs : nowMs } };
    put(committed, after);
    changes.push(changeOf('shortenWaits', query, before, after));
  }

  const followUps = shortenFollowUps(context, query);

  function apply(changes: Change[], ofFollowUps: FollowUpChange[]): number | null {
    for (const order of orders) shorten(order, changes);
    const ends = [lastMs, followUps.apply(ofFollowUps)].filter((end) => end !== null);
    return ends.length === 0 ? null : Math.min(...ends);
  }
  // In one order for all: PostgreSQL ends a deadlock, which this model could not.
  const locks = [...orders.map(orderLock), ...followUps.locks].sort();
  return { locks, proceeds: () => true, apply, otherwise: apply };
}

/** Dated by a clock that has been set back since; or without an event, by evidence or a waking. */
function isByOldClock({ payment, events }: Row, nowMs: number): boolean {
  const { status } = payment.operation;
  if (payment.evidence > 0 || status === 'COMPLETED' || status === 'FAILED') return true;
  return (events.at(-1)?.atMs ?? nowMs) > nowMs + FUTURE_MS;
}
