import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text as readText } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

/** An answer about one order, kept for the judge. */
export interface Observed extends Answer {
  readonly orderId: string;
  readonly key: string | null;
  readonly amount: number;
}

export interface Order {
  readonly orderId: string;
  readonly amount?: number;
  readonly currency?: string;
  readonly key?: string | null;
  readonly method?: string;
  readonly prefer?: string;
  /** Hangs up when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface Client {
  readonly observed: Observed[];
  pay(order: Order): Promise<Answer>;
  /** The seed's endpoint; `amount` as written, e.g. `100.0`. */
  start(orderId: string, amount: string): Promise<Answer>;
  get(path: string): Promise<Answer>;
  send(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Answer>;
}

/** `url` is asked for each request: the service may have moved. */
export function createClient(url: () => string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 2000 });
  const observed: Observed[] = [];

  function send(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sentAtMs = Date.now();
      const sent = request(
        `${url()}${path}`,
        { method, agent, headers, ...(signal ? { signal } : {}) },
        (response) => {
          const { statusCode = 0, headers } = response;
          readText(response).then(
            (text) => resolve({ status: statusCode, headers, text, sentAtMs, receivedAtMs: Date.now() }),
            reject,
          );
        },
      );
      sent.on('error', reject);
      if (body !== undefined && headers['content-type'] === undefined)
        sent.setHeader('content-type', 'application/json');
      sent.end(body);
    });
  }

  return {
    observed,
    send: (method, path, body, headers) => send(method, path, body, headers),
    get: (path) => send('GET', path),
    start: (orderId, amount) =>
      send('POST', '/payments/start/', `{"order_id":${JSON.stringify(orderId)},"amount":${amount}}`),
    async pay({ orderId, amount = 10_000, currency = 'USD', key = null, method, prefer, signal }) {
      const body = JSON.stringify({ order_id: orderId, amount, currency, ...(method ? { method } : {}) });
      const headers: Record<string, string> = {};
      if (key !== null) headers['idempotency-key'] = key;
      if (prefer !== undefined) headers.prefer = prefer;
      const answer = await send('POST', '/v1/payments', body, headers, signal);
      observed.push({ ...answer, orderId, key, amount });
      return answer;
    },
  };
}

/** The body as an object. */
export function json(answer: Answer): Record<string, unknown> {
  return JSON.parse(answer.text);
}

/** Whether an answer is final: it says what became of the payment. */
export function isSettled({ status }: Answer): boolean {
  return status === 200 || status === 201 || status === 402 || status === 502;
}
