/** What the results of all calls that move money have in common. The words are those of the library. */
import type { FieldProblem } from './errors.ts';
import type { ProblemCode } from './problem-codes.ts';

/** What every result says that the server gave. */
export interface Told {
  /** Whether the server had seen the key, or the refund's name, before: from an earlier call, or from an earlier request of this call. */
  readonly replayed: boolean;
}

/** What the result of a failure says. */
export interface ToldOfFailure extends Told {
  /** What happened, what was not done, what to do. For people: the words may change. */
  readonly detail: string;
  /** Whether it could be tried again, as another attempt or under another name, when it failed. Payonce checks it again then. */
  readonly safeToRetryWithNewKey: boolean;
}

/** What every result says that is not an end. */
export interface NotEnded {
  /** What is known, and how to ask again. For people: the words may change. */
  readonly detail: string;
  /** How long to wait before asking again, in milliseconds. */
  readonly retryAfterMs: number;
}

/** The server has it. Its outcome is not known yet. */
export interface StillOpen extends NotEnded {
  readonly outcome: 'pending';
  /** `in_progress`: it is under way. `in_doubt`: it failed, but new evidence says that it may have been made, and Payonce checks it. */
  readonly reason: 'in_progress' | 'in_doubt';
}

/**
 * No answer came that can be believed, or the server does not know itself. It may be made, or it may never have arrived. It is not
 * refused, and it has not failed.
 */
export interface NotHeard extends NotEnded {
  readonly outcome: 'pending';
  /** `no_answer`: nothing came that can be believed. `store_outcome_unknown`: the server does not know whether it has stored it. */
  readonly reason: 'no_answer' | 'store_outcome_unknown';
}

/** A person must decide. */
export interface ForPerson extends NotEnded {
  readonly outcome: 'review';
  /** Why, as a stable code, such as `outcome_unknown` or `amount_mismatch`. */
  readonly reason: string;
}

/** Nothing was sent to the gateway for this call. */
export interface NothingSent extends Told {
  readonly outcome: 'refused';
  /** Why, as a code for programs. `docs/errors.md` says for each code what to do. A newer server may have other codes. */
  readonly code: ProblemCode | (string & {});
  /** What happened, what was not done, what to do. For people: the words may change. */
  readonly detail: string;
  /** What is wrong with each field of the request; empty if it is not about fields. */
  readonly fields: readonly FieldProblem[];
  /** How long to wait before trying again, in milliseconds. Null: trying again does not help. */
  readonly retryAfterMs: number | null;
}
