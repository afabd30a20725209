import type { Behaviour, Tools } from '../behaviour.ts';

/** Bytes are lost for good, so a connection cannot outlive this toxic: no network leaves a hole in a stream. */
export function timeout(options: { timeoutMs: number }, { clock }: Tools): Behaviour {
  return {
    meet(victim) {
      if (options.timeoutMs > 0) void clock.sleep(options.timeoutMs).then(() => victim.close());
    },
    pass: async () => {},
    // The close of a sender whose bytes are lost is lost too.
    end: () => new Promise(() => {}),
    leave: (victim) => victim.close(),
  };
}
