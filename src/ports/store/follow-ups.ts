/**
 * Follow-ups: the operations on a payment after its charge, such as a refund. Each is a row of its own, with its own lock, timer and audit
 * trail. What the follow-ups of one payment share is its sums.
 */
import type { FollowUpKind } from '../../domain/effects.ts';
import type { CallOutcome } from '../../domain/outcomes.ts';
import type { Sums } from '../../domain/sums.ts';
import type { Advance } from './advance.ts';
import type { Intent } from './opening.ts';
import type { PaymentKey, PaymentRecord, StoredKey } from './records.ts';
import type { DueQuery } from './work.ts';

/** What a follow-up is, as it was opened. None of it ever changes. */
export interface FollowUpTerms {
  /** A UUIDv7. */
  readonly id: string;
  /** The caller's name for it, such as a `refund_id`; its key at the gateway if the caller named none. Unique within its payment and kind. */
  readonly name: string;
  /** The `requestKeyHash` of the key that names it. Null: the caller named it. */
  readonly keyHash: string | null;
  /** The gateway's own id of the charge. */
  readonly chargeRef: string;
  /** What was asked for, in minor units. Null: all that was left. */
  readonly askedMinor: number | null;
  /** The caller's reason. */
  readonly reason: string | null;
}

/**
 * A follow-up with everything that a worker needs. `order` has its own terms: its amount, the charge's currency, and the notes that it was
 * opened with. `absences` is 1 while it counts in those of the payment's sums, and else 0.
 */
export interface FollowUpRecord extends PaymentRecord {
  readonly followUp: FollowUpTerms;
  /** What the gateway moved, in minor units, if an operator has settled it with another amount than was asked for. Null: nobody has. */
  readonly settledMinor: number | null;
}

export interface FollowUpIntent {
  readonly kind: FollowUpKind;
  readonly payment: PaymentKey;
  readonly terms: FollowUpTerms;
  /** Minor units, at least 1. Reserved in the payment's sums until the follow-up has succeeded or failed. */
  readonly amountMinor: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly gateway: string;
  readonly gatewayKey: string;
  /** The installation that `gatewayKey` is derived from. */
  readonly installationId: string;
  readonly key: StoredKey | null;
  readonly claimId: string;
  /** Earlier follow-ups that failed without the gateway's word are looked up first. */
  readonly verifyFirst: boolean;
  /** How many of those the caller has seen. */
  readonly expected: { readonly absences: number };
  /**
   * Of a capture or a void: how many of both the caller has seen. It is opened only if the payment is AUTHORIZED, none of them is open or has
   * succeeded, and there are no more. Then it is marked as the one. Absent for all others.
   */
  readonly exclusive?: { readonly after: number };
  readonly start: Intent['start'];
}

export type FollowUpOpened =
  | { readonly kind: 'opened'; readonly nowMs: number }
  /** The key, the name or the sums have changed since they were read, or it does not fit: read again. Nothing was written. */
  | { readonly kind: 'lost' };

/** By what a write changes the payment's sums. The numbers may be negative. */
export interface FollowUpSumChange {
  readonly refundingMinor: number;
  readonly refundedMinor: number;
  readonly absences: number;
}

export interface FollowUpAdvance extends Advance {
  readonly id: string;
  /** As in `FollowUpRecord`. */
  readonly settledMinor: number | null;
  readonly sums: FollowUpSumChange;
  /** Null: nothing was learnt about that. */
  readonly elsewhere: Elsewhere | null;
  /**
   * Of a capture or a void: what becomes of the mark in the sums. `open`: it is the one again. `succeeded`: it stays the one, and the same
   * write ends the payment: COMPLETED with the amount of the capture, or VOIDED. `failed`: there is none any more, and a payment that is
   * AUTHORIZED and not held is due now. Absent: nothing becomes of it.
   */
  readonly mark?: 'open' | 'succeeded' | 'failed';
}

/** What the gateway says of refunds that somebody else made. Whoever asks has looked up the payment's absences first. */
export interface Elsewhere {
  /** At least so much, in minor units. */
  readonly amountMinor: number;
  /** The payment's sums when the gateway was asked. If they differ from those that are stored, nothing is written. */
  readonly asked: Pick<PaymentSums, 'refundingMinor' | 'refundedMinor' | 'absences'>;
  /** No refund of ours could be under way then. So it is exactly so much, and may be less than was known. */
  readonly exact: boolean;
}

export type FollowUpAdvanced =
  | { readonly kind: 'done'; readonly nowMs: number; readonly evidence: number }
  | { readonly kind: 'lost'; readonly record: FollowUpRecord | null };

export interface DueFollowUpsQuery extends Omit<DueQuery, 'calls'> {
  /** As in `DueQuery`, for each kind. */
  readonly calls: Readonly<Record<FollowUpKind, DueQuery['calls']>>;
}

export interface DueFollowUps {
  readonly nowMs: number;
  readonly followUps: readonly FollowUpRecord[];
}

export interface FollowUpKeyBinding {
  readonly payment: PaymentKey;
  readonly id: string;
  readonly key: StoredKey;
}

export interface FollowUpEvidence {
  readonly payment: PaymentKey;
  readonly id: string;
  readonly outcome: CallOutcome;
}

/** What workers without a lease have reported about one follow-up. Times are by the clock at that time; null: nothing was reported. */
export interface FollowUpNews {
  /** The last report that it moved money. */
  readonly moneyAtMs: number | null;
  /** The gateway's id of it, from such a report. */
  readonly moneyRef: string | null;
  /** Until when a worker that had lost its lease may have sent it. */
  readonly sentUntilMs: number | null;
}

export interface FollowUpSituationQuery {
  readonly accountId: string;
  readonly paymentId: string;
  readonly kind: FollowUpKind;
  /** Null: the caller named none. Of a capture or a void: the one that is marked, of either kind. */
  readonly name: string | null;
  readonly keyHash: string | null;
}

export interface FollowUpSituation {
  readonly nowMs: number;
  /** Null: the key was never seen, or the query has none. */
  readonly key: BoundFollowUpKey | null;
  /** The one that the key is bound to, else the one with this name. Null: there is none. */
  readonly followUp: FollowUpRecord | null;
  /** Null: there is no such payment. */
  readonly payment: PaymentRecord | null;
  readonly sums: PaymentSums;
}

export interface BoundFollowUpKey {
  readonly fingerprint: string;
  /** Whether this key's request opened it. */
  readonly started: boolean;
}

export interface PaymentSums extends Sums {
  readonly paymentId: string;
  /**
   * Refunds that failed without the gateway's word, and have not been found since. A proof of absence is as good as what the gateway
   * promises, and no later lookup makes it better. So they are counted until they are found.
   */
  readonly absences: number;
  /** The captures and voids of the payment. Absent: there never was one. */
  readonly exclusive?: {
    /** The one that is open or has succeeded. Null: there is none. */
    readonly id: string | null;
    /** How many were opened. */
    readonly count: number;
  };
}

export interface FollowUpName {
  readonly accountId: string;
  readonly paymentId: string;
  readonly kind: FollowUpKind;
  readonly name: string;
}

/** A follow-up by its key at the gateway, or by the gateway's own id of it. */
export interface FollowUpAtGateway {
  readonly accountId: string;
  readonly paymentId: string;
  readonly kind: FollowUpKind;
  /** Null: not known. */
  readonly gatewayKey: string | null;
  /** Null: not known. It counts only if the key is not known. */
  readonly gatewayRef: string | null;
}

export interface FollowUpsQuery {
  readonly accountId: string;
  readonly paymentId: string;
  readonly kind: FollowUpKind;
  readonly limit: number;
  /** The `id` of the last one of the page before. */
  readonly before?: string;
}

export interface FollowUpEventsQuery extends FollowUpName {
  readonly after: number;
  readonly limit: number;
}

export interface ReleasedQuery {
  readonly payment: PaymentKey;
  readonly kind: FollowUpKind;
  /** After this `id`, in the order of ids; null: from the beginning. */
  readonly after: string | null;
  readonly limit: number;
}
