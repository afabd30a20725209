/** What a client is made with. */
import { PayonceInputError } from './errors.ts';
import { mustBeFunction, mustBePrintable, mustBeWhole, refuseUnknown } from './input.ts';

/** What the client needs of a response: a part of the standard `Response`. */
export interface FetchResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: {
    /** The header's value; null if there is none. */
    get(name: string): string | null;
  };
  /** The whole body as text. */
  text(): Promise<string>;
}

/** What the client passes on: a part of the standard `RequestInit`. */
export interface FetchInit {
  /** `GET`, `POST`, `PATCH` or `DELETE`. */
  readonly method: string;
  /** The headers of the request. */
  readonly headers: Record<string, string>;
  /** JSON. Absent: the request has no body. */
  readonly body?: string;
  /** Redirects are not followed: they could lead to somebody else. */
  readonly redirect: 'manual';
  /** Aborted when the request has taken too long, or the caller does not wait any more. */
  readonly signal: AbortSignal;
}

/** The standard `fetch`, or anything that works like it. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** What a client is made with. */
export interface ClientOptions {
  /** Where the service is, such as `https://payonce.example.com`. It may have a path. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer <apiKey>`. Default: none is sent. */
  readonly apiKey?: string | undefined;
  /** How requests are sent. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** How long one request may take, in milliseconds: 100 to 600,000. Default 15,000. */
  readonly timeoutMs?: number | undefined;
  /** How long one call goes on in all, with all its requests and pauses, in milliseconds: 1 to 86,400,000. Default 60,000. */
  readonly deadlineMs?: number | undefined;
  /** How many requests of one call are sent again after they failed: 0 to 100. Waiting for an outcome does not count. Default 10. */
  readonly maxRetries?: number | undefined;
}

/** The same, checked and complete. */
export interface Settings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly maxRetries: number;
}

const KNOWN = ['baseUrl', 'apiKey', 'fetch', 'timeoutMs', 'deadlineMs', 'maxRetries'];

export const LONGEST_DEADLINE_MS = 86_400_000;

export function readOptions(options: ClientOptions): Settings {
  refuseUnknown('The options', options, KNOWN);
  mustBeFunction('fetch', options.fetch);
  const { apiKey, timeoutMs = 15_000, deadlineMs = 60_000, maxRetries = 10 } = options;
  return {
    baseUrl: readBaseUrl(options.baseUrl),
    apiKey: apiKey === undefined ? null : mustBePrintable('apiKey', apiKey),
    // Browsers refuse a `fetch` that is called as a method of something else.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    timeoutMs: mustBeWhole('timeoutMs', timeoutMs, 100, 600_000),
    deadlineMs: mustBeWhole('deadlineMs', deadlineMs, 1, LONGEST_DEADLINE_MS),
    maxRetries: mustBeWhole('maxRetries', maxRetries, 0, 100),
  };
}

function readBaseUrl(text: unknown): string {
  let url: URL;
  try {
    url = new URL(String(text));
  } catch {
    throw new PayonceInputError('baseUrl must be a URL, such as https://payonce.example.com.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new PayonceInputError('baseUrl must begin with https:// or http://.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new PayonceInputError('baseUrl must have no user, no password, no query and no fragment.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
