/**
 * A circuit breaker for one gateway. When almost no call works any more, calls stop, and a few probes find out when
 * they may go on. It delays payments, and never fails one. (Our own code, because the clock is a port: a breaker
 * with its own clock could not be simulated.)
 */

/**
 * `silence`: no answer, or no connection. `error`: it answers that it failed. `forbidden`: it answers, and refuses
 * our credentials or this one order.
 */
export type CallHealth = 'alive' | 'error' | 'silence' | 'forbidden';

export interface BreakerOptions {
  /** Calls are counted in windows of this length. */
  readonly windowMs: number;
  /** Fewer calls than this in a window say nothing. */
  readonly minCalls: number;
  /** The breaker opens at this share of failed calls, 0 to 1. */
  readonly openAt: number;
  /** It also opens after this many silent calls in a row, even if there are few calls. */
  readonly silencesInRow: number;
  /** But only if the last answer is at least this old: among many calls, a few silent ones in a row are just bad luck. */
  readonly silentForMs: number;
  /** The first pause after silence. It doubles each time the probes get no answer, up to the cap. */
  readonly pauseMs: number;
  readonly pauseCapMs: number;
  /** The pause after errors, always the same. */
  readonly errorPauseMs: number;
  /** How many calls are let through at once as probes. */
  readonly probes: number;
}

export const DEFAULT_BREAKER: BreakerOptions = {
  windowMs: 10_000,
  // Small enough to notice an outage within a second of traffic, large enough to ignore bad luck.
  minCalls: 50,
  // A bad gateway that serves one call in five is still worth calling. One that serves none is not.
  openAt: 0.9,
  // Two or three orders with all their retries, so a shop with an order a second notices an outage too.
  silencesInRow: 10,
  // Ten calls take this long at forty calls a second. With more traffic it takes more than ten silent calls, and
  // the share above decides.
  silentForMs: 250,
  pauseMs: 1000,
  pauseCapMs: 10_000,
  // Errors are answers: they can prove that a payment failed. So calls go on, twenty a second.
  errorPauseMs: 500,
  probes: 10,
};

type State =
  | { kind: 'closed' }
  /** `forbidden`: because calls were refused, not because they failed. */
  | { kind: 'open'; untilMs: number; pauseMs: number; forbidden: boolean }
  | { kind: 'probing'; left: number; sinceMs: number; pauseMs: number };

export interface Breaker {
  /** Milliseconds until it is worth asking again. 0: a call may start now, and has its place among the probes. */
  reserve(nowMs: number): number;
  /**
   * A call leaves now. 0: it may; otherwise for how many milliseconds calls are stopped. The first one to leave after a stop
   * is a probe, even if it got its place before the stop: its result must count.
   */
  leave(nowMs: number): number;
  /** For how many milliseconds all calls are stopped. Takes no place. */
  stoppedMs(nowMs: number): number;
  /** Whether calls are stopped, or only let through as probes. */
  isStopped(): boolean;
  /** `leftAtMs`: when the call left. */
  ended(nowMs: number, health: CallHealth, leftAtMs: number): void;
  /**
   * Stops calls because the gateway refuses us, whatever the counts say: for `pauseMs`, or until a call succeeds that
   * left at `refusedAtMs` or later.
   */
  pause(nowMs: number, pauseMs: number, refusedAtMs: number): void;
}

export function createBreaker(options: BreakerOptions): Breaker {
  let state: State = { kind: 'closed' };
  let windowEndMs = 0;
  let calls = 0;
  let failed = 0;
  let silences = 0;
  let answeredAtMs = Number.NEGATIVE_INFINITY;
  /** Since when the gateway has refused us. A call that left before proves nothing when it succeeds. */
  let refusedAtMs = Number.NEGATIVE_INFINITY;

  function open(nowMs: number, pauseMs: number, forbidden = false): void {
    state = { kind: 'open', untilMs: nowMs + pauseMs, pauseMs, forbidden };
    calls = 0;
    failed = 0;
    silences = 0;
  }

  function probing(sinceMs: number, pauseMs: number): Extract<State, { kind: 'probing' }> {
    return { kind: 'probing', left: options.probes, sinceMs, pauseMs };
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

  /** Silence doubles the previous pause. Errors do not. */
  function nextPauseMs(health: CallHealth, pauseMs: number): number {
    return health === 'error' ? options.errorPauseMs : Math.min(pauseMs, options.pauseCapMs);
  }

  return {
    reserve(nowMs) {
      if (state.kind === 'open') {
        if (nowMs < state.untilMs) return state.untilMs - nowMs;
        state = probing(nowMs, state.pauseMs);
      }
      if (state.kind === 'closed') return 0;
      if (state.left === 0) {
        // A probe never returns if another worker took its payment. So other probes may go after a while.
        if (nowMs - state.sinceMs < options.pauseCapMs) return options.pauseMs;
        state = { ...state, left: options.probes, sinceMs: nowMs };
      }
      state.left -= 1;
      return 0;
    },
    leave(nowMs) {
      if (state.kind !== 'open') return 0;
      if (nowMs < state.untilMs) return state.untilMs - nowMs;
      state = probing(nowMs, state.pauseMs);
      state.left -= 1;
      return 0;
    },
    stoppedMs: (nowMs) => (state.kind === 'open' ? Math.max(0, state.untilMs - nowMs) : 0),
    isStopped: () => state.kind !== 'closed',
    ended(nowMs, health, leftAtMs) {
      if (health !== 'silence') answeredAtMs = nowMs;
      if (state.kind === 'closed') {
        count(nowMs, health);
        if (hasFailed(nowMs)) open(nowMs, nextPauseMs(health, options.pauseMs));
        return;
      }
      if (health === 'alive' && leftAtMs < refusedAtMs) return;
      // The result of a call that was sent earlier. It only disproves that the gateway refuses our credentials.
      if (state.kind === 'open' && !(state.forbidden && health === 'alive')) return;
      if (health === 'alive') {
        state = { kind: 'closed' };
      } else if (health === 'forbidden') {
        // One refused order says nothing about the others, so the remaining probes go on.
        if (state.kind !== 'probing' || state.left > 0) return;
        refusedAtMs = state.sinceMs;
        open(nowMs, state.pauseMs, true);
      } else {
        open(nowMs, nextPauseMs(health, state.pauseMs * 2));
      }
    },
    pause(nowMs, pauseMs, sinceMs) {
      refusedAtMs = sinceMs;
      open(nowMs, pauseMs, true);
    },
  };
}
