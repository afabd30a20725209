/** The exchanges with Stripe: their connections and limits. */
import type { CallOptions, ExchangeOptions } from '../../ports/gateway.ts';
import { GatewayDates } from '../http/dates.ts';
import { type Exchange, exchange } from '../http/exchange.ts';
import { createPool } from '../http/pool.ts';
import { sendOnce, type Write } from './one-request.ts';
import type { StripeGatewayOptions } from './options.ts';

/** The answer to a question. */
export interface Asked {
  readonly result: Exchange;
  /** The answer's `Date` shows that it was made before the question. */
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
          { ...request, headers: [...request.headers, ...FRESH], ownConnection: true, names: null },
          { timeoutMs, maxResponseBytes, mayLeave: always },
        ),
      );
      const isOld = result.kind === 'answer' && dates.isOld(result.headers, askedAtMs, performance.now());
      return { result, isOld };
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
