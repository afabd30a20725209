/**
 * The HTTP server: limits, error handling and the groups of routes. It knows the engine only as `Payonce` and
 * decides nothing about money.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Access } from '../access/access.ts';
import type { NotReady, Payonce } from '../engine/api.ts';
import type { Outgoing } from '../outgoing/endpoints.ts';
import { beginLine, type HttpLogger } from './access-log.ts';
import { PROBLEM_JSON, type ProblemStyle, sendError, sendProblem } from './answer.ts';
import { answerClientError } from './client-error.ts';
import { endConnectionsOnClose } from './closing.ts';
import { ANSWER_RETENTION_MS } from './openapi/api.ts';
import { OUTGOING_ROUTES } from './outgoing-v1.ts';
import { NOTHING_HERE } from './problem.ts';
import type { RouteContext } from './route-context.ts';
import { type Route, registerRoutes } from './routes.ts';
import { registerHealth } from './routes-health.ts';
import { registerReference } from './routes-reference.ts';
import { SEED_ROUTES, SEED_STYLE } from './routes-seed.ts';
import { V1_ROUTES } from './routes-v1.ts';
import { NODE_OPTIONS, takeAllExpectations, transportProblem } from './transport.ts';
import { registerWebhooks } from './webhooks-v1.ts';

export interface ServerOptions {
  readonly payonce: Payonce;
  /** Who may ask. */
  readonly access: Access;
  /** Events for merchants. Default: there are no routes for them. */
  readonly outgoing?: Outgoing;
  /** Where it is going to listen: a name or an address. A server without keys answers only there and at loopback. Default: loopback. */
  readonly host?: string;
  /** A pino logger, or anything with the same four methods. */
  readonly logger: HttpLogger;
  /** How long a charge or a refund of `/v1` waits for the outcome unless the client asks for another wait. Default 10 s. */
  readonly defaultWaitMs?: number;
  /** The longest wait that a client can ask for. Default 60 s. */
  readonly maxWaitMs?: number;
  /** How long `POST /payments/start/` waits. Default 30 s. */
  readonly seedWaitMs?: number;
  /** How long the engine keeps the answer of an idempotency key, to be told to clients. Default 30 days. */
  readonly answerRetentionMs?: number;
  /** The largest body, in bytes. Default 64 KiB, twice the longest order. */
  readonly bodyLimitBytes?: number;
  /** The answer of `/readyz`. Default: the engine's `notReady`. It must settle by itself. */
  readonly notReady?: () => Promise<NotReady | null>;
  /** True from the beginning of a drain that comes before `close()`. The API then refuses requests; `mount` does not. */
  readonly isDraining?: () => boolean;
  /** Registers other routes (the fake gateway's) in a scope with its own parsers, hooks and drain. */
  readonly mount?: (scope: FastifyInstance) => Promise<void>;
  readonly timeouts?: Partial<Timeouts>;
  /** How long `close()` waits for requests under way before it ends their connections. Default 10 s, well within the 15 s after SIGTERM. */
  readonly closeGraceMs?: number;
}

/** How slow a client may be, in milliseconds. */
export interface Timeouts {
  /** From the first byte of a request to the end of its headers: 10 s. */
  readonly headersMs: number;
  /** To the end of its body: 30 s, enough for 64 KiB from any phone. */
  readonly requestMs: number;
  /** An idle connection is kept for the next request: 65 s, so that a load balancer (usually 60 s) closes it first. */
  readonly keepAliveMs: number;
  /** How often the first two are checked: every 2 s. Node's default is 30 s, and a timeout could come that much later. */
  readonly checkMs: number;
}

const DEFAULT_TIMEOUTS: Timeouts = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 65_000,
  checkMs: 2_000,
};

/** Node's default, written here because other limits depend on it. All headers and the URL must fit in. */
const MAX_HEADER_BYTES = 16_384;

/** A socket without any traffic for the longest wait and this time is dead. */
const IDLE_MARGIN_MS = 30_000;

/** Builds the server without listening. `close()` stops accepting, refuses new requests and waits for those under way. */
export function createServer(options: ServerOptions): FastifyInstance {
  let closing = false;
  const context: RouteContext = {
    payonce: options.payonce,
    access: options.access,
    outgoing: options.outgoing ?? null,
    ownHost: options.host ?? 'localhost',
    logger: options.logger,
    waits: { defaultWaitMs: options.defaultWaitMs ?? 10_000, maxWaitMs: options.maxWaitMs ?? 60_000 },
    seedWaitMs: options.seedWaitMs ?? 30_000,
    answerRetentionMs: options.answerRetentionMs ?? ANSWER_RETENTION_MS,
    notReady: options.notReady ?? (() => options.payonce.notReady()),
    isDraining: () => closing || options.isDraining?.() === true,
  };
  const app = buildFastify(context, options);
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  endConnectionsOnClose(app, options.closeGraceMs ?? 10_000);
  app.setErrorHandler((error, _request, reply) => sendError(reply, error, context.logger, PROBLEM_JSON));
  refuseBrokenRequests(app, context);
  answerUnknownAddresses(app, context);
  const register = (routes: readonly Route[], style: ProblemStyle) =>
    void app.register(async (scope) => registerRoutes(scope, context, { routes, style }));
  register(V1_ROUTES, PROBLEM_JSON);
  if (context.outgoing !== null) register(OUTGOING_ROUTES, PROBLEM_JSON);
  register(SEED_ROUTES, SEED_STYLE);
  void app.register(async (scope) => registerWebhooks(scope, context));
  void app.register(async (scope) => registerHealth(scope, context));
  void app.register(async (scope) => registerReference(scope, context));
  const { mount } = options;
  if (mount !== undefined) void app.register(async (scope) => mount(scope));
  return app;
}

function buildFastify(context: RouteContext, options: ServerOptions): FastifyInstance {
  const { logger, waits, seedWaitMs } = context;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const longestWaitMs = Math.max(waits.defaultWaitMs, waits.maxWaitMs, seedWaitMs);
  const app = Fastify({
    bodyLimit: options.bodyLimitBytes ?? 65_536,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    connectionTimeout: longestWaitMs + IDLE_MARGIN_MS,
    http: {
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: timeouts.checkMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      ...NODE_OPTIONS,
    },
    // As long as any URL can be, so that a malformed id of any length is a payment that does not exist.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_HEADER_BYTES },
    // Fastify's answer to requests on closing connections has another form. `openRoute` gives ours.
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => {
      beginLine(reply as FastifyReply, logger, { route: UNMATCHED, level: 'info' });
      sendError(reply as FastifyReply, error, logger, PROBLEM_JSON);
    },
    clientErrorHandler: (error, socket) => answerClientError(error.code, socket, logger),
  });
  // No limit: their size is bounded already. By default Node silently drops every header after the 2,000th, even the key.
  app.server.maxHeadersCount = 0;
  takeAllExpectations(app);
  return app;
}

/** What the log shows for an address without a route. The address itself is the client's text and is not logged. */
const UNMATCHED = '(none)';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Runs before every route, also before mounted ones. */
function refuseBrokenRequests(app: FastifyInstance, { logger }: RouteContext): void {
  app.addHook('onRequest', (request, reply, done) => {
    const problem = transportProblem(request);
    if (problem === null) {
      done();
      return;
    }
    beginLine(reply, logger, { route: UNMATCHED, level: 'info' });
    // A client that reads HTTP in another way could take the rest of this answer for the next one.
    void reply.header('connection', 'close');
    sendProblem(reply, problem, styleOf(request));
  });
}

/** The demo's addresses have their own style of errors. */
function styleOf({ raw }: FastifyRequest): ProblemStyle {
  return raw.url?.startsWith('/payments/') === true ? SEED_STYLE : PROBLEM_JSON;
}

/**
 * 404, or 405 if the address takes other methods (RFC 9110 §15.5.6 demands `Allow`). It is a hook, because a handler comes after
 * Fastify has read and checked the body.
 */
function answerUnknownAddresses(app: FastifyInstance, { logger }: RouteContext): void {
  app.addHook('onRequest', (request, reply, done) => {
    // A mounted scope may have its own handler for this.
    if (!request.is404 || request.server !== app) {
      done();
      return;
    }
    beginLine(reply, logger, { route: UNMATCHED, level: 'info' });
    const [path = ''] = (request.raw.url ?? '').split('?', 1);
    const style = styleOf(request);
    const allowed = METHODS.filter((method) => app.findRoute({ method, url: path }) !== null);
    if (allowed.length === 0) {
      sendProblem(reply, { code: 'not_found', detail: NOTHING_HERE }, style);
      return;
    }
    const list = allowed.join(', ');
    void reply.header('allow', list);
    sendProblem(
      reply,
      { code: 'method_not_allowed', detail: `Nothing was stored or sent. This address takes only ${list}.` },
      style,
    );
  });
}
