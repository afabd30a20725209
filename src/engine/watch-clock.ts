/** Handles the effects of steps of the database's clock, and reports them. */

import type { Engine } from './context.ts';
import type { Steps } from './database-clock.ts';
import { momentOf } from './moment.ts';

/** A clock that is slewed for hours steps all the time. It is reported no more often than this. */
const REPORT_EVERY_MS = 10 * 60_000;
/** How many waits one statement checks. */
const PAGE = 500;
/**
 * A fail-over that none of our statements noticed may have lost what was written. So the waits are checked again
 * this often, until the new clock is where the old one was.
 */
const LOOK_EVERY_MS = 2 * 60_000;

/**
 * Returns the sweep's step for the clock. It rejects with `StoreError` if the store cannot be reached. `cameBack`:
 * the store could not be reached before, and may have lost writes. So its waits may be by an old clock again.
 */
export function createClockWatch(engine: Engine): (cameBack: boolean) => Promise<void> {
  const { clock, databaseClock, gateway, log, policy, store } = engine;
  let reportAtMs = clock.monotonicMs();
  // At the start: the clock may have been set back while no process was running.
  let waits: { readonly after: number | null } | null = { after: null };
  let lookAtMs = 0;
  let lookUntilMs = 0;
  /** How far the clock was set back when the waits at this gateway were last checked because of it. */
  let checkedBackMs = 0;

  function report({ backMs, forwardMs }: Steps): void {
    if (clock.monotonicMs() < reportAtMs) return;
    reportAtMs = clock.monotonicMs() + REPORT_EVERY_MS;
    log.error(
      { alarm: 'clock_stepped', set_back_ms: Math.round(backMs), set_forward_ms: Math.round(forwardMs) },
      "the database's clock and this machine's have counted different times: one of them was set, or this machine was suspended. " +
        'No payment was settled because of it, and proofs that need elapsed time start waiting again. Check the time synchronisation of both machines.',
    );
  }

  function lookAtWaits(oldForMs: number): void {
    const nowMs = clock.monotonicMs();
    waits = { after: null };
    lookAtMs = nowMs + LOOK_EVERY_MS;
    lookUntilMs = Math.max(lookUntilMs, nowMs + oldForMs);
  }

  async function handle(): Promise<void> {
    const sent = momentOf(clock);
    const { nowMs, longestLeaseMs } = await store.noteLease(policy.leaseMs);
    databaseClock.note(nowMs, sent);
    // Includes steps during the store's answer.
    const steps = databaseClock.unhandled();
    databaseClock.learnLease(longestLeaseMs);
    databaseClock.handled();
    if (steps === null) return;
    report(steps);
  }

  return async (cameBack) => {
    const nowMs = clock.monotonicMs();
    if (cameBack || (nowMs >= lookAtMs && nowMs < lookUntilMs)) lookAtWaits(0);
    if (databaseClock.unhandled() !== null) await handle();
    // The sweep of another gateway may have handled the step. The waits at this one are still to be checked.
    const { setBackMs } = databaseClock.trust();
    const backMs = setBackMs - checkedBackMs;
    checkedBackMs = setBackMs;
    if (backMs > 0) lookAtWaits(backMs);
    if (waits === null) return;
    const next = await store.shortenWaits({ gateway: gateway.name, after: waits.after, limit: PAGE });
    waits = next === null ? null : { after: next };
  };
}
