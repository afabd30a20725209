/**
 * Decides when something may be sent to the gateway: breaker, retry budget, lookup budget and slots in one place.
 * Waiting here is not a call and uses up no attempt.
 */
import { EFFECTS, type EffectKind } from '../domain/effects.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import {
  type Breaker,
  type BreakerOptions,
  type CallHealth,
  createBreaker,
  DEFAULT_BREAKER,
} from './breaker.ts';
import { createRefusals, type Refusals } from './refusals.ts';
import { createStopReport, type StopReport } from './report-stop.ts';
import { type AllSlots, createSlots, shareOf } from './slots.ts';
import { createTokenBucket, type TokenBucket, type TokenBucketOptions } from './tokens.ts';

export interface GateOptions {
  readonly clock: Clock;
  /** Calls under way at once. */
  readonly maxCalls: number;
  /** Lookups under way at once. They have their own limit, so that calls which hang in an outage cannot block them. */
  readonly maxLookups: number;
  readonly breaker?: BreakerOptions;
  /** Default: `DEFAULT_BUDGETS`. */
  readonly budgets?: Budgets;
  /** Gets a line when calls stop, and when they go on. Default: no log. */
  readonly log?: Log;
}

/** How many retries and lookups of charges may start, and how fast. All follow-ups together get half as many of their own. */
export interface Budgets {
  readonly retries: TokenBucketOptions;
  readonly lookups: TokenBucketOptions;
}

/** `resumed`: a call that a worker started and did not finish. It is not a retry after a failure of the gateway. */
export type Request = 'first_call' | 'resumed' | 'retry' | 'lookup';

/** `go`: the place is reserved, start in `inMs`. `ask_again`: there is no place, ask again in `inMs`. */
export interface Permission {
  readonly kind: 'go' | 'ask_again';
  readonly inMs: number;
}

/** What the gate is told. `prepared`: what a charge is confirmed on was made. */
export type GateOutcome = CallOutcome | { readonly kind: 'prepared' };

export interface Gate {
  /** Each kind of effect has a breaker of its own: a gateway that makes no refunds can still charge. `kind`: default `charge`. */
  reserve(request: Request, kind?: EffectKind): Permission;
  /** Gives a place back that was not used. `kind`: default `charge`. */
  giveBack(request: Request, kind?: EffectKind): void;
  /** Checked in the tick in which a call is sent. 0: it may be. Otherwise for how many milliseconds calls are stopped. */
  leave(kind?: EffectKind): number;
  /** For how many milliseconds no call of this kind may be sent. */
  callsStoppedMs(kind?: EffectKind): number;
  /** `pauseMs`: how long all calls of its kind stop if this is the second one that the gateway refuses. */
  callEnded(call: {
    /** What was called: a payment, or a follow-up. */
    readonly unit: string;
    readonly outcome: GateOutcome;
    /** When `leave` let it go, by the monotonic clock. */
    readonly leftAtMs: number;
    readonly pauseMs: number;
    /** Default: `charge`. */
    readonly kind?: EffectKind;
  }): void;
  /** `listener` is called when calls of a kind were stopped, and have gone on for a few seconds. There is one listener. */
  onGoingOn(listener: (kind: EffectKind) => void): void;
  readonly callSlots: AllSlots;
  readonly lookupSlots: AllSlots;
  /** From now on nothing new starts. */
  close(): void;
}

/** Every first call earns one retry: a struggling gateway gets at most twice the calls, not four times. */
const RETRIES_PER_CALL = 1;

const DEFAULT_BUDGETS: Budgets = {
  // In addition to what first calls earn, so that the few orders of a quiet service are retried without delay.
  retries: { capacity: 10_000, initial: 1000, perSecond: 50 },
  // Lookups are cheap for a gateway, but ten thousand at once after an outage are not.
  lookups: { capacity: 1000, initial: 1000, perSecond: 200 },
};

export function createGate(gateOptions: GateOptions): Gate {
  const { clock, maxCalls, maxLookups, log } = gateOptions;
  const { breaker: breakerOptions = DEFAULT_BREAKER, budgets = DEFAULT_BUDGETS } = gateOptions;
  const ofCharges = bucketsOf(budgets);
  const ofFollowUps = bucketsOf({ retries: halfOf(budgets.retries), lookups: halfOf(budgets.lookups) });
  const bucketsFor = (kind: EffectKind): Buckets =>
    EFFECTS[kind].followUp === null ? ofCharges : ofFollowUps;
  const callSlots = createSlots(maxCalls, clock);
  const lookupSlots = createSlots(maxLookups, clock);
  let goingOn: (kind: EffectKind) => void = () => {};
  const healthOfKind = (kind: EffectKind): Health => ({
    breaker: createBreaker(breakerOptions),
    refusals: createRefusals(),
    stopReport: createStopReport(clock, log, kind, () => goingOn(kind)),
  });
  const health: Readonly<Record<EffectKind, Health>> = {
    charge: healthOfKind('charge'),
    refund: healthOfKind('refund'),
    capture: healthOfKind('capture'),
    void: healthOfKind('void'),
  };
  return {
    callSlots,
    lookupSlots,
    reserve(request, kind = 'charge') {
      const nowMs = clock.monotonicMs();
      const { retries, lookups } = bucketsFor(kind);
      if (request === 'lookup') return { kind: 'go', inMs: lookups.reserve(nowMs) };
      const stoppedMs = health[kind].breaker.reserve(nowMs);
      if (stoppedMs > 0) return { kind: 'ask_again', inMs: stoppedMs };
      if (request === 'retry') return { kind: 'go', inMs: retries.reserve(nowMs) };
      if (request === 'first_call') retries.add(RETRIES_PER_CALL);
      return { kind: 'go', inMs: 0 };
    },
    giveBack(request, kind = 'charge') {
      const { retries, lookups } = bucketsFor(kind);
      if (request === 'lookup') lookups.add(1);
      else if (request === 'retry') retries.add(1);
    },
    leave: (kind = 'charge') => health[kind].breaker.leave(clock.monotonicMs()),
    callsStoppedMs: (kind = 'charge') => health[kind].breaker.stoppedMs(clock.monotonicMs()),
    callEnded({ unit, outcome, leftAtMs, pauseMs, kind = 'charge' }) {
      const { breaker, refusals, stopReport } = health[kind];
      const nowMs = clock.monotonicMs();
      const shown = healthOf(outcome);
      const refusedSinceMs = refusals.refusedSinceMs(unit, shown, nowMs);
      if (refusedSinceMs === null) breaker.ended(nowMs, shown, leftAtMs);
      else breaker.pause(nowMs, pauseMs, refusedSinceMs);
      stopReport.now(breaker.isStopped(), shown);
    },
    onGoingOn(listener) {
      goingOn = listener;
    },
    close() {
      for (const { stopReport } of Object.values(health)) stopReport.close();
      callSlots.close();
      lookupSlots.close();
    },
  };
}

interface Buckets {
  readonly retries: TokenBucket;
  readonly lookups: TokenBucket;
}

function bucketsOf({ retries, lookups }: Budgets): Buckets {
  return { retries: createTokenBucket(retries), lookups: createTokenBucket(lookups) };
}

function halfOf({ capacity, initial, perSecond }: TokenBucketOptions): TokenBucketOptions {
  return { capacity: shareOf(capacity), initial: Math.floor(initial / 2), perSecond: perSecond / 2 };
}

/** What is known of the gateway by the calls of one kind of effect. */
interface Health {
  readonly breaker: Breaker;
  readonly refusals: Refusals;
  readonly stopReport: StopReport;
}

/** What a call's outcome says about the gateway, not about the order. */
function healthOf(outcome: GateOutcome): CallHealth {
  if (outcome.kind === 'refused') return 'silence';
  if (outcome.kind === 'forbidden') return 'forbidden';
  if (outcome.kind !== 'unknown') return 'alive';
  return outcome.answered ? 'error' : 'silence';
}
