/**
 * Events and payments carry the database's time, everything else that is judged carries our own. Where the database's clock was made to step, one of
 * its times may have been several of ours, or none.
 */

/** From this moment on, by our clock, the database's was ahead by `offsetMs`. */
export interface Step {
  readonly atMs: number;
  readonly offsetMs: number;
}

export interface DatabaseTime {
  /** The first of our times that it may have been, in milliseconds since the epoch. */
  earliestMs(at: string): number;
  /** The last of them. */
  latestMs(at: string): number;
}

/** A transaction's time is that of its beginning; a server that just read the clock may use the time of before the step. */
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
    // A time that never was: then any.
    return (possible.length > 0 ? possible : ours).map(({ ms }) => ms);
  }

  return {
    earliestMs: (at) => Math.min(...candidates(at)),
    latestMs: (at) => Math.max(...candidates(at)),
  };
}
