/**
 * The table of effects: what differs from one effect at a gateway to another. Everything else is the same for all of
 * them, and written once: calls and retries, doubt and proof, evidence, leases, and the audit trail.
 */
import type { Alarm } from './alarms.ts';
import type { EventType } from './events.ts';
import type { FailureProblem } from './problems.ts';

/** An effect that is wanted at the gateway at most once under its key. */
export type EffectKind = 'charge' | 'refund';

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
  /**
   * How long it may be pending at the gateway, or unresolved, before a person is asked, in milliseconds. Null: the policy's
   * `resolveForMs`.
   */
  readonly pendingForMs: number | null;
  /**
   * For how long after its opening a success may still turn into a failure, in milliseconds; it is looked up until then. 0: a success is
   * final.
   */
  readonly mayFailForMs: number;
}

const DAY_MS = 86_400_000;

export const EFFECTS: Readonly<Record<EffectKind, Effect>> = {
  charge: {
    events: { completed: 'payment.completed', failed: 'payment.failed', review: 'payment.review' },
    twice: 'duplicate_charge',
    declined: 'card_declined',
    pendingForMs: null,
    mayFailForMs: 0,
  },
  refund: {
    events: { completed: 'refund.succeeded', failed: 'refund.failed', review: 'refund.review' },
    twice: 'duplicate_refund',
    declined: 'refund_declined',
    // A bank takes days. Gateways say that a refund may fail up to 30 days after they made it.
    pendingForMs: 30 * DAY_MS,
    mayFailForMs: 30 * DAY_MS,
  },
};
