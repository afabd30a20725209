/** What every group of routes shares. */
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Access } from '../access/access.ts';
import type { NotReady, Payonce } from '../engine/api.ts';
import type { Outgoing } from '../outgoing/endpoints.ts';
import { beginLine, type HttpLogger, type RouteLabel } from './access-log.ts';
import { type ProblemStyle, sendError, sendProblem } from './answer.ts';
import { type JsonValue, parseJson } from './json.ts';
import type { Waits } from './prefer.ts';
import type { Problem } from './problem.ts';

export interface RouteContext {
  readonly payonce: Payonce;
  readonly access: Access;
  /** Events for merchants. Null: this server has no such routes. */
  readonly outgoing: Outgoing | null;
  /** Where the server listens: a name or an address. */
  readonly ownHost: string;
  readonly logger: HttpLogger;
  readonly waits: Waits;
  /** How long the seed's start waits, in milliseconds. */
  readonly seedWaitMs: number;
  /** How long the answer of an idempotency key is kept, in milliseconds. */
  readonly answerRetentionMs: number;
  readonly notReady: () => Promise<NotReady | null>;
  /** Once it is true, new requests are refused. Those under way are answered. */
  readonly isDraining: () => boolean;
}

/** The first hook of every API route: begins the log line, and refuses the request while draining. */
export function openRoute(
  context: RouteContext,
  label: RouteLabel,
  style: ProblemStyle,
): onRequestHookHandler {
  return (_request, reply, done) => {
    beginLine(reply, context.logger, label);
    if (context.isDraining()) sendProblem(reply, SHUTTING_DOWN, style);
    else done();
  };
}

const SHUTTING_DOWN: Problem = {
  code: 'shutting_down',
  detail:
    'This server is shutting down. Nothing was stored and nothing was sent. Repeat the request on a new connection: another server, or this one after its restart, will take it.',
};

/**
 * Makes a group of routes take only `application/json`, as bytes, and answer its errors in its own style. The handler parses the
 * bytes, so that no number of a body is ever rounded.
 */
export function prepareScope(scope: FastifyInstance, context: RouteContext, style: ProblemStyle): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  scope.setErrorHandler((error, _request, reply) => sendError(reply, error, context.logger, style));
}

/** The body as JSON, or the problem with it. */
export function readBody(
  request: FastifyRequest,
):
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'problem'; readonly problem: Problem } {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    // This is the status of RFC 9110 §15.5.16.
    const problem: Problem = {
      code: 'unsupported_media_type',
      detail: 'Nothing was stored or sent. Send the body without a Content-Encoding.',
    };
    return { kind: 'problem', problem };
  }
  const result = parseJson(Buffer.isBuffer(request.body) ? request.body : NO_BYTES);
  return result.kind === 'value'
    ? result
    : {
        kind: 'problem',
        problem: {
          code: 'invalid_json',
          detail: `${result.detail} Nothing was stored or sent. Correct it and send it again.`,
        },
      };
}

const NO_BYTES = new Uint8Array(0);

/** The same for a request whose body may be left out: it is then an object without fields. */
export function readBodyIfAny(request: FastifyRequest): ReturnType<typeof readBody> {
  const { body } = request;
  const isEmpty = body === undefined || body === null || (Buffer.isBuffer(body) && body.length === 0);
  return isEmpty ? { kind: 'value', value: new Map() } : readBody(request);
}
