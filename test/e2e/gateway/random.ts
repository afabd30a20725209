import type { ChargeRequest } from './ledger.ts';
import type { Step } from './steps.ts';

/** Mulberry32: uniform in [0, 1), the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Each request gets one of the steps, by its weight. The choice depends on the seed, the order and the number of its
 * request alone, so that the order in which orders arrive changes nothing.
 */
export function mixOf(seed: number, weights: readonly (readonly [number, Step])[]) {
  const total = weights.reduce((sum, [weight]) => sum + weight, 0);
  const counts = new Map<string, number>();
  return ({ body }: ChargeRequest): Step => {
    const nth = (counts.get(body.order_id) ?? 0) + 1;
    counts.set(body.order_id, nth);
    let roll = createRandom(seed ^ hash(`${body.order_id}:${nth}`))() * total;
    for (const [weight, step] of weights) {
      roll -= weight;
      if (roll < 0) return step;
    }
    throw new Error('the weights do not add up');
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
