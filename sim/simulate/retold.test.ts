/** One world, told several times with other events: it ends in the same truth, and the comparison notices if it does not. */
import { afterEach, expect, test, vi } from 'vitest';
import { type Retold, retell } from './retold.ts';

/** Each look counts as a call. */
const broken = vi.hoisted(() => ({ looks: false }));

vi.mock('../world/gateway-lookups.ts', async (original) => {
  const real = await original<typeof import('../world/gateway-lookups.ts')>();
  const look: typeof real.look = (wire, request) => {
    const { callsByKey } = wire.world;
    if (broken.looks) callsByKey.set(request.key, (callsByKey.get(request.key) ?? 0) + 1);
    real.look(wire, request);
  };
  return { ...real, look };
});

afterEach(() => {
  broken.looks = false;
});

const SEEDS = [1, 2, 3, 4, 5, 6];

/** One after the other: two worlds at once would run into each other. */
async function retellAll(): Promise<readonly Retold[]> {
  const all: Retold[] = [];
  for (const seed of SEEDS) all.push(await retell(seed, { keepStory: false }));
  return all;
}

test('the events of a world change nothing of how it ends', async () => {
  const all = await retellAll();
  expect(all.map(({ violation }) => violation)).toEqual(SEEDS.map(() => null));
  // Or else there was nothing that they could have changed.
  expect(all.some(({ marks }) => (marks.retold ?? 0) > 0)).toBe(true);
});

test('a difference is noticed', async () => {
  broken.looks = true;
  const invariants = (await retellAll()).map(({ violation }) => violation?.invariant);
  expect(invariants).toContain('12 any order');
});
