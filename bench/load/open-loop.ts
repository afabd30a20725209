/**
 * Open loop: requests leave by a schedule, whether or not the earlier ones were answered. Latency counts from the moment
 * that the schedule says, so that a server that stalls cannot hide it by slowing its clients down.
 */
import { type Answer, type Connection, openConnection, type Target } from './connection.ts';

export interface OpenLoopOptions {
  readonly target: Target;
  /** Milliseconds from the start, ascending. */
  readonly times: readonly number[];
  readonly next: () => string;
}

export interface Shot {
  readonly request: string;
  readonly answer: Answer;
  /** By the schedule. */
  readonly atMs: number;
  /** From the scheduled moment to the answer. */
  readonly latencyMs: number;
  /** How late we sent it: ours, not the server's, and part of the latency. */
  readonly lateMs: number;
}

/** Timers are as coarse as this; what is due sooner leaves now rather than later. */
const TICK_MS = 1;
const PATIENCE_MS = 60_000;

export async function openLoop({ target, times, next }: OpenLoopOptions): Promise<readonly Shot[]> {
  const idle: Connection[] = [];
  const all: Connection[] = [];
  const closeAll = (): void => {
    for (const connection of all) connection.close();
  };
  const startMs = performance.now();

  function take(): Connection {
    const free = idle.pop();
    if (free !== undefined) return free;
    const connection = openConnection(target);
    all.push(connection);
    return connection;
  }

  function shoot(atMs: number): Promise<Shot> {
    const connection = take();
    const request = next();
    const lateMs = Math.max(0, performance.now() - startMs - atMs);
    return new Promise((resolve) => {
      connection.send(request, (answer) => {
        const latencyMs = performance.now() - startMs - atMs;
        idle.push(connection);
        resolve({ request, answer, atMs, latencyMs, lateMs });
      });
    });
  }

  const shots: Promise<Shot>[] = [];
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const nowMs = performance.now() - startMs;
      for (let atMs = times[shots.length]; atMs !== undefined && atMs <= nowMs; atMs = times[shots.length]) {
        shots.push(shoot(atMs));
      }
      const nextMs = times[shots.length];
      if (nextMs === undefined) resolve();
      else setTimeout(tick, Math.max(TICK_MS, nextMs - (performance.now() - startMs)));
    };
    tick();
  });
  const patience = setTimeout(closeAll, PATIENCE_MS);
  const answered = await Promise.all(shots);
  clearTimeout(patience);
  closeAll();
  return answered;
}
