/** What the tests of restores share: replicas on a database that was restored from a backup. */
import { chargeKey, orderReference } from '../../src/domain/ids.ts';
import { type ChargingReplica, chargingReplica } from './charging.ts';
import { gateway, world } from './fresh-world.ts';
import { DATABASE_ORIGIN_MS, INSTALLATION_ID, order, type VirtualSettings } from './virtual-world.ts';

export const HOUR_MS = 3_600_000;
/** By this time after a restore, every request that was sent before it has landed. */
export const LANDED_MS = 5 * 60_000;

export function start(settings: VirtualSettings = {}): Promise<ChargingReplica> {
  return chargingReplica(world, gateway, settings);
}

/** The settings of an engine for a database that has just been restored. */
export function restoredNow(): VirtualSettings {
  return { policy: { restoredAtMs: DATABASE_ORIGIN_MS + world.nowMs } };
}

/** The key of an order's n-th charge at the gateway. */
export function keyOf(orderId: string, n: number): string {
  return chargeKey(orderReference(INSTALLATION_ID, 'default', orderId), n);
}

/** The n-th charge of the order `o1`, as the gateway knows it. */
export function requestOf(n: number) {
  const { amountMinor, currency } = order('o1');
  const reference = orderReference(INSTALLATION_ID, 'default', 'o1');
  return { key: keyOf('o1', n), reference, amountMinor, currency };
}
