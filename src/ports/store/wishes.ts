/** Operators' wishes about what is in REVIEW. A wish is made and ended by fenced writes of the row that it is about. */
import type { KnownWish, Wish, WishEnd } from '../../domain/wish.ts';

/** The row that a wish is about: a payment with its current charge, or a follow-up. */
export interface UnitKey {
  readonly accountId: string;
  /** The payment's id, or the follow-up's. */
  readonly unitId: string;
}

export interface StoredWish extends KnownWish {
  /** The `seq` of the write that made it. It names the wish within its row. */
  readonly seq: number;
}

/** What a fenced write does with a wish of its row. */
export type WishChange =
  | {
      readonly kind: 'make';
      readonly wish: Wish;
      /** The operator's reasons, in words. Nobody reads them but people. */
      readonly evidence: string;
    }
  | { readonly kind: 'end'; readonly seq: number; readonly end: WishEnd };
