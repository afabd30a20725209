/**
 * Keeps several workers running: starts again what dies, and ends them all. Processes and timers are passed in, so that the
 * order of things can be tested without either.
 */
import type { Log } from '../ports/log.ts';

/** What a worker reports once it takes payments. */
export interface WorkerReady {
  readonly url: string;
  readonly gatewayUrl: string;
  /** Whether real money moves. */
  readonly livemode: boolean;
}

export interface WorkerProcess {
  /** Resolves once it takes payments; never, if it ends before. */
  readonly ready: Promise<WorkerReady>;
  /** Resolves when it has ended, or could not be started, with what the log should say of that. Never rejects. */
  readonly ended: Promise<Record<string, unknown>>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface SuperviseOptions {
  readonly count: number;
  /** Starts one more. */
  readonly fork: () => WorkerProcess;
  /** Runs `work` after so long; the result cancels it. */
  readonly after: (waitMs: number, work: () => void) => () => void;
  readonly log: Log;
}

export interface Supervised {
  /** Resolves once all of them take payments; rejects if one ends before it did. */
  readonly ready: Promise<WorkerReady>;
  /** Tells all of them to drain; resolves when they have ended. None is started any more. Idempotent. */
  stop(): Promise<void>;
}

/** A worker that dies again and again must not keep a core busy with starting it. */
const START_AGAIN_MS = 1000;

/** Half a second before this process itself must be gone: met by a worker that hangs, and by a `DRAIN_MS` near its longest. */
const KILL_AFTER_MS = 14_000;

export function superviseWorkers({ count, fork, after, log }: SuperviseOptions): Supervised {
  const running = new Set<WorkerProcess>();
  let stopped: Promise<void> | null = null;

  /** Async, so that a fork that throws is a rejection like any other. */
  async function start(): Promise<WorkerReady> {
    const worker = fork();
    running.add(worker);
    const ended = worker.ended.then((fields) => {
      running.delete(worker);
      return fields;
    });
    const ready = await Promise.race([worker.ready, ended.then(() => null)]);
    if (ready === null) throw new Error('A worker ended before it took payments; see above.');
    void ended.then((fields) => {
      if (stopped === null) startAgain(fields);
    });
    return ready;
  }

  function startAgain(fields: Record<string, unknown>): void {
    log.error(
      fields,
      'a worker died; what it held is taken up when its leases end, and another one is started',
    );
    after(START_AGAIN_MS, () => {
      if (stopped !== null) return;
      start().catch((error: unknown) => {
        if (stopped === null) startAgain({ err: error });
      });
    });
  }

  async function end(): Promise<void> {
    const leaving = [...running];
    for (const worker of leaving) worker.kill('SIGTERM');
    const cancel = after(KILL_AFTER_MS, () => {
      for (const worker of running) worker.kill('SIGKILL');
    });
    await Promise.all(leaving.map(({ ended }) => ended));
    cancel();
  }

  const ready = Promise.all(Array.from({ length: count }, start)).then(([first]) => first as WorkerReady);
  // Whoever stops before they are ready does not ask any more.
  ready.catch(() => {});
  return {
    ready,
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}
