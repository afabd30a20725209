/** Whether requests need a key: as soon as the database has one, and then for good. Until then it is asked again while requests come. */
import type { KeyReader } from '../ports/access.ts';
import type { Clock } from '../ports/clock.ts';

/** Asked again in the background after this time. */
const RENEW_AFTER_MS = 2500;
/** Documented: within this time the first key takes effect. */
const MAX_AGE_MS = 5000;

export interface Need {
  /** Answers at once while the answer is fresh. While the database cannot be read, the last answer counts. */
  isNeeded(): boolean | Promise<boolean>;
}

export interface NeedOptions {
  readonly reader: Pick<KeyReader, 'keysNeeded'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** What was read just now. */
  readonly needed: boolean;
  /** Called once, when the database turns out to need keys. Not if `needed` says so from the start. */
  readonly onNeeded: () => void;
}

export function createNeed({ reader, clock: { monotonicMs }, needed, onNeeded }: NeedOptions): Need {
  let known = needed;
  let askedAtMs = monotonicMs();
  let asking: Promise<boolean> | null = null;

  function ask(): Promise<boolean> {
    const nowMs = monotonicMs();
    asking ??= reader
      .keysNeeded()
      .catch(() => known)
      .then((answer) => {
        if (answer && !known) onNeeded();
        known = answer;
        askedAtMs = nowMs;
        asking = null;
        return answer;
      });
    return asking;
  }

  return {
    isNeeded() {
      if (known) return true;
      const ageMs = monotonicMs() - askedAtMs;
      if (ageMs >= MAX_AGE_MS) return ask();
      if (ageMs >= RENEW_AFTER_MS) void ask();
      return known;
    },
  };
}
