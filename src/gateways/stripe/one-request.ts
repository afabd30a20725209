/**
 * Lets Stripe's SDK write a request, and sends it over our own connections. The SDK's own HTTP client is not used: it sends again after a
 * reset, even if retries are off; it bounds the silence and not the whole time; and it cannot ask whether a request may still leave.
 *
 * Each exchange has an SDK client and an HTTP client of its own (a quarter of a millisecond). So "exactly one request" does not depend on
 * what the SDK does. The SDK is told of an empty success whatever happens, and the answer is read by `answer.ts`: the SDK takes a 500
 * without an error for a success, and forgets the status of an answer that it cannot parse.
 */
import Stripe from 'stripe';
import type { Exchange } from '../http/exchange.ts';

type HttpClient = NonNullable<NonNullable<ConstructorParameters<typeof Stripe>[1]>['httpClient']>;

/** Requests are written for this version. A release of the SDK for another one does not compile with it. */
const API_VERSION = '2026-10-28.endive';

/** One request as the SDK has written it. */
export interface Written {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  /** A flat list: name, value, name, value. */
  readonly headers: readonly string[];
  readonly body: string | null;
}

/** Calls one method of the SDK, such as `(stripe) => stripe.refunds.create(…)`. */
export type Write = (stripe: Stripe) => Promise<unknown>;

/**
 * Sends the one request that `write` makes the SDK write. Never rejects. If the SDK writes none, nothing was sent, and nothing will be.
 *
 * @param transmit sends it; never rejects
 */
export async function sendOnce(
  secretKey: string,
  write: Write,
  transmit: (request: Written) => Promise<Exchange>,
): Promise<Exchange> {
  let exchange: Promise<Exchange> | null = null;
  const httpClient: HttpClient = {
    getClientName: () => 'payonce',
    async makeRequest(_host, _port, path, method, headers, body) {
      // After an error with this code, the SDK does not try again.
      if (exchange !== null) throw Object.assign(new Error('sent once'), { code: 'SENT_ONCE' });
      exchange = transmit(written(path, method, new Map(Object.entries(headers)), body));
      await exchange;
      return ENDED;
    },
  };
  const options = { apiVersion: API_VERSION, httpClient, maxNetworkRetries: 0, telemetry: false } as const;
  // What the SDK refuses to write, it has not sent.
  await write(new Stripe(secretKey, options)).catch(() => {});
  exchange ??= Promise.resolve({ kind: 'not_sent', reason: 'request_not_written' });
  return exchange;
}

/** What the SDK is told of every exchange. It writes into the objects, so each is new. */
const ENDED: Awaited<ReturnType<HttpClient['makeRequest']>> = {
  getStatusCode: () => 200,
  getHeaders: () => ({}),
  getRawResponse: () => ({}),
  toStream: () => undefined,
  toJSON: () => Promise.resolve({}),
};

/** Of the SDK's headers, only these are sent. The others describe this machine and its environment. */
const SENT_HEADERS = ['Authorization', 'Content-Type', 'Idempotency-Key', 'Stripe-Version'];

function written(path: string, method: string, headers: ReadonlyMap<string, unknown>, body: string): Written {
  // Compression would hide whether a body is complete.
  const list = ['accept', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'payonce'];
  for (const name of SENT_HEADERS) {
    const value = headers.get(name);
    if (typeof value === 'string' && !(method === 'GET' && name === 'Content-Type'))
      list.push(name.toLowerCase(), value);
  }
  return method === 'GET'
    ? { method, path, headers: list, body: null }
    : { method: 'POST', path, headers: list, body };
}
