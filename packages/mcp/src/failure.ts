/** What a tool tells instead of its result. Texts repeat no argument: it may be a card number. */
import { z } from 'zod';
import type { Annotations, Told } from './tool.ts';

/** A refusal of our own: nothing was sent. */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the client throws, as it can be told apart without loading the client. */
interface ReadError extends Error {
  readonly code: string;
  readonly retryAfterMs: number | null;
  readonly fields: readonly { readonly at: string; readonly detail: string }[];
}

/** The client has refused the arguments: nothing was sent. */
export function isInputError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'PayonceInputError';
}

export function failureOf(error: unknown, { readOnlyHint }: Annotations): Told {
  const refused = readOnlyHint ? 'not_read' : 'refused';
  const nothing = readOnlyHint ? 'Nothing was read.' : 'Nothing was sent.';
  if (error instanceof z.ZodError) {
    const fields = error.issues.map(({ path, message }) => ({ at: `/${path.join('/')}`, detail: message }));
    const wrong = fields.map(({ at, detail }) => `${at}: ${detail}`).join('; ');
    const summary = `${nothing} The arguments are wrong. Correct them, and call again. ${wrong}`;
    return { summary, outcome: refused, code: 'invalid_arguments', fields };
  }
  if (error instanceof Refusal)
    return { summary: `${nothing} ${error.message}`, outcome: refused, code: error.code };
  if (isInputError(error)) return { summary: error.message, outcome: refused, code: 'invalid_arguments' };
  if (error instanceof Error && error.name === 'PayonceReadError') {
    const { code, message, retryAfterMs, fields } = error as ReadError;
    const told = { summary: `${nothing} ${message}`, outcome: refused, code, fields: [...fields] };
    return retryAfterMs === null ? told : { ...told, retry_after_ms: retryAfterMs };
  }
  if (readOnlyHint)
    return {
      summary: `${nothing} This is a bug of Payonce's tools.`,
      outcome: refused,
      code: 'internal_error',
    };
  const summary =
    'This is a bug of Payonce’s tools. It is not known whether anything was sent. Call again with the same arguments: it is never done twice.';
  return { summary, outcome: 'pending', code: 'internal_error' };
}
