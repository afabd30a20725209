import { createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';

/** Ports tried after the default one; more copies than this on one machine set PORT. */
const MAX_TRIED = 50;

/**
 * Listens where the configuration says; where it does not say and the default port is taken (another copy is
 * running), on the next one that is free. Resolves to the address, without a slash at its end.
 */
export async function listen(app: FastifyInstance, config: Config): Promise<string> {
  const host = config.HOST;
  const wanted = config.isSet('PORT') ? config.PORT : await firstFree(config.PORT, host);
  try {
    await app.listen({ port: wanted, host });
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new Error(
      `Port ${wanted} of ${host} is taken; nothing was started. Set PORT to another one (0: any), or stop what listens there.`,
    );
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : wanted;
  return `http://${reachableHost(host)}:${port}`;
}

/** The port that several processes will share: the one that `listen` would take, but never 0. */
export async function choosePort(config: Config): Promise<number> {
  const { HOST: host, PORT: port } = config;
  if (!config.isSet('PORT')) return firstFree(port, host);
  return port === 0 ? anyFree(host) : port;
}

function anyFree(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host }, () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** Tried with a socket of its own: Fastify's `listen` cannot be repeated after it failed. */
async function firstFree(from: number, host: string): Promise<number> {
  for (let port = from; port < from + MAX_TRIED; port += 1) {
    if (await isFree(port, host)) return port;
  }
  return from;
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host }, () => probe.close(() => resolve(true)));
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** "Every address" is nothing that a client can ask for. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
