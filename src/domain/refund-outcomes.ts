/**
 * Refunds: what is asked for, what a gateway reports, and how both are compared. A refund is an effect like a charge, so
 * its outcomes are those of `outcomes.ts`, by the same judges.
 */
import {
  type CallOutcome,
  type Fate,
  judgeEffect,
  judgeEffects,
  type LookupOutcome,
  type ReportKind,
} from './outcomes.ts';

/** The refund that the engine wants, at most once, under one key. */
export interface RefundRequest {
  /** The refund's idempotency key at the gateway: 36 characters, the same on every call. No charge has it. */
  readonly key: string;
  /** The order's name at the gateway: the `reference` of the charge. */
  readonly reference: string;
  /** The merchant's name of the order: 1 to 255 bytes of UTF-8. For people only: `reference` is the name that counts. */
  readonly orderId: string;
  /** Whose order it is: 1 to 255 bytes of UTF-8. `reference` has it in itself. */
  readonly accountId: string;
  /** The database that the order is stored in: a UUID. `reference` has it in itself. */
  readonly installationId: string;
  /** The gateway's own id of the charge to refund: 1 to 255 visible ASCII characters. */
  readonly chargeRef: string;
  /** What to give back, in minor units of `currency`; a safe integer of at least 1. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case: the charge's. */
  readonly currency: string;
}

/** A charge whose refunds are added up, by whoever made them. The fields are as in `RefundRequest`. */
export type RefundedCharge = Pick<RefundRequest, 'chargeRef' | 'reference' | 'currency'>;

/**
 * What was refunded of one charge in all. An outcome of any other shape counts as `unavailable`. A `reason` is as in
 * `CallOutcome`.
 */
export type RefundedOutcome =
  /** The sum of all refunds that have succeeded or are under way, whoever made them. */
  | {
      readonly kind: 'refunded';
      /** In minor units of the charge's currency; 0 if nothing was refunded. */
      readonly amountMinor: number;
    }
  /** No answer about this charge: down, slow, unparseable, or about something else. */
  | {
      readonly kind: 'unavailable';
      /** What happened, in a stable word, such as `timeout`. */
      readonly reason: string;
      /** How long the gateway asks us to wait, in milliseconds. Absent if it does not say. */
      readonly retryAfterMs?: number;
    }
  /** Our credentials were refused. */
  | { readonly kind: 'forbidden'; readonly reason: string };

/**
 * A refund as a gateway reported it, parsed but not yet checked. An adapter fills it in, and `judgeRefundCall` or
 * `judgeRefundLookup` judges it.
 */
export interface ReportedRefund {
  /** The gateway's own id of the refund: 1 to 255 visible ASCII characters. */
  readonly id: string;
  /**
   * `succeeded`: the money goes back. `pending`: not decided yet. `failed`: it does not go back; a refund that succeeded may
   * fail days later. `canceled`: taken back before it took effect. Translate the gateway's word into one of these. A report
   * with any other word counts as `unknown`, or `unavailable`.
   */
  readonly status: 'succeeded' | 'pending' | 'failed' | 'canceled';
  /** In minor units of `currency`, as the gateway reports it. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** The reference of the refunded charge. */
  readonly reference: string;
  /** The idempotency key that the refund was requested with. */
  readonly key: string;
  /** The gateway's own id of the refunded charge. */
  readonly chargeRef: string;
  /** Why it failed, in the gateway's word. Absent: the status. */
  readonly code?: string;
  /** Whether real money moved. Absent if the gateway does not say: then the adapter's `livemode` counts. */
  readonly livemode?: boolean;
}

/** Refunds, as the judges see them. */
export const REFUND: ReportKind<RefundRequest, ReportedRefund> = {
  name: 'refund',
  fates: new Map<ReportedRefund['status'], Fate>([
    ['succeeded', 'live'],
    ['pending', 'pending'],
    ['failed', 'declined'],
    ['canceled', 'declined'],
  ]),
  ownDifference: (request, refund) => (refund.chargeRef === request.chargeRef ? null : 'charge'),
};

/**
 * Compares the refund in a call's answer with what was requested. Key, reference, charge, amount and currency must all be
 * the request's:
 * - succeeded: `approved`; on other terms `mismatch`;
 * - pending: `pending`; failed or canceled: `declined`; on other terms both are `unknown`, answered;
 * - another key, or an unknown status: `unknown`, not answered.
 *
 * It never throws.
 *
 * @param livemode whether real money moves at this gateway; a refund that says otherwise has other terms. Default:
 *   not compared.
 *
 * @example
 * return judgeRefundCall(request, { id: body.id, status: 'succeeded', amountMinor: body.amount, currency: body.currency,
 *   reference: body.reference, key: body.idempotency_key, chargeRef: body.charge });
 */
export function judgeRefundCall(
  request: RefundRequest,
  refund: ReportedRefund,
  livemode?: boolean,
): CallOutcome {
  return judgeEffect(REFUND, request, refund, livemode);
}

/**
 * Compares everything that a lookup by key returned with what was requested, as `judgeLookup` does for charges: one refund
 * that succeeded counts before a pending one, and a pending one before one that failed. It never throws.
 *
 * @param refunds all refunds that the gateway has under the key, as they are now; none: `absent`
 * @param livemode as for `judgeRefundCall`
 */
export function judgeRefundLookup(
  request: RefundRequest,
  refunds: readonly ReportedRefund[],
  livemode?: boolean,
): LookupOutcome {
  return judgeEffects(REFUND, request, refunds, livemode);
}
