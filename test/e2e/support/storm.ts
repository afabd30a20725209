import { inParallel } from '../../../sim/chaos/in-parallel.ts';
import { createRandom } from '../../../sim/chaos/random.ts';
import { until } from '../../support/until.ts';
import type { LookupMode } from '../gateway/lookups.ts';
import { mixOf } from '../gateway/random.ts';
import * as step from '../gateway/steps.ts';
import { type Answer, type Client, json, type Order } from './client.ts';
import { SHORT_CALLS } from './service.ts';
import type { Stage } from './stage.ts';

/** The gateway's late charges are planned at most 700 ms after the caller is gone. On a busy machine, timers are late as well. */
export const STORM_ENV = { ...SHORT_CALLS, GATEWAY_LANDS_WITHIN_MS: '5000' } as const;

/** How long a storm may take on a busy machine. */
export const STORM_MS = 240_000;

/** The weights of all faults of a call. The first entry is honest. */
const NASTY: readonly (readonly [number, step.Step])[] = [
  [46, step.honest],
  [6, step.error(500)],
  [6, step.errorAfter(500)],
  [2, step.error(503)],
  [4, step.dropBefore],
  [6, step.dropAfter],
  [1, step.lostBefore],
  [3, step.lostAfter],
  [2, step.landsAfterTimeout(500)],
  [4, step.landsAfterDrop(700)],
  [5, step.slow(200)],
  [2, step.slow(2200)],
  [2, step.spoilt('truncated')],
  [1, step.spoilt('truncated', 'none')],
  [2, step.spoilt('garbage')],
  [1, step.spoilt('drip')],
  [2, step.busyLater('0')],
  [3, step.declined],
  [1, step.falseDecline],
  [3, step.pending('succeeded', 300)],
  [1, step.pending('declined', 300)],
  [2, step.status(409, { error: 'in_progress' })],
  [1, step.status(307, {}, { location: '/elsewhere' })],
  [1, step.altered({ status: 'queued' })],
  [1, step.altered({ amount: 1 })],
];

const LOOKUP_FAULTS: readonly [LookupMode, ...LookupMode[]] = [
  'down',
  'drop',
  'garbage',
  'no_data',
  'unauthorized',
  'foreign',
];

/** Makes the gateway misbehave in every way at once. `heal` ends it. */
export function raiseStorm({ gateway }: Stage, seed: number): { heal(): void } {
  const random = createRandom(seed, 'lookups');
  gateway.otherwise = mixOf(seed, NASTY);
  gateway.mode = () => {
    if (!random.chance(0.2)) return 'truth';
    // `absent` without a lag would break the contract, so it is not used. The faults used here say nothing wrong about the key.
    return random.pick(LOOKUP_FAULTS);
  };
  return {
    heal() {
      gateway.otherwise = () => step.honest;
      gateway.mode = () => 'truth';
    },
  };
}

/** The same for refunds. A gateway declines a key that was refunded before as little as it refunds another amount. */
export function raiseRefundStorm({ gateway: { refunds } }: Stage, seed: number): { heal(): void } {
  const random = createRandom(seed, 'lookups of refunds');
  const faults = NASTY.filter(([, { reply }]) => reply.kind !== 'altered');
  const mix = mixOf(seed, faults);
  refunds.otherwise = ({ orderId }) => mix({ body: { order_id: orderId } });
  refunds.mode = () => (random.chance(0.2) ? random.pick(['down', 'drop', 'garbage']) : 'truth');
  return {
    heal() {
      refunds.otherwise = () => step.honest;
      refunds.mode = () => 'truth';
    },
  };
}

/** Asks with the same key until the answer is final, as a merchant's client would. */
async function insist(client: Client, order: Order): Promise<Answer> {
  return await until(
    () => `a final answer about ${order.orderId}`,
    async () => {
      const answer = await client.pay({ prefer: 'wait=3', ...order }).catch(() => null);
      if (answer === null || answer.status === 503) return null;
      return answer.status !== 202 || json(answer).status === 'REVIEW' ? answer : null;
    },
    STORM_MS,
  );
}

export interface Load {
  readonly orders: number;
  /** How many orders run at once. Each has three clients. */
  readonly width: number;
  readonly prefix: string;
}

/** Three clients per order: two with keys of their own, one without a key. */
export async function load(client: Client, { orders, width, prefix }: Load): Promise<void> {
  const ids = Array.from({ length: orders }, (_, index) => `${prefix}-${index}`);
  await inParallel(ids, width, async (orderId) => {
    await Promise.all([
      insist(client, { orderId, key: `${orderId}/a` }),
      insist(client, { orderId, key: `${orderId}/b` }),
      insist(client, { orderId }),
    ]);
  });
}
