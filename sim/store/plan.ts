/** Which statements of a store fail, and how. */
import type { Store } from '../../src/ports/store.ts';

/**
 * `lost`: the connection broke before the statement arrived. `lost_committed`: it was committed, then the connection broke.
 * `late`: the connection broke, and the statement arrives when the test says so. `serialization`: the database rolled it
 * back with SQLSTATE 40001, and said so.
 */
export type Ending = 'acknowledged' | 'lost' | 'lost_committed' | 'late' | 'serialization';

type Method = keyof Store | 'any';

export interface Plan {
  /** The next statement of this method, or of any, ends so; or the one after so many others. */
  failNext(method: Method, ending: Ending, after?: number): void;
  /** Statements that have ended otherwise than acknowledged. */
  failures(): number;
  /** How this statement ends; asked once for each. */
  endingOf(method: keyof Store): Ending;
}

export function createPlan(): Plan {
  const planned: { readonly method: Method; readonly ending: Ending; after: number }[] = [];
  let failures = 0;
  return {
    failNext(method, ending, after = 0) {
      planned.push({ method, ending, after });
    },
    failures: () => failures,
    endingOf(method) {
      const next = planned.find((plan) => plan.method === method || plan.method === 'any');
      if (next === undefined) return 'acknowledged';
      if (next.after > 0) {
        next.after -= 1;
        return 'acknowledged';
      }
      planned.splice(planned.indexOf(next), 1);
      if (next.ending !== 'acknowledged') failures += 1;
      return next.ending;
    },
  };
}
