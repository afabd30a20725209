/** Requests to a fake gateway in tests: one connection per request, and a result for everything that can happen to it. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import {
  createMemoryLedger,
  type RunningFakeGateway,
  type StartFakeGatewayOptions,
  startFakeGateway,
} from '../../src/fake-gateway/index.ts';

export type Ending =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly text: string;
    }
  /** The connection ended before the answer did. */
  | { readonly kind: 'broken'; readonly status: number | null; readonly text: string }
  /** No answer in the time given. */
  | { readonly kind: 'silence' };

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly key?: string;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Milliseconds after which the caller leaves. Default 60,000. */
  readonly patienceMs?: number;
}

export function ask(url: string, question: Question): Promise<Ending> {
  const {
    method = question.body === undefined ? 'GET' : 'POST',
    path,
    key,
    body,
    patienceMs = 60_000,
  } = question;
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...question.headers,
  };
  return new Promise((resolve) => {
    let status: number | null = null;
    let text = '';
    const request = httpRequest(`${url}${path}`, { method, headers, agent: false }, (response) => {
      status = response.statusCode ?? 0;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        clearTimeout(timer);
        const { statusCode = 0, headers: answered } = response;
        resolve({ kind: 'answer', status: statusCode, headers: answered, text });
      });
      response.on('error', () => resolve({ kind: 'broken', status, text }));
    });
    request.on('error', () => {
      clearTimeout(timer);
      resolve({ kind: 'broken', status, text });
    });
    const timer = setTimeout(() => {
      resolve({ kind: 'silence' });
      request.destroy();
    }, patienceMs);
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** The status of an answer, or how it ended without one. */
export const statusOf = (ending: Ending): number | string =>
  ending.kind === 'answer' ? ending.status : ending.kind;

/** The JSON of an answer; anything else is a failed test. */
export function jsonOf<T = Record<string, unknown>>(ending: Ending): T {
  if (ending.kind !== 'answer') throw new Error(`No answer: ${ending.kind}`);
  return JSON.parse(ending.text) as T;
}

export interface Charged {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly reference: string;
  readonly idempotency_key: string;
  readonly order_id: string | null;
  readonly method: string | null;
  readonly code?: string;
  readonly captured: number;
  readonly refunded: number;
  readonly created_at: string;
  /** To the judge only. */
  readonly live?: boolean;
  /** To the judge only. */
  readonly refunds?: readonly Refunded[];
}

export interface Refunded {
  readonly id: string;
  readonly object: string;
  readonly status: string;
  readonly amount: number | null;
  readonly currency: string;
  readonly charge: string;
  readonly reference: string;
  readonly idempotency_key: string;
  readonly code?: string;
  readonly created_at: string;
}

export interface Books {
  readonly summary: Readonly<Record<string, number>>;
  readonly duplicates: readonly { readonly reference: string; readonly live: number }[];
  readonly data: readonly Charged[];
  readonly next_cursor: string | null;
}

/** A gateway alone, with a clock that the test moves. */
export interface Running {
  readonly url: string;
  readonly gateway: RunningFakeGateway;
  advance(ms: number): void;
  /** `POST /charges` of 100.00 USD for a reference named after the key, by default. */
  charge(key: string, changes?: Record<string, unknown>, patienceMs?: number): Promise<Ending>;
  /** `POST /charges/<id>/refunds`; without an amount, of all that is left. */
  refund(
    chargeId: string,
    key: string,
    body?: { readonly amount?: number },
    patienceMs?: number,
  ): Promise<Ending>;
  get(path: string): Promise<Ending>;
  lookup(key: string): Promise<readonly Charged[]>;
  lookupRefund(key: string): Promise<readonly Refunded[]>;
  ledger(query?: string): Promise<Books>;
}

export async function run(options: Partial<StartFakeGatewayOptions> = {}): Promise<Running> {
  let nowMs = Date.parse('2030-01-01T00:00:00.000Z');
  const gateway = await startFakeGateway({ ledger: createMemoryLedger(), now: () => nowMs, ...options });
  const { url } = gateway;
  const get = (path: string) => ask(url, { path });
  return {
    url,
    gateway,
    advance: (ms) => {
      nowMs += ms;
    },
    charge: (key, changes = {}, patienceMs = 60_000) =>
      ask(url, { path: '/charges', key, body: { ...chargeBody(key), ...changes }, patienceMs }),
    refund: (chargeId, key, body = {}, patienceMs = 60_000) =>
      ask(url, { path: `/charges/${chargeId}/refunds`, key, body, patienceMs }),
    get,
    lookupRefund: async (key) =>
      jsonOf<{ data: readonly Refunded[] }>(await get(`/refunds?idempotency_key=${key}`)).data,
    lookup: async (key) => jsonOf<Books>(await get(`/charges?idempotency_key=${key}`)).data,
    ledger: async (query = '') => jsonOf<Books>(await get(`/_ledger${query}`)),
  };
}

export const chargeBody = (key: string) => ({
  amount: 10_000,
  currency: 'USD',
  reference: `ref-${key}`,
  order_id: `order-${key}`,
});
