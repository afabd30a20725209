/** Logs when calls to the gateway are stopped, and when they go on: the first question of a person on call. */
import { EFFECTS, type EffectKind } from '../domain/effects.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { CallHealth } from './breaker.ts';

/**
 * "Calls go on" is logged when they have gone on for this long. So a gateway that works now and then is no flood of lines, and the
 * last line is never wrong for longer.
 */
const STEADY_AFTER_MS = 5000;

export interface StopReport {
  /** After each end of a call. `why`: what the last one said about the gateway. */
  now(stopped: boolean, why: CallHealth): void;
  /** From now on nothing is logged. */
  close(): void;
}

/** `kind`: whose calls it reports. `onGoingOn`: called when it says that calls go on. */
export function createStopReport(
  clock: Clock,
  log: Log | undefined,
  kind: EffectKind,
  onGoingOn: () => void,
): StopReport {
  // The field that tells one from the other. Charges are what nearly all lines are about, and they have none.
  const whose = EFFECTS[kind].followUp === null ? {} : { of: kind };
  /** What the last line says. */
  let saysStopped = false;
  let cancel: (() => void) | null = null;
  let goesOnSinceMs = 0;

  function endWait(): void {
    cancel?.();
    cancel = null;
  }

  function goesOn(): void {
    endWait();
    saysStopped = false;
    log?.info(
      { alarm_ended: 'calls_stopped', ...whose },
      `the gateway answers again, and calls have gone on for ${STEADY_AFTER_MS / 1000} seconds`,
    );
    onGoingOn();
  }

  return {
    now(stopped, why) {
      if (!stopped) {
        if (!saysStopped) return;
        const nowMs = clock.monotonicMs();
        if (cancel === null) {
          goesOnSinceMs = nowMs;
          cancel = clock.after(STEADY_AFTER_MS, goesOn);
        } else if (nowMs - goesOnSinceMs >= STEADY_AFTER_MS) {
          // The timer may be late.
          goesOn();
        }
        return;
      }
      endWait();
      if (saysStopped) return;
      saysStopped = true;
      log?.error(
        { alarm: 'calls_stopped', why, ...whose },
        'calls to the gateway are stopped, because nearly none of them works; a few are let through to find out when they may go on. ' +
          'Orders wait meanwhile. Check the gateway and the network to it',
      );
    },
    close: endWait,
  };
}
