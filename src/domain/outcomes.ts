/**
 * What a gateway's answer means for one operation. The unions here are all that a gateway can say to the engine: an
 * adapter turns bytes, status codes and exceptions into one of these. Whatever it cannot classify is `unknown`,
 * never a failure.
 */

/** The charge that the engine wants, at most once, under one key. */
export interface ChargeRequest {
  /** The charge's idempotency key at the gateway: 36 characters, the same on every call. */
  readonly key: string;
  /** The order's name at the gateway, derived from installation, account and order. */
  readonly reference: string;
  /** The merchant's name of the order: 1 to 255 bytes of UTF-8. For people only: `reference` is the name that counts. */
  readonly orderId: string;
  /** Minor units of `currency` (cents, yen, fils); a safe integer of at least 1. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** The payment method's token. Absent if the caller gave none. */
  readonly method?: string;
}

/**
 * How one call ended. A `reason` or `code` is stored and shown: 1 to 64 characters of `A-Z a-z 0-9 _ . -`. An outcome of any other
 * shape counts as `unknown`.
 *
 * @example
 * return { kind: 'unknown', answered: false, reason: 'timeout' };
 */
export type CallOutcome =
  /** The gateway charged it, exactly as requested. */
  | {
      readonly kind: 'approved';
      /** The gateway's own id of the charge: 1 to 255 visible ASCII characters. */
      readonly ref: string;
    }
  /** A parsed, definite decline. */
  | {
      readonly kind: 'declined';
      /** Why, in the gateway's word, such as `card_declined`. */
      readonly code: string;
      /** The gateway's own id of the declined charge. Absent if it gave none. */
      readonly ref?: string;
    }
  /** Proof that this call was not executed: it was never sent, or the contract says that this answer means so. */
  | {
      readonly kind: 'refused';
      /** What happened, in a stable word, such as `connection_refused`. */
      readonly reason: string;
      /** How long the gateway asks us to wait, in milliseconds. Absent if it does not say. */
      readonly retryAfterMs?: number;
    }
  /** It may have been executed. */
  | {
      readonly kind: 'unknown';
      /** Whether a complete answer ended the call (a plain 500), so nothing of it is still under way. If in doubt: false. */
      readonly answered: boolean;
      readonly reason: string;
      readonly retryAfterMs?: number;
    }
  /** The gateway is still working on an earlier call with this key. */
  | { readonly kind: 'busy'; readonly retryAfterMs?: number }
  /** Accepted; the result comes later. */
  | { readonly kind: 'pending'; readonly ref: string }
  /** Our credentials were refused. It is about us, not about the order. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  /** An approval of something else: another amount, currency or reference. */
  | { readonly kind: 'mismatch'; readonly ref: string; readonly reason: string };

/**
 * Nothing was sent, and nothing will be: this machine is short of something, such as files, ports or memory. It
 * does not count as a call, and says nothing about the gateway.
 */
export interface NotSent {
  readonly kind: 'not_sent';
  /** What was missing, in a stable word, such as `no_free_port`. */
  readonly reason: string;
}

/**
 * How one lookup ended. Only `absent` may become proof that nothing was charged, and only when the contract's delays have passed.
 * An outcome of any other shape counts as `unavailable`. `reason` and `code` are as in `CallOutcome`.
 */
export type LookupOutcome =
  /** One live charge, exactly as requested. */
  | {
      readonly kind: 'succeeded';
      /** The gateway's own id of the charge: 1 to 255 visible ASCII characters. */
      readonly ref: string;
    }
  /** The charge was declined. */
  | {
      readonly kind: 'declined';
      /** Why, in the gateway's word, such as `card_declined`. */
      readonly code: string;
      readonly ref: string;
    }
  /** The gateway has the charge and has not decided yet. */
  | { readonly kind: 'pending'; readonly ref: string }
  /** A live charge of another amount or currency, or of the other mode (real or test money). */
  | {
      readonly kind: 'mismatch';
      readonly ref: string;
      /** What happened, in a stable word, such as `amount_mismatch`. */
      readonly reason: string;
    }
  /** It was charged, and all of it has been refunded, voided or canceled since. No charge of the key is live. */
  | {
      readonly kind: 'reversed';
      /** The gateway's own ids of all these charges. */
      readonly refs: readonly string[];
    }
  /** More than one live charge under one key: the gateway broke its contract. */
  | { readonly kind: 'duplicated'; readonly refs: readonly string[] }
  /** The gateway answered that it knows no charge of this key. */
  | { readonly kind: 'absent' }
  /** No answer about this key: down, slow, unparseable, or about something else. Never evidence. */
  | {
      readonly kind: 'unavailable';
      readonly reason: string;
      /** How long the gateway asks us to wait, in milliseconds. Absent if it does not say. */
      readonly retryAfterMs?: number;
    }
  /** Our credentials were refused. */
  | { readonly kind: 'forbidden'; readonly reason: string };

/** How all of a charge was taken back: `refunded` after it was captured, `voided` or `canceled` before. */
export type ReversedStatus = 'refunded' | 'voided' | 'canceled';

/**
 * A charge as a gateway reported it, parsed but not yet checked. An adapter fills it in, and `judgeCall` or
 * `judgeLookup` judges it.
 */
export interface ReportedCharge {
  /** The gateway's own id of the charge: 1 to 255 visible ASCII characters. */
  readonly id: string;
  /**
   * `succeeded`: it is live. `declined`: it never will be. `pending`: not decided yet. The others: all of it was
   * taken back. Translate the gateway's word into one of these. A report with any other word counts as `unknown`,
   * or `unavailable`.
   */
  readonly status: 'succeeded' | 'declined' | 'pending' | ReversedStatus;
  /** In minor units of `currency`, as the gateway reports it. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** The reference that the charge was requested with. */
  readonly reference: string;
  /** The idempotency key that the charge was requested with. */
  readonly key: string;
  /** Why it was declined, in the gateway's word. Absent: `declined`. */
  readonly code?: string;
  /** Whether real money moved. Absent if the gateway does not say: then the adapter's `livemode` counts. */
  readonly livemode?: boolean;
}

/** How a reported charge differs from the request. `null`: not at all. */
function differenceFrom(
  request: ChargeRequest,
  charge: ReportedCharge,
  livemode: boolean | undefined,
): string | null {
  if (charge.reference !== request.reference) return 'reference';
  if (charge.amountMinor !== request.amountMinor) return 'amount';
  if (charge.currency !== request.currency) return 'currency';
  // A test charge where real money was expected, or the other way round.
  if ((charge.livemode ?? livemode) !== livemode) return 'livemode';
  return null;
}

/**
 * Compares the charge in a call's answer with what was requested. Key, reference, amount and currency must all be
 * the request's:
 * - approved on other terms: `mismatch`;
 * - declined or pending on other terms: `unknown`, answered;
 * - another key, or a status that a call cannot have: `unknown`, not answered.
 *
 * It never throws.
 *
 * @param livemode whether real money moves at this gateway; a charge that says otherwise has other terms. Default:
 *   not compared.
 *
 * @example
 * return judgeCall(request, { id: body.id, status: 'succeeded', amountMinor: body.amount, currency: body.currency,
 *   reference: body.reference, key: body.idempotency_key });
 */
export function judgeCall(request: ChargeRequest, charge: ReportedCharge, livemode?: boolean): CallOutcome {
  if (charge.key !== request.key)
    return { kind: 'unknown', answered: false, reason: 'answer_about_another_key' };
  const difference = differenceFrom(request, charge, livemode);
  switch (charge.status) {
    case 'succeeded':
      return difference === null
        ? { kind: 'approved', ref: charge.id }
        : { kind: 'mismatch', ref: charge.id, reason: `${difference}_mismatch` };
    case 'pending':
      return difference === null
        ? { kind: 'pending', ref: charge.id }
        : { kind: 'unknown', answered: true, reason: `${difference}_mismatch` };
    case 'declined':
      return difference === null
        ? { kind: 'declined', code: charge.code ?? 'declined', ref: charge.id }
        : { kind: 'unknown', answered: true, reason: `${difference}_mismatch` };
    default:
      // A lookup must find out what was taken back. An adapter in plain JavaScript may pass on any word, and it may
      // mean that money moved.
      return { kind: 'unknown', answered: false, reason: 'status_unknown' };
  }
}

/**
 * Compares everything that a lookup by key returned with what was requested. A list that contains another key,
 * another reference or an unknown status is `unavailable`: it is not an answer about this charge, so it does not
 * prove absence either. It never throws.
 *
 * @param charges all charges that the gateway has under the key; none: `absent`
 * @param livemode as for `judgeCall`
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
  if (live.length > 1) return { kind: 'duplicated', refs: live.map((charge) => charge.id) };
  const [one] = live;
  if (one !== undefined) {
    const difference = differenceFrom(request, one, livemode);
    return difference === null
      ? { kind: 'succeeded', ref: one.id }
      : { kind: 'mismatch', ref: one.id, reason: `${difference}_mismatch` };
  }
  // A declined or pending charge with other terms says nothing about ours. A charge that was taken back no longer
  // has terms.
  for (const charge of charges) {
    const difference = differenceFrom(request, charge, livemode);
    const isOver = isReversed(charge) && (difference === 'amount' || difference === 'currency');
    if (difference !== null && !isOver) return { kind: 'unavailable', reason: `${difference}_mismatch` };
  }
  const pending = charges.find((charge) => charge.status === 'pending');
  if (pending !== undefined) return { kind: 'pending', ref: pending.id };
  const reversed = charges.filter(isReversed);
  if (reversed.length > 0) return { kind: 'reversed', refs: reversed.map((charge) => charge.id) };
  const [declined] = charges;
  if (declined !== undefined)
    return { kind: 'declined', code: declined.code ?? 'declined', ref: declined.id };
  return { kind: 'absent' };
}

const REVERSED: ReadonlySet<string> = new Set<ReversedStatus>(['refunded', 'voided', 'canceled']);
const STATUSES: ReadonlySet<unknown> = new Set(['succeeded', 'declined', 'pending', ...REVERSED]);

/** Whether a gateway's word is one of the statuses that a charge can have. */
export function isReportedStatus(status: unknown): status is ReportedCharge['status'] {
  return STATUSES.has(status);
}

function isReversed({ status }: ReportedCharge): boolean {
  return REVERSED.has(status);
}
