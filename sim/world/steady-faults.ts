/** Faults that depend on the call alone: which key, and how often it was used. What else happens, and when, changes none of them. */
import { steadyTape, type Tape, textHash } from '../core/tape.ts';
import type { CallFault, Faults } from '../plan/faults.ts';

/** Those that leave no race between two requests. Which one wins a race, is no truth that could be the same twice. */
const KINDS: readonly [CallFault, ...CallFault[]] = [
  'none',
  'gateway_declines',
  'gateway_unreachable',
  'gateway_limits',
  'error_not_charged',
  'error_charged',
  'reset_not_charged',
  'reset_charged',
  'timeout_not_charged',
  'timeout_charged',
  'garbage_not_charged',
  'garbage_charged',
  'ambiguous_charged',
  'gateway_pending',
];

/** @param tape asked for every delay and chance; see `steadyTape` */
export function createSteadyFaults(
  seed: number,
  tape: Tape,
  { steps }: { readonly steps: 'one' | 'two' },
): Faults {
  return {
    statement: () => 'none',
    call({ key, ...request }, call) {
      const roll = steadyTape(seed + textHash(`${key} ${call}`));
      if (roll.chance(400)) return 'none';
      const acts = steps === 'two' && !('chargeRef' in request) && roll.chance(150);
      return acts ? 'customer_must_act' : roll.pick(KINDS);
    },
    lookup: () => 'none',
    prepare: () => 'none',
    seal: () => 'none',
    timerLateMs: () => 0,
    delayMs: (fromMs, toMs) => (toMs <= fromMs ? fromMs : fromMs + tape.below(toMs - fromMs + 1)),
    connectMs: () => 0,
    chance: (perMille) => tape.chance(perMille),
  };
}
