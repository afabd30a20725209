/** The settings in force, shared with the other processes where the ledger is. */
import type { Ledger } from '../ledger/port.ts';
import { type FaultSettings, parseFaultSettings } from './settings.ts';

/** How old a process's view of shared settings may be. One small read in this time costs nothing. */
const MAX_AGE_MS = 200;

export interface CurrentSettings {
  /** A value where it is known, a promise where the ledger has to be asked first. */
  get(): FaultSettings | Promise<FaultSettings>;
  /** Returns when every process uses them. `null`: those of the start again. */
  set(settings: FaultSettings | null): Promise<void>;
}

/**
 * @param initial until somebody sets others; what was set stays in the ledger and outlives the process.
 */
export function currentSettings(
  ledger: Ledger,
  initial: FaultSettings,
  sleep: (ms: number) => Promise<unknown>,
): CurrentSettings {
  let known = initial;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<FaultSettings> | null = null;

  async function read(): Promise<FaultSettings> {
    const startedAt = performance.now();
    try {
      const stored = await ledger.readSettings();
      // What an older or newer release stored and this one cannot read counts as not set.
      const parsed = stored === null ? null : parseFaultSettings(stored, initial.seed);
      known = parsed?.ok === true ? parsed.settings : initial;
      readAt = startedAt;
      return known;
    } finally {
      reading = null;
    }
  }

  return {
    get() {
      const isFresh = ledger.shared
        ? performance.now() - readAt < MAX_AGE_MS
        : readAt !== Number.NEGATIVE_INFINITY;
      if (isFresh) return known;
      reading ??= read();
      return reading;
    },
    async set(settings) {
      await ledger.writeSettings(settings);
      readAt = Number.NEGATIVE_INFINITY;
      // By then, what the others know is too old for them to use.
      if (ledger.shared) await sleep(MAX_AGE_MS);
    },
  };
}
