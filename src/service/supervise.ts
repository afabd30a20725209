/**
 * Keeps several workers running. It kills those that are silent, restarts those that die, and stops all of them on request.
 * Processes and timers are passed in, so that the order of events can be tested without either.
 */
import type { Log } from '../ports/log.ts';

/** What a worker reports once it takes payments. */
export interface WorkerReady {
  readonly url: string;
  readonly gatewayUrl: string;
  /** Whether real money moves. */
  readonly livemode: boolean;
  /** Whether each request needs an API key. */
  readonly needsKey: boolean;
  /** Whether the only gateway is the fake one in this process. */
  readonly isFake: boolean;
}

export interface WorkerProcess {
  /** Its number in the log, from 1. The worker that replaces it has the same. */
  readonly number: number;
  /** Resolves once it takes payments. Never resolves if it ends before. */
  readonly ready: Promise<WorkerReady>;
  /** Resolves when it has ended or could not be started, with fields for the log. Never rejects. */
  readonly ended: Promise<Record<string, unknown>>;
  /** Whether it has sent a sign of life since the last call of `heard`. */
  heard(): boolean;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface SuperviseOptions {
  readonly count: number;
  /** Starts the worker with this number. */
  readonly fork: (number: number) => WorkerProcess;
  /** Runs `work` after `waitMs`; the result cancels it. */
  readonly after: (waitMs: number, work: () => void) => () => void;
  readonly log: Log;
}

export interface Supervised {
  /** Resolves once all of them take payments; rejects if all of them end before any of them does. */
  readonly ready: Promise<WorkerReady>;
  /** Makes all workers drain, and resolves when they have ended. None is restarted after that. Idempotent. */
  stop(): Promise<void>;
}

/** So that a worker that dies again and again does not keep a core busy. */
const START_AGAIN_MS = 1000;

/** Half a second before this process itself must have ended. A worker takes this long if it hangs, or if `DRAIN_MS` is near its limit. */
const KILL_AFTER_MS = 14_000;

/** How often the workers are checked for signs of life. */
const LOOK_EVERY_MS = 2000;

/**
 * A worker is killed after this many checks in a row without a sign of life: 10 s. Checks are counted, not time. While the whole
 * machine or this process stands still, there are no checks, so no worker is killed for that.
 */
const SILENT_LOOKS = 5;

/** The same for a worker that does not take payments yet: a minute. On a busy machine, loading its program takes long. */
const SILENT_LOOKS_AT_START = 30;

export function superviseWorkers({ count, fork, after, log }: SuperviseOptions): Supervised {
  /** For each worker, at how many checks in a row it was silent. */
  const running = new Map<WorkerProcess, number>();
  const ready = new WeakSet<WorkerProcess>();
  /** Workers that have not taken payments yet, not even after another start. */
  const awaited = new Set(Array.from({ length: count }, (_, index) => index + 1));
  /** How each worker ended that was started before any of them took payments. They are started again once one does. */
  const fallen = new Map<number, Record<string, unknown>>();
  let first: WorkerReady | null = null;
  let stopped: Promise<void> | null = null;
  let resolveReady = (_first: WorkerReady): void => {};
  let rejectReady = (_error: unknown): void => {};
  const allReady = new Promise<WorkerReady>((resolve, reject) => {
    resolveReady = resolve;
    rejectReady = reject;
  });

  function start(number: number): void {
    let worker: WorkerProcess;
    try {
      worker = fork(number);
    } catch (error) {
      ended(number, { worker: number, err: error }, { served: false });
      return;
    }
    running.set(worker, 0);
    void worker.ready.then((announced) => {
      ready.add(worker);
      takesPayments(number, announced);
    });
    void worker.ended.then((fields) => {
      running.delete(worker);
      ended(number, fields, { served: ready.has(worker) });
    });
  }

  function takesPayments(number: number, announced: WorkerReady): void {
    first ??= announced;
    for (const [other, fields] of fallen) startAgain(other, fields, { served: false });
    fallen.clear();
    awaited.delete(number);
    if (awaited.size === 0) resolveReady(first);
  }

  function ended(number: number, fields: Record<string, unknown>, { served }: { served: boolean }): void {
    if (stopped !== null) return;
    if (first !== null) {
      startAgain(number, fields, { served });
      return;
    }
    fallen.set(number, fields);
    if (fallen.size === count) rejectReady(nothingStarted(fields));
  }

  function startAgain(
    number: number,
    fields: Record<string, unknown>,
    { served }: { served: boolean },
  ): void {
    log.error(
      fields,
      served
        ? 'a worker died; another one is started, and its payments are taken over when their leases end'
        : 'a worker ended before it took payments; it is started again, and the other workers go on',
    );
    after(START_AGAIN_MS, () => {
      if (stopped === null) start(number);
    });
  }

  function look(): void {
    for (const [worker, before] of running) {
      const silent = worker.heard() ? 0 : before + 1;
      running.set(worker, silent);
      const most = ready.has(worker) ? SILENT_LOOKS : SILENT_LOOKS_AT_START;
      if (silent !== most) continue;
      log.error(
        { worker: worker.number, silent_ms: most * LOOK_EVERY_MS },
        'a worker gives no sign of life: it is frozen, or something blocks it; it is killed, and another one is started',
      );
      worker.kill('SIGKILL');
    }
    cancelLook = after(LOOK_EVERY_MS, look);
  }

  async function end(): Promise<void> {
    cancelLook();
    const leaving = [...running.keys()];
    for (const worker of leaving) worker.kill('SIGTERM');
    const cancel = after(KILL_AFTER_MS, () => {
      for (const worker of running.keys()) worker.kill('SIGKILL');
    });
    await Promise.all(leaving.map(({ ended }) => ended));
    cancel();
  }

  let cancelLook = after(LOOK_EVERY_MS, look);
  // After an early stop, nobody waits for this any more.
  allReady.catch(() => {});
  for (const number of awaited) start(number);
  return {
    ready: allReady,
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}

/** `fields`: how the last worker ended. */
function nothingStarted({ err, code, signal }: Record<string, unknown>): unknown {
  if (err !== undefined) return err;
  const how = typeof signal === 'string' ? `by ${signal}` : `with exit code ${String(code)}`;
  return new Error(
    `No worker could start. The last one ended ${how} before it took payments; its error is above. Nothing was started.`,
  );
}
