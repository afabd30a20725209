/** What the results of all calls that move money have in common. */

/** What the result of something that the gateway has decided says. */
export interface Told {
  /** Whether this call started it. If not, the call joined it or found it. */
  readonly started: boolean;
  /** Whether the key had been seen before. */
  readonly replayed: boolean;
}

/** What the result of a failure says. */
export interface ToldOfFailure extends Told {
  /** What happened, what was not done, what to do. For people: the words may change. */
  readonly detail: string;
}

/** It was stored. Its outcome is not known yet. */
export interface StillOpen {
  readonly outcome: 'pending';
  /** `in_progress`: it is under way. `in_doubt`: it failed, but new evidence says that it may have been made, and Payonce checks it. */
  readonly reason: 'in_progress' | 'in_doubt';
  /** How long to wait before asking again, in milliseconds. */
  readonly retryAfterMs: number;
  /** Whether the key had been seen before. */
  readonly replayed: boolean;
}

/** The database did not say whether it was stored: it may be made, or it may never have been stored. */
export interface PerhapsStored {
  readonly outcome: 'pending';
  readonly reason: 'store_outcome_unknown';
  /** What happened, what was not done, what to do. For people: the words may change. */
  readonly detail: string;
  /** How long to wait before asking again, in milliseconds. */
  readonly retryAfterMs: number;
  /** Whether the key had been seen before. */
  readonly replayed: boolean;
}

/** A person must decide. */
export interface ForPerson {
  readonly outcome: 'review';
  /** Why, as a stable code, such as `outcome_unknown` or `amount_mismatch`. */
  readonly reason: string;
  /** How long to wait before asking again, in milliseconds. */
  readonly retryAfterMs: number;
  /** Whether the key had been seen before. */
  readonly replayed: boolean;
}

/** Nothing was sent to the gateway for this call. */
export interface NothingSent<Code> {
  readonly outcome: 'refused';
  /** Why, as a code for programs. `docs/errors.md` says for each code what to do. */
  readonly code: Exclude<Code, 'store_outcome_unknown'>;
  /** What happened, what was not done, what to do. For people: the words may change. */
  readonly detail: string;
  /** How long to wait before trying again, in milliseconds. Absent if trying again does not help. */
  readonly retryAfterMs?: number;
  /** Whether the key had been seen before. */
  readonly replayed: boolean;
}
