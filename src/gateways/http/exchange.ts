/**
 * One HTTP request and its complete answer, or the reason why there is none. This file knows nothing about charges. But it knows one
 * fact that matters for them: whether a byte of the request can have left.
 *
 * The proof is undici's `onRequestStart`. It is called in the same tick in which the request is written to an established connection
 * (after the TLS handshake), and never earlier. An exchange that ends before that has sent nothing and will send nothing: if the
 * connection is made later, that callback aborts the request before the write.
 */
import type { Dispatcher } from 'undici';
import type { Line, LineOptions, LineUser } from './line.ts';
import { errorCode, shortageOf } from './shortage.ts';

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query, from the first slash. */
  readonly path: string;
  /** A flat list: name, value, name, value. */
  readonly headers: readonly string[];
  readonly body: string | null;
  /** Whether the connection serves only this request. */
  readonly ownConnection: boolean;
  /** What every answer to this request contains, such as its key. An answer without it is to another request. Null: nothing is known. */
  readonly names: string | null;
}

export interface ExchangeLimits {
  /** How long the whole exchange may take, connecting included, in milliseconds. */
  readonly timeoutMs: number;
  /** An answer with a longer body is given up. */
  readonly maxResponseBytes: number;
  /**
   * Whether the request may still be sent. It is called before anything else, and again in the tick in which the first byte is
   * written. `false` ends the exchange as not sent, for good.
   */
  readonly mayLeave: () => boolean;
}

/** Header values by lower-case name. A repeated header is a list. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface Answer {
  readonly kind: 'answer';
  /** Always 200 or more; interim answers (103 …) are skipped. */
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Complete as far as its framing can tell. */
  readonly body: Buffer;
  /**
   * Whether its connection carried no other request before, and, on a connection of its own, no byte after the answer. Otherwise it
   * may be the answer to another request, unless it names its key.
   */
  readonly standsAlone: boolean;
}

export type Exchange =
  | Answer
  /** Proved: no byte of the request left, and none will. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** Proved as well: this machine lacks something, such as a free file. */
  | { readonly kind: 'short'; readonly reason: string }
  /** The request left, at least in part, and no complete answer came back. */
  | { readonly kind: 'broken'; readonly reason: string };

const LEASE_OVER = { kind: 'not_sent', reason: 'lease_over_before_send' } as const;

/**
 * Sends the request once. Never rejects, and settles within `timeoutMs`. After it, the connection is either clean and kept, or closed:
 * reset if the request had begun to leave and has no complete answer. No timer is left.
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
      // Sends `connection: close`, and closes the connection after the answer. In a pool where all requests do this, no connection is
      // kept, so each request gets a new one.
      reset: request.ownConnection,
      user: listener,
    };
    pool.dispatch(options, listener);
  });
}

/** Follows one request to its end. It is a class, because closures for thousands of requests a second would cost more. */
class Listener implements Dispatcher.DispatchHandler, LineUser {
  line: Line | null = null;
  readonly #ownConnection: boolean;
  readonly #names: string | null;
  readonly #limits: ExchangeLimits;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #isFirst = false;
  /** A complete answer, while it is not known yet whether more bytes follow it. */
  #held: Answer | null = null;
  #status = 0;
  #headers: AnswerHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(request: ExchangeRequest, limits: ExchangeLimits, resolve: (exchange: Exchange) => void) {
    this.#ownConnection = request.ownConnection;
    this.#names = request.names;
    this.#limits = limits;
    this.#resolve = resolve;
    this.#timer = setTimeout(giveUp, limits.timeoutMs, this, 'timeout');
  }

  onRequestStart(started: Dispatcher.DispatchController): void {
    // A second start would send the request again: undici repeats what it believes was never written. We never allow that.
    if (this.#settled || this.#controller !== null) {
      started.abort(new Error('not_sent_again'));
      return;
    }
    // Connecting may have taken long, or the process may have been suspended. The write follows in this very tick, so nothing can
    // come between this check and the first byte.
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
    // If the other side sends the error twice, the second must not count as the answer to the next request: when a call is made again,
    // both have the same key. And if this is the answer to another request, each later one on this connection would get a wrong one too.
    const isAboutAnother = this.#names !== null && !body.includes(this.#names);
    if (isError(this.#status) || isAboutAnother) this.line?.end();
    this.#settle(answer);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#settle(
      this.#controller === null
        ? unsent(error)
        : { kind: 'broken', reason: brokenReason(error, this.#status) },
    );
  }

  /** Ends the exchange from our side. The connection may hold the rest of an answer, so it is destroyed. */
  giveUp(reason: string): void {
    if (this.#held !== null) {
      // The other side was asked to end the connection and did not. It had the time of the whole exchange to send more.
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

/** A decline (402) is no error: it is about one charge, by its key, and its call is not made again. */
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

/** Why no connection was made. Only for people; the proof does not rest on it. */
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

/** How an exchange broke after the request had started to leave. */
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
