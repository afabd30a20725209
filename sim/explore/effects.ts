/** What differs from one kind of effect to another, written here once more, independently of the domain. A new kind adds its row. */
import { EFFECTS, type EffectKind } from '../../src/domain/effects.ts';
import type { EventType } from '../../src/domain/events.ts';

export interface Explored {
  /** The words for its ends. */
  readonly completed: EventType;
  readonly failed: EventType;
  readonly review: EventType;
  /** Every allowed move, and no other. */
  readonly moves: ReadonlySet<string>;
  /** Its end is not the last word: late evidence is checked by looking it up again. */
  readonly watched: boolean;
  /** The gateway may let it fail after it succeeded, and so its success is looked up again. */
  readonly mayFail: boolean;
  /** An age at which every limit of this kind is over, in milliseconds. Null: it has none beyond the policy's. */
  readonly oldMs: number | null;
}

const FIRST_MOVES = [
  'PROCESSING COMPLETED',
  'PROCESSING FAILED',
  'PROCESSING UNRESOLVED',
  'PROCESSING REVIEW',
  'UNRESOLVED COMPLETED',
  'UNRESOLVED FAILED',
  'UNRESOLVED REVIEW',
  'REVIEW COMPLETED',
  'REVIEW FAILED',
  'FAILED PROCESSING',
  'FAILED REVIEW',
] as const;

export const EXPLORED: Readonly<Record<EffectKind, Explored>> = {
  charge: {
    completed: 'payment.completed',
    failed: 'payment.failed',
    review: 'payment.review',
    moves: new Set(FIRST_MOVES),
    watched: false,
    mayFail: false,
    oldMs: null,
  },
  refund: {
    completed: 'refund.succeeded',
    failed: 'refund.failed',
    review: 'refund.review',
    // A success may fail later, and a failure may turn out to have been made.
    moves: new Set([...FIRST_MOVES, 'FAILED COMPLETED', 'COMPLETED FAILED', 'COMPLETED REVIEW']),
    watched: true,
    mayFail: true,
    oldMs: Math.max(EFFECTS.refund.mayFailForMs, EFFECTS.refund.pendingForMs ?? 0),
  },
  capture: {
    completed: 'capture.succeeded',
    failed: 'capture.failed',
    review: 'capture.review',
    moves: new Set([...FIRST_MOVES, 'FAILED COMPLETED']),
    watched: true,
    mayFail: false,
    oldMs: null,
  },
  void: {
    completed: 'void.succeeded',
    failed: 'void.failed',
    review: 'void.review',
    moves: new Set([...FIRST_MOVES, 'FAILED COMPLETED']),
    watched: true,
    mayFail: false,
    oldMs: null,
  },
};

/** The event in the words of charges, or of refunds, so that one table of causes serves all kinds. */
export function asCharge(kind: EffectKind, type: EventType): EventType {
  const { completed, failed, review } = EXPLORED[kind];
  if (type === completed) return EXPLORED.charge.completed;
  if (type === failed) return EXPLORED.charge.failed;
  if (type === review) return EXPLORED.charge.review;
  // What is said of follow-ups alone is said in the words of refunds.
  if (type === `${kind}.confirmed`) return 'refund.confirmed';
  return type === `${kind}.found_pending` ? 'refund.found_pending' : type;
}
