import { type ClockTrust, FULL_TRUST, latestMoment } from './clock-trust.ts';
import type { EffectKind } from './effects.ts';
import type { PaymentStatus } from './payment.ts';

/** What is done when the operation is due next. `none`: nothing. */
export type Step =
  /** Send it under its key. */
  | 'call'
  /** Ask the gateway what became of the key. */
  | 'lookup'
  /** Look up what else may have moved the money: before this one may be sent, or because of late evidence. */
  | 'verify'
  | 'none';

/**
 * What may have happened through the calls so far.
 * - `none`: every call is proved not to have been executed.
 * - `answered`: some may have been, and each of those got a complete answer.
 * - `open`: at least one got no complete answer, so it may still land.
 * `untilMs`: no request can have been sent after it (database clock, milliseconds since the epoch).
 */
export type Doubt =
  | { readonly kind: 'none' }
  | { readonly kind: 'answered'; readonly untilMs: number }
  | { readonly kind: 'open'; readonly untilMs: number };

/**
 * Combines two doubts. `a` is the older one. If a clock that was set since then has dated it, that date is
 * corrected first. Otherwise a date from before the correction could hide a call that was made after it.
 */
export function worse(
  a: Doubt,
  b: Exclude<Doubt, { kind: 'none' }>,
  { nowMs, trust = FULL_TRUST }: DoubtContext = { nowMs: b.untilMs },
): Doubt {
  if (a.kind === 'none') return b;
  const kind = a.kind === 'open' || b.kind === 'open' ? 'open' : 'answered';
  return { kind, untilMs: Math.max(latestMoment(a.untilMs, nowMs, trust), b.untilMs) };
}

interface DoubtContext {
  readonly nowMs: number;
  readonly trust?: ClockTrust;
}

/**
 * The state of one effect that is wanted at the gateway at most once, a payment's current charge or a follow-up: everything
 * that the decision function sees and changes.
 */
export interface Operation {
  readonly kind: EffectKind;
  /** 1 for an order's first charge, and for every follow-up. */
  readonly n: number;
  readonly status: PaymentStatus;
  readonly step: Step;
  /** Calls counted; counted before each is sent. */
  readonly attempts: number;
  readonly doubt: Doubt;
  readonly openedAtMs: number;
  /**
   * How long the caller wants it to be tried, in seconds from `openedAtMs`. After that time nothing is called any
   * more, and what is not paid fails as soon as that is proved. Null: the policy's numbers say when calls end.
   */
  readonly giveUpAfterS: number | null;
  /** When the key was first used. The gateway's key window starts here. */
  readonly firstSentAtMs: number | null;
  /** A decline received after an unknown call: it may be about the second try only. */
  readonly declineCode: string | null;
  /** Lookups that the gateway answered, and that did not settle it. */
  readonly lookups: number;
  /** When resolving began. */
  readonly unresolvedSinceMs: number | null;
  readonly failureCode: string | null;
  /** The gateway's id of the effect, once the gateway named one. */
  readonly gatewayRef: string | null;
  /** Present: a charge that only authorises the money. It then ends as AUTHORIZED, and not as COMPLETED. */
  readonly manual?: true;
}

/** The state of an operation that was just opened. */
export function openOperation(options: {
  readonly kind: EffectKind;
  readonly n: number;
  readonly openedAtMs: number;
  /** Whether the first call is sent under the claim that opens it. */
  readonly calling: boolean;
  /** Whether an earlier operation failed by absence and must be looked up again first. */
  readonly verifyFirst: boolean;
  /** Default: null. */
  readonly giveUpAfterS?: number | null;
  /** Whether the charge only authorises the money. Default: false. */
  readonly manual?: boolean;
}): Operation {
  const calling = options.calling && !options.verifyFirst;
  return {
    kind: options.kind,
    n: options.n,
    status: 'PROCESSING',
    step: options.verifyFirst ? 'verify' : 'call',
    attempts: calling ? 1 : 0,
    doubt: { kind: 'none' },
    openedAtMs: options.openedAtMs,
    giveUpAfterS: options.giveUpAfterS ?? null,
    firstSentAtMs: calling ? options.openedAtMs : null,
    declineCode: null,
    lookups: 0,
    unresolvedSinceMs: null,
    failureCode: null,
    gatewayRef: null,
    ...(options.manual === true ? { manual: true } : {}),
  };
}

/** By the database's clock, in milliseconds since the epoch. Infinity: the caller set no time. */
export function giveUpAtMs({ openedAtMs, giveUpAfterS }: Operation): number {
  return giveUpAfterS === null ? Number.POSITIVE_INFINITY : openedAtMs + giveUpAfterS * 1000;
}

/** Whether it has an answer that is frozen. */
export function isSettled(status: PaymentStatus): boolean {
  return isMade(status) || status === 'FAILED';
}

/** Whether the gateway did what was asked for. A charge may have been captured or voided since. */
export function isMade(status: PaymentStatus): boolean {
  return status === 'COMPLETED' || status === 'AUTHORIZED' || status === 'VOIDED';
}

/**
 * Every allowed change of a payment's status. COMPLETED has none: a refund does not change it. AUTHORIZED and VOIDED are only for a charge
 * with manual capture; it is COMPLETED without them if somebody else has captured it.
 */
export const STATUS_MOVES: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  PROCESSING: ['AUTHORIZED', 'COMPLETED', 'FAILED', 'UNRESOLVED', 'REVIEW'],
  UNRESOLVED: ['AUTHORIZED', 'COMPLETED', 'FAILED', 'REVIEW'],
  REVIEW: ['AUTHORIZED', 'COMPLETED', 'FAILED'],
  AUTHORIZED: ['COMPLETED', 'VOIDED'],
  // The capture that counted as failed was made after all.
  VOIDED: ['COMPLETED'],
  // PROCESSING: only by the next charge. REVIEW: money of this order was found after all.
  FAILED: ['PROCESSING', 'REVIEW'],
  COMPLETED: [],
};
