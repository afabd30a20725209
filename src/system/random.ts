import { randomFillSync } from 'node:crypto';
import type { Random } from '../ports/random.ts';

/** Ids are drawn from a pool: one call to the operating system serves many. */
const POOL = Buffer.alloc(4096);
let used = POOL.length;

export const systemRandom: Random = {
  float: () => Math.random(),
  hex128() {
    if (used === POOL.length) {
      randomFillSync(POOL);
      used = 0;
    }
    used += 16;
    return POOL.toString('hex', used - 16, used);
  },
};
