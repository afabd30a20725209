/**
 * Events and payments have the database's time. Everything else that is judged has our own time. If the database's clock was made to
 * step, one of its times can match several of ours, or none.
 */

/** From `atMs` on, by our clock, the database's clock was ahead by `offsetMs`. */
export interface Step {
  readonly atMs: number;
  readonly offsetMs: number;
}

export interface DatabaseTime {
  /** The earliest of our times that it can be, in milliseconds since the epoch. */
  earliestMs(at: string): number;
  /** The latest of them. */
  latestMs(at: string): number;
}

/** A transaction's time is that of its beginning. A server that read the clock just before the step may still use the earlier time. */
const SLACK_MS = 500;

export function createDatabaseTime(steps: readonly Step[]): DatabaseTime {
  const eras = [{ atMs: Number.NEGATIVE_INFINITY, offsetMs: 0 }, ...steps].map(
    ({ atMs, offsetMs }, index) => ({
      fromMs: atMs - SLACK_MS,
      untilMs: (steps[index]?.atMs ?? Number.POSITIVE_INFINITY) + SLACK_MS,
      offsetMs,
    }),
  );

  function candidates(at: string): number[] {
    const databaseMs = Date.parse(at);
    const ours = eras.map(({ offsetMs, ...era }) => ({ ms: databaseMs - offsetMs, ...era }));
    const possible = ours.filter(({ ms, fromMs, untilMs }) => ms >= fromMs && ms <= untilMs);
    // A time that the database's clock never showed: all are possible.
    return (possible.length > 0 ? possible : ours).map(({ ms }) => ms);
  }

  return {
    earliestMs: (at) => Math.min(...candidates(at)),
    latestMs: (at) => Math.max(...candidates(at)),
  };
}
