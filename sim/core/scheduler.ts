/**
 * Virtual time and the order of events. One event runs at a time; after it every promise that it settled has
 * run to its next wait before the next event begins, so a run depends on nothing but its tape.
 */
export interface Scheduler {
  /** Milliseconds since the run began. */
  readonly nowMs: number;
  /** Runs `event` after `delayMs`; the returned function takes it back. */
  after(delayMs: number, event: () => void): () => void;
  /** Like `after`, for an event that settles no promise and runs nothing of the engine: there is nothing to let run out. */
  quietly(delayMs: number, event: () => void): void;
  /**
   * Runs events in the order of their time, and `afterEach` behind each, until `done` says so, nothing is left, or
   * virtual time would pass `untilMs`.
   */
  run(options: { untilMs: number; done: () => boolean; afterEach: () => void }): Promise<void>;
  /** Events run so far. */
  readonly steps: number;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  event: (() => void) | null;
  readonly quiet: boolean;
}

export function createScheduler(): Scheduler {
  const heap: Entry[] = [];
  let nowMs = 0;
  let order = 0;
  let steps = 0;

  function push(entry: Entry): void {
    let child = heap.length;
    heap.push(entry);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent] as Entry;
      if (before(above, entry)) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = entry;
  }

  function pop(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      const below = heap[child] as Entry;
      if (before(last, below)) break;
      heap[parent] = below;
      parent = child;
    }
    heap[parent] = last;
    return first;
  }

  return {
    get nowMs() {
      return nowMs;
    },
    get steps() {
      return steps;
    },
    quietly(delayMs, event) {
      push({ atMs: nowMs + Math.max(0, delayMs), order: order++, event, quiet: true });
    },
    after(delayMs, event) {
      const entry: Entry = { atMs: nowMs + Math.max(0, delayMs), order: order++, event, quiet: false };
      push(entry);
      return () => {
        entry.event = null;
      };
    },
    async run({ untilMs, done, afterEach }) {
      await settled();
      while (!done()) {
        const next = heap[0];
        if (next === undefined || next.atMs > untilMs) return;
        pop();
        if (next.event === null) continue;
        nowMs = next.atMs;
        steps += 1;
        next.event();
        if (!next.quiet) await settled();
        afterEach();
      }
    },
  };
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

/**
 * Resolves when no promise has anything left to run. A tick that is asked for by a microtask begins only when the
 * microtask queue is empty (Node.js, "process.nextTick() vs queueMicrotask()"). An immediate would do as well, but
 * each costs a turn of the event loop: a third of a run's time.
 */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(() => process.nextTick(resolve));
  });
}
