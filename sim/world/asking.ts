/** What all clients share, whatever they ask for. */
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** A living process hangs if it has not answered this long after the requested wait. Store retries and statement timeouts are shorter. */
export const HANGS_AFTER_MS = 120_000;

/** A key that no client has used. */
export function freshKey(world: World): string {
  world.keysDrawn += 1;
  return `key-${world.keysDrawn}`;
}

/** Some process that is up. */
export function anyProcess(world: World): Process | undefined {
  const up = world.hosts
    .map(({ process }) => process)
    .filter(({ life, engine }) => life.alive && engine !== null);
  return up[world.tape.below(Math.max(up.length, 1))];
}
