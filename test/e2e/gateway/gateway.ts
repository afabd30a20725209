/**
 * A gateway that speaks the HTTP protocol of the design and misbehaves as the test says. It was written from the
 * protocol's text alone, without knowledge of the engine or the fake gateway, so that it does not
 * share their misunderstandings.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { freePort } from '../../../sim/chaos/processes/free-port.ts';
import { type Book, type BookOptions, createBook } from './book.ts';
import { type ChargeBody, type ChargeRequest, chargeMade, createLedger, type Ledger } from './ledger.ts';
import { answerLookup, answerOne, type LookupOptions } from './lookups.ts';
import { createRefundBook, type RefundDesk, type RefundRequest } from './refunds.ts';
import { type Made, sendJson, sendReply } from './send.ts';
import { type Effect, honest, type Step } from './steps.ts';

export interface Gateway extends BookOptions, LookupOptions {
  readonly url: string;
  readonly ledger: Ledger;
  readonly refunds: RefundDesk;
  /** The steps of an order's requests, in turn; honest after the last. */
  plan(orderId: string, ...steps: Step[]): void;
  /** Every request of an order goes this way. */
  always(orderId: string, step: Step): void;
  /** For orders without a plan. */
  otherwise: (request: ChargeRequest) => Step;
  /** Goes before every plan, and is the answer to lookups too. */
  outage: Step | null;
  /** Called when a request arrives, and waited for. */
  onRequest: (request: ChargeRequest) => void | Promise<void>;
  /** Refuses connections until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** One call of a key, to charge or to refund. */
interface Call {
  readonly key: string;
  conflicts(): boolean;
  apply(effect: Effect): Made | null;
  /** What an altered reply is made of if nothing was made. */
  readonly fallback: Record<string, unknown>;
}

/** A process that was stopped keeps its connections open without listening. Longer than a call lasts where this is used. */
const NOTICES_MS = 2500;

export async function startGateway(options: Partial<BookOptions> = {}): Promise<Gateway> {
  const ledger = createLedger();
  const refunds = createRefundBook(ledger);
  const plans = new Map<string, (nth: number) => Step>();
  const inProgress = new Set<string>();
  const port = await freePort();
  let server = await listen();

  const gateway: Gateway = {
    keys: 'kept',
    keyWindowMs: 86_400_000,
    landsWithinMs: Number.POSITIVE_INFINITY,
    lagMs: 0,
    mode: () => 'truth',
    ...options,
    url: `http://127.0.0.1:${port}`,
    ledger,
    refunds,
    otherwise: () => honest,
    outage: null,
    onRequest: () => {},
    plan(orderId, ...steps) {
      plans.set(orderId, (nth) => steps[nth - 1] ?? honest);
    },
    always: (orderId, step) => void plans.set(orderId, () => step),
    shut: () => end(server),
    open: async () => {
      server = await listen();
    },
    close: () => end(server),
  };
  const book: Book = createBook(ledger, gateway);

  function listen(): Promise<Server> {
    const made = createServer((request, response) => {
      response.on('error', () => {});
      handle(request, response).catch((error: unknown) => {
        if (!request.destroyed) ledger.strange.push(String(error));
        response.destroy();
      });
    });
    return new Promise((resolve, reject) => {
      made.once('error', reject);
      made.listen(port, '127.0.0.1', () => resolve(made));
    });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://gateway');
    if (request.method === 'POST' && url.pathname === '/charges') {
      await charge(request, response);
      return;
    }
    const [, chargeId] = /^\/charges\/([^/]+)\/refunds$/.exec(url.pathname) ?? [];
    if (request.method === 'POST' && chargeId !== undefined) {
      await refund(request, response, decodeURIComponent(chargeId));
      return;
    }
    const key = url.searchParams.get('idempotency_key');
    if (request.method === 'GET' && url.pathname === '/refunds' && key !== null) {
      refunds.answerLookup(key, response, gateway.outage);
      return;
    }
    if (request.method === 'GET' && url.pathname === '/charges' && key !== null) {
      answerLookup(ledger, gateway, key, response, gateway.outage);
      return;
    }
    if (request.method === 'GET' && url.pathname.startsWith('/charges/')) {
      const id = url.pathname.slice('/charges/'.length);
      answerOne(
        ledger.charges.find((one) => one.id === id),
        response,
      );
      return;
    }
    ledger.strange.push(`${request.method} ${request.url}`);
    sendJson(response, 404, { error: 'not_found' });
  }

  async function charge(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = Date.now();
    const mayLand = watchCaller(response);
    const text = await readText(request);
    const key = String(request.headers['idempotency-key'] ?? '');
    const body = JSON.parse(text) as ChargeBody;
    const nth = ledger.requests.filter((one) => one.key === key).length + 1;
    const one: ChargeRequest = { atMs, key, text, body, nth };
    const nthOfOrder = ledger.requestsOf(body.order_id).length + 1;
    ledger.requests.push(one);
    await gateway.onRequest(one);
    const step = gateway.outage ?? plans.get(body.order_id)?.(nthOfOrder) ?? gateway.otherwise(one);
    await carryOut(response, step, mayLand, {
      key,
      conflicts: () => book.conflicts(key, body),
      apply(effect) {
        const made = book.apply(key, body, effect);
        return made === null ? null : chargeMade(made);
      },
      fallback: { ...body, id: 'ch_none', idempotency_key: key },
    });
  }

  async function refund(request: IncomingMessage, response: ServerResponse, chargeId: string): Promise<void> {
    const atMs = Date.now();
    const mayLand = watchCaller(response);
    const text = await readText(request);
    const key = String(request.headers['idempotency-key'] ?? '');
    const { amount = null } = JSON.parse(text) as { amount?: number };
    const orderId = ledger.charges.find(({ id }) => id === chargeId)?.body.order_id ?? '';
    const nth = refunds.requests.filter((one) => one.key === key).length + 1;
    const nthOfOrder = refunds.requestsOf(orderId).length + 1;
    const one: RefundRequest = { atMs, key, text, nth, orderId, chargeId, amount, nthOfOrder };
    refunds.requests.push(one);
    await carryOut(response, gateway.outage ?? refunds.stepFor(one), mayLand, {
      key,
      conflicts: () => refunds.conflicts(one),
      apply: (effect) => refunds.apply(one, effect),
      fallback: { amount, charge: chargeId, id: 're_none', idempotency_key: key },
    });
  }

  /** Does with one call what the step says. */
  async function carryOut(
    response: ServerResponse,
    step: Step,
    mayLand: () => boolean,
    { key, conflicts, apply, fallback }: Call,
  ): Promise<void> {
    if (step.effect.kind === 'late')
      landLate(response, () => mayLand() && apply({ kind: 'charge' }), step.effect.afterMs);
    // A gateway reports a key's misuse before it does anything else.
    if (gateway.outage === null && conflicts()) {
      return sendJson(response, 422, { error: 'key_reused', idempotency_key: key });
    }
    if (gateway.keys === 'kept' && inProgress.has(key))
      return sendJson(response, 409, { error: 'in_progress', idempotency_key: key });
    if (step.delayMs !== undefined || step.until !== undefined) {
      inProgress.add(key);
      await (step.until ?? pause(step.delayMs ?? 0));
      inProgress.delete(key);
    }
    const made = apply(mayLand() ? step.effect : { kind: 'none' });
    if (step.pauseMs !== undefined) await pause(step.pauseMs);
    sendReply(response, step.reply, made, fallback);
  }

  /** The caller's death is noticed when its connection ends, or taken for granted after a while. */
  function landLate(response: ServerResponse, land: () => unknown, afterMs: number): void {
    let dead = false;
    const die = () => {
      if (!dead) setTimeout(land, afterMs).unref();
      dead = true;
    };
    response.once('close', die);
    setTimeout(die, NOTICES_MS).unref();
  }

  /** Whether a request may still have an effect, by what the gateway promises. */
  function watchCaller(response: ServerResponse): () => boolean {
    let goneMs: number | null = null;
    response.once('close', () => {
      goneMs = performance.now();
    });
    return () => goneMs === null || performance.now() - goneMs <= gateway.landsWithinMs;
  }

  return gateway;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
