/**
 * What the database refuses for good: no repetition helps, only a person. So it is said once, with an alarm, and the refused
 * statement is tried less and less often. The first that is taken again ends the alarm: somebody has changed something, so all
 * else is tried anew, too.
 */
import type { Log } from '../ports/log.ts';
import type { StoreError } from '../ports/store.ts';

export interface Refusals {
  /** The refusal of this statement, while it is too early to try it again. Null: try it. */
  standing(what: string): StoreError | null;
  /** The refusal of this statement, for who would send another one that leads to it. Null: none of late. */
  of(what: string): StoreError | null;
  /** Any refusal of late. */
  latest(): StoreError | null;
  refused(what: string, error: StoreError): void;
  succeeded(what: string): void;
}

interface Refusal {
  readonly error: StoreError;
  readonly waitMs: number;
  readonly untilMs: number;
  /** Somebody tries it again just now. */
  readonly trying: boolean;
}

/** Doubled with every refusal. What is fixed is in use again within the cap. */
const FIRST_WAIT_MS = 1000;
const WAIT_CAP_MS = 30_000;

export function createRefusals(options: {
  readonly log: Log | undefined;
  readonly nowMs: () => number;
}): Refusals {
  const { log, nowMs } = options;
  const refusals = new Map<string, Refusal>();

  return {
    standing(what) {
      // The usual case, once a statement.
      if (refusals.size === 0) return null;
      const refusal = refusals.get(what);
      if (refusal === undefined) return null;
      if (nowMs() < refusal.untilMs) return refusal.error;
      // One tries it; the others wait for what becomes of that.
      refusals.set(what, { ...refusal, untilMs: nowMs() + refusal.waitMs, trying: true });
      return null;
    },
    of(what) {
      const refusal = refusals.size === 0 ? undefined : refusals.get(what);
      return refusal !== undefined && nowMs() < refusal.untilMs ? refusal.error : null;
    },
    latest() {
      const standing = [...refusals.values()].find(({ untilMs }) => nowMs() < untilMs);
      return standing?.error ?? null;
    },
    refused(what, error) {
      const before = refusals.get(what);
      // It was under way several times when the first of them was refused.
      if (before?.trying === false) return;
      const isFirst = refusals.size === 0;
      const waitMs = before === undefined ? FIRST_WAIT_MS : Math.min(before.waitMs * 2, WAIT_CAP_MS);
      refusals.set(what, { error, waitMs, untilMs: nowMs() + waitMs, trying: false });
      if (!isFirst) return;
      log?.error(
        { alarm: 'database_refuses', err: error },
        'the database refuses what Payonce asks of it, until somebody changes something there. Nothing was written by it. It is ' +
          'tried again ever more rarely, at least every 30 s',
      );
    },
    succeeded(what) {
      if (refusals.size === 0 || !refusals.has(what)) return;
      refusals.clear();
      log?.info({ alarm_ended: 'database_refuses' }, 'the database takes again what it had refused');
    },
  };
}
