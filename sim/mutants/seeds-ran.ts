/** What `seeds.ts` prints, for whoever reads it from another process. */
import type { Failure } from '../simulate/batch.ts';

export interface SeedsRan {
  readonly seeds: number;
  readonly failure: Failure | null;
}

/** The word by which the line of JSON is found. */
export const MARKER = 'SEEDS ';
