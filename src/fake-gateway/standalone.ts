/** The fake gateway with its own server. */
import fastify from 'fastify';
import { createFakeGateway, type FakeGatewayOptions } from './gateway.ts';

/** The options of `startFakeGateway`: those of the gateway, and where it listens. */
export interface StartFakeGatewayOptions extends FakeGatewayOptions {
  /** The port to listen on. Default 0: any free one. */
  readonly port?: number;
  /** The address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
}

/** A fake gateway that listens. */
export interface RunningFakeGateway {
  /** The base of the protocol's paths, such as `http://127.0.0.1:8001`, without a slash at its end. */
  readonly url: string;
  /** The port that it listens on. */
  readonly port: number;
  /** Stops listening and drops every connection. The ledger stays open. */
  close(): Promise<void>;
}

/**
 * Starts a fake gateway with its own server, and resolves once it listens. Every path exists twice, as `/charges` and as
 * `/fake-gateway/charges`, so that a client needs no other configuration for a gateway that is mounted on a server.
 *
 * @throws TypeError if the faults or the webhook's secret are not valid; Error if the address is taken.
 *
 * @example
 * const gateway = await startFakeGateway({ ledger: createMemoryLedger(), faults: { error_after: 0.2 } });
 * // … test against gateway.url …
 * await gateway.close();
 */
export async function startFakeGateway(options: StartFakeGatewayOptions): Promise<RunningFakeGateway> {
  const { port = 0, host = '127.0.0.1' } = options;
  const gateway = createFakeGateway({ ...options, hosts: [host, ...(options.hosts ?? [])] });
  const app = fastify({ forceCloseConnections: true, requestTimeout: 30_000 });
  gateway.register(app);
  gateway.register(app, { prefix: '/fake-gateway' });
  await app.listen({ port, host });
  const [address] = app.addresses();
  const actualPort = typeof address === 'object' ? address.port : port;
  return {
    url: `http://${reachable(host)}:${actualPort}`,
    port: actualPort,
    async close() {
      gateway.close();
      await app.close();
    },
  };
}

/** A client cannot connect to "every address". */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
