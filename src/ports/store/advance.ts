/** The one fenced write, by which a worker changes a payment. */

import type { EventType } from '../../domain/events.ts';
import type { Operation } from '../../domain/operation.ts';
import type { FailureProblem } from '../../domain/problems.ts';
import type { Claim } from './opening.ts';
import type { PaymentKey, PaymentRecord } from './records.ts';
import type { WishChange } from './wishes.ts';

export interface Advance {
  readonly payment: PaymentKey;
  /** The row must have exactly these. For a claim, it must also be due. */
  readonly expected: {
    readonly seq: number;
    readonly fence: number;
    readonly claimId: string;
    readonly mustBeDue: boolean;
  };
  readonly operation: Operation;
  readonly event: { readonly type: EventType; readonly detail: string | null };
  /**
   * What happens to the lease. `take`: the writer takes it, and the fence rises by one. `release`: the holder gives it back. `pass`: a
   * writer that does not hold it does not take it either; the row still gets a new claim and the fence rises, so that the last holder
   * never mistakes this write for its own. `waitMs`: when the row is due again; null: never.
   */
  readonly lease:
    | { readonly kind: 'take'; readonly claim: Claim }
    | { readonly kind: 'release'; readonly waitMs: number | null }
    | { readonly kind: 'pass'; readonly claimId: string; readonly waitMs: number | null };
  /** Set by the write that settles the operation. */
  readonly settlement: Settlement | null;
  /** Pieces of evidence that this write has dealt with. */
  readonly evidenceSeen: number;
  /** By the database's clock, as the writer knows it. Not earlier than the row's last update. */
  readonly updatedAtMs: number;
  /**
   * The authorisation has ended, and not by us: so much of it was captured, in minor units. Written to the payment's sums by the same write.
   * Default: nothing is written there.
   */
  readonly capturedMinor?: number;
  /** Beside `capturedMinor`: so much of it has been refunded since, and not by us. Default: 0. */
  readonly refundedElsewhereMinor?: number;
  /** Makes or ends an operator's wish about the row. Default: neither. */
  readonly wish?: WishChange;
}

export interface Settlement {
  readonly problem: FailureProblem | null;
  /** The frozen answer's bytes. */
  readonly body: string;
  /** It failed without a decline of the gateway. */
  readonly byAbsence: boolean;
}

export type Advanced =
  | {
      readonly kind: 'done';
      readonly nowMs: number;
      /** Pieces of evidence still to be looked into. */
      readonly evidence: number;
    }
  | { readonly kind: 'lost'; readonly record: PaymentRecord | null };
