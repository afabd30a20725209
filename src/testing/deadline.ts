/** Time limits that end when a check says so: no machine is so slow that they end by themselves. */

/** A time limit that ends with `outOfTime` only. In milliseconds. */
export const HELD_MS = 86_399_999;

/** What is left of `HELD_MS` may be a little less where an adapter counts what it has used. */
const isHeld = (ms: number | undefined): boolean =>
  ms !== undefined && ms <= HELD_MS && ms > HELD_MS - 60_000;

/**
 * Runs `work`, and ends its time limits of `HELD_MS` as soon as `reached` resolves; `held` counts those set so far. Knows the limits that were set with the global
 * `setTimeout` or with `AbortSignal.timeout`. Rejects if there is none: `work` would take a day.
 */
export async function outOfTime<T>(
  reached: (held: () => number) => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  const timers = recordTimers();
  const { timeout } = AbortSignal;
  const ends: (() => void)[] = [];
  AbortSignal.timeout = (ms) => {
    if (!isHeld(ms)) return timeout.call(AbortSignal, ms);
    const controller = new AbortController();
    ends.push(() => controller.abort(new DOMException('The time is up.', 'TimeoutError')));
    return controller.signal;
  };
  try {
    const ending = work();
    const heldTimers = () => timers.set.filter(({ ms }) => isHeld(ms));
    await reached(() => ends.length + heldTimers().length);
    ends.push(...heldTimers().map(({ end }) => end));
    if (ends.length === 0) {
      ending.catch(() => {});
      throw new Error(
        'No time limit of timeoutMs was set with the global setTimeout or AbortSignal.timeout, so it cannot be ended here.',
      );
    }
    for (const end of ends) end();
    return await ending;
  } finally {
    AbortSignal.timeout = timeout;
    timers.restore();
  }
}

interface SetTimer {
  readonly ms: number | undefined;
  readonly timer: unknown;
  /** Does at once what the timer would do. */
  readonly end: () => void;
}

/** Writes down every timer that is set or cleared with the global functions, until `restore`. */
export function recordTimers() {
  const { setTimeout, clearTimeout } = globalThis;
  const set: SetTimer[] = [];
  const cleared = new Set<unknown>();
  globalThis.setTimeout = Object.assign(
    (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      const timer = setTimeout(work, ms, ...args);
      set.push({ ms, timer, end: () => work(...args) });
      return timer;
    },
    setTimeout,
  ) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    cleared.add(timer);
    clearTimeout(timer);
  };
  const restore = (): void => {
    globalThis.setTimeout = setTimeout;
    globalThis.clearTimeout = clearTimeout;
  };
  return { set, cleared, restore };
}
