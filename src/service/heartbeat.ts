/** A worker's sign of life for the process that started it. A worker that is frozen, or blocks its event loop, gives none. */

/** What is sent. */
export const BEAT = 'alive';

/** Twice as often as it is looked for. */
const BEAT_EVERY_MS = 1000;

/** Gives a sign of life every second from now on. */
export function beat(): void {
  setInterval(() => {
    // The process that started us may be gone, and then we end as well.
    if (process.connected) process.send?.(BEAT, undefined, undefined, () => {});
  }, BEAT_EVERY_MS).unref();
}
