/** What befalls the way to the gateway, beside the toxics of a network. */
import type { Fault } from '../fault.ts';
import { REPLICA_NAMES } from '../processes/world.ts';
import type { Installed } from '../proxy/proxy.ts';
import type { Toxic } from '../proxy/toxic.ts';
import { LONGEST_CALL_MS } from '../settings.ts';
import type { Injection } from './injection.ts';

/** A fault that waits for a call gives up after this; a replica that serves makes several a second, one that starts none. */
const CALL_WAIT_MS = 8_000;

/** Between both replicas and the gateway. */
export function addToBoth({ world }: Pick<Injection, 'world'>, toxic: Toxic): Promise<Installed[]> {
  return Promise.all(REPLICA_NAMES.map((name) => world.proxies[name].gateway.add(toxic)));
}

export async function removeAll(installed: readonly Installed[]): Promise<void> {
  await Promise.all(installed.map((toxic) => toxic.remove()));
}

export async function digBlackHole(
  { toxic, outageMs }: Extract<Fault, { kind: 'black_hole' }>,
  injection: Injection,
): Promise<boolean> {
  const { rest, shelter, log } = injection;
  const holes = await addToBoth(injection, toxic);
  const met = holes.map((hole) => hole.met.then(() => hole));
  const hole = await Promise.race([...met, rest(CALL_WAIT_MS).then(() => null)]);
  await removeAll(holes.filter((other) => other !== hole));
  if (hole === null) return false;
  // Whether it gives the call up as it should is to be seen; what it does if it dies meanwhile, other faults show.
  const replica = REPLICA_NAMES[holes.indexOf(hole)] ?? 'a';
  shelter.spare(replica, LONGEST_CALL_MS + 1_000);
  log(`a call of ${replica} is in a black hole`);
  const sinceMs = performance.now();
  if (outageMs > 0) {
    const outage = await addToBoth(injection, { kind: 'down' });
    await rest(outageMs);
    await removeAll(outage);
  }
  await Promise.race([hole.over, rest(2 * toxic.forMs)]);
  await hole.remove();
  log(`the black hole of ${replica} was over after ${Math.round(performance.now() - sinceMs)} ms`);
  return true;
}

/** Between the first handshake that hangs and the freeze: so that more than one call is in it. */
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
  injection.log(`${lies} lookups were answered with old answers`);
  return true;
}
