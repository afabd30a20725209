/**
 * Whether the database is still one of our mode (real or test payments). While it has no payment, a process of the other mode
 * that starts takes it over; the store refuses our payments from then on. What that process has stored must not be taken up
 * or shown as ours, either. So until the mode is known to be final it is read again, after whatever payments were read.
 */
import type { Store } from '../ports/store.ts';
import type { Halt } from './halt.ts';

export interface OwnMode {
  /** Whether it is ours. Asks the store until it is final. Rejects with `StoreError`. */
  holds(): Promise<boolean>;
  /** There is a payment, and the mode is ours: for good. */
  settled(): void;
  /** It is the other one: stops the engine for good, and says why. */
  lost(): void;
}

export function createOwnMode(options: {
  readonly store: Store;
  readonly livemode: boolean;
  readonly halt: Halt;
}): OwnMode {
  const { store, livemode, halt } = options;
  let isFinal = false;

  function lost(): void {
    halt.now(
      { alarm: 'mode_lost', livemode },
      'another process has started on this database with a gateway of the other kind (real money or test payments) before there was ' +
        'any payment; this one takes no more payments. End the process that is wrong here, and start the other one again',
    );
  }

  return {
    async holds() {
      if (isFinal) return true;
      const mode = await store.mode();
      // Nobody's: it is claimed with the next payment.
      if (mode.livemode === null) return true;
      if (mode.livemode !== livemode) {
        lost();
        return false;
      }
      isFinal = mode.final;
      return true;
    },
    settled() {
      isFinal = true;
    },
    lost,
  };
}
