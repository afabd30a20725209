/** The faults between the replicas and the gateway, besides the toxics of a network. */
import type { Fault } from '../fault.ts';
import { REPLICA_NAMES } from '../processes/world.ts';
import type { Installed } from '../proxy/proxy.ts';
import type { Toxic } from '../proxy/toxic.ts';
import { LONGEST_CALL_MS } from '../settings.ts';
import type { Injection } from './injection.ts';

/** A fault that waits for a call gives up after this. A ready replica makes several calls a second, a starting one makes none. */
const CALL_WAIT_MS = 8_000;

/** Between both replicas and the gateway. */
export function addToBoth({ world }: Pick<Injection, 'world'>, toxic: Toxic): Promise<Installed[]> {
  return Promise.all(REPLICA_NAMES.map((name) => world.proxies[name].gateway.add(toxic)));
}

export async function removeAll(installed: readonly Installed[]): Promise<void> {
  await Promise.all(installed.map((toxic) => toxic.remove()));
}

export async function digBlackHole(
  { replica, toxic, outageMs }: Extract<Fault, { kind: 'black_hole' }>,
  injection: Injection,
): Promise<boolean> {
  const { world, rest, shelter, log } = injection;
  const hole = await world.proxies[replica].gateway.add(toxic);
  const met = await Promise.race([hole.met.then(() => true), rest(CALL_WAIT_MS).then(() => false)]);
  if (met) {
    const sinceMs = performance.now();
    // This must show whether the replica gives the call up as it should. Other faults show what happens if it dies meanwhile.
    shelter.spare(replica, LONGEST_CALL_MS + 1_000);
    if (outageMs > 0) {
      const outage = await addToBoth(injection, { kind: 'down' });
      await rest(outageMs);
      await removeAll(outage);
    }
    await Promise.race([hole.over, rest(2 * toxic.forMs)]);
    log(`a call of ${replica} was in a black hole for ${Math.round(performance.now() - sinceMs)} ms`);
  }
  await hole.remove();
  return met;
}

/** The time between the first handshake that hangs and the freeze, so that more than one call is in a handshake. */
const GATHER_MS = 200;

export async function freezeInHandshake(
  { forMs }: Extract<Fault, { kind: 'handshake' }>,
  { world, rest, shelter, troubles, log }: Injection,
): Promise<boolean> {
  const { front } = world;
  const held = front.holdHandshakes();
  const met = await Promise.race([held.met.then(() => true), rest(CALL_WAIT_MS).then(() => false)]);
  if (!met) {
    held.release();
    return false;
  }
  await rest(GATHER_MS);
  await shelter.over(front.replica);
  const end = troubles.begin([front.replica], 'frozen');
  const frozen = await world.replicas[front.replica].freeze(forMs, () => {
    log(`${front.replica} stands still with ${held.release()} handshakes under way`);
  });
  end();
  held.release();
  return frozen;
}

export async function tellStaleLookups(
  { toxic, forMs }: Extract<Fault, { kind: 'stale_lookups' }>,
  injection: Injection,
): Promise<boolean> {
  const fronts = await addToBoth(injection, toxic);
  await injection.rest(forMs);
  await removeAll(fronts);
  const lies = fronts.reduce((sum, front) => sum + front.count(), 0);
  injection.toldOldAnswers(lies);
  return true;
}
