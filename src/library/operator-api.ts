/** The types of what an operator may do, for callers of the library. */
import type { ExclusiveKind } from '../domain/effects.ts';
import type { CaptureOrVoidNow, OperatorProblem, PaymentNow, RefundNow } from '../engine/api.ts';
import type { AccountOption } from './api.ts';

/** What to look up now. */
export interface LookNowOptions extends AccountOption {
  /** The refund to look up. Default: the payment itself. */
  readonly refundId?: string | undefined;
  /** The payment's last capture, or its last void, to look up. Not together with a `refundId`. Default: none. */
  readonly operation?: ExclusiveKind | undefined;
  /** Who asks, for the audit trail: 1 to 100 characters. Default: not said. */
  readonly actor?: string | undefined;
}

/** What every statement says. */
interface Statement extends AccountOption {
  /** The payment: its id. */
  readonly paymentId: string;
  /** How you know, in words: 1 to 500 characters. It is stored with the statement. */
  readonly evidence: string;
  /** Who says so, for the audit trail: 1 to 100 characters. */
  readonly actor: string;
}

/** What a statement says if money has moved. */
interface Moved {
  /** The gateway's own id of the charge or the refund: 1 to 255 visible ASCII characters. */
  readonly gatewayRef: string;
  /** What it moved, in minor units. It must be the amount that was asked for. */
  readonly amountMinor: number;
}

/**
 * How a payment, a refund, a capture or a void in `REVIEW` has ended, as you have found out at the gateway. With a `refundId` it is about that
 * refund, with an `operation` about the payment's last capture or void.
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
        readonly operation: ExclusiveKind;
        /** Absent: it is about no refund. */
        readonly refundId?: undefined;
      })
  | (Statement & {
      /** Nothing was charged, or nothing was given back. */
      readonly outcome: 'failed';
      /** The refund that it is about. Default: the payment itself. */
      readonly refundId?: string | undefined;
      /** The payment's last capture, or its last void, that it is about. Not together with a `refundId`. Default: none. */
      readonly operation?: ExclusiveKind | undefined;
    });

/** It was taken. A worker looks at the gateway next; what follows from it can be read. */
export interface OperatorAccepted {
  readonly outcome: 'accepted';
  /** The payment as it is now; null if it is about something else. */
  readonly payment: PaymentNow | null;
  /** The refund as it is now; null if it is about something else. */
  readonly refund: RefundNow | null;
  /** The capture or the void as it is now. Absent if it is about something else. */
  readonly operation?: CaptureOrVoidNow;
}

/** Nothing was stored or sent for this call. */
export interface OperatorRefused {
  readonly outcome: 'refused';
  /** Why, as a code for programs. `docs/errors.md` says for each code what to do. */
  readonly code: OperatorProblem;
  /** What happened, what was not done, what to do. For people: the words may change. */
  readonly detail: string;
  /** How long to wait before trying again, in milliseconds. Absent if trying again does not help. */
  readonly retryAfterMs?: number;
}

/**
 * The result of `lookNow` and `resolve`.
 *
 * @example
 * if (result.outcome === 'refused') tell(result.detail);
 */
export type OperatorResult = OperatorAccepted | OperatorRefused;
