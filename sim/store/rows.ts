/**
 * What the model keeps, one type per table of the real store. Every record is immutable: a change makes new
 * ones and shares the rest, so that a snapshot, a `before` and an `after` cost nothing.
 */
import type { CallOutcome } from '../../src/domain/outcomes.ts';
import type { PaymentEvent, PaymentStatus } from '../../src/domain/payment.ts';
import type { FailureProblem } from '../../src/domain/problems.ts';
import type { PaymentRecord, StoredWish } from '../../src/ports/store.ts';

/** Table `payments`: the record without what a reader gets from the operation. */
export type PaymentRow = Omit<PaymentRecord, 'problem' | 'answer' | 'gatewayKey' | 'openedWallMs'>;

/** Table `operations`: one charge. */
export interface OperationRow {
  readonly n: number;
  /** Null: the one that the payment names. */
  readonly gateway: string | null;
  readonly gatewayKey: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly method: string | null;
  readonly openedAtMs: number;
  readonly giveUpAfterS: number | null;
  /** Null: a first charge. */
  readonly openedWallMs: number | null;
  readonly settledAtMs: number | null;
  readonly outcome: PaymentStatus | null;
  readonly byAbsence: boolean;
  readonly problem: FailureProblem | null;
  /** The frozen body; null while unsettled and once erased. */
  readonly answer: string | null;
}

/** Table `requests`: a client's key. */
export interface RequestRow {
  readonly accountId: string;
  readonly keyHash: string;
  readonly fingerprint: string;
  readonly paymentId: string;
  readonly chargeN: number;
  readonly started: boolean;
  readonly createdAtMs: number;
}

/** Table `evidence`. */
export interface EvidenceRow {
  readonly accountId: string;
  readonly paymentId: string;
  readonly chargeN: number;
  readonly outcome: CallOutcome;
  readonly atMs: number;
}

/** Table `wishes`. */
export type WishRow = Omit<StoredWish, 'refutedBefore'>;

/** A payment and everything that belongs to it. */
export interface Row {
  readonly payment: PaymentRow;
  /** In the order of `n`. */
  readonly operations: readonly OperationRow[];
  /** In the order of `seq`. */
  readonly events: readonly PaymentEvent[];
  /** The keys bound to it, in the order in which they were bound. */
  readonly requests: readonly RequestRow[];
  readonly evidence: readonly EvidenceRow[];
}
