/** The exchanges with Stripe: their connections and limits. */
import type { CallOptions, ExchangeOptions } from '../../ports/gateway.ts';
import { dateOf, GatewayDates } from '../http/dates.ts';
import { type Exchange, exchange } from '../http/exchange.ts';
import { createPool } from '../http/pool.ts';
import { respelled } from '../http/spelling.ts';
import { sendOnce, type Write, type Written } from './one-request.ts';
import type { StripeGatewayOptions } from './options.ts';

/** The answer to a question. */
export interface Asked {
  readonly result: Exchange;
  /** The answer's `Date` shows that it was made before the question, or tells nothing: there are two of them, or nobody can read it. */
  readonly isOld: boolean;
}

export interface Wire {
  /** Sends the one request that `write` writes, which may have an effect. Never rejects. */
  post(write: Write, limits: CallOptions): Promise<Exchange>;
  /** Asks the one question that `write` writes. Never rejects. */
  ask(write: Write, limits: ExchangeOptions): Promise<Asked>;
  close(): Promise<void>;
}

/** No cache on the way may keep an answer or give an old one. */
const FRESH = ['cache-control', 'no-cache, no-store', 'pragma', 'no-cache'];

/** The same question at an address that no cache knows. Stripe decodes each query, as it must: the SDK encodes what needs it. */
function neverAsked(question: Written): Written {
  const [path = '', query] = question.path.split('?');
  const headers = [...question.headers, ...FRESH];
  return { ...question, headers, path: query === undefined ? path : `${path}?${respelled(query)}` };
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
  const dates = new GatewayDates();
  const { secretKey, maxResponseBytes = 4 * 1024 * 1024 } = options;

  return {
    post: (write, { timeoutMs, mayLeave }) =>
      sendOnce(secretKey, write, (request) =>
        exchange(
          calls.dispatcher,
          { ...request, ownConnection: false, names: null },
          { timeoutMs, maxResponseBytes, mayLeave },
        ),
      ),
    async ask(write, { timeoutMs }) {
      const askedAtMs = performance.now();
      const result = await sendOnce(secretKey, write, (request) =>
        exchange(
          questions.dispatcher,
          // On a shared connection, the answer to another question could be taken for this one: an empty list names nothing.
          { ...neverAsked(request), ownConnection: true, names: null },
          { timeoutMs, maxResponseBytes, mayLeave: always },
        ),
      );
      if (result.kind !== 'answer' || result.headers.date === undefined) return { result, isOld: false };
      if (dateOf(result.headers) === undefined) return { result, isOld: true };
      return { result, isOld: dates.isOld(result.headers, askedAtMs, performance.now()) };
    },
    async close() {
      await Promise.all([calls.close(), questions.close()]);
    },
  };
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
