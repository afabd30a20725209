/**
 * A circuit breaker over one gateway: when nearly nothing works any more, calls stop, and a few probes find out
 * when they may go on. It waits; it never fails a payment. (Own code, because the clock is a port: a breaker with
 * a clock of its own could not be simulated.)
 */

/**
 * `silence`: no answer, or no connection. `error`: it answers, but only that it failed. `forbidden`: it answers, and refuses our
 * credentials or this one order.
 */
export type CallHealth = 'alive' | 'error' | 'silence' | 'forbidden';

export interface BreakerOptions {
  /** Counts run over windows of this length. */
  readonly windowMs: number;
  /** Fewer calls than this in a window say nothing. */
  readonly minCalls: number;
  /** Share of calls that failed at which it opens, 0 to 1. */
  readonly openAt: number;
  /** It also opens after so many silent calls in a row, however few calls there are. */
  readonly silencesInRow: number;
  /** But not before the last answer is so old: among many calls, a few silent ones in a row are bad luck. */
  readonly silentForMs: number;
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
  // Two or three orders with all their retries: a shop with an order a second notices, too.
  silencesInRow: 10,
  // At forty calls a second, ten of them: with more traffic it takes more than ten, and the share above decides.
  silentForMs: 250,
  pauseMs: 1000,
  pauseCapMs: 10_000,
  // Errors are answers: with them a payment can be proved to have failed, so calls go on, twenty a second.
  errorPauseMs: 500,
  probes: 10,
};

type State =
  | { kind: 'closed' }
  /** `forbidden`: because calls were refused, not because they failed. */
  | { kind: 'open'; untilMs: number; pauseMs: number; forbidden: boolean }
  | { kind: 'probing'; left: number; sinceMs: number; pauseMs: number };

export interface Breaker {
  /** Milliseconds until it is worth asking again; 0: a call may start now, and its place among the probes is taken. */
  reserve(nowMs: number): number;
  /** Milliseconds for which calls are stopped altogether; takes no place. */
  stoppedMs(nowMs: number): number;
  /** Whether calls are not let through as they come: they are stopped, or only probed. */
  isStopped(): boolean;
  ended(nowMs: number, health: CallHealth): void;
  /** Stops calls for `pauseMs`, whatever the counts say, or until a call ends well: the gateway refuses us. */
  pause(nowMs: number, pauseMs: number): void;
}

export function createBreaker(options: BreakerOptions): Breaker {
  let state: State = { kind: 'closed' };
  let windowEndMs = 0;
  let calls = 0;
  let failed = 0;
  let silences = 0;
  let answeredAtMs = Number.NEGATIVE_INFINITY;

  function open(nowMs: number, pauseMs: number, forbidden = false): void {
    state = { kind: 'open', untilMs: nowMs + pauseMs, pauseMs, forbidden };
    calls = 0;
    failed = 0;
    silences = 0;
  }

  function count(nowMs: number, health: CallHealth): void {
    if (nowMs >= windowEndMs) {
      windowEndMs = nowMs + options.windowMs;
      calls = 0;
      failed = 0;
    }
    calls += 1;
    if (health === 'silence' || health === 'error') failed += 1;
    silences = health === 'silence' ? silences + 1 : 0;
  }

  function hasFailed(nowMs: number): boolean {
    if (calls >= options.minCalls && failed >= calls * options.openAt) return true;
    return silences >= options.silencesInRow && nowMs - answeredAtMs >= options.silentForMs;
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
    isStopped: () => state.kind !== 'closed',
    ended(nowMs, health) {
      if (health !== 'silence') answeredAtMs = nowMs;
      if (state.kind === 'closed') {
        count(nowMs, health);
        if (hasFailed(nowMs)) open(nowMs, nextPauseMs(health, options.pauseMs));
        return;
      }
      // Late news of a call that left before; only a refusal of our credentials is disproved by it.
      if (state.kind === 'open' && !(state.forbidden && health === 'alive')) return;
      if (health === 'alive') {
        state = { kind: 'closed' };
      } else if (health === 'forbidden') {
        // One order that is refused says nothing about the others: the probes go on while there are any.
        if (state.kind === 'probing' && state.left === 0) open(nowMs, state.pauseMs, true);
      } else {
        open(nowMs, nextPauseMs(health, state.pauseMs * 2));
      }
    },
    pause: (nowMs, pauseMs) => open(nowMs, pauseMs, true),
  };
}
