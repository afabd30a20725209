/** Logs when calls to the gateway are stopped, and when they go on: the first question of a person on call. */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { CallHealth } from './breaker.ts';

/** A gateway that works now and then opens and closes the breaker all the time. It is reported no more often than this. */
const REPORT_EVERY_MS = 60_000;

export interface StopReport {
  /** After each end of a call. `why`: what the last one said about the gateway. */
  now(stopped: boolean, why: CallHealth): void;
}

export function createStopReport(clock: Clock, log: Log | undefined): StopReport {
  let reportAtMs = clock.monotonicMs();
  let reported = false;
  return {
    now(stopped, why) {
      if (stopped === reported) return;
      const nowMs = clock.monotonicMs();
      if (!stopped) {
        reported = false;
        log?.info({ alarm_ended: 'calls_stopped' }, 'the gateway answers again, and calls go on');
        return;
      }
      if (nowMs < reportAtMs) return;
      reported = true;
      reportAtMs = nowMs + REPORT_EVERY_MS;
      log?.error(
        { alarm: 'calls_stopped', why },
        'calls to the gateway are stopped, because nearly none of them works; a few are let through to find out when they may go on. ' +
          'Orders wait meanwhile. Check the gateway and the network to it',
      );
    },
  };
}
