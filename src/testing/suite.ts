import type { Collector } from './collect.ts';
import type { Expect, Reasons } from './expect.ts';

/** What a group of checks is written with. */
export interface Suite extends Collector {
  readonly expect: Expect;
  readonly reasons: Reasons;
}
