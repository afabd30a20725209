/**
 * An outage of the database: reported once when it begins and once when it is over, however many requests and sweeps it meets. At
 * night those are the first questions, and a line with a stack for each failed request would bury all else.
 */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { StoreError } from '../ports/store.ts';

/** A database that works now and then is back and gone again all the time; nobody needs to hear of it more often than this. */
const REPORT_EVERY_MS = 60_000;

export interface Outage {
  /** Something could not be done because of the database. What it refuses for good has an alarm of its own, and is no outage. */
  failed(error: StoreError): void;
  /** Failures since it began; 0: there is none. */
  readonly failures: number;
  /** For how long it has lasted, in milliseconds; 0: there is none. */
  lastedMs(): number;
  /** The database was asked, and takes writes. */
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
        'the database cannot be used: requests are answered 503, or 202 where their payment is stored, and what is under way waits. ' +
          'It is tried again all the time, and a line says when it is back. Check the database and the way to it',
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
