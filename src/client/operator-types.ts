/** What an operator may ask for, and what that results in. */
import type { CallOptions } from './charge-types.ts';
import type { CaptureOrVoidNow, OperationKind } from './operation.ts';
import type { NotHeard, NothingSent } from './outcomes.ts';
import type { PaymentNow } from './payment.ts';
import type { RefundNow } from './refund.ts';

/** What to look up now. */
export interface LookNowOptions extends CallOptions {
  /** The refund to look up. Default: the payment itself. */
  readonly refundId?: string | undefined;
  /** The payment's last capture, or its last void, to look up. Not together with a `refundId`. Default: none. */
  readonly operation?: OperationKind | undefined;
  /** Who asks, for the audit trail: 1 to 100 characters. Default: not said. */
  readonly actor?: string | undefined;
}

/** What every statement says. */
interface Statement {
  /** The payment: its id. */
  readonly paymentId: string;
  /** How you know, in words: 1 to 500 characters. It is stored with the statement. */
  readonly evidence: string;
  /** Who says so, for the audit trail: 1 to 100 characters. */
  readonly actor: string;
}

/** What a statement says if money has moved. */
interface Moved {
  /** The gateway's own id of the charge or the refund. */
  readonly gatewayRef: string;
  /** What it moved, in minor units. */
  readonly amountMinor: number;
}

/**
 * How a payment, a refund, a capture or a void in `REVIEW` has ended, as you have found out at the gateway.
 *
 * @example
 * const found = { paymentId, outcome: 'failed', evidence: 'The gateway says: never received.', actor: 'amira' } as const;
 */
export type Resolution =
  | (Statement &
      Moved & {
        /** The payment itself was completed. */
        readonly outcome: 'completed';
        /** Absent: it is about the payment. */
        readonly refundId?: undefined;
        /** Absent, too. */
        readonly operation?: undefined;
      })
  | (Statement &
      Moved & {
        /** The refund was made. */
        readonly outcome: 'succeeded';
        /** The refund that it is about. */
        readonly refundId: string;
        /** Absent: it is about the refund. */
        readonly operation?: undefined;
      })
  | (Statement &
      Moved & {
        /** The capture or the void was made. */
        readonly outcome: 'succeeded';
        /** Which of the two: the payment's last one. */
        readonly operation: OperationKind;
        /** Absent: it is about no refund. */
        readonly refundId?: undefined;
      })
  | (Statement & {
      /** Nothing was charged, or nothing was given back. */
      readonly outcome: 'failed';
      /** The refund that it is about. Default: the payment itself. */
      readonly refundId?: string | undefined;
      /** The payment's last capture, or its last void, that it is about. Not together with a `refundId`. Default: none. */
      readonly operation?: OperationKind | undefined;
    });

/** It was taken. A worker looks at the gateway next; what follows from it can be read. */
export interface OperatorAccepted {
  readonly outcome: 'accepted';
  /** The payment as it is now; null if it is about something else. */
  readonly payment: PaymentNow | null;
  /** The refund as it is now; null if it is about something else. */
  readonly refund: RefundNow | null;
  /** The capture or the void as it is now; null if it is about something else. */
  readonly operation: CaptureOrVoidNow | null;
}

/** Nothing was stored or sent for this call. */
export type OperatorRefused = Omit<NothingSent, 'replayed'>;

/**
 * The result of `lookNow` and `resolve`. `pending`: it may have been taken or not; ask again, repeating it is safe.
 *
 * @example
 * if (result.outcome === 'refused') tell(result.detail);
 */
export type OperatorResult = OperatorAccepted | NotHeard | OperatorRefused;
