/** One Payonce server that is kept running, as an orchestrator would: it is started again, whatever ended it. */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Guard } from './guard.ts';
import { type Exit, type Program, startProgram, stopProgram } from './program.ts';
import { within } from './wait.ts';

/** How one process of the replica ended. */
export interface End {
  readonly replica: string;
  /** Whether it had been ready to take payments. */
  readonly wasReady: boolean;
  /** The signal with which we ended it. Null: it ended by itself. */
  readonly cause: 'SIGKILL' | 'SIGTERM' | null;
  readonly exit: Exit;
  /** On the monotonic clock: when it was started, when it got SIGTERM (if it did), and when it ended. */
  readonly startedMs: number;
  readonly toldMs: number | null;
  readonly endedMs: number;
  /** Whether a process of its group still runs. */
  readonly leftBehind: boolean;
}

export interface Replica {
  readonly name: string;
  readonly url: string;
  /** Whether its newest process has been ready, and still runs. */
  isReady(): boolean;
  /** Kills it without warning. False: it does not run. */
  kill(): boolean;
  /** Sends SIGTERM. Resolves when it has ended, or with false if it does not run or has already been sent a signal. */
  terminate(): Promise<boolean>;
  /** Freezes it for this long, and runs `meanwhile` as soon as it is frozen. False: it does not run. */
  freeze(ms: number, meanwhile?: () => void): Promise<boolean>;
  /** Adds variables to the environment of its next processes. */
  configure(env: Readonly<Record<string, string>>): void;
  /** Kills it, and starts no new process until `resume`. */
  hold(): Promise<void>;
  resume(): void;
  /** Whether we killed, stopped or froze it at any time between these two, on the monotonic clock. */
  disturbed(fromMs: number, untilMs: number): boolean;
  /** Ends it for good: with SIGTERM if its end is to be judged, else with SIGKILL. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface ReplicaOptions {
  readonly name: string;
  readonly root: string;
  readonly guard: Guard;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly log: number;
  readonly onEnd: (end: End) => void;
}

/** How long after the end of the old process an orchestrator starts a new one. */
const RESTART_MS = 200;
const PROBE_MS = 50;
/** Design: "exit 0 within 15 s". We wait a little longer before a kill, so that a late exit is seen. */
export const TERM_LIMIT_MS = 15_000;
const TERM_WAIT_MS = TERM_LIMIT_MS + 2_000;

interface Run {
  readonly program: Program;
  readonly startedMs: number;
  ready: boolean;
  cause: End['cause'];
  toldMs: number | null;
}

export function startReplica(options: ReplicaOptions): Replica {
  const { name, root, guard, port, env, log, onEnd } = options;
  const url = `http://127.0.0.1:${port}`;
  const main = fileURLToPath(new URL('dist/main.js', root));
  let wanted = true;
  let chosen = env;
  /** When it was killed, stopped or frozen. */
  const spans: { readonly fromMs: number; untilMs: number }[] = [];
  let held: Promise<void> | null = null;
  let letGo = (): void => {};
  let run = launch();
  const kept = keep();

  function launch(): Run {
    const program = startProgram({ guard, args: [main], env: { ...chosen, PORT: String(port) }, log });
    const started: Run = { program, startedMs: performance.now(), ready: false, cause: null, toldMs: null };
    void probe(started);
    return started;
  }

  async function probe(watched: Run): Promise<void> {
    while (!watched.ready && !watched.program.hasExited()) {
      const signal = AbortSignal.timeout(1000);
      watched.ready = await fetch(`${url}/readyz`, { signal }).then(
        (answer) => answer.ok && !watched.program.hasExited(),
        () => false,
      );
      await pause(PROBE_MS, undefined, { ref: false });
    }
  }

  async function keep(): Promise<void> {
    for (;;) {
      const ended = run;
      const exit = await ended.program.exited;
      const { cause, toldMs, startedMs, ready, program } = ended;
      const leftBehind = program.leftBehind();
      onEnd({
        replica: name,
        wasReady: ready,
        cause,
        exit,
        startedMs,
        toldMs,
        endedMs: performance.now(),
        leftBehind,
      });
      if (!wanted) return;
      await pause(RESTART_MS);
      while (held !== null) await held;
      if (!wanted) return;
      run = launch();
    }
  }

  /** Notes a span that ends when the returned function is called. */
  function note(): () => void {
    const span = { fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY };
    spans.push(span);
    return () => {
      span.untilMs = performance.now();
    };
  }

  function kill(): boolean {
    if (run.program.hasExited()) return false;
    note()();
    run.cause = 'SIGKILL';
    run.program.signal('SIGKILL');
    return true;
  }

  async function terminate(): Promise<boolean> {
    const told = run;
    if (told.program.hasExited() || told.cause !== null) return false;
    told.cause = 'SIGTERM';
    told.toldMs = performance.now();
    const over = note();
    // `cause` stays SIGTERM: if the process has to be killed, it did not keep its promise.
    await stopProgram(told.program, TERM_WAIT_MS);
    over();
    return true;
  }

  return {
    name,
    url,
    isReady: () => run.ready && !run.program.hasExited(),
    kill,
    terminate,
    async freeze(ms, meanwhile = () => {}) {
      const frozen = run;
      if (frozen.program.hasExited()) return false;
      const over = note();
      frozen.program.signal('SIGSTOP');
      meanwhile();
      await within(ms, frozen.program.exited, null);
      frozen.program.signal('SIGCONT');
      over();
      return true;
    },
    configure(more) {
      chosen = { ...chosen, ...more };
    },
    async hold() {
      held ??= new Promise((resolve) => {
        letGo = () => {
          held = null;
          resolve();
        };
      });
      kill();
      await run.program.exited;
    },
    resume: () => letGo(),
    disturbed: (fromMs, untilMs) => spans.some((span) => span.fromMs < untilMs && span.untilMs > fromMs),
    async stop(signal) {
      wanted = false;
      letGo();
      if (signal === 'SIGTERM') await terminate();
      else kill();
      await kept;
    },
  };
}
