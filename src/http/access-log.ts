/**
 * One line per request. It holds the route's template, never the URL (query strings hold order ids), and no header, key, body,
 * payment method or note. Fastify itself gets no logger: its lines quote raw URLs.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../access/caller.ts';
import type { ProblemCode } from '../domain/problems.ts';

/** The part of a pino logger that is used here. */
export interface HttpLogger {
  debug(entry: object, message: string): void;
  info(entry: object, message: string): void;
  warn(entry: object, message: string): void;
  error(entry: object, message: string): void;
}

/** The content of a line, filled in while the request is answered. */
interface Line {
  readonly logger: HttpLogger;
  readonly level: 'info' | 'debug';
  readonly route: string;
  readonly startedMs: number;
  caller: Caller | undefined;
  paymentId: string | undefined;
  code: ProblemCode | undefined;
}

const LINE = Symbol('access log line');
type LoggedResponse = ServerResponse & { [LINE]?: Line };

export interface RouteLabel {
  /** The template, such as `/v1/payments/:id`. */
  readonly route: string;
  /** `debug` for probes, which would flood the log. */
  readonly level: Line['level'];
}

/** Begins a request's line. It is written when the response is finished or the client has gone. */
export function beginLine(reply: FastifyReply, logger: HttpLogger, { route, level }: RouteLabel): void {
  const raw: LoggedResponse = reply.raw;
  const startedMs = performance.now();
  raw[LINE] = { logger, level, route, startedMs, caller: undefined, paymentId: undefined, code: undefined };
  raw.on('close', writeLine);
}

/** Names who has sent the request: never the key, only its id. */
export function noteCaller(reply: FastifyReply, caller: Caller): void {
  const line = (reply.raw as LoggedResponse)[LINE];
  if (line !== undefined) line.caller = caller;
}

/** Names the payment that the request is about. */
export function notePayment(reply: FastifyReply, paymentId: string): void {
  const line = (reply.raw as LoggedResponse)[LINE];
  if (line !== undefined) line.paymentId = paymentId;
}

/** Names the problem that the request ended with. */
export function noteProblem(reply: FastifyReply, code: ProblemCode): void {
  const line = (reply.raw as LoggedResponse)[LINE];
  if (line !== undefined) line.code = code;
}

/** One function for all requests, bound by the emitter, instead of a closure for each. */
function writeLine(this: LoggedResponse): void {
  const line = this[LINE];
  if (line === undefined) return;
  const entry = {
    method: this.req.method,
    route: line.route,
    // Null: the client left before anything was sent.
    status: this.headersSent ? this.statusCode : null,
    duration_ms: Math.round((performance.now() - line.startedMs) * 100) / 100,
    account_id: line.caller?.accountId,
    key_id: line.caller?.keyId ?? undefined,
    payment_id: line.paymentId,
    code: line.code,
    client_gone: this.writableEnded ? undefined : true,
  };
  line.logger[line.level](entry, 'request');
}
