/** What a caller of the library did wrong, all at once. */

/** `detail` follows the field's name in a sentence. It repeats no value: a mistake may well be a card number. */
export interface InputProblem {
  /** The field's name, `metadata.note` for one inside another; empty for the whole. */
  readonly field: string;
  readonly detail: string;
}

/**
 * `invalid_options`: the options of `createPayonce`. `card_number_refused`: something looks like a card number.
 * `idempotency_key_invalid`: nothing but the key is wrong. `invalid_request`: anything else.
 */
export type InputErrorCode =
  | 'invalid_options'
  | 'invalid_request'
  | 'card_number_refused'
  | 'idempotency_key_invalid';

/** As many as anyone can mend at once. */
const MAX_PROBLEMS = 50;

/**
 * The call was refused before anything was stored, sent or started. The message names every field that is wrong; `errors`
 * says the same field by field.
 */
export class PayonceInputError extends TypeError {
  override readonly name = 'PayonceInputError';
  readonly code: InputErrorCode;
  readonly errors: readonly InputProblem[];

  constructor(code: InputErrorCode, errors: readonly InputProblem[]) {
    const nothing =
      code === 'invalid_options' ? 'Nothing was started.' : 'Nothing was stored and nothing was sent.';
    super(`${asSentence(errors)}. ${nothing}`);
    this.code = code;
    this.errors = errors;
  }
}

function asSentence(errors: readonly InputProblem[]): string {
  const told = errors
    .slice(0, MAX_PROBLEMS)
    .map(({ field, detail }) => `${field === '' ? 'the argument' : field} ${detail}`);
  if (errors.length > MAX_PROBLEMS) told.push(`there are ${errors.length - MAX_PROBLEMS} more problems`);
  return told.join('; ');
}
