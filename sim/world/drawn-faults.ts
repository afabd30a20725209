/** Faults by chance: each kind at the plan's rate, every choice from the tape. */
import type { Tape } from '../core/tape.ts';
import type { FaultName, Faults } from '../plan/faults.ts';
import { CALL_FAULTS, LOOKUP_FAULTS, type Plan, STORE_FAULTS } from '../plan/plan.ts';

/** Longer than a lease. */
const LONGEST_CONNECT_MS = 9000;

export function createDrawnFaults(tape: Tape, { rates }: Plan): Faults {
  const store = tableOf(STORE_FAULTS);
  const call = tableOf(CALL_FAULTS);
  const lookup = tableOf(LOOKUP_FAULTS);

  /** The kinds that can happen at all, with the end of each one's share of a thousand. */
  function tableOf<F extends FaultName>(names: readonly F[]): readonly { name: F; from: number }[] {
    let from = 1000;
    const table: { name: F; from: number }[] = [];
    for (const name of names) {
      from -= rates[name] ?? 0;
      if (rates[name] !== undefined) table.push({ name, from });
    }
    return table;
  }

  function draw<F extends FaultName>(table: readonly { name: F; from: number }[]): F | 'none' {
    if (table.length === 0) return 'none';
    const roll = tape.below(1000);
    return table.find(({ from }) => roll >= from)?.name ?? 'none';
  }

  return {
    statement: () => draw(store),
    call: () => draw(call),
    lookup: () => draw(lookup),
    timerLateMs: () =>
      rates.timer_late !== undefined && tape.chance(rates.timer_late) ? tape.below(2000) : 0,
    delayMs: (fromMs, toMs) => (toMs <= fromMs ? fromMs : fromMs + tape.below(toMs - fromMs + 1)),
    connectMs: () =>
      tape.chance(rates.gateway_connects_slowly ?? 0) ? 1 + tape.below(LONGEST_CONNECT_MS) : 0,
    chance: (perMille) => tape.chance(perMille),
  };
}
