/** Every planted bug. The list is the documentation: a file that is not named here plants nothing. */
import type { PlantedBug } from '../bug.ts';
import { ANSWERS } from './answers.ts';
import { DOMAIN } from './domain.ts';
import { DRIVING } from './driving.ts';
import { EDGES_ADAPTER } from './edges-adapter.ts';
import { EDGES_CONFIG } from './edges-config.ts';
import { EDGES_EVIDENCE } from './edges-evidence.ts';
import { EDGES_LIBRARY } from './edges-library.ts';
import { EDGES_WORLD } from './edges-world.ts';
import { GATEWAY } from './gateway.ts';
import { HTTP } from './http.ts';
import { MONEY } from './money.ts';
import { STORE } from './store.ts';
import { STORE_BATCHES } from './store-batches.ts';
import { STORE_SWEEP } from './store-sweep.ts';

export const PLANTED: readonly PlantedBug[] = [
  ...DOMAIN,
  ...MONEY,
  ...DRIVING,
  ...ANSWERS,
  ...STORE,
  ...STORE_BATCHES,
  ...STORE_SWEEP,
  ...HTTP,
  ...GATEWAY,
  ...EDGES_ADAPTER,
  ...EDGES_CONFIG,
  ...EDGES_EVIDENCE,
  ...EDGES_LIBRARY,
  ...EDGES_WORLD,
];
