/** The fake gateway as a server of its own. */
import fastify from 'fastify';
import { createFakeGateway, type FakeGatewayOptions } from './gateway.ts';

export interface StartFakeGatewayOptions extends FakeGatewayOptions {
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
}

export interface RunningFakeGateway {
  /** Base of the protocol's paths, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and drops every connection. The ledger stays open. */
  close(): Promise<void>;
}

/**
 * Listens. Every path is there twice, as `/charges` and as `/fake-gateway/charges`, so that the same client
 * configuration fits the gateway alone and the one mounted on a server.
 *
 * @throws if the address is taken, or the options are not valid.
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

/** "Every address" is none that a client can ask for. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
