/** Why the store could not do something. */

/**
 * Why the store could not do it. Nothing was written, except perhaps with the last one:
 * - `unavailable`: not now. It may work in a moment.
 * - `refused`: not until somebody changes something at the database, such as a grant.
 * - `unfit`: not with these values. Others may work.
 * - `outcome_unknown`: the answer was lost, so it may have been written.
 */
type StoreErrorKind = 'unavailable' | 'refused' | 'unfit' | 'outcome_unknown';

/**
 * The database could not be used. The message says what happened and, if somebody must act, what to do. `cause` is the driver's error,
 * if there is one.
 *
 * @example
 * try {
 *   await payonce.payment(paymentId);
 * } catch (error) {
 *   if (error instanceof StoreError && error.kind === 'unavailable') tryAgainLater();
 *   else throw error;
 * }
 */
export class StoreError extends Error {
  /** Why, as a code for programs. */
  readonly kind: StoreErrorKind;
  /** For Payonce itself: a caller only catches it. */
  constructor(kind: StoreErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreError';
    this.kind = kind;
  }
}
