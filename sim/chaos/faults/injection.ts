/** What every fault is given to do its work with. */
import type { ReplicaName } from '../fault.ts';
import type { World } from '../processes/world.ts';
import type { Troubles } from './troubles.ts';

export interface Injection {
  readonly world: World;
  readonly troubles: Troubles;
  /** Waits; ends early when the run is told to stop, so that what was begun is undone. */
  readonly rest: (ms: number) => Promise<void>;
  /** Does things to the database one after the other: one that is down cannot crash. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** The same for its clock: a restore is told by it when it happened. */
  readonly onClock: <T>(work: () => Promise<T>) => Promise<T>;
  /** While a replica is spared, no blow falls on it: what it does by itself is to be seen. */
  readonly shelter: Shelter;
  /** A front has answered this many lookups with old answers. */
  readonly toldOldAnswers: (count: number) => void;
  readonly log: (line: string) => void;
}

export interface Shelter {
  /** From now on, for this long. */
  spare(replica: ReplicaName, ms: number): void;
  /** Resolves when it is not spared any more. */
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

/** A queue of work. What failed does not hold up what comes after it. */
export function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
