import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { bodyOf } from '../../../sim/chaos/judge/reading.ts';
import type { Exchange } from '../../../sim/chaos/record.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
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

export interface RefundOrder {
  /** As the API shows it. */
  readonly payment: { readonly payment_id: string; readonly order_id: string };
  readonly amount?: number;
  readonly refundId?: string;
  readonly key?: string;
  readonly prefer?: string;
}

export interface Client {
  /** Every request for a charge or a refund, kept for the judge whatever its result. */
  readonly observed: Exchange[];
  pay(order: Order): Promise<Answer>;
  refund(order: RefundOrder): Promise<Answer>;
  /** The seed's endpoint; `amount` as written, e.g. `100.0`. */
  start(orderId: string, amount: string): Promise<Answer>;
  get(path: string): Promise<Answer>;
  send(
    method: string,
    path: string,
    body?: string | Buffer,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

interface Sending {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
  /** Default: what the body says. */
  readonly orderId?: string;
}

/** `url` is called for each request, because the service may have moved. `observed`: where the requests are kept. */
export function createClient(url: () => string, observed: Exchange[] = []): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 2000 });

  function send(
    method: string,
    path: string,
    body?: string | Buffer,
    { headers = {}, signal }: Sending = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sentAtMs = performance.now();
      const sent = request(
        `${url()}${path}`,
        { method, agent, headers, ...(signal ? { signal } : {}) },
        (response) => {
          const { statusCode = 0, headers } = response;
          readText(response).then((text) => {
            const receivedAtMs = performance.now();
            resolve({ status: statusCode, headers, text, sentAtMs, receivedAtMs });
          }, reject);
        },
      );
      sent.on('error', reject);
      if (body !== undefined && headers['content-type'] === undefined)
        sent.setHeader('content-type', 'application/json');
      sent.end(body);
    });
  }

  /** `scenario`: `not valid` if the request may be refused because of its content. */
  async function post(
    path: string,
    sent: string | Buffer,
    scenario: string,
    sending: Sending = {},
  ): Promise<Answer> {
    const askedMs = performance.now();
    const body = String(sent);
    const { order_id: orderId = sending.orderId, amount } = bodyOf(body);
    const isSeed = !path.startsWith('/v1/payments');
    const keep = (status: number | null, text: string, error: string | null): void => {
      if (typeof orderId !== 'string') return;
      observed.push({
        n: observed.length + 1,
        client: 'test',
        scenario,
        replica: 'newest',
        method: 'POST',
        path,
        orderId,
        key: sending.headers?.['idempotency-key'] ?? null,
        // The seed's endpoint counts in whole dollars, and its answers contain too little to be judged.
        body: isSeed ? JSON.stringify({ amount: Math.round(100 * Number(amount)), currency: 'USD' }) : body,
        askedMs,
        answeredMs: performance.now(),
        ...(isSeed ? { status: null, text: '', error: 'not judged' } : { status, text, error }),
      });
    };
    try {
      const answer = await send('POST', path, sent, sending);
      keep(answer.status, answer.text, null);
      return answer;
    } catch (error) {
      keep(null, '', String((error as NodeJS.ErrnoException).code));
      throw error;
    }
  }

  return {
    observed,
    send: (method, path, body, headers = {}) =>
      method === 'POST' && body !== undefined
        ? post(path, body, 'not valid', { headers })
        : send(method, path, body, { headers }),
    get: (path) => send('GET', path),
    start: (orderId, amount) =>
      post('/payments/start/', `{"order_id":${JSON.stringify(orderId)},"amount":${amount}}`, ''),
    pay({ orderId, amount = 10_000, currency = 'USD', key = null, method, prefer, signal }) {
      const body = JSON.stringify({ order_id: orderId, amount, currency, ...(method ? { method } : {}) });
      const headers: Record<string, string> = {};
      if (key !== null) headers['idempotency-key'] = key;
      if (prefer !== undefined) headers.prefer = prefer;
      return post('/v1/payments', body, '', { headers, signal });
    },
    refund({ payment: { payment_id: id, order_id: orderId }, amount, refundId, key, prefer }) {
      const body = JSON.stringify({ amount, refund_id: refundId });
      const headers: Record<string, string> = {};
      if (key !== undefined) headers['idempotency-key'] = key;
      if (prefer !== undefined) headers.prefer = prefer;
      return post(`/v1/payments/${id}/refunds`, body, '', { headers, orderId });
    },
  };
}

export function json(answer: { readonly text: string }): Record<string, unknown> {
  return JSON.parse(answer.text);
}
