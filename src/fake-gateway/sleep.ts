/** Waits that end when the gateway closes, so that they do not keep the process alive. */
export interface Sleeper {
  /** Resolves `true` after `ms`, `false` at once when it is closed. */
  sleep(ms: number): Promise<boolean>;
  /** Like `sleep`, but it does not keep the process alive. */
  later(ms: number, run: () => void): void;
  close(): void;
}

/** Node's timers hold 32 bits; longer waits would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function createSleeper(): Sleeper {
  const pending = new Map<NodeJS.Timeout, (waited: boolean) => void>();
  let closed = false;

  const start = (ms: number, done: (waited: boolean) => void): NodeJS.Timeout | undefined => {
    if (closed) {
      done(false);
      return undefined;
    }
    const timer = setTimeout(
      () => {
        pending.delete(timer);
        done(true);
      },
      Math.min(Math.max(0, ms), MAX_TIMER_MS),
    );
    pending.set(timer, done);
    return timer;
  };

  return {
    sleep: (ms) => new Promise((resolve) => start(ms, resolve)),
    later(ms, run) {
      start(ms, (waited) => {
        if (waited) run();
      })?.unref();
    },
    close() {
      closed = true;
      for (const [timer, done] of pending) {
        clearTimeout(timer);
        done(false);
      }
      pending.clear();
    },
  };
}
