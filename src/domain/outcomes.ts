/**
 * What a gateway's answer means for one effect: a charge here, a refund in `refund-outcomes.ts`. The unions are all that a
 * gateway can say to the engine: an adapter turns bytes, status codes and exceptions into one of these. Whatever it cannot
 * classify is `unknown`, never a failure.
 */
import type { EffectKind } from './effects.ts';

/** The charge that the engine wants, at most once, under one key. */
export interface ChargeRequest {
  /** The charge's idempotency key at the gateway: 36 characters, the same on every call. */
  readonly key: string;
  /** At a gateway of two steps: the object to confirm or to look up, as `prepare` named it. Absent: none is stored yet. */
  readonly handle?: string;
  /** The order's name at the gateway, derived from installation, account and order. */
  readonly reference: string;
  /** The merchant's name of the order: 1 to 255 bytes of UTF-8. For people only: `reference` is the name that counts. */
  readonly orderId: string;
  /** Whose order it is: 1 to 255 bytes of UTF-8. `reference` has it in itself. */
  readonly accountId: string;
  /** The database that the order is stored in: a UUID. `reference` has it in itself. */
  readonly installationId: string;
  /** Minor units of `currency` (cents, yen, fils); a safe integer of at least 1. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
  /** The payment method's token. Absent if the caller gave none. */
  readonly method?: string;
  /** Present: authorise the money only. It is taken by a capture later. Absent: take it at once. */
  readonly captureMethod?: 'manual';
}

/** What a gateway says of money that it holds. */
export interface Authorization {
  /** Until when it holds the money, in milliseconds since the epoch. Absent: it does not say, or nothing is held. */
  readonly authorizedUntilMs?: number;
}

/** What was captured of a charge that was authorised first. */
export interface Captured {
  /** The gateway's own id of the charge. */
  readonly ref: string;
  /** In minor units: at least 1. */
  readonly amountMinor: number;
}

/**
 * How one call ended. A `reason` or `code` is stored and shown: 1 to 64 characters of `A-Z a-z 0-9 _ . -`. An outcome of any other
 * shape counts as `unknown`.
 *
 * @example
 * return { kind: 'unknown', answered: false, reason: 'timeout' };
 */
export type CallOutcome =
  /** The gateway did it, exactly as requested. */
  | ({
      readonly kind: 'approved';
      /** The gateway's own id of the effect, that is of the charge or the refund: 1 to 255 visible ASCII characters. */
      readonly ref: string;
    } & Authorization)
  /** A parsed, definite decline. */
  | {
      readonly kind: 'declined';
      /** Why, in the gateway's word, such as `card_declined`. */
      readonly code: string;
      /** The gateway's own id of what it declined. Absent if it gave none: then it is an error, and not kept under the key. */
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
      /**
       * Present: what has been done before is why the gateway cannot do it, such as `already_captured`. It may have been this very request. The
       * same call would get the same answer, so it is looked up before anything is sent again.
       */
      readonly lookFirst?: true;
    }
  /** The gateway is still working on an earlier call with this key. */
  | { readonly kind: 'busy'; readonly retryAfterMs?: number }
  /** Accepted; the result comes later. */
  | { readonly kind: 'pending'; readonly ref: string }
  /** Only at a gateway of two steps. Nothing was charged yet: the customer must do something first, such as 3-D Secure. */
  | {
      readonly kind: 'requires_action';
      /** The object's handle. */
      readonly ref: string;
      /** What the customer must do. */
      readonly action: NextAction;
    }
  /** Our credentials were refused. It is about us, not about the order. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  /** An approval of something else: another amount, currency, reference or charge to refund. */
  | { readonly kind: 'mismatch'; readonly ref: string; readonly reason: string };

/**
 * What the customer has to do before the charge can go on, for the merchant's page: strings by name, at most 16 of them, of at most 2,048
 * characters each, in well-formed Unicode without NUL, such as `{ type: 'redirect_to_url', url: … }`. Shown to clients, so no secret but one
 * that is meant for the customer.
 */
export type NextAction = Readonly<Record<string, string>>;

/** The object that a charge is confirmed on: what is asked for, under a key of its own. */
export type PrepareRequest = Omit<ChargeRequest, 'handle'> & {
  /** The idempotency key of this request: 36 characters. `key` stays the charge's, to be noted on the object. */
  readonly prepareKey: string;
};

/** How `prepare` ended. A `reason` or `code` is as in `CallOutcome`. No outcome of it is about money. */
export type PrepareOutcome =
  /** The object was made. */
  | {
      readonly kind: 'prepared';
      /** The gateway's id of the object: 1 to 255 visible ASCII characters. */
      readonly handle: string;
    }
  /** A definite no to the request itself, such as an amount below the gateway's minimum. */
  | {
      readonly kind: 'declined';
      /** Why, in the gateway's word. */
      readonly code: string;
    }
  /** It did not work, and the same key may be sent again. */
  | {
      readonly kind: 'failed';
      /** What happened, in a stable word. */
      readonly reason: string;
      /** How long the gateway asks us to wait, in milliseconds. Absent if it does not say. */
      readonly retryAfterMs?: number;
    }
  /** A complete error that the gateway keeps under this key: the next try needs another one. */
  | {
      readonly kind: 'failed_for_good';
      /** What happened, in a stable word. */
      readonly reason: string;
    }
  /** Our credentials were refused. */
  | {
      readonly kind: 'forbidden';
      /** What happened, in a stable word. */
      readonly reason: string;
    };

/** What is sealed. */
export type SealRequest = ChargeRequest & {
  /** The object to seal, as `prepare` named it. */
  readonly handle: string;
  /** The idempotency key of this request: 36 characters. */
  readonly sealKey: string;
};

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
 * How one lookup ended. Only `absent` may become proof that nothing was done, and only when the contract's delays have passed.
 * An outcome of any other shape counts as `unavailable`. `reason` and `code` are as in `CallOutcome`.
 */
export type LookupOutcome =
  /** One live charge, or one refund that succeeded, exactly as requested. */
  | ({
      readonly kind: 'succeeded';
      /** The gateway's own id of the effect: 1 to 255 visible ASCII characters. */
      readonly ref: string;
    } & Authorization)
  /** Of charges with manual capture only: it was authorised as requested, and has been captured since. */
  | ({ readonly kind: 'captured' } & Captured)
  /** It was declined, and never will be done. */
  | {
      readonly kind: 'declined';
      /** Why, in the gateway's word, such as `card_declined`. */
      readonly code: string;
      readonly ref: string;
    }
  /** The gateway has it and has not decided yet. */
  | { readonly kind: 'pending'; readonly ref: string }
  /** Done on other terms: another amount, currency or charge to refund, or in the other mode (real or test money). */
  | {
      readonly kind: 'mismatch';
      readonly ref: string;
      /** What happened, in a stable word, such as `amount_mismatch`. */
      readonly reason: string;
    }
  /** Of charges only: it was charged, and all of it has been refunded, voided or canceled since. No charge of the key is live. */
  | {
      readonly kind: 'reversed';
      /** The gateway's own ids of all these charges. */
      readonly refs: readonly string[];
      /** Of charges with manual capture only: which of them was captured, before all of it was refunded. Absent: none, or it does not say. */
      readonly captured?: Captured;
    }
  /** Done more than once under one key: the gateway broke its contract. */
  | { readonly kind: 'duplicated'; readonly refs: readonly string[] }
  /** Only at a gateway of two steps. The object is there, no money has moved, and it may still move. */
  | {
      readonly kind: 'open';
      /** The object's handle. */
      readonly ref: string;
      /** Why the last confirm was declined, in the gateway's word. Absent: none was declined, as far as the gateway shows. */
      readonly code?: string;
    }
  /** Only at a gateway of two steps. No money has moved: the customer must do something first. */
  | {
      readonly kind: 'requires_action';
      /** The object's handle. */
      readonly ref: string;
      /** What the customer must do. */
      readonly action: NextAction;
    }
  /** Only at a gateway of two steps. The object is cancelled, nothing was received, and nothing can land on it any more. */
  | {
      readonly kind: 'sealed';
      readonly ref: string;
      /** Present: the money was held before, and was let go. Absent: it was not, or the gateway does not say. */
      readonly held?: true;
    }
  /**
   * The gateway answered that it knows nothing of this key. `code`: the charge shows why this effect cannot be done any more, in a stable
   * word, such as `already_captured`. Absent: it shows no such thing.
   */
  | { readonly kind: 'absent'; readonly code?: string }
  /** No answer about this key: down, slow, unparseable, or about something else. Never evidence. */
  | {
      readonly kind: 'unavailable';
      readonly reason: string;
      /** How long the gateway asks us to wait, in milliseconds. Absent if it does not say. */
      readonly retryAfterMs?: number;
      /**
       * The gateway's id of what it declined under this key for another amount or currency. Absent if there is none, or if
       * something under the key is live or pending.
       */
      readonly declinedRef?: string;
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
   * `succeeded`: the money was taken. `authorized`: it is held, and not taken yet. `declined`: it never will be. `pending`: not decided
   * yet. The others: all of it was taken back. Translate the gateway's word into one of these. A report with any other word counts as `unknown`,
   * or `unavailable`.
   */
  readonly status: 'succeeded' | 'authorized' | 'declined' | 'pending' | ReversedStatus;
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
  /**
   * What of it was captured, in minor units. Absent: all of it, if it is `succeeded`; not said, if it is `refunded`. A charge that is to
   * be captured at once is captured in full, or it is no success: `capture_mismatch`.
   */
  readonly capturedMinor?: number;
  /** Until when the gateway holds money that is `authorized`, in milliseconds since the epoch. Absent: it does not say. */
  readonly authorizedUntilMs?: number;
}

/**
 * What becomes of an effect in a status. `live`: it is done. `pending`: it is not decided yet. `declined`: it is not done, and will not be. `reversed`:
 * it was done, and all of it was taken back since.
 */
export type Fate = 'live' | 'pending' | 'declined' | 'reversed';

/** What the request of every effect says. */
export type EffectTerms = Pick<ChargeRequest, 'key' | 'reference' | 'amountMinor' | 'currency'>;

/** What a gateway reports of every effect. */
export type ReportedEffect = Omit<ReportedCharge, 'status'> & { readonly status: string };

/** What tells one kind of effect from another. */
export interface ReportKind<Request extends EffectTerms, Effect extends ReportedEffect> {
  readonly name: EffectKind;
  /** By status. Any other word means nothing. */
  readonly fates: ReadonlyMap<unknown, Fate>;
  /** Compares the terms that only this kind has. In a word, what differs; `null`: nothing. */
  readonly ownDifference: (request: Request, effect: Effect) => string | null;
  /** What a lookup says of a live one that has gone on since. Null: it has not. Default: it never does. */
  readonly later?: (request: Request, effect: Effect) => LookupOutcome | null;
  /** What was captured of one that was taken back. Null: nothing, or it does not say. Default: it never does. */
  readonly capturedOf?: (request: Request, effect: Effect) => Captured | null;
  /** What is passed on of a live one beside its id. Default: nothing. */
  readonly about?: (effect: Effect) => Authorization;
}

/** Charges, as the judges see them. */
export const CHARGE: ReportKind<ChargeRequest, ReportedCharge> = {
  name: 'charge',
  fates: new Map<ReportedCharge['status'], Fate>([
    ['succeeded', 'live'],
    ['authorized', 'live'],
    ['pending', 'pending'],
    ['declined', 'declined'],
    ['refunded', 'reversed'],
    ['voided', 'reversed'],
    ['canceled', 'reversed'],
  ]),
  ownDifference: captureDifference,
  later({ captureMethod }, { id, status, amountMinor, capturedMinor = amountMinor }) {
    const isCaptured = captureMethod === 'manual' && status === 'succeeded';
    return isCaptured ? { kind: 'captured', ref: id, amountMinor: capturedMinor } : null;
  },
  capturedOf({ captureMethod }, { id, status, capturedMinor = 0 }) {
    const isCaptured = captureMethod === 'manual' && status === 'refunded' && capturedMinor > 0;
    return isCaptured ? { ref: id, amountMinor: capturedMinor } : null;
  },
  about: ({ authorizedUntilMs }) => (authorizedUntilMs === undefined ? {} : { authorizedUntilMs }),
};

/**
 * Money that was taken is not money that is held, and a part of it is not all of it. What was not done, or was taken back, is none of
 * these.
 */
function captureDifference(
  { captureMethod }: ChargeRequest,
  { status, amountMinor, capturedMinor = amountMinor }: ReportedCharge,
): string | null {
  if (status === 'authorized') return captureMethod === 'manual' ? null : 'capture';
  if (status !== 'succeeded') return null;
  return captureMethod === 'manual' || capturedMinor !== amountMinor ? 'capture' : null;
}

/** How a reported effect differs from the request. `null`: not at all. */
function differenceFrom<Request extends EffectTerms, Effect extends ReportedEffect>(
  kind: ReportKind<Request, Effect>,
  request: Request,
  effect: Effect,
  livemode: boolean | undefined,
): string | null {
  return termsDifference(kind, request, effect, { livemode, isOwn: true });
}

/** `isOwn`: whether the terms that only this kind has are compared, too. */
function termsDifference<Request extends EffectTerms, Effect extends ReportedEffect>(
  kind: ReportKind<Request, Effect>,
  request: Request,
  effect: Effect,
  { livemode, isOwn }: { readonly livemode: boolean | undefined; readonly isOwn: boolean },
): string | null {
  if (effect.reference !== request.reference) return 'reference';
  const own = isOwn ? kind.ownDifference(request, effect) : null;
  if (own !== null) return own;
  // A test charge where real money was expected, or the other way round.
  if ((effect.livemode ?? livemode) !== livemode) return 'livemode';
  if (effect.amountMinor !== request.amountMinor) return 'amount';
  if (effect.currency !== request.currency) return 'currency';
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
  return judgeEffect(CHARGE, request, charge, livemode);
}

/** `judgeCall` for any kind of effect. */
export function judgeEffect<Request extends EffectTerms, Effect extends ReportedEffect>(
  kind: ReportKind<Request, Effect>,
  request: Request,
  effect: Effect,
  livemode: boolean | undefined,
): CallOutcome {
  if (effect.key !== request.key)
    return { kind: 'unknown', answered: false, reason: 'answer_about_another_key' };
  const difference = differenceFrom(kind, request, effect, livemode);
  switch (kind.fates.get(effect.status)) {
    case 'live':
      return difference === null
        ? { kind: 'approved', ref: effect.id, ...kind.about?.(effect) }
        : { kind: 'mismatch', ref: effect.id, reason: `${difference}_mismatch` };
    case 'pending':
      return difference === null
        ? { kind: 'pending', ref: effect.id }
        : { kind: 'unknown', answered: true, reason: `${difference}_mismatch` };
    case 'declined':
      return difference === null
        ? { kind: 'declined', code: effect.code ?? effect.status, ref: effect.id }
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
  return judgeEffects(CHARGE, request, charges, livemode);
}

/** `judgeLookup` for any kind of effect. */
export function judgeEffects<Request extends EffectTerms, Effect extends ReportedEffect>(
  kind: ReportKind<Request, Effect>,
  request: Request,
  effects: readonly Effect[],
  livemode: boolean | undefined,
): LookupOutcome {
  const foreign = effects.find(
    (effect) => effect.key !== request.key || effect.reference !== request.reference,
  );
  if (foreign !== undefined) return { kind: 'unavailable', reason: `answer_about_another_${kind.name}` };
  const fateOf = ({ status }: Effect): Fate | undefined => kind.fates.get(status);
  if (effects.some((effect) => fateOf(effect) === undefined))
    return { kind: 'unavailable', reason: 'status_unknown' };
  const live = effects.filter((effect) => fateOf(effect) === 'live');
  if (live.length > 1) return { kind: 'duplicated', refs: live.map(({ id }) => id) };
  const [one] = live;
  if (one !== undefined) {
    const later = kind.later?.(request, one) ?? null;
    const difference = termsDifference(kind, request, one, { livemode, isOwn: later === null });
    if (later !== null && difference === null) return later;
    return difference === null
      ? { kind: 'succeeded', ref: one.id, ...kind.about?.(one) }
      : { kind: 'mismatch', ref: one.id, reason: `${difference}_mismatch` };
  }
  // What was declined or is pending on other terms says nothing about ours. What was taken back no longer has terms.
  const pending = effects.find((effect) => fateOf(effect) === 'pending');
  for (const effect of effects) {
    const difference = differenceFrom(kind, request, effect, livemode);
    const fate = difference === 'amount' || difference === 'currency' ? fateOf(effect) : undefined;
    if (difference === null || fate === 'reversed') continue;
    const other = { kind: 'unavailable', reason: `${difference}_mismatch` } as const;
    return fate === 'declined' && pending === undefined ? { ...other, declinedRef: effect.id } : other;
  }
  if (pending !== undefined) return { kind: 'pending', ref: pending.id };
  const reversed = effects.filter((effect) => fateOf(effect) === 'reversed');
  if (reversed.length > 0) {
    const captured = reversed
      .filter((effect) => differenceFrom(kind, request, effect, livemode) === null)
      .map((effect) => kind.capturedOf?.(request, effect) ?? null)
      .find((one) => one !== null);
    return { kind: 'reversed', refs: reversed.map(({ id }) => id), ...(captured && { captured }) };
  }
  const [declined] = effects;
  if (declined !== undefined)
    return { kind: 'declined', code: declined.code ?? declined.status, ref: declined.id };
  return { kind: 'absent' };
}

/**
 * The same answer about a charge whose terms nobody knows any more, because the database has forgotten them: what was
 * declined for another amount or currency is that charge.
 */
export function onAnyTerms(outcome: LookupOutcome): LookupOutcome {
  if (outcome.kind !== 'unavailable' || outcome.declinedRef === undefined) return outcome;
  return { kind: 'declined', code: outcome.reason, ref: outcome.declinedRef };
}
