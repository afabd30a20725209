/** Deals with what steps of the database's clock leave behind, and reports them. */

import type { Engine } from './context.ts';
import type { Steps } from './database-clock.ts';
import { momentOf } from './moment.ts';

/** A clock that is slewed for hours steps all the time; nobody needs to hear of it more often than this. */
const REPORT_EVERY_MS = 10 * 60_000;
/** Waits that are looked at in one statement. */
const PAGE = 500;
/**
 * A fail-over that no statement of ours has met may have lost what was written, so they are looked at again this often, until
 * the new clock is where the old one was.
 */
const LOOK_EVERY_MS = 2 * 60_000;

/**
 * Returns what the sweep does about the clock; rejects with `StoreError` where the store cannot be reached. `cameBack`: it could
 * not be reached before, and may have lost what it knew. So its waits may be of an old clock again.
 */
export function createClockWatch(engine: Engine): (cameBack: boolean) => Promise<void> {
  const { clock, databaseClock, gateway, log, policy, store } = engine;
  let reportAtMs = clock.monotonicMs();
  // What waits may have been set by a clock that was set back while nobody was here.
  let waits: { readonly after: number | null } | null = { after: null };
  let lookAtMs = 0;
  let lookUntilMs = 0;

  function report({ backMs, forwardMs }: Steps): void {
    if (clock.monotonicMs() < reportAtMs) return;
    reportAtMs = clock.monotonicMs() + REPORT_EVERY_MS;
    log.error(
      { alarm: 'clock_stepped', set_back_ms: Math.round(backMs), set_forward_ms: Math.round(forwardMs) },
      "the database's clock and this machine's have counted different times: one of them was set, or this machine was suspended. " +
        'Nothing was proved by it; what elapsed time must prove is waited for again. Check the time synchronisation of both machines.',
    );
  }

  function lookAtWaits(oldForMs: number): void {
    const nowMs = clock.monotonicMs();
    waits = { after: null };
    lookAtMs = nowMs + LOOK_EVERY_MS;
    lookUntilMs = Math.max(lookUntilMs, nowMs + oldForMs);
  }

  async function tell(): Promise<void> {
    const sent = momentOf(clock);
    const { nowMs, longestLeaseMs } = await store.noteLease(policy.leaseMs);
    databaseClock.heard(nowMs, sent);
    // Also what was set while the store was asked.
    const steps = databaseClock.untold();
    databaseClock.told(longestLeaseMs);
    if (steps === null) return;
    report(steps);
    if (steps.backMs > 0) lookAtWaits(steps.backMs);
  }

  return async (cameBack) => {
    const nowMs = clock.monotonicMs();
    if (cameBack || (nowMs >= lookAtMs && nowMs < lookUntilMs)) lookAtWaits(0);
    if (databaseClock.untold() !== null) await tell();
    if (waits === null) return;
    const next = await store.shortenWaits({ gateway: gateway.name, after: waits.after, limit: PAGE });
    waits = next === null ? null : { after: next };
  };
}
