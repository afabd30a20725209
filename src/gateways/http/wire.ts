/** The requests of the protocol: their addresses, headers and limits, and the connections that they use. */
import { randomUUID } from 'node:crypto';
import type { CallOptions, ExchangeOptions } from '../../ports/gateway.ts';
import { type Exchange, exchange } from './exchange.ts';
import { type Asked, createAsk, FRESH } from './fresh.ts';
import type { HttpGatewayOptions } from './options.ts';
import { createPool } from './pool.ts';

/** Sends requests to one gateway. Paths are relative to its base, and begin with a slash. */
export interface Wire {
  /** Sends one call, which may have an effect. */
  post(path: string, key: string, body: string, limits: CallOptions): Promise<Exchange>;
  /** Asks one question, which has none, as `fresh.ts` says. */
  ask(path: string, limits: ExchangeOptions): Promise<Asked>;
  close(): Promise<void>;
}

/** The query of a lookup. `key`: as it is written in a query. */
export function byKey(key: string): string {
  return `?idempotency_key=${key}`;
}

/** A question that nobody has asked before, so no cache can have its answer. The list is empty. */
function neverAsked(): string {
  return `/charges${byKey(randomUUID())}`;
}

/** The address of a charge. `null`: in a path, this id would lead elsewhere. Two dots do so even if they are encoded. */
export function chargePath(chargeRef: string): string | null {
  if (chargeRef === '' || chargeRef === '.' || chargeRef === '..') return null;
  return `/charges/${encodeURIComponent(chargeRef)}`;
}

/** A lookup has no effect at the gateway, so it may be sent at any time. */
const always = (): boolean => true;

/** Connects with the first request. Throws if the options are wrong, as `createHttpGateway` says. */
export function openWire(options: HttpGatewayOptions): Wire {
  const base = parseBase(options.url);
  const prefix = base.pathname.replace(/\/+$/, '');
  const common = commonHeaders(options);
  const maxResponseBytes = options.maxResponseBytes ?? 64 * 1024;
  const poolOptions = {
    origin: base.origin,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    keepAliveMs: options.keepAliveMs ?? 4_000,
    ca: options.ca,
  };
  const calls = createPool({ ...poolOptions, connections: options.maxConnections ?? 256 });
  const lookups = createPool({ ...poolOptions, connections: options.maxLookupConnections ?? 64 });

  const get = (path: string, timeoutMs: number): Promise<Exchange> =>
    exchange(
      lookups.dispatcher,
      {
        method: 'GET',
        path: prefix + path,
        headers: [...common, ...FRESH],
        body: null,
        // On a shared connection, the answer to another lookup could be taken for this one: an empty list names no key.
        ownConnection: true,
        names: null,
      },
      { timeoutMs, maxResponseBytes, mayLeave: always },
    );

  return {
    post: (path, key, body, { timeoutMs, mayLeave }) =>
      exchange(
        calls.dispatcher,
        {
          method: 'POST',
          path: prefix + path,
          headers: [...common, 'content-type', 'application/json', 'idempotency-key', key],
          body,
          ownConnection: false,
          names: key,
        },
        { timeoutMs, maxResponseBytes, mayLeave },
      ),
    ask: createAsk({ send: get, neverAsked }),
    async close() {
      await Promise.all([calls.close(), lookups.close()]);
    },
  };
}

function parseBase(url: string): URL {
  if (!URL.canParse(url)) {
    throw new TypeError('The gateway URL is not a valid URL. Give one such as https://gateway.example/v1.');
  }
  const base = new URL(url);
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new TypeError('The gateway URL must begin with http:// or https://.');
  }
  if (base.username !== '' || base.password !== '') {
    throw new TypeError(
      'The gateway URL must hold no user or password. Give the password as the option token.',
    );
  }
  if (base.search !== '' || base.hash !== '') {
    throw new TypeError('The gateway URL must hold no query and no fragment. Remove what follows its path.');
  }
  return base;
}

function commonHeaders({ token, headers }: HttpGatewayOptions): string[] {
  // Compression would hide whether a body is complete, and saves nothing for 300 bytes.
  const list = ['accept', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'payonce'];
  if (token !== undefined) list.push('authorization', `Bearer ${token}`);
  for (const [name, value] of Object.entries(headers ?? {})) list.push(name.toLowerCase(), value);
  for (let index = 0; index < list.length; index += 2) {
    const [name = '', value = ''] = list.slice(index, index + 2);
    // The value may be a secret, so it stays out of the message.
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value)) {
      const shown = name.replace(/[^\x20-\x7e]/g, '?');
      throw new TypeError(
        `The gateway header "${shown}" cannot be sent: its name or its value has signs that no header can have. Check for line breaks and letters that are not ASCII.`,
      );
    }
  }
  return list;
}
