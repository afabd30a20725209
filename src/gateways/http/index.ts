/**
 * The adapter for any gateway that speaks Payonce's HTTP protocol (`docs/fake-gateway.md`). It turns a request into one HTTP exchange,
 * and the exchange into an outcome. It never retries and never follows a redirect.
 */
import type { GatewayContract } from '../../domain/contract.ts';
import type { CallOutcome, ChargeRequest, LookupOutcome, NotSent } from '../../domain/outcomes.ts';
import type { CallOptions, ExchangeOptions, Gateway } from '../../ports/gateway.ts';
import { judgeExchange } from './answers.ts';
import { GatewayDates } from './dates.ts';
import { exchange } from './exchange.ts';
import { judgeLookupExchange } from './lookups.ts';
import { createPool } from './pool.ts';

/** The options of `createHttpGateway`: where the gateway is, what it promises, and the limits of an exchange with it. */
export interface HttpGatewayOptions {
  /**
   * Stored with every payment: 1 to 64 visible ASCII characters. Give another gateway, or another account at it, another name. Default
   * `http`.
   */
  readonly name?: string;
  /** The base of the protocol's paths, `http:` or `https:`. It may have a path, with or without a slash at its end. */
  readonly url: string;
  /** What the gateway promises. There is no default: read its documentation. */
  readonly contract: GatewayContract;
  /** Whether real money moves there. A charge with another `"livemode"` counts as a mismatch. Default `true`. */
  readonly livemode?: boolean;
  /** Sent as `Authorization: Bearer …`. Default: none. */
  readonly token?: string;
  /** More headers for every request, by name. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The most calls at the same time. Do not set it below the engine's limit (`maxCalls`): a call over it waits here while its timeout
   * runs, and ends as `refused` if it is never sent. Default 256.
   */
  readonly maxConnections?: number;
  /** The most lookups at the same time. They have their own connections, so that hanging calls cannot block them. Default 64. */
  readonly maxLookupConnections?: number;
  /** An answer with a longer body, in bytes, is given up. Default 65,536: over a hundred times the largest correct answer to a call. */
  readonly maxResponseBytes?: number;
  /** How long connecting may take, TLS included, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** An idle connection is closed after this many milliseconds. Default 4,000: Node servers close it after 5,000. */
  readonly keepAliveMs?: number;
  /** Certificate authorities in PEM, in place of the system's. Default: the system's. */
  readonly ca?: string;
}

/** An old answer proves nothing, so no cache on the way may keep one or give one. */
const FRESH = ['cache-control', 'no-cache, no-store', 'pragma', 'no-cache'];

/** A lookup has no effect at the gateway, so it may be sent at any time. */
const always = (): boolean => true;

/**
 * The adapter for any gateway that speaks the HTTP protocol of `docs/fake-gateway.md`. It connects with the first call.
 *
 * @throws TypeError if the URL cannot be a base (another scheme, or with credentials, a query or a fragment), or if the token or a
 * header has signs that cannot be sent.
 *
 * @example
 * const gateway = createHttpGateway({ url: 'https://gateway.example/v1', token, contract });
 * const payonce = await createPayonce({ pool, gateway });
 */
export function createHttpGateway(options: HttpGatewayOptions): Gateway {
  const base = parseBase(options.url);
  const chargesPath = `${base.pathname.replace(/\/+$/, '')}/charges`;
  const common = commonHeaders(options);
  const maxResponseBytes = options.maxResponseBytes ?? 64 * 1024;
  const poolOptions = {
    origin: base.origin,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    keepAliveMs: options.keepAliveMs ?? 4_000,
    ca: options.ca,
  };
  const livemode = options.livemode ?? true;
  const calls = createPool({ ...poolOptions, connections: options.maxConnections ?? 256 });
  const lookups = createPool({ ...poolOptions, connections: options.maxLookupConnections ?? 64 });

  const dates = new GatewayDates();

  return {
    name: options.name ?? 'http',
    contract: options.contract,
    livemode,
    async call(request: ChargeRequest, { timeoutMs, mayLeave }: CallOptions): Promise<CallOutcome | NotSent> {
      const result = await exchange(
        calls.dispatcher,
        {
          method: 'POST',
          path: chargesPath,
          headers: [...common, 'content-type', 'application/json', 'idempotency-key', request.key],
          body: chargeBody(request),
          ownConnection: false,
        },
        { timeoutMs, maxResponseBytes, mayLeave },
      );
      return judgeExchange(request, result, { wallMs: Date.now(), livemode });
    },
    async lookup(request: ChargeRequest, { timeoutMs }: ExchangeOptions): Promise<LookupOutcome | NotSent> {
      const askedAtMs = performance.now();
      const result = await exchange(
        lookups.dispatcher,
        {
          method: 'GET',
          path: `${chargesPath}?idempotency_key=${encodeURIComponent(request.key)}`,
          headers: [...common, ...FRESH],
          body: null,
          // On a shared connection, the answer to another lookup could be taken for this one: an empty list names no key.
          ownConnection: true,
        },
        { timeoutMs, maxResponseBytes, mayLeave: always },
      );
      const isOld =
        result.kind === 'answer' &&
        result.status === 200 &&
        dates.isOld(result.headers, askedAtMs, performance.now());
      return judgeLookupExchange(request, result, { wallMs: Date.now(), livemode, isOld });
    },
    async close(): Promise<void> {
      await Promise.all([calls.close(), lookups.close()]);
    },
  };
}

function chargeBody(request: ChargeRequest): string {
  return JSON.stringify({
    amount: request.amountMinor,
    currency: request.currency,
    reference: request.reference,
    order_id: request.orderId,
    method: request.method,
  });
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
