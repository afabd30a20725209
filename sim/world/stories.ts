/** What a world is about besides its faults: more clients, and what happens only once. */

import { freshKey } from './asking.ts';
import { persist } from './clients.ts';
import { landLate } from './late-charges.ts';
import { startRestore } from './restore.ts';
import { STUBBORN } from './story-faults.ts';
import type { World } from './world.ts';

/** Begins the plan's story. The returned function says whether it is over. */
export function startStory(world: World): () => boolean {
  let over = false;
  const onOver = (): void => {
    over = true;
  };
  if (world.plan.story === 'restored') startRestore(world, onOver);
  else if (world.plan.story === 'stubborn') startStubborn(world, onOver);
  else over = true;
  return () => over;
}

/** More than any limit on how many earlier charges are looked up. */
const TRIES = 26;
/** After this many tries, a charge that failed by absence turns out to have been made. */
const LATE_AFTER = 23;
/** Tries one order again and again with new keys. */
function startStubborn(world: World, onOver: () => void): void {
  let tries = 0;
  function next(): void {
    if (tries === TRIES) {
      onOver();
      return;
    }
    tries += 1;
    persist(world, 'a stubborn client', { ...STUBBORN, key: freshKey(world) }, () => {
      const row = world.database.row(STUBBORN.accountId, STUBBORN.orderId);
      const failed = row?.operations.filter(({ byAbsence }) => byAbsence) ?? [];
      const late = failed[world.tape.below(Math.max(failed.length, 1))];
      if (tries === LATE_AFTER && row !== undefined && late !== undefined) {
        landLate(world, row, late, { withEvidence: world.tape.chance(700) });
        world.marks.hit('client:stubborn');
      }
      world.scheduler.after(500, next);
    });
  }
  next();
}
