/**
 * One incarnation of a process: whatever should happen inside it goes through here. Killed, nothing reaches it any
 * more; paused, everything waits and comes in its old order when it wakes.
 */
import type { Scheduler } from './scheduler.ts';

export interface Life {
  /** Runs `event` inside the process after `delayMs`; the returned function takes it back. */
  deliver(delayMs: number, event: () => void): () => void;
  /** Runs `event` inside the process: now, or when it wakes. */
  arrive(event: () => void): void;
  /** Runs once when it is killed: what is to be undone outside. */
  onDeath(undo: () => void): void;
  kill(): void;
  pause(): void;
  resume(): void;
  readonly alive: boolean;
  readonly paused: boolean;
  /** When it last woke, by the scheduler's clock; 0: it has never stood still. */
  readonly wokeAtMs: number;
  /** How long it has stood still altogether, until it last woke. */
  readonly sleptMs: number;
}

export function createLife(scheduler: Scheduler): Life {
  let alive = true;
  let paused = false;
  let pausedAtMs = 0;
  let wokeAtMs = 0;
  let sleptMs = 0;
  let waiting: (() => void)[] = [];
  const undos: (() => void)[] = [];

  function arrive(event: () => void): void {
    if (!alive) return;
    if (paused) waiting.push(event);
    else event();
  }

  return {
    get alive() {
      return alive;
    },
    get paused() {
      return paused;
    },
    deliver(delayMs, event) {
      let wanted = true;
      const cancel = scheduler.after(delayMs, () =>
        arrive(() => {
          if (wanted) event();
        }),
      );
      return () => {
        wanted = false;
        cancel();
      };
    },
    arrive,
    onDeath: (undo) => void undos.push(undo),
    kill() {
      if (!alive) return;
      alive = false;
      waiting = [];
      for (const undo of undos) undo();
    },
    pause() {
      paused = true;
      pausedAtMs = scheduler.nowMs;
    },
    get wokeAtMs() {
      return wokeAtMs;
    },
    get sleptMs() {
      return sleptMs;
    },
    resume() {
      paused = false;
      wokeAtMs = scheduler.nowMs;
      sleptMs += wokeAtMs - pausedAtMs;
      const events = waiting;
      waiting = [];
      // Each as an event of its own: between two of them a process runs to its next wait.
      for (const event of events) scheduler.after(0, () => arrive(event));
    },
  };
}
