/**
 * Whether the database still has our mode (real or test payments). While it has no payment, a process of the other
 * mode that starts takes it over. From then on the store refuses our payments, and what that process has stored
 * must not be taken up or shown as ours. So until the mode is known to be final, it is read again after any
 * payments were read.
 */
import type { Store } from '../ports/store.ts';
import type { Halt } from './halt.ts';

export interface OwnMode {
  /** Whether the mode is ours. Asks the store until it is final. Rejects with `StoreError`. */
  holds(): Promise<boolean>;
  /** There is a payment, so the mode is ours for good. */
  settled(): void;
  /** The mode is the other one: stops the engine for good, and logs why. */
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
        'any payment; this one takes no more payments. Stop the process that is wrong here, and start the other one again',
    );
  }

  return {
    async holds() {
      if (isFinal) return true;
      const mode = await store.mode();
      // Not claimed: the next payment claims it.
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
