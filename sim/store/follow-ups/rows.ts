/** What the model keeps of follow-ups, one type per table of the real store. Every record is immutable, as in `../rows.ts`. */
import type { CallOutcome } from '../../../src/domain/outcomes.ts';
import type { PaymentEvent } from '../../../src/domain/payment.ts';
import type { FollowUpRecord } from '../../../src/ports/store.ts';
import type { OperationRow } from '../rows.ts';

/** The record without its frozen answer. */
export type FollowUpState = Omit<FollowUpRecord, 'problem' | 'answer'>;

/** Tables `follow_ups` and `follow_up_events`: a follow-up with its audit trail. */
export interface FollowUpRow extends Pick<OperationRow, 'settledAtMs' | 'problem' | 'answer'> {
  readonly state: FollowUpState;
  /** It counts in the absences of its payment. */
  readonly byAbsence: boolean;
  /** In the order of `seq`. */
  readonly events: readonly PaymentEvent[];
}

/** Table `follow_up_requests`: a client's key. */
export interface FollowUpRequestRow {
  readonly fingerprint: string;
  readonly id: string;
  readonly started: boolean;
}

/** Table `follow_up_evidence`. */
export interface FollowUpEvidenceRow {
  readonly outcome: CallOutcome;
  readonly atMs: number;
}
