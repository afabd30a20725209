/** All worlds, whatever their kind of model. */
import { type Checked, check } from './check.ts';
import {
  ENDS_WORLDS,
  OPERATED_WORLDS,
  PAIR_WORLDS,
  REFUND_WORLDS,
  TWO_STEP_WORLDS,
  WORLDS,
} from './contracts.ts';
import { endsPair } from './ends-pair.ts';
import { pair } from './pair.ts';
import type { Model } from './search.ts';
import { single } from './single.ts';

/** Twice the biggest world of today; more would no longer fit the time and memory that a run may take. */
const MAX_STATES = 1_500_000;

export interface SearchedWorld {
  readonly name: string;
  /** Throws `BoundExceeded` where it is too big to be seen whole. */
  readonly check: () => Checked<unknown>;
}

/** Each kind of model has its own states, so a search is started here. */
export const SEARCHED: readonly SearchedWorld[] = [
  ...[...WORLDS, ...TWO_STEP_WORLDS, ...REFUND_WORLDS, ...OPERATED_WORLDS].map(single).map(searched),
  ...PAIR_WORLDS.map(pair).map(searched),
  ...ENDS_WORLDS.map(endsPair).map(searched),
];

function searched<S>(model: Model<S>): SearchedWorld {
  return { name: model.name, check: () => check(model, { maxStates: MAX_STATES }) as Checked<unknown> };
}
