/** Exclusive locks by name, each granted in the order of arrival. A name is forgotten when nobody waits for it or holds it. */

/** A taker of locks. If it waits, it is called when the lock has become its own. */
export interface Owner {
  granted(): void;
}

export interface Locks {
  /** Whether the lock is the owner's at once; else the owner waits for it. */
  take(name: string, owner: Owner): boolean;
  /** Gives all of these back, or leaves their queues; only then calls the owners who got them. */
  leave(names: readonly string[], owner: Owner): void;
  /** All owners are gone, and nobody is called. */
  clear(): void;
}

interface Lock {
  holder: Owner;
  readonly queue: Owner[];
}

export function createLocks(): Locks {
  const locks = new Map<string, Lock>();

  /** Who holds it now, if that is somebody new. */
  function leaveOne(name: string, owner: Owner): Owner | null {
    const lock = locks.get(name);
    if (lock === undefined) return null;
    if (lock.holder !== owner) {
      const place = lock.queue.indexOf(owner);
      if (place >= 0) lock.queue.splice(place, 1);
      return null;
    }
    const next = lock.queue.shift();
    if (next === undefined) {
      locks.delete(name);
      return null;
    }
    lock.holder = next;
    return next;
  }

  return {
    take(name, owner) {
      const lock = locks.get(name);
      if (lock === undefined) locks.set(name, { holder: owner, queue: [] });
      else lock.queue.push(owner);
      return lock === undefined;
    },
    leave(names, owner) {
      const next: Owner[] = [];
      for (const name of names) {
        const heir = leaveOne(name, owner);
        if (heir !== null) next.push(heir);
      }
      for (const heir of next) heir.granted();
    },
    clear: () => locks.clear(),
  };
}
