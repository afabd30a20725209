/**
 * Sends one event to one endpoint. Whoever is there is not trusted: each part has a time and a size, no redirect is followed, and the address
 * that the socket connects to must be public.
 */
import { isIP } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { maskCardNumbers } from '../domain/cards.ts';
import { isPublicAddress } from '../domain/outgoing/address.ts';
import type { TryResult } from '../domain/outgoing/schedule.ts';
import { type AddressRules, allowedAddresses, ForbiddenAddressError, guardedLookup } from './addresses.ts';
import { endFloods } from './flood.ts';

export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Sent extends TryResult {
  /** The first bytes of the answer, as text; null: there was no answer. */
  readonly answer: string | null;
  /** Why there was no answer; null: there was one. */
  readonly error: string | null;
}

export interface Sender {
  /** Never rejects. */
  send(message: Message): Promise<Sent>;
  /** Ends all connections. */
  close(): Promise<void>;
}

export interface SenderOptions extends AddressRules {
  /** How long one try may take in all. Default 15 s, as the specification advises. */
  readonly timeoutMs?: number;
}

/** So much of an answer is kept. It is only for people who look for a mistake. */
const ANSWER_BYTES = 1024;
/** The status says everything. So long the text of the answer is waited for. */
const ANSWER_MS = 1000;

export function createSender({ timeoutMs = 15_000, ...rules }: SenderOptions): Sender {
  const agent = new Agent({ connect: guarded(rules, timeoutMs), pipelining: 1, keepAliveTimeout: 4000 });

  async function exchange({ url, headers, body }: Message): Promise<Sent> {
    const { hostname, protocol } = new URL(url);
    // It was stored while the setting for development allowed it.
    if (protocol !== 'https:' && !rules.allowPrivate) throw new PlainHttpError();
    // Sockets do not look up an address that stands in the URL.
    if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) await allowedAddresses(hostname, rules);
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await request(url, { method: 'POST', headers, body, dispatcher: agent, signal });
    const text = await firstBytes(answer.body);
    const retryAfter = answer.headers['retry-after'];
    return { status: answer.statusCode, retryAfterMs: secondsOf(retryAfter), answer: text, error: null };
  }

  return {
    send: (message) =>
      exchange(message).catch((error: unknown) => ({
        status: null,
        retryAfterMs: null,
        answer: null,
        error: inWords(error, timeoutMs),
      })),
    close: () => agent.destroy(),
  };
}

/** The lookup decides where it may connect. Where it did connect is checked once more: it is what counts. */
function guarded(rules: AddressRules, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(rules), timeout: timeoutMs });
  return (target, callback) =>
    connect(target, (error, socket) => {
      if (error !== null) {
        callback(error, null);
      } else if (rules.allowPrivate || isPublicAddress(socket.remoteAddress ?? '')) {
        endFloods(socket);
        callback(null, socket);
      } else {
        socket.destroy();
        callback(new ForbiddenAddressError(), null);
      }
    });
}

/** The rest is thrown away with the connection. */
async function firstBytes(
  body: AsyncIterable<Uint8Array> & { destroy(): unknown; on(event: 'error', f: () => void): unknown },
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  body.on('error', () => {});
  const timer = setTimeout(() => body.destroy(), ANSWER_MS);
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= ANSWER_BYTES) break;
    }
  } catch {
    // It broke off, or took too long. The status counts.
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
  return storable(Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString('utf8'));
}

/** PostgreSQL stores no NUL, and nobody stores a card number. */
function storable(text: string): string {
  return maskCardNumbers(text.replaceAll('\0', '\ufffd'));
}

/** Whole seconds. A date is not read: its clock is the receiver's. */
function secondsOf(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) * 1000 : null;
}

class PlainHttpError extends Error {
  readonly code = 'NOT_HTTPS';
}

const WORDS: Readonly<Record<string, string>> = {
  ADDRESS_NOT_PUBLIC: 'The host leads to an address that is not public. Nothing was sent.',
  NOT_HTTPS: 'The URL does not begin with https://. Nothing was sent. Change it.',
  ECONNREFUSED: 'The connection was refused. Nothing was sent.',
  ENOTFOUND: 'The host name has no address. Nothing was sent.',
  EAI_AGAIN: 'The host name could not be looked up. Nothing was sent.',
  UND_ERR_CONNECT_TIMEOUT: 'No connection was made in time. Nothing was sent.',
  ECONNRESET: 'The connection broke before the answer.',
  UND_ERR_SOCKET: 'The connection broke before the answer.',
  ANSWER_TOO_LARGE: 'More came in than any answer needs, so the connection was ended.',
  UND_ERR_HEADERS_OVERFLOW: 'The headers of the answer are too large.',
};

/** Nothing is quoted but the code. */
function inWords(error: unknown, timeoutMs: number): string {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  if (name === 'TimeoutError') return `There was no answer within ${timeoutMs / 1000} seconds.`;
  if (typeof code !== 'string') return 'The event could not be sent.';
  if (WORDS[code] !== undefined) return WORDS[code];
  return /CERT|TLS|SSL|SELF_SIGNED|SIGNATURE/.test(code)
    ? `The TLS certificate or connection is not valid (${code}). Nothing was sent.`
    : `The event could not be sent (${code}).`;
}
