import { vi } from 'vitest';

/** A time limit that ends when the test says so: no machine is so slow that it ends by itself. */
export const HELD_MS = 86_399_999;

/** Runs `work`, and ends its time limits of `HELD_MS` as soon as `reached` resolves. */
export async function outOfTime<T>(reached: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  const set = vi.spyOn(globalThis, 'setTimeout');
  try {
    const ending = work();
    await reached();
    for (const [end, ms, ...rest] of set.mock.calls) if (ms === HELD_MS) end(...rest);
    return await ending;
  } finally {
    set.mockRestore();
  }
}
