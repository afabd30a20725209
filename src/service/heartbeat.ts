/** A worker's sign of life for the process that started it. A worker that is frozen, or blocks its event loop, sends none. */

/** The message. */
export const BEAT = 'alive';

/** Twice as often as the supervisor checks for it. */
const BEAT_EVERY_MS = 1000;

/** Sends a sign of life every second from now on. */
export function beat(): void {
  setInterval(() => {
    // If the process that started us is gone, we end as well.
    if (process.connected) process.send?.(BEAT, undefined, undefined, () => {});
  }, BEAT_EVERY_MS).unref();
}
