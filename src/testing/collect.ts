/** Groups of checks, written as test runners have them, and collected into a list that any runner can run. */
import { format } from 'node:util';

/** One check of an adapter. */
export interface Check {
  /** Its groups and its own name, with ` > ` between. No other check of the list has it. */
  readonly name: string;
  /** Runs it. Rejects with an `AssertionError` that says what is wrong. Run one check at a time: some replace the process's timers. */
  readonly run: () => Promise<void>;
}

type Work = () => unknown;

interface Hooks {
  readonly before: Work[];
  readonly after: Work[];
}

interface Each<R> {
  <T extends readonly unknown[] | readonly [unknown]>(
    cases: readonly T[],
  ): (title: string, run: (...args: [...T]) => R) => void;
  <T>(cases: readonly T[]): (title: string, run: (value: T) => R) => void;
}

export interface Collector {
  /** Everything that was collected so far, in order. */
  readonly checks: readonly Check[];
  readonly describe: ((title: string, group: () => void) => void) & { readonly each: Each<void> };
  readonly test: ((title: string, run: Work) => void) & { readonly each: Each<unknown> };
  readonly beforeEach: (work: Work) => void;
  readonly afterEach: (work: Work) => void;
}

export function collect(): Collector {
  const checks: Check[] = [];
  let path: readonly string[] = [];
  let hooks: readonly Hooks[] = [];

  function describe(title: string, group: () => void): void {
    const outer = { path, hooks };
    path = [...path, title];
    hooks = [...hooks, { before: [], after: [] }];
    group();
    ({ path, hooks } = outer);
  }
  function test(title: string, run: Work): void {
    const around = hooks;
    checks.push({ name: [...path, title].join(' > '), run: () => runAmid(around, run) });
  }
  const hooksHere = (): Hooks => {
    const here = hooks.at(-1);
    if (here === undefined) throw new Error('There is no group here.');
    return here;
  };

  return {
    checks,
    describe: Object.assign(describe, { each: eachOf(describe) as Each<void> }),
    test: Object.assign(test, { each: eachOf(test) as Each<unknown> }),
    beforeEach: (work) => void hooksHere().before.push(work),
    afterEach: (work) => void hooksHere().after.push(work),
  };
}

/** What ends a group runs whatever happened before it, the innermost first. The first error is the one that is reported. */
async function runAmid(around: readonly Hooks[], run: Work): Promise<void> {
  const errors: unknown[] = [];
  const attempt = async (work: Work): Promise<void> => {
    try {
      await work();
    } catch (error) {
      errors.push(error);
    }
  };
  for (const work of around.flatMap(({ before }) => before)) if (errors.length === 0) await attempt(work);
  if (errors.length === 0) await attempt(run);
  for (const work of around.flatMap(({ after }) => after).reverse()) await attempt(work);
  if (errors.length > 0) throw errors[0];
}

function eachOf(one: (title: string, run: Work) => void) {
  return (cases: readonly unknown[]) => (title: string, run: (...args: unknown[]) => unknown) => {
    for (const entry of cases) {
      const args = Array.isArray(entry) ? entry : [entry];
      one(titled(title, args), () => run(...args));
    }
  };
}

/** `%s` and `%i` are the arguments in their order. */
function titled(title: string, args: readonly unknown[]): string {
  const places = title.match(/%[si]/g)?.length ?? 0;
  return format(title, ...args.slice(0, places));
}
