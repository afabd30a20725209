/** What every fault gets to do its work. */
import type { ReplicaName } from '../fault.ts';
import type { World } from '../processes/world.ts';
import type { Troubles } from './troubles.ts';

export interface Injection {
  readonly world: World;
  readonly troubles: Troubles;
  /** Waits. Ends early when the run is stopped, so that the fault is undone. */
  readonly rest: (ms: number) => Promise<void>;
  /** Runs the database's faults one after the other: a database that is down cannot crash. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** The same for its clock, which also gives the time of a restore. */
  readonly onClock: <T>(work: () => Promise<T>) => Promise<T>;
  /** While a replica is spared, it is not killed, stopped or frozen, so that one can see what it does by itself. */
  readonly shelter: Shelter;
  /** Reports how many lookups a front has answered with old answers. */
  readonly toldOldAnswers: (count: number) => void;
  readonly log: (line: string) => void;
}

export interface Shelter {
  /** Spares it from now on for this long. */
  spare(replica: ReplicaName, ms: number): void;
  /** Resolves when it is no longer spared. */
  over(replica: ReplicaName): Promise<void>;
}

export function createShelter(rest: Injection['rest']): Shelter {
  const untilMs = { a: 0, b: 0 };
  return {
    spare(replica, ms) {
      untilMs[replica] = Math.max(untilMs[replica], performance.now() + ms);
    },
    over: (replica) => {
      const leftMs = untilMs[replica] - performance.now();
      return leftMs > 0 ? rest(leftMs) : Promise.resolve();
    },
  };
}

/** A queue of work. Work that fails does not stop what comes after it. */
export function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
