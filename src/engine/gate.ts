/**
 * When the gateway may be asked anything: breaker, retry budget, lookup budget and slots in one place. Waiting
 * here is no call and consumes no attempt.
 */
import type { CallOutcome } from '../domain/outcomes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { type BreakerOptions, type CallHealth, createBreaker, DEFAULT_BREAKER } from './breaker.ts';
import { createRefusals } from './refusals.ts';
import { createStopReport } from './report-stop.ts';
import { createSlots, type Slots } from './slots.ts';
import { createTokenBucket } from './tokens.ts';

export interface GateOptions {
  readonly clock: Clock;
  /** Calls under way at once. */
  readonly maxCalls: number;
  /** Lookups under way at once; theirs alone, so that an outage's calls cannot starve them. */
  readonly maxLookups: number;
  readonly breaker?: BreakerOptions;
  /** Hears when calls are stopped, and when they go on. Default: nobody. */
  readonly log?: Log;
}

/** `resumed`: a call that a worker began and did not bring to its end; it is its own, not a retry of a gateway's failure. */
export type Request = 'first_call' | 'resumed' | 'retry' | 'lookup';

/** `go`: the place is reserved, start in `inMs`. `ask_again`: no place was given, come back in `inMs`. */
export interface Permission {
  readonly kind: 'go' | 'ask_again';
  readonly inMs: number;
}

export interface Gate {
  reserve(request: Request): Permission;
  /** Gives a place back that was not used. */
  giveBack(request: Request): void;
  /** Milliseconds for which no call may leave at all; looked at in the tick of the send. */
  callsStoppedMs(): number;
  /** `pauseMs`: for how long all calls stop if this is a second payment that the gateway refuses. */
  callEnded(call: {
    readonly paymentId: string;
    readonly outcome: CallOutcome;
    readonly pauseMs: number;
  }): void;
  readonly callSlots: Slots;
  readonly lookupSlots: Slots;
  /** Nothing new starts; who waits for a slot is told so. */
  close(): void;
}

/** Every first call earns one retry: a struggling gateway sees at most twice the calls, not four times. */
const RETRIES_PER_CALL = 1;
/** Beyond what first calls earn, so that a quiet service's few orders are retried without delay. */
const RETRY_BUDGET = { capacity: 10_000, initial: 1000, perSecond: 50 };
/** Lookups are cheap for a gateway, but ten thousand at once after an outage are not. */
const LOOKUP_BUDGET = { capacity: 1000, initial: 1000, perSecond: 200 };

export function createGate(gateOptions: GateOptions): Gate {
  const { clock, maxCalls, maxLookups, breaker: options, log } = gateOptions;
  const breaker = createBreaker(options ?? DEFAULT_BREAKER);
  const retries = createTokenBucket(RETRY_BUDGET);
  const lookups = createTokenBucket(LOOKUP_BUDGET);
  const callSlots = createSlots(maxCalls, clock);
  const lookupSlots = createSlots(maxLookups, clock);
  const refusals = createRefusals();
  const stopReport = createStopReport(clock, log);
  return {
    callSlots,
    lookupSlots,
    reserve(request) {
      const nowMs = clock.monotonicMs();
      if (request === 'lookup') return { kind: 'go', inMs: lookups.reserve(nowMs) };
      const stoppedMs = breaker.reserve(nowMs);
      if (stoppedMs > 0) return { kind: 'ask_again', inMs: stoppedMs };
      if (request === 'retry') return { kind: 'go', inMs: retries.reserve(nowMs) };
      if (request === 'first_call') retries.add(RETRIES_PER_CALL);
      return { kind: 'go', inMs: 0 };
    },
    giveBack(request) {
      if (request === 'lookup') lookups.add(1);
      else if (request === 'retry') retries.add(1);
    },
    callsStoppedMs: () => breaker.stoppedMs(clock.monotonicMs()),
    callEnded({ paymentId, outcome, pauseMs }) {
      const nowMs = clock.monotonicMs();
      const health = healthOf(outcome);
      if (refusals.blamesUs(paymentId, health)) breaker.pause(nowMs, pauseMs);
      else breaker.ended(nowMs, health);
      stopReport.now(breaker.isStopped(), health);
    },
    close() {
      callSlots.close();
      lookupSlots.close();
    },
  };
}

/** What a call's end says about the gateway, rather than about the order. */
function healthOf(outcome: CallOutcome): CallHealth {
  if (outcome.kind === 'refused') return 'silence';
  if (outcome.kind === 'forbidden') return 'forbidden';
  if (outcome.kind !== 'unknown') return 'alive';
  return outcome.answered ? 'error' : 'silence';
}
