import type { Behaviour, Tools } from '../behaviour.ts';

export function slowClose(options: { delayMs: number }, { clock }: Tools): Behaviour {
  return { end: () => clock.sleep(options.delayMs) };
}
