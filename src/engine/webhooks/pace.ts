/**
 * How soon after its last look a row is looked up again because of an event: after a second, and twice as long with every such look. So events that
 * come again and again buy few lookups. It is kept in memory only: a restart forgets it, and then a row is looked up once more at most.
 */
import type { Clock } from '../../ports/clock.ts';

const FIRST_GAP_MS = 1000;
/** Ten minutes at most: an event that tells something new is then still sooner than most schedules. */
const MAX_GAP_MS = 600_000;
/** A row that no event has woken for so long begins again. */
const FORGET_AFTER_MS = 3_600_000;
/** Rows that are kept. Beyond it, the one that was woken longest ago is forgotten. */
const MAX_ROWS = 10_000;

export interface Pace {
  /** The least time between the row's last look and the next one that an event causes, in milliseconds. `unit`: see `unitOf`. */
  gapMs(unit: string): number;
  /** An event has woken the row. */
  woken(unit: string): void;
}

export function createPace({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Pace {
  /** In the order of `atMs`. */
  const rows = new Map<string, { readonly times: number; readonly atMs: number }>();

  function times(unit: string): number {
    const row = rows.get(unit);
    return row === undefined || monotonicMs() - row.atMs >= FORGET_AFTER_MS ? 0 : row.times;
  }

  return {
    gapMs: (unit) => Math.min(MAX_GAP_MS, FIRST_GAP_MS * 2 ** Math.min(times(unit), 30)),
    woken(unit) {
      const next = { times: times(unit) + 1, atMs: monotonicMs() };
      rows.delete(unit);
      const [oldest] = rows.keys();
      if (rows.size >= MAX_ROWS) rows.delete(oldest as string);
      rows.set(unit, next);
    },
  };
}
