/**
 * What the database refuses until a person changes something. It is reported once, with an alarm, and the refused statement is tried less
 * and less often. When one statement works again, the alarm ends: somebody has changed something, so all other statements are tried, too.
 */
import type { Log } from '../ports/log.ts';
import type { StoreError } from '../ports/store.ts';

export interface Refusals {
  /** The refusal of this statement, while it is too early to try it again. Null: try it now. */
  standing(what: string): StoreError | null;
  /** The current refusal of this statement, without trying it. Null: there is none. */
  of(what: string): StoreError | null;
  /** Any current refusal. */
  latest(): StoreError | null;
  refused(what: string, error: StoreError): void;
  succeeded(what: string): void;
}

interface Refusal {
  readonly error: StoreError;
  readonly waitMs: number;
  readonly untilMs: number;
  /** One request tries it again at the moment. */
  readonly trying: boolean;
}

/** Doubled with every refusal. After a fix, the statement is used again within the cap. */
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
      // The usual case.
      if (refusals.size === 0) return null;
      const refusal = refusals.get(what);
      if (refusal === undefined) return null;
      if (nowMs() < refusal.untilMs) return refusal.error;
      // One request tries it. The others get the old refusal until its result is known.
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
      // It was under way several times when the first one was refused, and is counted once.
      if (before?.trying === false) return;
      const isFirst = refusals.size === 0;
      const waitMs = before === undefined ? FIRST_WAIT_MS : Math.min(before.waitMs * 2, WAIT_CAP_MS);
      refusals.set(what, { error, waitMs, untilMs: nowMs() + waitMs, trying: false });
      if (!isFirst) return;
      log?.error(
        { alarm: 'database_refuses', err: error },
        'the database refuses a statement that Payonce needs, until somebody changes something there; err says what. The statement wrote ' +
          'nothing. Payonce tries it again at least every 30 s',
      );
    },
    succeeded(what) {
      if (refusals.size === 0 || !refusals.has(what)) return;
      refusals.clear();
      log?.info(
        { alarm_ended: 'database_refuses' },
        'the database takes the statements again that it had refused',
      );
    },
  };
}
