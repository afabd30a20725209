/** What a planted bug is: a claim, what it would do to a customer, one small patch, and the judge that must notice it. */

/** A few lines at most. `fragment.ts` finds its one place, also after the code was reformatted, renamed or moved. */
export interface Patch {
  /** From the project's folder. */
  readonly file: string;
  /** A piece of the code, which may begin and end within a statement or a template. */
  readonly find: string;
  readonly put: string;
}

interface Claim extends Patch {
  /** What the code does wrong, as a claim. */
  readonly name: string;
  /** What would go wrong for a customer or a merchant, in one sentence. */
  readonly story: string;
}

/** The judges that stand alone: they find the bug themselves, wherever it may show. */
export type Model = 'explorer' | 'simulation' | 'kill points';

/** The judges that are test files: only the tests that are about it are run. */
export type Suite = 'engine suite' | 'scenarios' | 'store suite' | 'HTTP suite' | 'gateway suite';

/** Whichever of the models catches it. No planted bug claims that; a run may ask for it. */
export const ANY_MODEL = 'any model';

export type PlantedBug =
  | (Claim & { readonly judge: Model | typeof ANY_MODEL })
  | (Claim & {
      readonly judge: Suite;
      readonly tests: {
        readonly file: string /** Part of the tests' names; a regular expression. */;
        readonly named: string;
      };
    });

/** What became of one bug. */
export type Verdict =
  | {
      readonly kind: 'caught';
      /** The invariant, or the test, that caught it. */
      readonly by: string;
      /** Seeds that the simulation needed. */
      readonly seeds?: number;
    }
  | { readonly kind: 'missed' }
  /** Nothing was judged: the patch does not fit, does not compile, or breaks more than it claims. */
  | { readonly kind: 'broken'; readonly why: string };

export interface Result {
  readonly bug: PlantedBug;
  readonly verdict: Verdict;
  readonly seconds: number;
}
