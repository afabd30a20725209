/**
 * The table of effects: what differs from one effect at a gateway to another. Everything else is the same for all of
 * them, and written once: calls and retries, doubt and proof, evidence, leases, and the audit trail.
 */
import type { Alarm } from './alarms.ts';
import type { EventType } from './events.ts';
import type { FailureProblem, NotFoundProblem } from './problems.ts';

/** An effect that is wanted at the gateway at most once under its key: a `charge`, a `refund` of one, or what ends an authorisation. */
export type EffectKind = 'charge' | 'refund' | ExclusiveKind;

/**
 * What ends an authorisation: a `capture` takes the money, a `void` lets go of it. A payment has at most one of them that is open or has
 * succeeded.
 */
export type ExclusiveKind = 'capture' | 'void';

/** Every effect but the charge. */
export type FollowUpKind = Exclude<EffectKind, 'charge'>;

/**
 * What is said of a follow-up only. It competes with others for the money of one payment, and its first end is not the last
 * word.
 */
export interface FollowUpWords {
  /** The problem if a payment has none of this name. */
  readonly notFound: NotFoundProblem;
  /** The problem if an earlier one was made after all, and nothing is left for this one. */
  readonly exceeded: FailureProblem;
  /** The problem if an earlier one was made after all, and this one would fit: it may be another try of the same. */
  readonly earlierFound: FailureProblem;
  /** Looked up again after it had ended: it stands. */
  readonly confirmed: EventType;
  /** It counted as failed, and the gateway is working on it after all. */
  readonly foundPending: EventType;
  /** It counted as failed, and was made after all. */
  readonly landedLate: Alarm;
  /** It had succeeded, and has failed since. Null: its success is final. */
  readonly failedLate: Alarm | null;
}

export interface Effect {
  /** The words of the audit trail for the ways in which it can end. */
  readonly events: {
    readonly completed: EventType;
    readonly failed: EventType;
    readonly review: EventType;
  };
  /** The alarm for a second one of it at the gateway. */
  readonly twice: Alarm;
  /** How its answer says that the gateway declined it. */
  readonly declined: FailureProblem;
  /** The word with which an operator says that it was done, and with which the audit trail repeats it. */
  readonly done: 'completed' | 'succeeded';
  /** Whether it is made in two steps where the gateway's contract says so (`steps`). If not, one call makes it at every gateway. */
  readonly inSteps: boolean;
  /**
   * Whether it may end with another amount than was asked for, if the gateway shows that and an operator says so. The sums then count what the
   * gateway shows. Never for a charge: whoever ships relies on its amount.
   */
  readonly maySettleOther: boolean;
  /**
   * How long the gateway may take with what it has accepted before a person is asked, in milliseconds. Null: as long as with everything
   * that is unresolved, the policy's `resolveForMs`.
   */
  readonly pendingForMs: number | null;
  /**
   * For how long after its opening a success may still turn into a failure, in milliseconds; it is looked up until then. 0: a success is
   * final.
   */
  readonly mayFailForMs: number;
  /** Null: it is no follow-up, but the charge itself. */
  readonly followUp: FollowUpWords | null;
}

const DAY_MS = 86_400_000;

export const EFFECTS: Readonly<Record<EffectKind, Effect>> = {
  charge: {
    events: { completed: 'payment.completed', failed: 'payment.failed', review: 'payment.review' },
    twice: 'duplicate_charge',
    declined: 'card_declined',
    done: 'completed',
    inSteps: true,
    maySettleOther: false,
    pendingForMs: null,
    mayFailForMs: 0,
    followUp: null,
  },
  refund: {
    events: { completed: 'refund.succeeded', failed: 'refund.failed', review: 'refund.review' },
    twice: 'duplicate_refund',
    declined: 'refund_declined',
    done: 'succeeded',
    inSteps: false,
    maySettleOther: true,
    // A bank takes days. Gateways say that a refund may fail up to 30 days after they made it.
    pendingForMs: 30 * DAY_MS,
    mayFailForMs: 30 * DAY_MS,
    followUp: {
      notFound: 'refund_not_found',
      exceeded: 'refund_exceeds_captured',
      earlierFound: 'earlier_refund_found',
      confirmed: 'refund.confirmed',
      foundPending: 'refund.found_pending',
      landedLate: 'refund_landed_late',
      failedLate: 'refund_failed_late',
    },
  },
  capture: {
    events: { completed: 'capture.succeeded', failed: 'capture.failed', review: 'capture.review' },
    twice: 'duplicate_capture',
    declined: 'capture_declined',
    done: 'succeeded',
    inSteps: false,
    maySettleOther: true,
    pendingForMs: null,
    mayFailForMs: 0,
    followUp: {
      notFound: 'operation_not_found',
      exceeded: 'payment_not_capturable',
      earlierFound: 'payment_not_capturable',
      confirmed: 'capture.confirmed',
      foundPending: 'capture.found_pending',
      landedLate: 'capture_landed_late',
      failedLate: null,
    },
  },
  void: {
    events: { completed: 'void.succeeded', failed: 'void.failed', review: 'void.review' },
    twice: 'duplicate_void',
    declined: 'void_declined',
    done: 'succeeded',
    inSteps: false,
    maySettleOther: false,
    pendingForMs: null,
    mayFailForMs: 0,
    followUp: {
      notFound: 'operation_not_found',
      exceeded: 'payment_not_voidable',
      earlierFound: 'payment_not_voidable',
      confirmed: 'void.confirmed',
      foundPending: 'void.found_pending',
      landedLate: 'void_landed_late',
      failedLate: null,
    },
  },
};

/** Whether only one of its kind, or of the other kind like it, may be open or have succeeded. */
export function isExclusive(kind: EffectKind): kind is ExclusiveKind {
  return kind === 'capture' || kind === 'void';
}

/** The words of a follow-up. Throws for a charge: nothing asks for them there. */
export function followUpWords(kind: EffectKind): FollowUpWords {
  const { followUp } = EFFECTS[kind];
  if (followUp === null) throw new Error(`A ${kind} is no follow-up.`);
  return followUp;
}
