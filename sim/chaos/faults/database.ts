/** The faults of the database: it crashes, its clock steps, and it forgets. */
import type { Fault } from '../fault.ts';
import type { Forgotten, Moment } from '../judge/case.ts';
import { REPLICA_NAMES } from '../processes/world.ts';
import type { Injection } from './injection.ts';

/** The first new connections need a moment. */
const SETTLE_MS = 500;

/** Runs `meanwhile` while the database is down. */
async function whileDown(
  { world, troubles, rest }: Injection,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const end = troubles.begin(REPLICA_NAMES, 'database_away');
  await world.database.crash();
  await meanwhile();
  await world.database.recover();
  world.reconnect();
  await rest(SETTLE_MS);
  end();
}

export async function crashDatabase(
  { downMs }: Extract<Fault, { kind: 'database_crash' }>,
  injection: Injection,
): Promise<boolean> {
  await injection.alone(() => whileDown(injection, () => injection.rest(downMs)));
  return true;
}

/** False if the library that makes it step is not installed. */
export async function stepClock(
  { byMs, forMs }: Extract<Fault, { kind: 'clock_step' }>,
  { world, rest, onClock }: Injection,
): Promise<boolean> {
  const { clock } = world.database;
  if (clock === null) return false;
  await onClock(async () => {
    clock.step(byMs);
    await rest(forMs);
    clock.step(-byMs);
  });
  return true;
}

const moment = (): Moment => ({ monotonicMs: performance.now(), wallMs: Date.now() });

/** As an operator does it: the servers are stopped while the data is restored, and start again with `RESTORED_AT`. */
export function restoreDatabase(
  { afterMs }: Extract<Fault, { kind: 'restore' }>,
  injection: Injection,
): Promise<Forgotten> {
  const { world, alone, onClock, rest, shelter } = injection;
  const replicas = REPLICA_NAMES.map((name) => world.replicas[name]);

  async function setBack(): Promise<void> {
    await Promise.all(REPLICA_NAMES.map(shelter.over));
    await Promise.all(replicas.map((replica) => replica.hold()));
    await world.database.restore();
    for (const replica of replicas) replica.configure({ RESTORED_AT: new Date().toISOString() });
  }

  async function copyAndSetBack(): Promise<Forgotten> {
    const from = moment();
    await whileDown(injection, world.database.copy);
    await rest(afterMs);
    try {
      await whileDown(injection, setBack);
    } finally {
      for (const replica of replicas) replica.resume();
    }
    return { from, until: moment() };
  }
  return onClock(() => alone(copyAndSetBack));
}
