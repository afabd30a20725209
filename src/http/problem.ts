/**
 * The answers that are no payment: problem documents (RFC 9457) from the one catalogue. Errors of Fastify and of the engine are
 * translated into it. The message of an error is never sent: it may quote a URL, a body or a row.
 */
import { randomUUID } from 'node:crypto';
import type { CaptureOrVoid } from '../domain/capture-or-void.ts';
import type { Payment } from '../domain/payment.ts';
import { PROBLEMS, type ProblemCode } from '../domain/problems.ts';
import type { Refund } from '../domain/refund.ts';
import { problemFields } from '../engine/answer.ts';
import { exclusiveProblemFields } from '../engine/capturing/answer.ts';
import { refundProblemFields } from '../engine/refunding/answer.ts';
import { type FieldError, firstErrors } from './field-errors.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export interface Problem {
  readonly code: ProblemCode;
  /** About this occurrence, for a person: what happened, what was not done, what to do. Repeats nothing secret. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly payment?: Payment;
  readonly refund?: Refund;
  readonly exclusive?: CaptureOrVoid;
  /** When to ask again. Every 503 has a `Retry-After`, even if this is absent. */
  readonly retryAfterMs?: number;
  /** Names this occurrence in the log, as a URI (RFC 9457 §3.1.5). */
  readonly instance?: string;
}

/** The document as JSON text. */
export function problemBody(problem: Problem): string {
  return JSON.stringify({
    ...fieldsOf(problem),
    ...(problem.errors === undefined ? {} : { errors: firstErrors(problem.errors) }),
    ...(problem.retryAfterMs === undefined ? {} : { retry_after_ms: problem.retryAfterMs }),
    ...(problem.instance === undefined ? {} : { instance: problem.instance }),
  });
}

/** With what the problem is about. */
function fieldsOf({ code, detail, payment, refund, exclusive }: Problem): Record<string, unknown> {
  if (refund !== undefined) return refundProblemFields(code, detail, refund);
  if (exclusive !== undefined) return exclusiveProblemFields(code, detail, exclusive);
  return problemFields(code, detail, payment);
}

/** Long enough for a load balancer to choose another server, short enough for a shopper. */
const UNAVAILABLE_RETRY_MS = 1000;

/** The value of the `Retry-After` header: whole seconds, rounded up, at least 1 (RFC 9110 §10.2.3). Null: no such header. */
export function retryAfterSeconds(problem: Problem): number | null {
  const afterMs =
    problem.retryAfterMs ?? (PROBLEMS[problem.code].status === 503 ? UNAVAILABLE_RETRY_MS : undefined);
  return afterMs === undefined ? null : wholeSeconds(afterMs);
}

export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** The detail of `not_found`. */
export const NOTHING_HERE =
  'There is nothing at this address. Nothing was stored or sent. docs/api.md lists the addresses.';

/** Fastify's own errors, by their code. */
const FASTIFY_PROBLEMS: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'payload_too_large',
    detail: 'The body is larger than this server takes. Nothing was stored or sent. Send a smaller one.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'Nothing was stored or sent. Send the body as application/json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'invalid_request',
    detail: 'The body is not as long as Content-Length says. Nothing was stored or sent. Send both again.',
  },
  FST_ERR_BAD_URL: {
    code: 'invalid_request',
    detail: 'The address is not a valid URL. Nothing was stored or sent. Check its percent-encoding.',
  },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found', detail: NOTHING_HERE },
};

/**
 * What an error means to the client. Null: a bug in our code, for `unexpectedProblem`. `reads`: the request only reads, so nothing can
 * have been stored.
 */
export function problemOf(error: unknown, { reads }: { readonly reads: boolean }): Problem | null {
  const { code, statusCode, name, kind } = error as Partial<
    Record<'code' | 'statusCode' | 'name' | 'kind', unknown>
  >;
  if (name === 'StoreError') return storeProblem(reads && kind === 'outcome_unknown' ? 'unavailable' : kind);
  const known = typeof code === 'string' ? FASTIFY_PROBLEMS[code] : undefined;
  if (known !== undefined) return known;
  // A body that was cut off, or a check that a later release of Fastify adds.
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return {
      code: 'invalid_request',
      detail: 'The request could not be read. Nothing was stored or sent. Send it again.',
    };
  }
  return null;
}

/** By name and kind instead of the class, which this folder may not import from the ports. */
function storeProblem(kind: unknown): Problem {
  switch (kind) {
    case 'outcome_unknown':
      return {
        code: 'store_outcome_unknown',
        detail:
          'The connection to the database broke, so it is not known whether anything was stored. Repeat the same request with the same key: nothing is charged or refunded twice.',
      };
    case 'refused':
    case 'unfit':
      return {
        code: 'store_refused',
        detail:
          'The database refuses this until somebody changes something there. Nothing was changed and nothing was sent. The log of this server says what it refuses.',
      };
    default:
      return {
        code: 'store_unavailable',
        detail:
          'The database cannot be used at the moment. Nothing was changed and nothing was sent. Repeat the request.',
      };
  }
}

export interface UnexpectedProblem {
  readonly problem: Problem;
  /** For the log, under the same id. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/**
 * A bug in our code. The client gets only an id. The log gets the same id and the error's type, code and stack. The message is
 * logged only for errors of JavaScript itself: the messages of drivers may hold values.
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
      detail: `Something unexpected happened. It is not known how far this request came. Repeat it with the same key: nothing is charged or refunded twice. This server's log has the error under ${id}.`,
      instance: `urn:uuid:${id}`,
    },
    entry: { error_id: id, type: name, code, ...(own ? { message } : {}), stack: frames.join('\n') },
  };
}
