import type { Behaviour, Tools } from '../behaviour.ts';

export function resetPeer(options: { timeoutMs: number }, { clock }: Tools): Behaviour {
  return {
    meet(victim) {
      if (options.timeoutMs === 0) victim.reset();
      else void clock.sleep(options.timeoutMs).then(() => victim.reset());
    },
    // As in Toxiproxy, nothing gets through until the reset.
    pass: async () => {},
  };
}
