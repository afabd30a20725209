/** A network between the client and the service that breaks as the test says, one fault for each request. */
import type { Fetch, FetchInit, FetchResponse } from '../../src/client/options.ts';
import type { StillTime } from './still-time.ts';

/**
 * What happens to one request:
 * - `fine`: nothing.
 * - `lost_request`, `lost_answer`: the connection breaks before the service has it, or after.
 * - `hangs_before`, `hangs_after`: the same, and the client hears nothing.
 * - `lands_late`: the client hears nothing, and the service gets it only when the client has given up.
 * - `proxy_before`, `proxy_after`: a proxy answers 502 instead, before the service has it or after.
 * - `login_page`: a proxy answers 200 with HTML.
 * - `cut_off`: half of the answer.
 * - `other_answer`: the answer to another request.
 * - `other_amount`: the answer, about another amount.
 * - `unavailable`, `stopping`: the service refuses it before it has read it.
 * - `bug`: the service has worked on it, and then answers 500.
 */
export const FAULTS = [
  'fine',
  'lost_request',
  'lost_answer',
  'hangs_before',
  'hangs_after',
  'lands_late',
  'proxy_before',
  'proxy_after',
  'login_page',
  'cut_off',
  'other_answer',
  'other_amount',
  'unavailable',
  'stopping',
  'bug',
] as const;

export type Fault = (typeof FAULTS)[number];

export interface FaultyFetch {
  readonly fetch: Fetch;
  /** What was held back lands now, in any order. */
  land(): Promise<void>;
}

/** After the last fault the network is fine. `otherAnswer`: the body of the answer to another request. */
export function faultyFetch(
  service: Fetch,
  {
    faults,
    time,
    otherAnswer,
  }: {
    readonly faults: readonly Fault[];
    readonly time: StillTime;
    readonly otherAnswer: string;
  },
): FaultyFetch {
  const held: (() => Promise<unknown>)[] = [];
  let requests = 0;

  async function send(fault: Fault, url: string, init: FetchInit): Promise<FetchResponse | 'nothing'> {
    switch (fault) {
      case 'lost_request':
        throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      case 'hangs_before':
        return 'nothing';
      case 'lands_late':
        held.push(() => service(url, init));
        return 'nothing';
      case 'proxy_before':
        return html(502);
      case 'login_page':
        return html(200);
      case 'unavailable':
        return problem(503, 'store_unavailable');
      case 'stopping':
        return problem(503, 'shutting_down');
    }
    const answer = await service(url, init);
    const text = await answer.text();
    switch (fault) {
      case 'lost_answer':
        throw new TypeError('terminated', { cause: { code: 'UND_ERR_SOCKET' } });
      case 'hangs_after':
        return 'nothing';
      case 'proxy_after':
        return html(502);
      case 'cut_off':
        return { ...answer, text: async () => text.slice(0, text.length / 2) };
      case 'other_answer':
        return { ...answer, status: 200, headers: json(200), text: async () => otherAnswer };
      case 'other_amount':
        return { ...answer, text: async () => text.replace(/"amount":\d+/, '"amount":77') };
      case 'bug':
        return problem(500, 'internal_error');
      case 'fine':
        return { ...answer, text: async () => text };
    }
  }

  return {
    async fetch(url, init) {
      const fault = faults[requests] ?? 'fine';
      requests += 1;
      const answer = await time.busy(send(fault, url, init));
      return answer === 'nothing' ? new Promise(() => {}) : answer;
    },
    async land() {
      await Promise.all(held.splice(0).map((late) => late()));
    },
  };
}

function html(status: number): FetchResponse {
  const headers = new Headers({ 'content-type': 'text/html' });
  return { status, headers, text: async () => '<html><body>Please log in</body></html>' };
}

function json(status: number): Headers {
  return new Headers({ 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
}

function problem(status: number, code: string): FetchResponse {
  const body = { type: `/problems/${code}`, title: code, status, code, detail: `It is ${code}.` };
  return { status, headers: json(status), text: async () => JSON.stringify(body) };
}
