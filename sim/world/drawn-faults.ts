/** Random faults: each kind at the plan's rate, and every choice from the tape. */
import type { Tape } from '../core/tape.ts';
import type { FaultName, Faults } from '../plan/faults.ts';
import {
  CALL_FAULTS,
  LOOKUP_FAULTS,
  type Plan,
  PREPARE_FAULTS,
  SEAL_FAULTS,
  STORE_FAULTS,
} from '../plan/plan.ts';

/** How many of the late timers are very late, in a thousand. */
const VERY_LATE = 30;
/** As on a machine that had no time for this process. A process that stops as a whole is a separate mishap. */
const VERY_LATE_MS = 60_000;
/** Several in a row would look like a request that is never answered. */
const MOST_VERY_LATE = 1;
/** Longer than a lease. */
const LONGEST_CONNECT_MS = 9000;

export function createDrawnFaults(tape: Tape, { rates }: Plan): Faults {
  const store = tableOf(STORE_FAULTS);
  const call = tableOf([...CALL_FAULTS, 'customer_must_act']);
  const prepare = tableOf(PREPARE_FAULTS);
  const seal = tableOf(SEAL_FAULTS);
  const lookup = tableOf(LOOKUP_FAULTS);
  let veryLate = 0;

  /** The kinds that can happen at all, and where each one's share of a thousand begins. */
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
    prepare: () => draw(prepare),
    seal: () => draw(seal),
    timerLateMs() {
      if (rates.timer_late === undefined || !tape.chance(rates.timer_late)) return 0;
      if (veryLate >= MOST_VERY_LATE || !tape.chance(VERY_LATE)) return tape.below(2000);
      veryLate += 1;
      return VERY_LATE_MS;
    },
    delayMs: (fromMs, toMs) => (toMs <= fromMs ? fromMs : fromMs + tape.below(toMs - fromMs + 1)),
    connectMs: () =>
      tape.chance(rates.gateway_connects_slowly ?? 0) ? 1 + tape.below(LONGEST_CONNECT_MS) : 0,
    chance: (perMille) => tape.chance(perMille),
  };
}
