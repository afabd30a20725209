/**
 * A circuit breaker over one gateway: when nearly nothing works any more, calls stop, and a few probes find out
 * when they may go on. It waits; it never fails a payment. (Own code, because the clock is a port: a breaker with
 * a clock of its own could not be simulated.)
 */

/** `silence`: no answer, or no connection. `error`: it answers, but only that it failed. */
export type CallHealth = 'alive' | 'error' | 'silence';

export interface BreakerOptions {
  /** Counts run over windows of this length. */
  readonly windowMs: number;
  /** Fewer calls than this in a window say nothing. */
  readonly minCalls: number;
  /** Share of calls that failed at which it opens, 0 to 1. */
  readonly openAt: number;
  /** The first pause after silence; doubled each time the probes meet silence again, up to the cap. */
  readonly pauseMs: number;
  readonly pauseCapMs: number;
  /** The pause after errors, always the same. */
  readonly errorPauseMs: number;
  /** Calls let through at once to find out. */
  readonly probes: number;
}

export const DEFAULT_BREAKER: BreakerOptions = {
  windowMs: 10_000,
  // Small enough to notice an outage within a second of traffic, large enough not to trip on bad luck.
  minCalls: 50,
  // A nasty gateway that serves one call in five is still worth calling; one that serves none is not.
  openAt: 0.9,
  pauseMs: 1000,
  pauseCapMs: 10_000,
  // Errors are answers: with them a payment can be proved to have failed, so calls go on, twenty a second.
  errorPauseMs: 500,
  probes: 10,
};

type State =
  | { kind: 'closed' }
  | { kind: 'open'; untilMs: number; pauseMs: number }
  | { kind: 'probing'; left: number; sinceMs: number; pauseMs: number };

export interface Breaker {
  /** Milliseconds until it is worth asking again; 0: a call may start now, and its place among the probes is taken. */
  reserve(nowMs: number): number;
  /** Milliseconds for which calls are stopped altogether; takes no place. */
  stoppedMs(nowMs: number): number;
  ended(nowMs: number, health: CallHealth): void;
  /** Stops calls for `pauseMs` at least, whatever the counts say. */
  pause(nowMs: number, pauseMs: number): void;
}

export function createBreaker(options: BreakerOptions): Breaker {
  let state: State = { kind: 'closed' };
  let windowEndMs = 0;
  let calls = 0;
  let failed = 0;

  function open(nowMs: number, pauseMs: number): void {
    state = { kind: 'open', untilMs: nowMs + pauseMs, pauseMs };
    calls = 0;
    failed = 0;
  }

  function count(nowMs: number, health: CallHealth): void {
    if (nowMs >= windowEndMs) {
      windowEndMs = nowMs + options.windowMs;
      calls = 0;
      failed = 0;
    }
    calls += 1;
    if (health !== 'alive') failed += 1;
  }

  /** Silence doubles the pause before it; errors do not. */
  function nextPauseMs(health: CallHealth, pauseMs: number): number {
    return health === 'error' ? options.errorPauseMs : Math.min(pauseMs, options.pauseCapMs);
  }

  return {
    reserve(nowMs) {
      if (state.kind === 'open') {
        if (nowMs < state.untilMs) return state.untilMs - nowMs;
        state = { kind: 'probing', left: options.probes, sinceMs: nowMs, pauseMs: state.pauseMs };
      }
      if (state.kind === 'closed') return 0;
      if (state.left === 0) {
        // A probe whose payment was taken by another worker never comes back: after a while others may go.
        if (nowMs - state.sinceMs < options.pauseCapMs) return options.pauseMs;
        state = { ...state, left: options.probes, sinceMs: nowMs };
      }
      state.left -= 1;
      return 0;
    },
    stoppedMs: (nowMs) => (state.kind === 'open' ? Math.max(0, state.untilMs - nowMs) : 0),
    ended(nowMs, health) {
      if (state.kind === 'open') return;
      if (state.kind === 'probing') {
        if (health === 'alive') state = { kind: 'closed' };
        else open(nowMs, nextPauseMs(health, state.pauseMs * 2));
        return;
      }
      count(nowMs, health);
      if (calls >= options.minCalls && failed >= calls * options.openAt) {
        open(nowMs, nextPauseMs(health, options.pauseMs));
      }
    },
    pause: open,
  };
}
