/** What the judge remembers of refunds. As for charges, all of it is seen from outside the engine. */
import type { PaymentEvent } from '../../../src/domain/payment.ts';
import type { FollowUpChange } from '../../store/database.ts';
import type { FollowUpRow, FollowUpState } from '../../store/follow-ups/rows.ts';

/** A refund as it is stored, in one piece. */
export interface StoredRefund extends FollowUpState, Omit<FollowUpRow, 'state'> {}

/** One refund's part in a committed statement. */
export interface RefundChange {
  readonly kind: FollowUpChange['kind'];
  /** Null: it was opened. */
  readonly before: StoredRefund | null;
  readonly after: StoredRefund;
  readonly sumsBefore: StoredSums | null;
  readonly sumsAfter: StoredSums;
  /** The event that this change wrote; null: it wrote none. */
  readonly event: PaymentEvent | null;
  /** What the statement was given. */
  readonly args: unknown;
}

export function changeOf({ before, after, ...change }: FollowUpChange): RefundChange {
  return { ...change, before: before === null ? null : stored(before), after: stored(after) };
}

export function stored({ state, ...row }: FollowUpRow): StoredRefund {
  return { ...state, ...row };
}

/** The sums of one payment. */
export type StoredSums = FollowUpChange['sumsAfter'];

/** One committed state. It was valid until the next one was committed. */
export interface RefundState {
  readonly atMs: number;
  readonly record: StoredRefund;
}

export interface SumsState {
  readonly atMs: number;
  readonly sums: StoredSums;
}

/** A refund, with everything that was ever committed about it. */
export interface KnownRefund {
  readonly states: RefundState[];
  /** The first answer that ended it, byte for byte. */
  body: string | null;
}

export interface RefundBook {
  /** By the refund's own id. */
  readonly refunds: Map<string, KnownRefund>;
  /** The ids, by gateway key. */
  readonly byKey: Map<string, string>;
  /** By the payment's id. */
  readonly sums: Map<string, SumsState[]>;
  /** The requests that opened one, by the id that each carries in its metadata, and the client's key of each. */
  readonly openedBy: Set<string>;
  /** Requests that were answered with a problem that means that nothing was stored. */
  readonly refused: Set<string>;
  /** The alarms, by the payment's id and the refund's name. */
  readonly alarms: Map<string, Set<string>>;
  /** Gateway keys of refunds that the gateway made after they were proved not to have been made. */
  readonly late: Set<string>;
  /**
   * Gateway keys of refunds that the database has forgotten, and that nobody has opened again with the same amount. "All that is left" may be
   * another amount than before.
   */
  readonly forgotten: Set<string>;
}

export function createRefundBook(): RefundBook {
  return {
    refunds: new Map(),
    byKey: new Map(),
    sums: new Map(),
    openedBy: new Set(),
    refused: new Set(),
    alarms: new Map(),
    late: new Set(),
    forgotten: new Set(),
  };
}

export function latestOf(known: KnownRefund): StoredRefund {
  return (known.states.at(-1) as RefundState).record;
}

/** All refunds of a payment, as they are now. */
export function refundsOf({ refunds }: RefundBook, paymentId: string): readonly KnownRefund[] {
  return [...refunds.values()].filter((known) => latestOf(known).paymentId === paymentId);
}

export function refundNamed(book: RefundBook, paymentId: string, name: string): KnownRefund | undefined {
  return refundsOf(book, paymentId).find((known) => latestOf(known).followUp.name === name);
}

/** The states that held at some moment between `fromMs` and now. */
export function since<S extends { readonly atMs: number }>(
  states: readonly S[],
  fromMs: number,
): readonly S[] {
  let first = states.length - 1;
  while (first > 0 && (states[first] as S).atMs > fromMs) first -= 1;
  return states.slice(Math.max(first, 0));
}
