/**
 * Limits so small that a few orders reach them. In every such world, some requests wait for a slot, a token, a connection or the end of
 * a stop of calls. The product's own limits are for thousands of orders.
 */
import type { Tape } from '../core/tape.ts';

/** Shaped like the engine's own options. */
export type Narrow = ReturnType<typeof drawNarrow>;

const SECOND = 1000;

export function drawNarrow(tape: Tape) {
  return {
    breaker: {
      windowMs: tape.pick([10 * SECOND, 2 * SECOND]),
      minCalls: tape.pick([2, 4]),
      openAt: tape.pick([0.9, 0.5]),
      silencesInRow: tape.pick([2, 3]),
      silentForMs: tape.pick([250, 0]),
      pauseMs: SECOND,
      pauseCapMs: tape.pick([4 * SECOND, 10 * SECOND]),
      errorPauseMs: 500,
      probes: tape.pick([1, 2]),
    },
    budgets: {
      retries: {
        capacity: tape.pick([2, 1]),
        initial: tape.pick([1, 0]),
        perSecond: tape.pick([1, 0.2]),
      },
      lookups: {
        capacity: tape.pick([2, 1]),
        initial: tape.pick([1, 0]),
        perSecond: tape.pick([2, 0.5]),
      },
    },
    limits: {
      localWaitMs: tape.pick([15 * SECOND, SECOND]),
      maxActive: tape.pick([100, 3, 1]),
      sweepLimit: tape.pick([100, 2, 1]),
    },
    /** How many statements a process may run at once. */
    connections: tape.pick([2, 1]),
    /** Exchanges in a thousand for which the machine has no file left. */
    shortPerMille: tape.pick([0, 0, 100]),
  };
}
