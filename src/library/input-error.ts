/** What a caller of the library did wrong, all at once. */

/** What is wrong with one field. It repeats no value: it may be a card number in the wrong place. */
export interface InputProblem {
  /** The field's name, such as `metadata.note` for one inside another; empty for the whole argument. */
  readonly field: string;
  /** What is wrong, as the rest of a sentence that begins with the field's name, such as `is required`. For people: the words may change. */
  readonly detail: string;
}

/**
 * What kind of mistake it is:
 * - `invalid_options`: in the options of `createPayonce`.
 * - `card_number_refused`: a field holds what looks like a card number.
 * - `idempotency_key_invalid`: only the key is wrong.
 * - `refund_identity_required`: a refund has neither a `refundId` nor an `idempotencyKey`.
 * - `invalid_request`: anything else.
 */
export type InputErrorCode =
  | 'invalid_options'
  | 'invalid_request'
  | 'card_number_refused'
  | 'idempotency_key_invalid'
  | 'refund_identity_required';

/** More than anyone fixes at once. */
const MAX_PROBLEMS = 50;

/**
 * The arguments are wrong. The call was refused before anything was stored, sent or started. The message names every field that is
 * wrong; `errors` says the same field by field.
 *
 * @example
 * if (error instanceof PayonceInputError) for (const { field, detail } of error.errors) show(`${field} ${detail}`);
 */
export class PayonceInputError extends TypeError {
  override readonly name = 'PayonceInputError';
  /** What kind of mistake it is, as a code for programs. */
  readonly code: InputErrorCode;
  /** Everything that is wrong, at least one entry. */
  readonly errors: readonly InputProblem[];

  /** For Payonce itself: a caller only catches it. */
  constructor(code: InputErrorCode, errors: readonly InputProblem[]) {
    const nothing =
      code === 'invalid_options' ? 'Nothing was started.' : 'Nothing was stored and nothing was sent.';
    super(`${asSentence(errors)}. ${nothing}`);
    this.code = code;
    this.errors = errors;
  }
}

function asSentence(errors: readonly InputProblem[]): string {
  const sentences = errors
    .slice(0, MAX_PROBLEMS)
    .map(({ field, detail }) => `${field === '' ? 'the argument' : field} ${detail}`);
  if (errors.length > MAX_PROBLEMS) sentences.push(`there are ${errors.length - MAX_PROBLEMS} more problems`);
  return sentences.join('; ');
}
