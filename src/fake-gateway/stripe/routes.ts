/** Stripe's paths. Handlers check the request, call the emulator and send its answer; they decide nothing. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type HeldSockets, send } from '../http/send.ts';
import { answer, type Wire } from '../wire.ts';
import { checkKey, refuseRestricted } from './auth.ts';
import type { Operation } from './command.ts';
import { invalid, StripeError } from './errors.ts';
import { decodeForm, type FormFields } from './form.ts';
import { READS } from './reads.ts';
import { newRequestId, type Stripe } from './stripe.ts';
import { API_VERSION, about, FAILURE_TEXT, type RequestFacts, refused } from './wires.ts';

/** The options of the emulated Stripe. */
export interface StripeOptions {
  /** The secret key that is accepted, such as `sk_test_…`. Default: every test key. */
  readonly apiKey?: string;
  /** The id of the account that `GET /v1/account` shows. Default `acct_fakegateway`. */
  readonly account?: string;
}

export interface StripeRoutes {
  readonly stripe: Stripe;
  readonly options: StripeOptions;
  readonly held: HeldSockets;
  readonly onError: (error: Error) => void;
}

/** 50 entries of metadata with 500 characters each, in form encoding, and as much again. */
const BODY_LIMIT_BYTES = 256 * 1024;

interface Asked extends RequestFacts {
  readonly params: FormFields;
  readonly id: string | null;
}

/** Adds the paths below `prefix`, such as `/stripe/v1`. Their pages are at `pages`. */
export function addStripeRoutes(
  parent: FastifyInstance,
  prefix: string,
  pages: string,
  routes: StripeRoutes,
): void {
  const { stripe, options, held, onError } = routes;
  const apiKey = options.apiKey ?? null;

  /** Refuses what cannot be understood, and gives every answer its headers. */
  const handle =
    (respond: (asked: Asked, request: FastifyRequest) => Promise<Wire>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const facts = factsOf(request);
      const wire = await understood(request, facts, respond).catch((error: unknown) => {
        if (error instanceof StripeError) return refused(error);
        onError(error as Error);
        return answer(500, FAILURE_TEXT);
      });
      send(reply, about(wire, facts), held);
      return reply;
    };

  async function understood(
    request: FastifyRequest,
    facts: RequestFacts,
    respond: (asked: Asked, request: FastifyRequest) => Promise<Wire>,
  ): Promise<Wire> {
    checkKey(request.headers.authorization, apiKey);
    if (facts.key !== null && facts.key.length > 255) {
      throw invalid('Idempotency keys have at most 255 characters.');
    }
    if (!/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/.test(facts.version)) {
      throw invalid(`Invalid Stripe API version: ${facts.version.slice(0, 64)}`);
    }
    const { id = null } = request.params as { id?: string };
    return respond({ ...facts, params: paramsOf(request), id }, request);
  }

  const change = (operation: Operation) =>
    handle(({ requestId, version, key, params, id }, request) =>
      stripe.change({
        operation,
        intentId: id,
        params,
        key,
        requestId,
        version,
        base: `${originOf(request)}${pages}`,
      }),
    );

  parent.register(
    async (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser(
        '*',
        { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
        (_request, body, done) => done(null, body),
      );
      const notFound = handle(async (_asked, { method, url }) => {
        const path = url.split('?')[0];
        throw new StripeError(404, {
          type: 'invalid_request_error',
          message: `Unrecognized request URL (${method}: ${path}). The fake gateway emulates a part of Stripe; docs/fake-gateway.md says which.`,
        });
      });
      app.setNotFoundHandler(notFound);
      app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) =>
        handle(async () => {
          const { statusCode = 500 } = error;
          if (statusCode < 500) throw invalid(error.message);
          throw error;
        })(request, reply),
      );
      for (const [name, read] of Object.entries(READS)) {
        const look = handle(({ params, id }) =>
          stripe.read(`stripe ${name} ${id ?? 'list'}`, id, params, read),
        );
        app.get(`/${name}`, look);
        app.get(`/${name}/:id`, look);
      }
      app.post('/payment_intents', change('create'));
      app.post('/payment_intents/:id/confirm', change('confirm'));
      app.post('/payment_intents/:id/capture', change('capture'));
      app.post('/payment_intents/:id/cancel', change('cancel'));
      app.post('/refunds', change('refund'));
      app.get(
        '/account',
        handle(async (_asked, { headers }) => {
          refuseRestricted(checkKey(headers.authorization, apiKey));
          return answer(200, JSON.stringify(accountObject(options.account ?? 'acct_fakegateway')));
        }),
      );
    },
    { prefix },
  );
}

function accountObject(id: string) {
  return {
    id,
    object: 'account',
    business_type: null,
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'US',
    default_currency: 'usd',
    details_submitted: true,
    email: null,
    metadata: {},
    payouts_enabled: true,
    settings: { dashboard: { display_name: 'Fake gateway', timezone: 'Etc/UTC' } },
    type: 'standard',
  };
}

function factsOf({ headers, method }: FastifyRequest): RequestFacts {
  const { 'idempotency-key': key, 'stripe-version': version } = headers;
  return {
    requestId: newRequestId(),
    version: typeof version === 'string' && version !== '' ? version : API_VERSION,
    // Only requests that change something have one.
    key: method === 'POST' && typeof key === 'string' && key !== '' ? key : null,
  };
}

function paramsOf({ body, headers, url }: FastifyRequest): FormFields {
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  const text = typeof body === 'string' ? body : '';
  if (text !== '' && /json/i.test(headers['content-type'] ?? '')) {
    throw invalid('Invalid request: version 1 of the API takes parameters in form encoding, not as JSON.');
  }
  return decodeForm([query, text].filter((part) => part !== '').join('&'));
}

/** As the caller sees this server. */
function originOf({ headers, protocol }: FastifyRequest): string {
  return `${protocol}://${headers.host ?? 'localhost'}`;
}
