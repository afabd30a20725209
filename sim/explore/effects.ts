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
  /** Its end is not the last word: it is looked up again, and the gateway may let it fail after it succeeded. */
  readonly watched: boolean;
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
    oldMs: null,
  },
  refund: {
    completed: 'refund.succeeded',
    failed: 'refund.failed',
    review: 'refund.review',
    // A success may fail later, and a failure may turn out to have been made.
    moves: new Set([...FIRST_MOVES, 'FAILED COMPLETED', 'COMPLETED FAILED', 'COMPLETED REVIEW']),
    watched: true,
    oldMs: Math.max(EFFECTS.refund.mayFailForMs, EFFECTS.refund.pendingForMs ?? 0),
  },
  capture: {
    completed: 'capture.succeeded',
    failed: 'capture.failed',
    review: 'capture.review',
    moves: new Set([...FIRST_MOVES, 'FAILED COMPLETED']),
    watched: false,
    oldMs: null,
  },
  void: {
    completed: 'void.succeeded',
    failed: 'void.failed',
    review: 'void.review',
    moves: new Set([...FIRST_MOVES, 'FAILED COMPLETED']),
    watched: false,
    oldMs: null,
  },
};

/** The event in the words of charges, so that one table of causes serves all kinds. */
export function asCharge(kind: EffectKind, type: EventType): EventType {
  const { completed, failed, review } = EXPLORED[kind];
  if (type === completed) return EXPLORED.charge.completed;
  if (type === failed) return EXPLORED.charge.failed;
  return type === review ? EXPLORED.charge.review : type;
}
