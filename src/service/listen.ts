import { createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';

/** How many ports are tried, from the default one on. With more copies than this on one machine, set PORT. */
const MAX_TRIED = 50;
/** The names of the settings in the configuration. */
const SETTINGS = { hostName: 'HOST', portName: 'PORT' } as const;

/**
 * Listens where the configuration says. If PORT is not set and the default port is taken (another copy is running), it listens on
 * the next free one. Resolves to the address, without a slash at its end.
 */
export async function listen(app: FastifyInstance, config: Config): Promise<string> {
  const host = config.HOST;
  const wanted = config.isSet('PORT') ? config.PORT : await firstFree(config.PORT, host);
  try {
    await app.listen({ port: wanted, host });
  } catch (error) {
    throw listenError(error, { host, port: wanted, ...SETTINGS });
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : wanted;
  return urlOf(host, port);
}

/** The port that several processes will share: the one that `listen` would choose, but never 0. Rejects if that port cannot be used. */
export async function choosePort(config: Config): Promise<number> {
  const { HOST: host, PORT: port } = config;
  if (!config.isSet('PORT')) return firstFree(port, host);
  if (port === 0) return anyFree(host);
  const error = await tried(port, host);
  if (error !== null) throw listenError(error, { host, port, ...SETTINGS });
  return port;
}

function anyFree(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(listenError(error, { host, port: 0, ...SETTINGS })));
    probe.listen({ port: 0, host }, () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** Tried with a socket of its own, because Fastify's `listen` cannot be repeated after it failed. */
async function firstFree(from: number, host: string): Promise<number> {
  for (let port = from; port < from + MAX_TRIED; port += 1) {
    const error = await tried(port, host);
    if (error === null) return port;
    // If the address is wrong, another port does not help.
    if (!isTaken(error)) throw listenError(error, { host, port, ...SETTINGS });
  }
  return from;
}

/** The error if nothing can listen there; null: it works. */
function tried(port: number, host: string): Promise<Error | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ port, host }, () => probe.close(() => resolve(null)));
  });
}

function isTaken(error: Error): boolean {
  return 'code' in error && error.code === 'EADDRINUSE';
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** The names of the settings or flags. */
  readonly hostName: string;
  readonly portName: string;
}

/** Why nothing listens there, and what to do. */
export function listenError(error: unknown, { host, port, hostName, portName }: Listening): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const noAddress = `${host} is not an address or a known name. Set ${hostName} to an address of this machine, such as 127.0.0.1.`;
  const words = {
    EADDRINUSE: `Port ${port} of ${host} is taken. Set ${portName} to another one (0: any), or stop what listens there.`,
    EACCES: `This user may not listen on port ${port}: ports below 1024 need special rights. Set ${portName} to a higher one, such as 8000, and let a proxy or the firewall forward ${port} to it.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set ${hostName} to one of its own ("ip addr" shows them), 127.0.0.1 for this machine only, or 0.0.0.0 for all of them.`,
    EINVAL: noAddress,
    ENOTFOUND: noAddress,
    EAI_AGAIN: `The name server does not answer for ${host}. Set ${hostName} to an address of this machine, such as 127.0.0.1.`,
    EAFNOSUPPORT: `${host} is an IPv6 address, and this machine has no IPv6. Set ${hostName} to an IPv4 address, such as 127.0.0.1.`,
  }[String(code)];
  return words === undefined ? error : new Error(`${words}\nNothing was started.`, { cause: error });
}

/** The URL at which a client on this machine reaches it, without a slash at its end. */
export function urlOf(host: string, port: number): string {
  return `http://${reachableHost(host)}:${port}`;
}

/** A client cannot connect to "every address". */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
