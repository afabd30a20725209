/** What the client throws. */
import type { ProblemCode } from './problem-codes.ts';

/** What is wrong with one field of a request, as the server says it. */
export interface FieldProblem {
  /** A JSON pointer into the body, such as `/amount`; or the name of a parameter of the address. */
  readonly at: string;
  /** What is wrong, as the rest of a sentence. For people: the words may change. */
  readonly detail: string;
}

/**
 * Why a request failed: a code of the server's problems; `no_answer` if no answer came; or `not_believed` if what came is not from Payonce, or not
 * about what was asked. A newer server may have other codes.
 */
export type RequestErrorCode = ProblemCode | 'no_answer' | 'not_believed' | (string & {});

/** What is known about a failed request. */
export interface RequestFailure {
  /** Why. */
  readonly code: RequestErrorCode;
  /** What happened, for people. The words may change. */
  readonly detail: string;
  /** The HTTP status. Absent: no answer came. */
  readonly status?: number;
  /** What is wrong with each field of the request. Absent: the server names none. */
  readonly fields?: readonly FieldProblem[];
  /** How long to wait before asking again, in milliseconds. Absent: the server does not say. */
  readonly retryAfterMs?: number;
}

/** What every error of a failed request says. */
export abstract class PayonceRequestError extends Error {
  /** Why. */
  readonly code: RequestErrorCode;
  /** The HTTP status; null if no answer came. */
  readonly status: number | null;
  /** What is wrong with each field of the request; empty if the server names none. */
  readonly fields: readonly FieldProblem[];
  /** How long to wait before asking again, in milliseconds; null if the server does not say. */
  readonly retryAfterMs: number | null;

  /** For the client itself: a caller only catches it. */
  constructor({ code, detail, status, fields, retryAfterMs }: RequestFailure, more = '') {
    const named = fields?.map(({ at, detail: wrong }) => ` ${at} ${wrong}.`).join('') ?? '';
    super(`${code}: ${detail}${named}${more}`);
    this.code = code;
    this.status = status ?? null;
    this.fields = fields ?? [];
    this.retryAfterMs = retryAfterMs ?? null;
  }
}

/**
 * Something could not be read. Calls that move money never reject with it: they have outcomes.
 *
 * @example
 * if (error instanceof PayonceReadError && error.code === 'payment_not_found') showNothing();
 */
export class PayonceReadError extends PayonceRequestError {
  override readonly name = 'PayonceReadError';
}

/**
 * Something of your account was not changed, or it is not known whether it was. Calls that move money never reject with it.
 *
 * @example
 * if (error instanceof PayonceChangeError && error.mayBeDone) lookWhatIsThere();
 */
export class PayonceChangeError extends PayonceRequestError {
  override readonly name = 'PayonceChangeError';
  /** True: it is not known whether it was done. False: nothing was done. */
  readonly mayBeDone: boolean;

  /** For the client itself: a caller only catches it. */
  constructor(failure: RequestFailure, mayBeDone: boolean) {
    super(failure, mayBeDone ? ' It is not known whether the change was made. Look what is there.' : '');
    this.mayBeDone = mayBeDone;
  }
}

/**
 * The arguments are wrong. Nothing was sent.
 *
 * @example
 * if (error instanceof PayonceInputError) fix(error.message);
 */
export class PayonceInputError extends TypeError {
  override readonly name = 'PayonceInputError';
}
