/** Makes the faults of the schedule happen, at their times. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, nameOf, type ReplicaName } from '../fault.ts';
import type { Forgotten } from '../judge/case.ts';
import { waitFor } from '../processes/wait.ts';
import type { World } from '../processes/world.ts';
import type { Scheduled } from '../schedule.ts';
import { VARIED } from '../settings.ts';
import { crashDatabase, restoreDatabase, stepClock } from './database.ts';
import { addToBoth, digBlackHole, freezeInHandshake, removeAll, tellStaleLookups } from './gateway.ts';
import { createQueue, createShelter, type Injection } from './injection.ts';
import { createTroubles, type Troubles } from './troubles.ts';

export interface Injector {
  readonly troubles: Troubles;
  /** How often each fault really happened. A fault does not count if its replica was already down. */
  readonly counts: ReadonlyMap<string, number>;
  /** What the database has been made to forget. */
  readonly forgotten: readonly Forgotten[];
  /** How many lookups a front has answered with old answers. */
  oldAnswers(): number;
  /** Resolves when the last fault has happened and ended. */
  run(schedule: readonly Scheduled[]): Promise<void>;
}

/** A rollout waits at most this long for the first replica to be ready before it restarts the second. */
const ROLLOUT_READY_MS = 5_000;

/** A fault that is to happen during a call waits at most this long for one. A ready replica makes several a second. */
const CALL_WAIT_MS = 2_000;

export interface InjectorOptions {
  readonly world: World;
  /** Ends all waiting early. Faults that have begun are undone. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export function createInjector({ world, signal, log }: InjectorOptions): Injector {
  const troubles = createTroubles();
  const counts = new Map<string, number>();
  const forgotten: Forgotten[] = [];
  const rest = (ms: number): Promise<void> => pause(ms, undefined, { signal }).catch(() => {});
  let oldAnswers = 0;
  const shelter = createShelter(rest);
  const injection: Injection = {
    world,
    troubles,
    rest,
    alone: createQueue(),
    onClock: createQueue(),
    shelter,
    toldOldAnswers: (count) => {
      oldAnswers += count;
    },
    log,
  };

  /** Waits until a call has arrived at the gateway and its answer is not back yet. */
  function midCall(replica: ReplicaName): Promise<unknown> {
    return Promise.race([world.nextCall(replica), rest(CALL_WAIT_MS)]);
  }

  async function kill({ replica, inCall }: Extract<Fault, { kind: 'kill' }>): Promise<boolean> {
    if (inCall) await midCall(replica);
    await shelter.over(replica);
    return world.replicas[replica].kill();
  }

  async function orphan({ replica, afterMs, awayMs }: Extract<Fault, { kind: 'orphans' }>): Promise<boolean> {
    await midCall(replica);
    await shelter.over(replica);
    if (!world.replicas[replica].kill()) return false;
    await rest(afterMs);
    const installed = await addToBoth(injection, { kind: 'down' });
    await rest(awayMs);
    await removeAll(installed);
    return true;
  }

  async function freeze({ replica, inCall, forMs }: Extract<Fault, { kind: 'freeze' }>): Promise<boolean> {
    if (inCall) await midCall(replica);
    await shelter.over(replica);
    const end = troubles.begin([replica], 'frozen');
    const frozen = await world.replicas[replica].freeze(forMs);
    end();
    return frozen;
  }

  async function rollout({ first, settings }: Extract<Fault, { kind: 'rollout' }>): Promise<boolean> {
    const order = first === 'a' ? (['a', 'b'] as const) : (['b', 'a'] as const);
    let told = false;
    for (const name of order) {
      if (signal.aborted) break;
      await shelter.over(name);
      if (settings !== null) world.replicas[name].configure({ ...VARIED[settings[name]] });
      told = (await world.replicas[name].terminate()) || told;
      const what = `replica ${name}`;
      await waitFor({ what, withinMs: ROLLOUT_READY_MS, signal }, () => world.replicas[name].isReady()).catch(
        () => {},
      );
    }
    return told;
  }

  async function disturb(fault: Extract<Fault, { kind: 'network' }>): Promise<boolean> {
    const { replica, upstream, toxic, forMs } = fault;
    const cuts = upstream === 'database' && cutsOff(toxic);
    const end = cuts ? troubles.begin([replica], 'database_away') : () => {};
    const installed = await world.proxies[replica][upstream].add(toxic);
    await rest(forMs);
    await installed.remove();
    end();
    return true;
  }

  async function restore(fault: Extract<Fault, { kind: 'restore' }>): Promise<boolean> {
    forgotten.push(await restoreDatabase(fault, injection));
    return true;
  }

  function inject(fault: Fault): Promise<boolean> {
    switch (fault.kind) {
      case 'kill':
        return kill(fault);
      case 'orphans':
        return orphan(fault);
      case 'database_crash':
        return crashDatabase(fault, injection);
      case 'freeze':
        return freeze(fault);
      case 'handshake':
        return freezeInHandshake(fault, injection);
      case 'rollout':
        return rollout(fault);
      case 'network':
        return disturb(fault);
      case 'black_hole':
        return digBlackHole(fault, injection);
      case 'stale_lookups':
        return tellStaleLookups(fault, injection);
      case 'clock_step':
        return stepClock(fault, injection);
      case 'restore':
        return restore(fault);
    }
  }

  async function injectAndCount(fault: Fault): Promise<void> {
    const name = nameOf(fault);
    log(`${name} begins ${JSON.stringify(fault)}`);
    const happened = await inject(fault);
    log(`${name} ${happened ? 'has ended' : 'met nobody'}`);
    if (happened) counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  return {
    troubles,
    counts,
    forgotten,
    oldAnswers: () => oldAnswers,
    async run(schedule) {
      const startMs = performance.now();
      const running: Promise<void>[] = [];
      for (const { atMs, fault } of schedule) {
        await rest(Math.max(0, startMs + atMs - performance.now()));
        if (signal.aborted) break;
        const injected = injectAndCount(fault);
        injected.catch(() => {}); // thrown below, when all others have been undone
        running.push(injected);
      }
      await Promise.all(running);
    },
  };
}

/** Whether it makes statements fail, not only take longer. */
function cutsOff({ kind }: Extract<Fault, { kind: 'network' }>['toxic']): boolean {
  return ['down', 'timeout', 'reset_peer', 'limit_data', 'bandwidth'].includes(kind);
}
