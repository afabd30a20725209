/** The protocol's routes. Handlers check the request, call the gateway and send its answer; they decide nothing. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorBody, failureBody, GATEWAY_ERROR } from '../bodies.ts';
import type { OperationParams } from '../charge-operations.ts';
import type { OperationKind } from '../ledger/port.ts';
import { checkQuery, parseInstant, parsePage, type Query } from '../paging.ts';
import type { Reads } from '../reads.ts';
import {
  type BadRequest,
  bad,
  type ChargeParams,
  isBad,
  parseCharge,
  parseKey,
  parseObject,
  parseOptionalAmount,
} from '../requests.ts';
import { answer, type Wire } from '../wire.ts';
import { type HeldSockets, send } from './send.ts';

export interface Protocol {
  charge(params: ChargeParams): Promise<Wire>;
  operate(params: OperationParams): Promise<Wire>;
  readonly reads: Reads;
  /** The seed's endpoint: succeeds or fails at random, charges nothing. */
  start(): Promise<Wire>;
  readonly held: HeldSockets;
}

type Respond = (request: FastifyRequest) => Promise<Wire> | BadRequest;

const AMOUNT = new Set(['amount']);
const NOTHING: ReadonlySet<string> = new Set();

export function addProtocolRoutes(app: FastifyInstance, protocol: Protocol): void {
  const { reads, held } = protocol;
  const handle = (respond: Respond) => (request: FastifyRequest, reply: FastifyReply) => {
    const wire = respond(request);
    if (isBad(wire)) send(reply, refusal(wire, request), held);
    else wire.then((result) => send(reply, result, held)).catch((error: unknown) => reply.send(error));
  };
  const operation =
    (kind: OperationKind): Respond =>
    (request) => {
      const key = parseKey(request.headers['idempotency-key']);
      if (isBad(key)) return key;
      const body = parseJson(request.body, {});
      if (isBad(body)) return body;
      const asked = kind === 'void' ? withoutFields(body) : parseOptionalAmount(body, AMOUNT);
      if (isBad(asked)) return asked;
      const { id } = request.params as { id: string };
      return protocol.operate({ kind, key, chargeId: id, asked });
    };

  app.post(
    '/charges',
    handle((request) => {
      const key = parseKey(request.headers['idempotency-key']);
      if (isBad(key)) return key;
      const body = parseJson(request.body, null);
      if (isBad(body)) return body;
      const params = parseCharge(key, body);
      return isBad(params) ? params : protocol.charge(params);
    }),
  );
  app.get(
    '/charges',
    handle(({ query }) => listCharges(query as Query, reads)),
  );
  app.get(
    '/charges/:id',
    handle(({ params }) => reads.byId((params as { id: string }).id)),
  );
  app.post('/charges/:id/refunds', handle(operation('refund')));
  app.post('/charges/:id/capture', handle(operation('capture')));
  app.post('/charges/:id/void', handle(operation('void')));
  for (const [path, kind] of [
    ['/refunds', 'refund'],
    ['/captures', 'capture'],
    ['/voids', 'void'],
  ] as const)
    app.get(
      path,
      handle(({ query }) => {
        const checked = checkQuery(query as Query, ['idempotency_key']);
        if (isBad(checked)) return checked;
        const key = parseKey(checked.idempotency_key);
        return isBad(key) ? key : reads.operationsByKey(kind, key);
      }),
    );
  app.post(
    '/start/',
    handle(() => protocol.start()),
  );
}

function listCharges(query: Query, reads: Reads): Promise<Wire> | BadRequest {
  if ('idempotency_key' in query) {
    const checked = checkQuery(query, ['idempotency_key']);
    if (isBad(checked)) return checked;
    const key = parseKey(checked.idempotency_key);
    return isBad(key) ? key : reads.byKey(key);
  }
  const checked = checkQuery(query, ['created_after', 'limit', 'cursor']);
  if (isBad(checked)) return checked;
  const page = parsePage(checked);
  if (isBad(page)) return page;
  const createdAfterMs = parseInstant(checked.created_after);
  if (isBad(createdAfterMs)) return createdAfterMs;
  return reads.list(createdAfterMs === undefined ? page : { ...page, createdAfterMs });
}

function withoutFields(body: unknown): null | BadRequest {
  const fields = parseObject(body, NOTHING);
  return isBad(fields) ? fields : null;
}

/** Bodies come as text, whatever their media type. */
export function parseJson(body: unknown, whenEmpty: unknown): unknown | BadRequest {
  if (typeof body !== 'string' || body === '') return whenEmpty;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return bad('body_invalid', 'The body is not JSON. Nothing was done.');
  }
}

export function refusal({ status, error, message }: BadRequest, request?: FastifyRequest): Wire {
  const key = request === undefined ? undefined : keyOf(request);
  return answer(status, errorBody(error, { message, ...(key === undefined ? {} : { key }) }));
}

/** The request's key, if it has a valid one. */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = parseKey(headers['idempotency-key']);
  return isBad(key) ? undefined : key;
}

/**
 * Answers errors and unknown paths of the gateway's part of a server. An error of the gateway itself is answered as by any gateway: 500,
 * and it may or may not have charged.
 */
export function addErrorRoutes(
  app: FastifyInstance,
  onError: (error: Error) => void,
  held: HeldSockets,
): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 413)
      return send(reply, refusal(bad('body_too_large', 'The body is too large.', 413), request), held);
    if (status >= 400 && status < 500)
      return send(reply, refusal(bad('body_invalid', error.message), request), held);
    onError(error);
    const key = keyOf(request);
    send(reply, answer(500, key === undefined ? GATEWAY_ERROR : failureBody(key)), held);
  });
  app.setNotFoundHandler((request, reply) => {
    send(reply, refusal(bad('not_found', 'There is nothing at this path.', 404), request), held);
  });
}
