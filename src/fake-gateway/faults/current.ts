/** The settings in force. With a shared ledger, all processes share them. */
import type { Ledger } from '../ledger/port.ts';
import { type FaultSettings, parseFaultSettings } from './settings.ts';

/** How old a process's copy of shared settings may be. */
const MAX_AGE_MS = 200;

export interface CurrentSettings {
  /** A value if it is known, a promise if the ledger must be read first. */
  get(): FaultSettings | Promise<FaultSettings>;
  /** Resolves when every process uses them. `null`: those of the start again. */
  set(settings: FaultSettings | null): Promise<void>;
}

/**
 * @param initial used until others are set. Those stay in the ledger when the process ends.
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
      // Settings of another release that this one cannot read count as not set.
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
      // After this time, the copies of all other processes are too old to be used.
      if (ledger.shared) await sleep(MAX_AGE_MS);
    },
  };
}
