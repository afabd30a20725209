import { createRandom } from '../../../sim/chaos/random.ts';
import type { Step } from './steps.ts';

/**
 * Each request gets one of the steps, by its weight. The choice depends on the seed, the order and the number of its
 * request alone, so that the order in which orders arrive changes nothing.
 */
export function mixOf(seed: number, weights: readonly (readonly [number, Step])[]) {
  const total = weights.reduce((sum, [weight]) => sum + weight, 0);
  const counts = new Map<string, number>();
  return ({ body }: { readonly body: { readonly order_id: string } }): Step => {
    const nth = (counts.get(body.order_id) ?? 0) + 1;
    counts.set(body.order_id, nth);
    let roll = createRandom(seed, `${body.order_id}:${nth}`).float() * total;
    for (const [weight, step] of weights) {
      roll -= weight;
      if (roll < 0) return step;
    }
    throw new Error('the weights do not add up');
  };
}
