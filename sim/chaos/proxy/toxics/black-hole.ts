import type { Behaviour, Tools, Victim } from '../behaviour.ts';
import type { BlackHole } from '../toxic.ts';

/** A kill is noted at once, but the connection of the killed process may end a moment before or after. */
const DEATH_MS = 300;

/**
 * The client's kernel resends what was not acknowledged until the network takes it, even long after its program has closed the connection
 * with a FIN. After a RST it has nothing left to send, so what was not passed on yet is dropped.
 */
export function blackHole(
  { forMs, kernelMs }: Omit<BlackHole, 'kind' | 'stream'>,
  { clock, disturbed }: Tools,
): Behaviour {
  const met = createMoment();
  const over = createMoment();
  let caught: Victim | null = null;

  /** Whether the client lost the connection because we killed, stopped or froze it, and not because it gave up. */
  function wasDisturbed(victim: Victim, sinceMs: number): boolean {
    return disturbed(sinceMs, (victim.hungUp()?.atMs ?? clock.nowMs()) + DEATH_MS);
  }

  async function waitFor(victim: Victim): Promise<void> {
    const sinceMs = clock.nowMs();
    await clock.sleep(Math.min(kernelMs, forMs));
    let isLost = false;
    if (!wasDisturbed(victim, sinceMs)) {
      await clock.sleep(Math.max(0, forMs - kernelMs));
      // It was killed or frozen only after its kernel's time was over.
      isLost = wasDisturbed(victim, sinceMs);
    }
    if (isLost || victim.hungUp()?.how === 'reset') {
      victim.letGo();
      victim.reset();
    }
    over.come();
  }

  return {
    met: met.reached,
    over: over.reached,
    async pass(piece, onward, victim) {
      if (caught === null && piece.stream === 'upstream' && isCall(piece.bytes)) {
        caught = victim;
        victim.hold();
        met.come();
        void waitFor(victim);
      }
      if (caught !== victim) return onward(piece);
      await over.reached;
      await onward(piece);
      // Only now may other faults of the network end the connection.
      victim.letGo();
    },
    end: async (victim) => {
      if (caught === victim) await over.reached;
    },
  };
}

function isCall(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 5) === 'POST ';
}

function createMoment(): { readonly reached: Promise<void>; come(): void } {
  let come = (): void => {};
  const reached = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { reached, come: () => come() };
}
