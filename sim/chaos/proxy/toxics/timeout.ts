import type { Behaviour, Tools } from '../behaviour.ts';

/** Bytes are lost for good. A connection cannot go on after this toxic, because no network leaves a gap in a stream. */
export function timeout(options: { timeoutMs: number }, { clock }: Tools): Behaviour {
  return {
    meet(victim) {
      if (options.timeoutMs > 0) void clock.sleep(options.timeoutMs).then(() => victim.close());
    },
    pass: async () => {},
    // If the sender's bytes are lost, its close is lost too.
    end: () => new Promise(() => {}),
    leave: (victim) => victim.close(),
  };
}
