/**
 * What the gateway does with one request to charge: when it takes effect, and what is said about it. The two are
 * independent of each other, as on a real network.
 */
export type Effect =
  | { readonly kind: 'none' }
  | { readonly kind: 'charge' }
  | { readonly kind: 'decline'; readonly code: string }
  /** Settled after so many milliseconds, or when the test says so. */
  | {
      readonly kind: 'pending';
      readonly then: 'succeeded' | 'declined';
      readonly after: number | Promise<void>;
    }
  /** Takes effect this long after the connection died, when nobody listens any more. */
  | { readonly kind: 'late'; readonly afterMs: number };

export type Reply =
  | { readonly kind: 'truth' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The truth, but for these fields. */
  | {
      readonly kind: 'altered';
      readonly status?: number;
      readonly change: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'drop' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'drip' };

export interface Step {
  readonly effect: Effect;
  readonly reply: Reply;
  /** Before the effect; meanwhile the key is in progress. */
  readonly delayMs?: number;
  /** The same, until the test says so. */
  readonly until?: Promise<void>;
  /** Between the effect and the reply. */
  readonly pauseMs?: number;
}

const none: Effect = { kind: 'none' };
const charge: Effect = { kind: 'charge' };

function said(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { kind: 'status', status, headers, body: JSON.stringify(body) };
}

export const honest: Step = { effect: charge, reply: { kind: 'truth' } };
export const declined: Step = {
  effect: { kind: 'decline', code: 'card_declined' },
  reply: { kind: 'truth' },
};

export function slow(delayMs: number): Step {
  return { ...honest, delayMs };
}

/** A step that waits for the test and not for a time: what must happen before it has as long as the machine needs. */
export interface Held {
  readonly step: Step;
  release(): void;
}
export function held(one: Step = honest): Held {
  const { promise, release } = hold();
  return { step: { ...one, until: promise }, release };
}
export function heldPending(then: 'succeeded' | 'declined'): Held {
  const { promise, release } = hold();
  return { step: { effect: { kind: 'pending', then, after: promise }, reply: { kind: 'truth' } }, release };
}
function hold(): { readonly promise: Promise<void>; release(): void } {
  let release = (): void => {};
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

export function error(status: number): Step {
  return { effect: none, reply: said(status, { error: 'Gateway error' }) };
}
export function errorAfter(status: number): Step {
  return { effect: charge, reply: said(status, { error: 'Gateway error' }) };
}
export const dropBefore: Step = { effect: none, reply: { kind: 'drop' } };
export const dropAfter: Step = { effect: charge, reply: { kind: 'drop' } };
export const lostBefore: Step = { effect: none, reply: { kind: 'hang' } };
export const lostAfter: Step = { effect: charge, reply: { kind: 'hang' } };
/** The caller gives up; the charge lands `afterMs` later. */
export function landsAfterTimeout(afterMs: number): Step {
  return { effect: { kind: 'late', afterMs }, reply: { kind: 'hang' } };
}
/** The connection breaks; the charge lands `afterMs` later. */
export function landsAfterDrop(afterMs: number): Step {
  return { effect: { kind: 'late', afterMs }, reply: { kind: 'drop' } };
}
export function spoilt(kind: 'truncated' | 'garbage' | 'drip', effect: 'charge' | 'none' = 'charge'): Step {
  return { effect: { kind: effect }, reply: { kind } };
}
export function busyLater(retryAfter: string, status: 429 | 503 = 429): Step {
  return { effect: none, reply: said(status, { error: 'slow_down' }, { 'retry-after': retryAfter }) };
}
export function pending(then: 'succeeded' | 'declined', afterMs: number): Step {
  return { effect: { kind: 'pending', then, after: afterMs }, reply: { kind: 'truth' } };
}
export function altered(change: Readonly<Record<string, unknown>>): Step {
  return { effect: charge, reply: { kind: 'altered', change } };
}
/** Declines although the key was charged before. */
export const falseDecline: Step = {
  effect: none,
  // Beside money that was taken, the word would be no answer.
  reply: {
    kind: 'altered',
    status: 402,
    change: { status: 'declined', code: 'card_declined', captured: 0, refunded: 0 },
  },
};
export function status(code: number, body: unknown, headers: Record<string, string> = {}): Step {
  return { effect: none, reply: said(code, body, headers) };
}
