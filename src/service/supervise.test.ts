/** In which order workers are started, restarted and ended. Processes and timers are simulated. */
import { describe, expect, it } from 'vitest';
import { superviseWorkers, type WorkerProcess, type WorkerReady } from './supervise.ts';

const READY: WorkerReady = {
  url: 'http://127.0.0.1:8000',
  gatewayUrl: 'http://127.0.0.1:9',
  livemode: false,
  needsKey: false,
  isFake: false,
};

interface Played extends WorkerProcess {
  readonly signals: string[];
  /** From now on it sends no sign of life. */
  freezes(): void;
  thaws(): void;
  serves(): void;
  ends(fields?: Record<string, unknown>): void;
}

/** How often workers are checked for signs of life. `waits` leaves this wait out. */
const LOOK_MS = 2000;

function play(number = 1): Played {
  const signals: string[] = [];
  let isFrozen = false;
  let serves = (_ready: WorkerReady): void => {};
  let ends = (_fields: Record<string, unknown>): void => {};
  const ready = new Promise<WorkerReady>((resolve) => (serves = resolve));
  const ended = new Promise<Record<string, unknown>>((resolve) => (ends = resolve));
  return {
    number,
    ready,
    ended,
    signals,
    heard: () => !isFrozen,
    freezes() {
      isFrozen = true;
    },
    thaws() {
      isFrozen = false;
    },
    kill: (signal) => void signals.push(signal),
    serves: () => serves(READY),
    ends: (fields = { code: null, signal: 'SIGKILL' }) => ends(fields),
  };
}

/** Waits until nothing more can happen without a timer or a process. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(count: number, fork: (number: number) => Played = play) {
  const forked: Played[] = [];
  const timers = new Map<number, { waitMs: number; work: () => void }>();
  const logged: unknown[] = [];
  const note = (fields: unknown): void => void logged.push(fields);
  let made = 0;
  const workers = superviseWorkers({
    count,
    fork(number) {
      const worker = fork(number);
      forked.push(worker);
      return worker;
    },
    after(waitMs, work) {
      made += 1;
      const id = made;
      timers.set(id, { waitMs, work });
      return () => void timers.delete(id);
    },
    log: { info: note, warn: note, error: note },
  });
  return {
    workers,
    forked,
    logged,
    /** The waits that have not ended, except the one for the next check. */
    waits: () => [...timers.values()].map(({ waitMs }) => waitMs).filter((waitMs) => waitMs !== LOOK_MS),
    looks: () => [...timers.values()].filter(({ waitMs }) => waitMs === LOOK_MS).length,
    async fire(waitMs: number) {
      // Not the timers that begin meanwhile.
      for (const [id, timer] of [...timers]) {
        if (timer.waitMs !== waitMs) continue;
        timers.delete(id);
        timer.work();
      }
      await settled();
    },
  };
}

async function setUpServing(count: number) {
  const all = setUp(count);
  for (const worker of all.forked) worker.serves();
  await all.workers.ready;
  return all;
}

describe('workers', () => {
  it('are ready when all of them are', async () => {
    const { workers, forked } = setUp(2);
    let ready: WorkerReady | null = null;
    void workers.ready.then((first) => (ready = first));
    forked[1]?.serves();
    await settled();
    expect(ready).toBeNull();
    forked[0]?.serves();
    await settled();
    expect(ready).toEqual(READY);
  });

  it.each([
    [{ code: 1, signal: null }, 'with exit code 1'],
    [{ code: null, signal: 'SIGKILL' }, 'by SIGKILL'],
  ])('are not ready, and not started again, where all end at their first start: %j', async (fields, how) => {
    const { workers, forked, waits, logged } = setUp(2);
    forked[1]?.ends(fields);
    await settled();
    forked[0]?.ends(fields);
    await expect(workers.ready).rejects.toThrow(`No worker could start. The last one ended ${how}`);
    expect([forked.length, waits(), logged]).toEqual([2, [], []]);
  });

  it.each(['before', 'after'])('are ready later where one ends %s another takes payments', async (when) => {
    const { workers, forked, fire, waits, logged } = setUp(2);
    if (when === 'after') forked[0]?.serves();
    await settled();
    forked[1]?.ends({ code: 1 });
    await settled();
    if (when === 'before') forked[0]?.serves();
    await settled();
    expect([forked.length, waits(), logged]).toEqual([2, [1000], [{ code: 1 }]]);
    await fire(1000);
    forked[2]?.serves();
    await expect(workers.ready).resolves.toEqual(READY);
    expect(forked.map(({ number }) => number)).toEqual([1, 2, 2]);
  });

  it('are not ready where no process can be started', async () => {
    const { workers } = setUp(1, () => {
      throw new Error('spawn EAGAIN');
    });
    await expect(workers.ready).rejects.toThrow('spawn EAGAIN');
  });

  it('that die are replaced, each by one', async () => {
    const { forked, fire, logged } = await setUpServing(2);
    forked[0]?.ends({ code: null, signal: 'SIGKILL' });
    await settled();
    expect([forked.length, logged]).toEqual([2, [{ code: null, signal: 'SIGKILL' }]]);
    await fire(1000);
    expect(forked.map(({ number }) => number)).toEqual([1, 2, 1]);
  });

  it('are restarted until a restart succeeds', async () => {
    const { forked, fire, waits } = await setUpServing(2);
    forked[0]?.ends();
    await settled();
    await fire(1000);
    forked[2]?.ends({ code: 1 });
    await settled();
    expect([forked.length, waits()]).toEqual([3, [1000]]);
    await fire(1000);
    forked[3]?.serves();
    await settled();
    expect([forked.length, waits()]).toEqual([4, []]);
    forked[3]?.ends();
    await settled();
    expect(waits()).toEqual([1000]);
  });
});

describe('a worker that gives no sign of life', () => {
  const look = async ({ fire }: { fire(waitMs: number): Promise<void> }, times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) await fire(LOOK_MS);
  };

  it('for five looks in a row is killed, once and with a line, and replaced when it has ended', async () => {
    const all = await setUpServing(2);
    const { forked, logged, fire, waits } = all;
    forked[1]?.freezes();
    await look(all, 4);
    expect([forked[1]?.signals, logged]).toEqual([[], []]);
    await look(all, 3);
    expect(forked.map(({ signals }) => signals)).toEqual([[], ['SIGKILL']]);
    expect(logged).toEqual([{ worker: 2, silent_ms: 10_000 }]);
    forked[1]?.ends();
    await settled();
    expect(waits()).toEqual([1000]);
    await fire(1000);
    expect(forked).toHaveLength(3);
  });

  it('and then gives one again is left alone: only looks in a row count', async () => {
    const all = await setUpServing(1);
    for (let time = 0; time < 3; time += 1) {
      all.forked[0]?.freezes();
      await look(all, 4);
      all.forked[0]?.thaws();
      await look(all, 1);
    }
    expect([all.forked[0]?.signals, all.logged]).toEqual([[], []]);
  });

  it('has a minute for that while it starts, and is not looked for after the stop', async () => {
    const all = setUp(1);
    all.forked[0]?.freezes();
    await look(all, 29);
    expect(all.forked[0]?.signals).toEqual([]);
    await look(all, 1);
    expect([all.forked[0]?.signals, all.logged]).toEqual([['SIGKILL'], [{ worker: 1, silent_ms: 60_000 }]]);
    void all.workers.stop();
    expect(all.looks()).toBe(0);
  });
});

describe('the stop of workers', () => {
  it('signals all of them once, and waits for all of them', async () => {
    const { workers, forked, waits } = await setUpServing(2);
    let stopped = false;
    void workers.stop().then(() => (stopped = true));
    void workers.stop();
    forked[0]?.ends({ code: 0 });
    await settled();
    expect([forked.map(({ signals }) => signals), stopped]).toEqual([[['SIGTERM'], ['SIGTERM']], false]);
    forked[1]?.ends({ code: 0 });
    await settled();
    expect([stopped, waits()]).toEqual([true, []]);
  });

  it('kills what hangs, and only that', async () => {
    const { workers, forked, fire } = await setUpServing(2);
    const stopped = workers.stop();
    forked[0]?.ends({ code: 0 });
    await settled();
    await fire(14_000);
    expect(forked.map(({ signals }) => signals)).toEqual([['SIGTERM'], ['SIGTERM', 'SIGKILL']]);
    forked[1]?.ends();
    await stopped;
  });

  it('restarts none: neither what it ended, nor what had died before', async () => {
    const { workers, forked, fire, logged } = await setUpServing(2);
    forked[0]?.ends();
    await settled();
    const stopped = workers.stop();
    await fire(1000);
    forked[1]?.ends({ code: 0 });
    await stopped;
    await fire(1000);
    expect([forked.length, logged.length]).toEqual([2, 1]);
  });

  it('ends a worker that is just being restarted, and starts no other for it', async () => {
    const { workers, forked, fire, waits } = await setUpServing(1);
    forked[0]?.ends();
    await settled();
    await fire(1000);
    const stopped = workers.stop();
    expect(forked[1]?.signals).toEqual(['SIGTERM']);
    forked[1]?.ends();
    await stopped;
    expect(waits()).toEqual([]);
  });
});
