/** A client whose requests are answered by the test, one after the other, and whose time does not pass by itself. */
import type { PayonceClient } from '../../src/client/api.ts';
import { createClientIn } from '../../src/client/client.ts';
import type { ClientOptions, FetchInit, FetchResponse } from '../../src/client/options.ts';
import { createStillTime, type StillTime } from './still-time.ts';

/** What comes back for one request. `hangs`: nothing, ever. `throws`: the connection breaks. */
export type Scripted = 'hangs' | 'throws' | ScriptedAnswer;

export interface ScriptedAnswer {
  readonly status: number;
  /** An object is sent as JSON, a text as it is. */
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly redirect: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface ScriptedClient {
  readonly client: PayonceClient;
  readonly time: StillTime;
  /** Every request so far. */
  readonly sent: readonly Sent[];
}

/** After the last one, every request gets the last one again. */
export function scriptedClient(
  answers: readonly Scripted[],
  options: Partial<ClientOptions> = {},
): ScriptedClient {
  const time = createStillTime();
  const sent: Sent[] = [];
  const send = (url: string, init: FetchInit): Promise<FetchResponse> => {
    const { method, redirect, headers, body } = init;
    sent.push({ url, method, redirect, headers, body: body === undefined ? undefined : JSON.parse(body) });
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (answer === 'hangs' || answer === undefined) return new Promise(() => {});
    if (answer === 'throws')
      return Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } }));
    return time.busy(Promise.resolve(responseOf(answer)));
  };
  const base = { baseUrl: 'https://pay.example/prefix/', fetch: send };
  return { client: createClientIn({ ...base, ...options }, time), time, sent };
}

/** The response that a `fetch` gives. */
export function responseOf({ status, body, headers = {} }: ScriptedAnswer): FetchResponse {
  const isProblem = status >= 400;
  const type = typeof body === 'string' ? 'text/html' : `application/${isProblem ? 'problem+json' : 'json'}`;
  return {
    status,
    headers: new Headers({ 'content-type': `${type}; charset=utf-8`, ...headers }),
    text: async () => (typeof body === 'string' ? body : JSON.stringify(body)),
  };
}

export const PAYMENT_ID = '01936b1e-7f2a-7c3d-8e4f-0123456789ab';
export const ORDER = { orderId: 'ORD123', amountMinor: 10_000, currency: 'USD' };

/** A payment of this order as the API shows it. */
export function paymentFields(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    payment_id: PAYMENT_ID,
    order_id: 'ORD123',
    amount: 10_000,
    currency: 'USD',
    status: 'COMPLETED',
    attempts: 1,
    failure_code: null,
    gateway: 'http',
    livemode: true,
    gateway_ref: 'ch_1',
    safe_to_retry_with_new_key: false,
    metadata: {},
    created_at: '2026-11-23T12:00:00.000Z',
    updated_at: '2026-11-23T12:00:01.000Z',
    ...changes,
  };
}

export const paid: ScriptedAnswer = { status: 201, body: paymentFields() };

/** It is under way. */
export function underWay(changes: Readonly<Record<string, unknown>> = {}): ScriptedAnswer {
  const body = paymentFields({
    status: 'PROCESSING',
    gateway_ref: null,
    retry_after_ms: 1000,
    next_attempt_at: null,
    ...changes,
  });
  return { status: 202, body };
}

/** A problem document. `about`: the fields of what it is about. */
export function problem(
  status: number,
  code: string,
  about: Readonly<Record<string, unknown>> = {},
): ScriptedAnswer {
  const type = `/problems/${code}`;
  return { status, body: { type, title: code, code, detail: `The detail of ${code}.`, ...about, status } };
}

/** The problem of a charge that failed. */
export function failed(
  status: number,
  code: string,
  changes: Readonly<Record<string, unknown>> = {},
): ScriptedAnswer {
  const { status: _, ...fields } = paymentFields({ safe_to_retry_with_new_key: true, ...changes });
  return problem(status, code, { ...fields, payment_status: 'FAILED' });
}
