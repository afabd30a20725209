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
  /** Notes that something failed because of the database. Ignores `refused`: it is no outage, and has its own alarm. */
  failed(error: StoreError): void;
  /** Failures since the outage began; 0: there is no outage. */
  readonly failures: number;
  /** How long the outage has lasted, in milliseconds; 0: there is no outage. */
  lastedMs(): number;
  /** Ends the outage: a check has shown that the database takes writes. */
  over(): void;
}

export function createOutage(clock: Clock, log: Log): Outage {
  let reportAtMs = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let sinceMs = 0;
  let isReported = false;
  const lastedMs = (): number => (failures === 0 ? 0 : clock.monotonicMs() - sinceMs);

  return {
    failed(error) {
      if (error.kind === 'refused') return;
      const nowMs = clock.monotonicMs();
      if (failures === 0) sinceMs = nowMs;
      failures += 1;
      if (isReported || nowMs < reportAtMs) return;
      isReported = true;
      reportAtMs = nowMs + REPORT_EVERY_MS;
      log.error(
        { alarm: 'database_unavailable', err: error, kind: error.kind },
        'the database cannot be used: requests are answered 503, or 202 if their payment is stored, and payments under way wait. ' +
          'Payonce keeps trying, and logs a line when the database is back. Check the database and the network to it',
      );
    },
    get failures() {
      return failures;
    },
    lastedMs,
    over() {
      if (failures > 0 && isReported)
        log.info(
          { alarm_ended: 'database_unavailable', failures, lasted_ms: Math.round(lastedMs()) },
          'the database can be used again',
        );
      failures = 0;
      isReported = false;
    },
  };
}
