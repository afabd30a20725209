/**
 * Every fault, as data. The documentation's table, the validation of settings and the decisions come from this one list.
 *
 * An `answer` fault changes one attempt at a charge or at a refund, capture or void of one. A `booking` fault changes what is booked for
 * a charge's key, a `refund`, `capture` or `void` fault what is booked for one of those. A call has at most one of each, so the rates of one axis are exact and
 * add up to at most 1. The other axes are independent.
 */

export type Axis = 'answer' | 'booking' | 'refund' | 'capture' | 'void' | 'key' | 'lookup' | 'webhook';

/** The axes on which at most one fault happens. */
export const EXCLUSIVE_AXES = [
  'answer',
  'booking',
  'refund',
  'capture',
  'void',
] as const satisfies readonly Axis[];

interface FaultSpec {
  readonly axis: Axis;
  /** The default delay in milliseconds; `null` if the fault has no delay. */
  readonly delayMs: number | null;
  /** What the delay means. */
  readonly delay?: string;
  readonly says: string;
}

const DAY_MS = 86_400_000;

export const FAULTS = {
  error_before: { axis: 'answer', delayMs: null, says: 'answers 500; nothing was charged' },
  error_after: { axis: 'answer', delayMs: null, says: 'charges, then answers 500' },
  drop_before: { axis: 'answer', delayMs: null, says: 'resets the connection; nothing was charged' },
  drop_after: { axis: 'answer', delayMs: null, says: 'charges, then resets the connection' },
  lands_late: {
    axis: 'answer',
    delayMs: 3_000,
    delay: 'from the reset to the charge',
    says: 'resets the connection and charges later; until then the key is in progress and lookups find nothing',
  },
  lost_answer: {
    axis: 'answer',
    delayMs: 120_000,
    delay: 'until the connection is closed, should the client not leave before',
    says: 'charges and never answers',
  },
  slow_answer: {
    axis: 'answer',
    delayMs: 5_000,
    delay: 'from the charge to the answer',
    says: 'charges, answers late',
  },
  dripping_answer: {
    axis: 'answer',
    delayMs: 60_000,
    delay: 'from the first byte to the last',
    says: 'charges and answers in small pieces, so that the connection is never idle for long',
  },
  truncated_answer: {
    axis: 'answer',
    delayMs: null,
    says: 'charges, sends half of the answer and hangs up',
  },
  garbage_answer: {
    axis: 'answer',
    delayMs: null,
    says: 'charges and answers 200 with something that is no charge: HTML, another JSON, or noise',
  },
  rate_limited: {
    axis: 'answer',
    delayMs: 1_000,
    delay: '`Retry-After`',
    says: 'answers 429; nothing was charged',
  },
  unauthorized: { axis: 'answer', delayMs: null, says: 'answers 401; nothing was charged' },
  stale_error: {
    axis: 'answer',
    delayMs: null,
    says: 'answers 500, keeps that under the key and replays it for ever; nothing was charged',
  },
  stale_error_after: {
    axis: 'answer',
    delayMs: null,
    says: 'charges, answers 500, keeps that under the key and replays it for ever',
  },

  declined: { axis: 'booking', delayMs: null, says: 'the card is declined: 402' },
  pending: {
    axis: 'booking',
    delayMs: 2_000,
    delay: 'until it settles',
    says: 'answers 202; succeeds later',
  },
  pending_declined: {
    axis: 'booking',
    delayMs: 2_000,
    delay: 'until it settles',
    says: 'answers 202; is declined later',
  },
  wrong_amount: { axis: 'booking', delayMs: null, says: 'charges one minor unit too much, and says so' },
  wrong_currency: {
    axis: 'booking',
    delayMs: null,
    says: 'charges EUR (USD where EUR was asked for), and says so',
  },
  authorization_expires: {
    axis: 'booking',
    delayMs: 2_000,
    delay: 'until the authorisation ends',
    says: 'a charge with `"capture":false` is let go soon; without this fault, after 7 days',
  },

  refund_declined: {
    axis: 'refund',
    delayMs: null,
    says: 'the refund is declined for good: 402, `failed`',
  },
  refund_pending: {
    axis: 'refund',
    delayMs: 2_000,
    delay: 'until it settles',
    says: 'answers 202; the refund succeeds later',
  },
  refund_pending_failed: {
    axis: 'refund',
    delayMs: 2_000,
    delay: 'until it settles',
    says: 'answers 202; the refund fails later',
  },
  refund_fails_later: {
    axis: 'refund',
    delayMs: 3 * DAY_MS,
    delay: 'from the refund to its failure',
    says: "answers 200; the refund fails days later, and the charge's `refunded` goes down again",
  },
  refund_wrong_amount: {
    axis: 'refund',
    delayMs: null,
    says: 'refunds one minor unit too much, or one too little if no more is left, and says so',
  },

  capture_declined: {
    axis: 'capture',
    delayMs: null,
    says: 'the capture is declined: 402, `failed`; the charge stays authorised',
  },
  capture_pending: {
    axis: 'capture',
    delayMs: 2_000,
    delay: 'until it settles',
    says: 'answers 202; the capture succeeds later',
  },
  capture_pending_failed: {
    axis: 'capture',
    delayMs: 2_000,
    delay: 'until it settles',
    says: 'answers 202; the capture fails later',
  },
  capture_wrong_amount: {
    axis: 'capture',
    delayMs: null,
    says: 'captures one minor unit too much, or one too little if all was asked for, and says so',
  },
  void_declined: {
    axis: 'void',
    delayMs: null,
    says: 'the void is declined: 402, `failed`; the charge stays authorised',
  },
  void_pending: {
    axis: 'void',
    delayMs: 2_000,
    delay: 'until it settles',
    says: 'answers 202; the void succeeds later',
  },
  void_pending_failed: {
    axis: 'void',
    delayMs: 2_000,
    delay: 'until it settles',
    says: 'answers 202; the void fails later',
  },

  keys_ignored: { axis: 'key', delayMs: null, says: 'the key is not kept: each call charges again' },
  keys_expired: {
    axis: 'key',
    delayMs: 60_000,
    delay: 'from the charge to the expiry',
    says: 'the key is forgotten: a call after that charges again',
  },

  lookup_lag: {
    axis: 'lookup',
    delayMs: 2_000,
    delay: 'until lookups show the charge',
    says: 'the charge exists, lookups and lists do not show it yet',
  },
  lookup_down: {
    axis: 'lookup',
    delayMs: 2_000,
    delay: 'how long after the charge the token keeps its lookups down',
    says: 'lookups and lists answer 503',
  },

  webhook_duplicate: { axis: 'webhook', delayMs: null, says: 'the event is delivered twice' },
  webhook_late: {
    axis: 'webhook',
    delayMs: 5_000,
    delay: 'until it is delivered',
    says: 'the event is delivered late',
  },
  webhook_out_of_order: {
    axis: 'webhook',
    delayMs: 1_000,
    delay: 'how long it waits for a next event',
    says: 'the event is delivered after the next one',
  },
} as const satisfies Record<string, FaultSpec>;

/** The name of a fault, such as `error_after`. `docs/fake-gateway.md` has all of them, with what happens. */
export type FaultName = keyof typeof FAULTS;
export type FaultOf<A extends Axis> = {
  [N in FaultName]: (typeof FAULTS)[N]['axis'] extends A ? N : never;
}[FaultName];

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** The faults of one axis, in the order of the catalogue. */
export function faultsOf<A extends Axis>(axis: A): FaultOf<A>[] {
  return FAULT_NAMES.filter((name) => FAULTS[name].axis === axis) as FaultOf<A>[];
}
