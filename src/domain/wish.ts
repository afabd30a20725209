/**
 * An operator's word about what nobody could prove: a payment or a refund in REVIEW. It is a wish, not a write. A worker carries it out
 * after one more look at the gateway, and what the gateway shows is stronger.
 */
import { EFFECTS, type EffectKind } from './effects.ts';
import { isSettled } from './operation.ts';
import type { PaymentStatus } from './payment.ts';

/** What the operator has found out. `actor`: who says so, for the audit trail. */
export type Wish =
  | {
      readonly outcome: 'completed';
      /** The gateway's own id of the charge or the refund. */
      readonly gatewayRef: string;
      /** What it moved, in minor units. It must be the amount that was asked for, unless the gateway has shown another one. */
      readonly amountMinor: number;
      readonly actor: string;
    }
  | { readonly outcome: 'failed'; readonly actor: string };

/**
 * How a wish ended. `carried_out`: the gateway was silent, so the word counts. `confirmed`: the gateway itself showed the same.
 * `refuted`: it showed something else.
 */
export type WishEnd = 'carried_out' | 'confirmed' | 'refuted';

/** The last wish about the operation, as far as it decides about the next one. */
export interface KnownWish {
  readonly wish: Wish;
  /** Null: it is open. */
  readonly end: WishEnd | null;
  /** The charge that it was about; 1 for a follow-up. */
  readonly n: number;
  /** The gateway has refuted an earlier wish about that charge. */
  readonly refutedBefore: boolean;
}

/** The operation as it is now. */
export interface WishedOperation {
  readonly n: number;
  readonly status: PaymentStatus;
  readonly amountMinor: number;
  /** The gateway has shown that it moved another amount, and it may end with that. */
  readonly mayDiffer: boolean;
  /** A worker is asking the gateway. */
  readonly held: boolean;
}

export type WishVerdict =
  | { readonly kind: 'make' }
  /** The same was said before: that wish counts. */
  | { readonly kind: 'join' }
  /** Something else was said before, and is under way or carried out. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'not_in_review' }
  | { readonly kind: 'amount_differs' }
  /** Not at the moment: a worker is asking the gateway. */
  | { readonly kind: 'busy' };

/** The answers table of wishes: what a request to resolve gets. Pure, and in the table's order. */
export function decideWish(wish: Wish, operation: WishedOperation, last: KnownWish | null): WishVerdict {
  const { status, n, amountMinor, mayDiffer, held } = operation;
  const before = last !== null && last.n === n && last.end !== 'refuted' ? last : null;
  if (status !== 'REVIEW') {
    const isOver = before !== null && before.end !== null && isSettled(status);
    if (!isOver) return { kind: 'not_in_review' };
    return { kind: isSame(wish, before.wish) ? 'join' : 'conflict' };
  }
  // One that has ended is about an earlier review.
  if (before !== null && before.end === null)
    return { kind: isSame(wish, before.wish) ? 'join' : 'conflict' };
  if (wish.outcome === 'completed' && wish.amountMinor !== amountMinor && !mayDiffer)
    return { kind: 'amount_differs' };
  return { kind: held ? 'busy' : 'make' };
}

function isSame(a: Wish, b: Wish): boolean {
  if (a.outcome === 'failed' || b.outcome === 'failed') return a.outcome === b.outcome;
  return a.gatewayRef === b.gatewayRef && a.amountMinor === b.amountMinor;
}

/** How the audit trail names it: with the word that the operator used. */
export function inWords({ outcome, actor }: Wish, kind: EffectKind): string {
  return `${outcome === 'completed' ? EFFECTS[kind].done : outcome} by ${actor}`;
}
