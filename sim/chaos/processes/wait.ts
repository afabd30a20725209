/** Waits for something real: by polling, and always with a deadline. */
import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, for the error message. */
  readonly what: string | (() => string);
  readonly withinMs: number;
  readonly pollMs?: number;
  readonly signal?: AbortSignal;
}

/** Resolves with the first result that is not undefined, null or false. Throws when the deadline passes or the signal is aborted. */
export async function waitFor<T>(
  options: WaitOptions,
  condition: () => Promise<T> | T,
): Promise<Exclude<NonNullable<T>, false>> {
  const { what, withinMs, pollMs = 50, signal } = options;
  const untilMs = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const result = await condition();
    if (result !== undefined && result !== null && result !== false)
      return result as Exclude<NonNullable<T>, false>;
    if (performance.now() >= untilMs)
      throw new Error(`Waited ${withinMs} ms in vain for ${typeof what === 'string' ? what : what()}.`);
    await pause(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** Resolves with `late` if the work has not ended within the time. The work goes on. */
export async function within<T, L>(limitMs: number, work: Promise<T>, late: L): Promise<T | L> {
  const timer = new AbortController();
  try {
    const limit = pause(limitMs, late, { signal: timer.signal }).catch(() => late);
    return await Promise.race([work, limit]);
  } finally {
    timer.abort();
  }
}
