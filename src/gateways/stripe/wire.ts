/** The exchanges with Stripe: their connections and limits. */
import type { CallOptions, ExchangeOptions } from '../../ports/gateway.ts';
import { type Exchange, exchange } from '../http/exchange.ts';
import { type Asked, createAsk, FRESH } from '../http/fresh.ts';
import { createPool } from '../http/pool.ts';
import { spelled } from '../http/spelled.ts';
import { sendOnce, type Write } from './one-request.ts';
import type { StripeGatewayOptions } from './options.ts';
import { listNothing } from './requests.ts';

export interface Wire {
  /** Sends the one request that `write` writes, which may have an effect. Never rejects. */
  post(write: Write, limits: CallOptions): Promise<Exchange>;
  /** Asks the one question that `write` writes, as `http/fresh.ts` says. Never rejects. */
  ask(write: Write, limits: ExchangeOptions): Promise<Asked>;
  /** The same without a look at its date: for a question whose answer never changes. Never rejects. */
  askUndated(write: Write, limits: ExchangeOptions): Promise<Exchange>;
  close(): Promise<void>;
}

/** A question has no effect, so it may be sent at any time. */
const always = (): boolean => true;

/** Connects with the first request. */
export function openWire(
  options: StripeGatewayOptions & { readonly secretKey: string },
  origin: string,
): Wire {
  const poolOptions = {
    origin,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    // Shorter than any server keeps an idle connection.
    keepAliveMs: 4_000,
    ca: options.ca,
  };
  const calls = createPool({ ...poolOptions, connections: options.maxConnections ?? 256 });
  const questions = createPool({ ...poolOptions, connections: options.maxLookupConnections ?? 64 });
  const { secretKey, maxResponseBytes = 4 * 1024 * 1024 } = options;

  const get = (write: Write, timeoutMs: number): Promise<Exchange> =>
    sendOnce(secretKey, write, (request) =>
      exchange(
        questions.dispatcher,
        {
          ...request,
          path: ownAddress(request.path),
          headers: [...request.headers, ...FRESH],
          // On a shared connection, the answer to another question could be taken for this one: an empty list names nothing.
          ownConnection: true,
          names: null,
        },
        { timeoutMs, maxResponseBytes, mayLeave: always },
      ),
    );

  return {
    post: (write, { timeoutMs, mayLeave }) =>
      sendOnce(secretKey, write, (request) =>
        exchange(
          calls.dispatcher,
          { ...request, ownConnection: false, names: null },
          { timeoutMs, maxResponseBytes, mayLeave },
        ),
      ),
    ask: createAsk({ send: get, neverAsked: listNothing }),
    askUndated: (write, { timeoutMs }) => get(write, timeoutMs),
    async close() {
      await Promise.all([calls.close(), questions.close()]);
    },
  };
}

/**
 * The address in a spelling of its own. Some caches ignore what a request forbids them, and their answers look new. Only the query is
 * spelled anew: its names and values are decoded wherever one is read, but not every server decodes a path before it looks for its route.
 * The query that reads one intent has 4 million spellings.
 */
function ownAddress(path: string): string {
  const [place, query] = path.split('?');
  return query === undefined ? path : `${place}?${spelled(query)}`;
}

/** Throws TypeError if it is no place to send this key to. */
export function originOf(apiBase: string, { livemode }: { readonly livemode: boolean }): string {
  const url = URL.canParse(apiBase) ? new URL(apiBase) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError('The address of Stripe must be a URL such as https://api.stripe.com.');
  }
  if (url.href !== `${url.origin}/`) {
    throw new TypeError(
      'The address of Stripe must have nothing but scheme, host and port: no user, no path, no query.',
    );
  }
  if (livemode && url.protocol !== 'https:') {
    throw new TypeError(
      'A live key of Stripe is sent over https only. Give an https address, or use a test key.',
    );
  }
  return url.origin;
}
