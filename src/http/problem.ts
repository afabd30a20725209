/**
 * Everything that is answered when there is no payment to answer with: problem documents (RFC 9457) from the one
 * catalogue, and the translation of what Fastify and the engine throw into it. Errors never speak for themselves:
 * their messages quote URLs, bodies and rows.
 */
import { randomUUID } from 'node:crypto';
import type { Payment } from '../domain/payment.ts';
import { PROBLEMS, type ProblemCode } from '../domain/problems.ts';
import { problemFields } from '../engine/answer.ts';
import { type FieldError, firstErrors } from './field-errors.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export interface Problem {
  readonly code: ProblemCode;
  /** About this occurrence, for a person; repeats nothing secret. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly payment?: Payment;
  /** When to ask again; every 503 has one, even where this is absent. */
  readonly retryAfterMs?: number;
  /** Names this occurrence in the log, as a URI (RFC 9457 §3.1.5). */
  readonly instance?: string;
}

/** The document as JSON text. */
export function problemBody(problem: Problem): string {
  return JSON.stringify({
    ...problemFields(problem.code, problem.detail, problem.payment),
    ...(problem.errors === undefined ? {} : { errors: firstErrors(problem.errors) }),
    ...(problem.retryAfterMs === undefined ? {} : { retry_after_ms: problem.retryAfterMs }),
    ...(problem.instance === undefined ? {} : { instance: problem.instance }),
  });
}

/** Long enough for a database to fail over once or a load balancer to look elsewhere, short enough for a shopper. */
const UNAVAILABLE_RETRY_MS = 1000;

/** What the `Retry-After` header says, or null: whole seconds, rounded up, at least 1 (RFC 9110 §10.2.3). */
export function retryAfterSeconds(problem: Problem): number | null {
  const afterMs =
    problem.retryAfterMs ?? (PROBLEMS[problem.code].status === 503 ? UNAVAILABLE_RETRY_MS : undefined);
  return afterMs === undefined ? null : wholeSeconds(afterMs);
}

export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** Fastify's own errors, by their code. */
const FASTIFY_PROBLEMS: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'payload_too_large',
    detail: 'The body is larger than this server takes.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'Send the body as application/json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'invalid_request',
    detail: 'The body is not as long as Content-Length says.',
  },
  FST_ERR_BAD_URL: { code: 'invalid_request', detail: 'The address is not a valid URL.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found', detail: 'There is nothing at this address.' },
};

/** What an error means to the client. `null`: a fault of ours, which `unexpectedProblem` is for. */
export function problemOf(error: unknown): Problem | null {
  const { code, statusCode, name, kind } = error as Partial<
    Record<'code' | 'statusCode' | 'name' | 'kind', unknown>
  >;
  if (name === 'StoreError') return storeProblem(kind);
  const known = typeof code === 'string' ? FASTIFY_PROBLEMS[code] : undefined;
  if (known !== undefined) return known;
  // A body that broke off, and whatever else Fastify finds wrong with a request in a later release.
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return { code: 'invalid_request', detail: 'The request could not be read.' };
  }
  return null;
}

/** By name and kind rather than by class: ports are none of this folder's business. */
function storeProblem(kind: unknown): Problem {
  switch (kind) {
    case 'outcome_unknown':
      return {
        code: 'store_outcome_unknown',
        detail: 'Repeat the request: the order is never charged twice.',
      };
    case 'refused':
    case 'unfit':
      return {
        code: 'store_refused',
        detail:
          'The database refuses this, and will until somebody changes something there. Nothing was changed and nothing was sent. This server’s log says what is refused.',
      };
    default:
      return {
        code: 'store_unavailable',
        detail: 'The database cannot be reached at the moment. Repeat the request.',
      };
  }
}

export interface UnexpectedProblem {
  readonly problem: Problem;
  /** For the log, under the same id. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/**
 * A fault of ours. The client gets an id and nothing else; the log gets the same id, the error's type, code
 * and stack. Messages are logged only for the errors of JavaScript itself: drivers put values into theirs.
 */
export function unexpectedProblem(error: unknown): UnexpectedProblem {
  const id = randomUUID();
  const thrown: Error & { readonly code?: unknown } = error instanceof Error ? error : new Error();
  const { name, code, message, stack } = thrown;
  const own = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    problem: {
      code: 'internal_error',
      detail: `Something unexpected happened; it is in this server's log under ${id}. Repeating the request never charges the order twice.`,
      instance: `urn:uuid:${id}`,
    },
    entry: { error_id: id, type: name, code, ...(own ? { message } : {}), stack: frames.join('\n') },
  };
}
