/**
 * Reports an outage of the database: once when it begins, and once when it is over. These are the first two things that a person on
 * call wants to know. A line with a stack trace for each failed request and sweep would hide them.
 */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { StoreError } from '../ports/store.ts';

/** If the database comes and goes, an outage is reported at most this often. */
const REPORT_EVERY_MS = 60_000;

export interface Outage {
  /**
   * Notes that something failed because of the database. Ignores `refused`: it is no outage, and has its own alarm.
   * `beganAtMs`: when it was sent to the database. It may have waited there, for a lock or for an answer.
   */
  failed(error: StoreError, beganAtMs: number): void;
  /** Failures since the outage began; 0: there is no outage. */
  readonly failures: number;
  /** Milliseconds since the first failure, for which something may have waited in vain before; 0: there is no outage. */
  sinceFailureMs(): number;
  /** Ends the outage: a check has shown that the database takes writes. */
  over(): void;
}

export function createOutage(clock: Clock, log: Log): Outage {
  let reportAtMs = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let failedAtMs = 0;
  let sinceMs = 0;
  let isReported = false;
  return {
    failed(error, beganAtMs) {
      if (error.kind === 'refused') return;
      const nowMs = clock.monotonicMs();
      if (failures === 0) failedAtMs = nowMs;
      sinceMs = failures === 0 ? beganAtMs : Math.min(sinceMs, beganAtMs);
      failures += 1;
      if (isReported || nowMs < reportAtMs) return;
      isReported = true;
      reportAtMs = nowMs + REPORT_EVERY_MS;
      log.error(
        { alarm: 'database_unavailable', err: error, kind: error.kind },
        'the database cannot be used: requests are answered 503, or 202 if their payment is stored, and payments under way wait. ' +
          'Payonce keeps trying, and logs a line when the database is back. Check the database, the network to it, and locks on its tables',
      );
    },
    get failures() {
      return failures;
    },
    sinceFailureMs: () => (failures === 0 ? 0 : clock.monotonicMs() - failedAtMs),
    over() {
      if (failures > 0 && isReported)
        log.info(
          {
            alarm_ended: 'database_unavailable',
            failures,
            lasted_ms: Math.round(clock.monotonicMs() - sinceMs),
          },
          'the database can be used again',
        );
      failures = 0;
      isReported = false;
    },
  };
}
