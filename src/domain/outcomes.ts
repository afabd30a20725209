/**
 * What a gateway's answer means for one operation. The unions here are the whole vocabulary in which a
 * gateway may speak to the engine: an adapter turns bytes, status codes and exceptions into one of these,
 * and whatever it cannot place is `unknown`, never a failure.
 */

/** The charge that the engine wants, at most once, under one key. */
export interface ChargeRequest {
  /** The operation's idempotency key at the gateway: 36 characters, the same on every call. */
  readonly key: string;
  /** The order's name at the gateway, derived from installation, account and order. */
  readonly reference: string;
  readonly orderId: string;
  /** Minor units of `currency` (cents, yen, fils); a safe integer of at least 1. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** The payment method's token; absent where the client sent none. */
  readonly method?: string;
}

/** The end of one call. */
export type CallOutcome =
  | { readonly kind: 'approved'; readonly chargeId: string }
  /** A parsed, definite no. */
  | { readonly kind: 'declined'; readonly code: string; readonly chargeId?: string }
  /** Proof that this call was not executed: it never left, or the contract says so of this answer. */
  | { readonly kind: 'refused'; readonly reason: string; readonly retryAfterMs?: number }
  /** It may have been executed. `answered` tells whether a complete answer ended it (a plain 500), so that nothing of it is still under way. */
  | {
      readonly kind: 'unknown';
      readonly answered: boolean;
      readonly reason: string;
      readonly retryAfterMs?: number;
    }
  /** The gateway is still working on an earlier call with this key. */
  | { readonly kind: 'busy'; readonly retryAfterMs?: number }
  /** Accepted; the result comes later. */
  | { readonly kind: 'pending'; readonly chargeId: string }
  /** Our credentials were refused: about us, not about the order. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  /** An approval of something else: another amount, currency or reference. */
  | { readonly kind: 'mismatch'; readonly chargeId: string; readonly reason: string };

/**
 * Nothing left, and nothing will, for want of something on this machine: no free file or port, no memory. It is no call, so it is not
 * counted, and it says nothing about the gateway.
 */
export interface NotSent {
  readonly kind: 'not_sent';
  readonly reason: string;
}

/** The end of one lookup. Only `absent` may become proof of absence, and only when the contract's delays have passed. */
export type LookupOutcome =
  | { readonly kind: 'succeeded'; readonly chargeId: string }
  | { readonly kind: 'declined'; readonly code: string; readonly chargeId: string }
  | { readonly kind: 'pending'; readonly chargeId: string }
  | { readonly kind: 'mismatch'; readonly chargeId: string; readonly reason: string }
  /** It was charged, and has been taken back since, all of it: refunded, voided or canceled. Nothing of the key is live. */
  | { readonly kind: 'reversed'; readonly chargeIds: readonly string[] }
  /** More than one live charge under one key: the gateway broke its contract. */
  | { readonly kind: 'duplicated'; readonly chargeIds: readonly string[] }
  | { readonly kind: 'absent' }
  /** No answer about this key: down, slow, unparseable, or about something else. Never evidence. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: 'forbidden'; readonly reason: string };

/** The ways in which a charge is taken back, all of it. */
export type ReversedStatus = 'refunded' | 'voided' | 'canceled';

/** A charge as a gateway reported it, parsed but not yet believed. */
export interface ReportedCharge {
  readonly id: string;
  readonly status: 'succeeded' | 'declined' | 'pending' | ReversedStatus;
  readonly amountMinor: number;
  readonly currency: string;
  readonly reference: string;
  readonly key: string;
  /** Why it was declined, in the gateway's words. */
  readonly code?: string;
  /** Whether real money moved, if the gateway says so. */
  readonly livemode?: boolean;
}

/** How a reported charge differs from what was asked, or `null` when it is ours to the letter. */
function differenceFrom(
  request: ChargeRequest,
  charge: ReportedCharge,
  livemode: boolean | undefined,
): string | null {
  if (charge.reference !== request.reference) return 'reference';
  if (charge.amountMinor !== request.amountMinor) return 'amount';
  if (charge.currency !== request.currency) return 'currency';
  // A test gateway where real money was to move, or the other way round.
  if ((charge.livemode ?? livemode) !== livemode) return 'livemode';
  return null;
}

/**
 * Judges the charge in a call's answer. An answer that names another key is not about this call at all.
 *
 * @param livemode whether real money moves at this gateway; a charge that says otherwise is not what was asked for. Default: not compared.
 */
export function judgeCall(request: ChargeRequest, charge: ReportedCharge, livemode?: boolean): CallOutcome {
  if (charge.key !== request.key)
    return { kind: 'unknown', answered: false, reason: 'answer_about_another_key' };
  const difference = differenceFrom(request, charge, livemode);
  switch (charge.status) {
    case 'succeeded':
      return difference === null
        ? { kind: 'approved', chargeId: charge.id }
        : { kind: 'mismatch', chargeId: charge.id, reason: `${difference}_mismatch` };
    case 'pending':
      return difference === null
        ? { kind: 'pending', chargeId: charge.id }
        : { kind: 'unknown', answered: true, reason: `${difference}_mismatch` };
    case 'declined':
      return difference === null
        ? { kind: 'declined', code: charge.code ?? 'declined', chargeId: charge.id }
        : { kind: 'unknown', answered: true, reason: `${difference}_mismatch` };
    default:
      // What was taken back since is for a lookup to tell. And an adapter in plain JavaScript may hand on any word; it may well mean
      // that money moved.
      return { kind: 'unknown', answered: false, reason: 'status_unknown' };
  }
}

/**
 * Judges everything that a lookup by key returned. A list that holds an entry about another key or reference, or with a status that
 * is none of ours, is not an answer about us, so it cannot prove absence either.
 *
 * @param livemode as for a call
 */
export function judgeLookup(
  request: ChargeRequest,
  charges: readonly ReportedCharge[],
  livemode?: boolean,
): LookupOutcome {
  const foreign = charges.find(
    (charge) => charge.key !== request.key || charge.reference !== request.reference,
  );
  if (foreign !== undefined) return { kind: 'unavailable', reason: 'answer_about_another_charge' };
  if (!charges.every(({ status }) => isReportedStatus(status)))
    return { kind: 'unavailable', reason: 'status_unknown' };
  const live = charges.filter((charge) => charge.status === 'succeeded');
  if (live.length > 1) return { kind: 'duplicated', chargeIds: live.map((charge) => charge.id) };
  const [one] = live;
  if (one !== undefined) {
    const difference = differenceFrom(request, one, livemode);
    return difference === null
      ? { kind: 'succeeded', chargeId: one.id }
      : { kind: 'mismatch', chargeId: one.id, reason: `${difference}_mismatch` };
  }
  // What was declined, or is under way, on other terms says nothing of ours. What was taken back has none left.
  for (const charge of charges) {
    const difference = differenceFrom(request, charge, livemode);
    const isOver = isReversed(charge) && (difference === 'amount' || difference === 'currency');
    if (difference !== null && !isOver) return { kind: 'unavailable', reason: `${difference}_mismatch` };
  }
  const pending = charges.find((charge) => charge.status === 'pending');
  if (pending !== undefined) return { kind: 'pending', chargeId: pending.id };
  const reversed = charges.filter(isReversed);
  if (reversed.length > 0) return { kind: 'reversed', chargeIds: reversed.map((charge) => charge.id) };
  const [declined] = charges;
  if (declined !== undefined)
    return { kind: 'declined', code: declined.code ?? 'declined', chargeId: declined.id };
  return { kind: 'absent' };
}

const REVERSED: ReadonlySet<string> = new Set<ReversedStatus>(['refunded', 'voided', 'canceled']);
const STATUSES: ReadonlySet<unknown> = new Set(['succeeded', 'declined', 'pending', ...REVERSED]);

/** Whether a gateway's word is one of those that say what became of a charge. */
export function isReportedStatus(status: unknown): status is ReportedCharge['status'] {
  return STATUSES.has(status);
}

function isReversed({ status }: ReportedCharge): boolean {
  return REVERSED.has(status);
}
