/**
 * While a database has no payment, its mode (real or test payments) is still open, and a process of the other mode that
 * starts takes it over. So until there is a payment, each process looks again and again whether the mode is still its own.
 */
import type { Mode } from '../ports/store.ts';
import type { Engine } from './context.ts';

export interface ModeWatch {
  stop(): void;
}

/** Looks as often as the sweep does. Ends with the first payment, or calls `onLost` once: then nothing more may be taken. */
export function watchMode(engine: Engine, onLost: () => void): ModeWatch {
  const { clock, store, limits, livemode, log } = engine;
  let stopped = false;
  let cancel = (): void => {};

  /** Claimed anew where nobody claims it any more: the database was emptied, or restored as it was before. */
  async function ask(): Promise<Mode> {
    const mode = await store.mode();
    return mode.livemode === null ? store.claimMode(livemode) : mode;
  }

  async function look(): Promise<void> {
    // The sweep tells where the database is away; here it is only asked again.
    const mode = await ask().catch(() => null);
    if (stopped) return;
    if (mode === null || (mode.livemode === livemode && !mode.final)) return schedule();
    if (mode.livemode === livemode) return;
    log.error(
      { alarm: 'mode_lost', livemode },
      'another process has started on this database with a gateway of the other kind (real money or test payments) before there was ' +
        'any payment; this one takes no more payments. End the process that is wrong here, and start the other one again',
    );
    onLost();
  }

  function schedule(): void {
    cancel = clock.after(limits.sweepMs, () => void look());
  }

  schedule();
  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}
