/** One statement under way: it takes its locks one after the other, waits where it must, and ends once. */
import type { Locks, Owner } from './locks.ts';
import type { Statement } from './statement.ts';
import type { Change, FollowUpChange, Transaction } from './types.ts';

export interface TransactionOptions<T> {
  readonly statement: Statement<T>;
  readonly nowMs: number;
  readonly locks: Locks;
  /** Called once, when it has committed or rolled back, before anyone who waited for its locks goes on. */
  readonly onEnd: (changes: readonly Change[], followUps: readonly FollowUpChange[]) => void;
}

export interface OpenTransaction<T> extends Transaction<T> {
  /** Ends it as a crash does: nobody has the locks any more, and nobody is called. */
  vanish(): void;
}

export function createTransaction<T>(options: TransactionOptions<T>): OpenTransaction<T> {
  const { statement, nowMs, locks, onEnd } = options;
  const wanted = statement.locks;
  let held = 0;
  let state: 'locking' | 'locked' | 'ended' = 'locking';
  /** Found something that leaves it nothing to write: it holds no locks. */
  let beaten = false;
  let onLocked: (() => void)[] = [];

  const owner: Owner = {
    granted() {
      if (state !== 'locking') return;
      if (hold()) takeRest();
    },
  };

  /** Looks again at what it has just locked; whether there is still something to write. */
  function hold(): boolean {
    held += 1;
    if (statement.proceeds(held - 1)) return true;
    const given = wanted.slice(0, held);
    held = 0;
    beaten = true;
    // Ready first: whoever gets the locks now acts after it.
    locked();
    locks.leave(given, owner);
    return false;
  }

  function takeRest(): void {
    for (let name = wanted[held]; name !== undefined; name = wanted[held]) {
      if (!locks.take(name, owner) || !hold()) return;
    }
    locked();
  }

  function locked(): void {
    state = 'locked';
    const ready = onLocked;
    onLocked = [];
    for (const run of ready) run();
  }

  function end(changes: readonly Change[], followUps: readonly FollowUpChange[]): void {
    state = 'ended';
    onLocked = [];
    onEnd(changes, followUps);
    // While it waits, it stands in the queue of the first one that it does not hold.
    if (!beaten) locks.leave(wanted.slice(0, held + 1), owner);
  }

  takeRest();
  return {
    nowMs,
    get open() {
      return state !== 'ended';
    },
    get locked() {
      return state === 'locked';
    },
    whenLocked(ready) {
      if (state === 'locked') ready();
      else if (state === 'locking') onLocked.push(ready);
    },
    commit() {
      if (state !== 'locked') throw new Error(`A transaction that is ${state} cannot commit.`);
      const changes: Change[] = [];
      const followUps: FollowUpChange[] = [];
      try {
        return beaten ? statement.otherwise(changes, followUps) : statement.apply(changes, followUps);
      } finally {
        end(changes, followUps);
      }
    },
    rollback() {
      if (state !== 'ended') end([], []);
    },
    vanish() {
      state = 'ended';
      onLocked = [];
    },
  };
}
