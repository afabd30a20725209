/**
 * One HTTP request and its complete answer, or the reason why there is none. This file knows nothing about
 * charges; it knows one thing that matters for them: whether a byte of the request can have left.
 *
 * The proof is undici's `onRequestStart`, called in the same tick in which the request is written to an
 * established connection (after the TLS handshake) and never earlier. An exchange that ends before it was called
 * has sent nothing, whatever ended it, and will send nothing: should the connection come up later, the
 * request is aborted in that callback, before the write.
 */
import type { Dispatcher } from 'undici';
import type { Line, LineOptions, LineUser } from './line.ts';
import { errorCode, shortageOf } from './shortage.ts';

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query, from the first slash. */
  readonly path: string;
  /** Flat list: name, value, name, value. */
  readonly headers: readonly string[];
  readonly body: string | null;
  /** Whether the connection serves this request and no other, before or after. */
  readonly ownConnection: boolean;
}

export interface ExchangeLimits {
  /** Upper bound of the whole exchange, connecting included, in milliseconds. */
  readonly timeoutMs: number;
  /** Bytes of body after which the answer is given up. */
  readonly maxResponseBytes: number;
  /**
   * Whether the request may still leave. Asked before anything is done, and again in the tick in which the first byte is
   * written. `false` ends the exchange as not sent, for good.
   */
  readonly mayLeave: () => boolean;
}

/** Header values by lower-case name; a header that came twice is a list. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface Answer {
  readonly kind: 'answer';
  /** Always 200 or more; interim answers (103 …) are skipped. */
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Complete as far as its framing can tell. */
  readonly body: Buffer;
  /**
   * Whether nothing else was on its connection that it could be mistaken for: no request before its own, and, on a connection of its
   * own, no byte after it. Without that, the answer may be to another request, unless it says whose it is.
   */
  readonly standsAlone: boolean;
}

export type Exchange =
  | Answer
  /** Proved: no byte of the request left, and none will. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** Proved as well, and for want of something on this machine. */
  | { readonly kind: 'short'; readonly reason: string }
  /** The request left, at least in part, and no complete answer came back. */
  | { readonly kind: 'broken'; readonly reason: string };

const LEASE_OVER = { kind: 'not_sent', reason: 'lease_over_before_send' } as const;

/**
 * Sends the request once. Never rejects, and settles within `timeoutMs`. On every path the connection is either
 * clean and kept, or gone: reset if the request had begun to leave and has no complete answer. The timer is gone when the
 * promise settles.
 */
export function exchange(
  pool: Dispatcher,
  request: ExchangeRequest,
  limits: ExchangeLimits,
): Promise<Exchange> {
  if (!(limits.timeoutMs > 0)) return Promise.resolve({ kind: 'not_sent', reason: 'timeout_before_send' });
  if (!limits.mayLeave()) return Promise.resolve(LEASE_OVER);
  return new Promise((resolve) => {
    const listener = new Listener(request, limits, resolve);
    const options: LineOptions = {
      method: request.method,
      path: request.path,
      headers: request.headers as string[],
      body: request.body,
      // Sends `connection: close`, and closes the connection after the answer. A new one is made for each such request,
      // for no kept connection is in a pool of which all requests say this.
      reset: request.ownConnection,
      user: listener,
    };
    pool.dispatch(options, listener);
  });
}

/** Follows one request to its end. A class, because its methods are then made once and not for each of thousands a second. */
class Listener implements Dispatcher.DispatchHandler, LineUser {
  line: Line | null = null;
  readonly #ownConnection: boolean;
  readonly #limits: ExchangeLimits;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #isFirst = false;
  /** A complete answer, while nobody knows yet whether it is followed by anything. */
  #held: Answer | null = null;
  #status = 0;
  #headers: AnswerHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(request: ExchangeRequest, limits: ExchangeLimits, resolve: (exchange: Exchange) => void) {
    this.#ownConnection = request.ownConnection;
    this.#limits = limits;
    this.#resolve = resolve;
    this.#timer = setTimeout(giveUp, limits.timeoutMs, this, 'timeout');
  }

  onRequestStart(started: Dispatcher.DispatchController): void {
    // A second start would be a second request on the wire: undici replays what it believes was never
    // written. It must not happen on our behalf, whoever is right.
    if (this.#settled || this.#controller !== null) {
      started.abort(new Error('not_sent_again'));
      return;
    }
    // The connection may have taken long to come up, in a process that stood still meanwhile. The write follows in this
    // very tick, so nothing can come between this question and the first byte.
    if (!this.#limits.mayLeave()) {
      this.#settle(LEASE_OVER);
      started.abort(new Error(LEASE_OVER.reason));
      return;
    }
    this.#controller = started;
    this.#isFirst = this.line?.takes() ?? false;
  }

  onResponseStart(_controller: unknown, statusCode: number, headers: AnswerHeaders): void {
    if (statusCode < 200) return;
    this.#status = statusCode;
    this.#headers = headers;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.maxResponseBytes) this.giveUp('answer_too_large');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    const answer: Answer = {
      kind: 'answer',
      status: this.#status,
      headers: this.#headers,
      body,
      standsAlone: this.#isFirst,
    };
    if (this.#ownConnection) {
      this.#held = answer;
      this.line?.whenEnded((more) => this.#settle({ ...answer, standsAlone: this.#isFirst && !more }));
      return;
    }
    // Should the other side say it once more, that must not be heard as the answer to the next request: an error may name the
    // key of both, when a call is made again.
    if (isError(this.#status)) this.line?.end();
    this.#settle(answer);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#settle(
      this.#controller === null
        ? unsent(error)
        : { kind: 'broken', reason: brokenReason(error, this.#status) },
    );
  }

  /** Ends the exchange for a reason of ours. The connection may hold the rest of an answer, so it is destroyed. */
  giveUp(reason: string): void {
    if (this.#held !== null) {
      // The other side did not end the connection, as it was asked to. It had all the time of the exchange to say more.
      this.#settle(this.#held);
      this.line?.end();
      return;
    }
    const controller = this.#controller;
    this.#settle(
      controller === null
        ? { kind: 'not_sent', reason: `${reason}_before_send` }
        : { kind: 'broken', reason },
    );
    controller?.abort(new Error(reason));
  }

  #settle(result: Exchange): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#resolve(result);
  }
}

/** A decline (402) is no error: it tells of one charge, by its key, and its call is not made again. */
function isError(status: number): boolean {
  return status >= 400 && status !== 402;
}

function giveUp(listener: Listener, reason: string): void {
  listener.giveUp(reason);
}

function unsent(error: unknown): Exchange {
  const short = shortageOf(error);
  return short === null
    ? { kind: 'not_sent', reason: notSentReason(error) }
    : { kind: 'short', reason: short };
}

/** Names what kept the connection from coming up; only for people, the proof does not rest on it. */
function notSentReason(error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection_refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return 'dns_failed';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'unreachable';
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'connect_timeout';
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return 'gateway_closed';
    case 'EARLY_ANSWER':
      return 'answer_before_request';
    case 'CLOSED_EARLY':
      return 'closed_before_send';
    default:
      return /CERT|TLS|SSL|EPROTO|ISSUER/.test(code) ? 'tls_failed' : 'connect_failed';
  }
}

/** Names how an exchange broke after the request had started to leave. */
function brokenReason(error: unknown, status: number): string {
  const code = errorCode(error);
  if (code.startsWith('HPE_')) return 'malformed_answer';
  switch (code) {
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'truncated_answer';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'answer_too_large';
    case 'ECONNRESET':
    case 'EPIPE':
      return status === 0 ? 'connection_reset' : 'truncated_answer';
    case 'UND_ERR_SOCKET':
      return status === 0 ? 'connection_closed' : 'truncated_answer';
    default:
      return 'connection_failed';
  }
}
