/**
 * The table of effects: what differs from one effect at a gateway to another. Everything else is the same for all of
 * them, and written once: calls and retries, doubt and proof, evidence, leases, and the audit trail.
 */
import type { EventType } from './events.ts';
import type { FailureProblem } from './problems.ts';

/** An effect that is wanted at the gateway at most once under its key. */
export type EffectKind = 'charge';

export interface Effect {
  /** The words of the audit trail for the ways in which it can end. */
  readonly events: {
    readonly completed: EventType;
    readonly failed: EventType;
    readonly review: EventType;
  };
  /** How its answer says that the gateway declined it. */
  readonly declined: FailureProblem;
}

export const EFFECTS: Readonly<Record<EffectKind, Effect>> = {
  charge: {
    events: { completed: 'payment.completed', failed: 'payment.failed', review: 'payment.review' },
    declined: 'card_declined',
  },
};
