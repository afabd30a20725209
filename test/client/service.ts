/** The real service in this process: its HTTP server, its engine and a real PostgreSQL. The gateway is the test's. */
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Fetch } from '../../src/client/options.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { DEFAULT_LIMITS } from '../../src/engine/context.ts';
import { type RunningEngine, startEngine } from '../../src/engine/engine.ts';
import { createServer, type ServerOptions } from '../../src/http/server.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import { systemClock } from '../../src/system/clock.ts';
import { systemRandom } from '../../src/system/random.ts';
import { openStore } from '../postgres/world.ts';
import { OPEN_ACCESS } from '../support/open-access.ts';

export interface Service {
  readonly engine: RunningEngine;
  readonly app: FastifyInstance;
  /** Reaches the service without a socket. It heeds no signal: what was sent is worked on to its end. */
  readonly fetch: Fetch;
  /** Listens, and resolves to its address. */
  listen(): Promise<string>;
}

/** Quick decisions and patient limits: nothing here is about time. */
export async function openService(
  gateway: Gateway,
  more: (pool: pg.Pool) => Partial<ServerOptions> | Promise<Partial<ServerOptions>> = () => ({}),
): Promise<Service> {
  const { store, pool } = await openStore({ max: 5 });
  const silent = { info() {}, warn() {}, error() {} };
  const engine = await startEngine({
    store,
    gateway,
    clock: systemClock,
    random: systemRandom,
    log: silent,
    policy: {
      ...DEFAULT_POLICY,
      backoffBaseMs: 1,
      lookupBaseMs: 20,
      leaseMs: 15_000,
      contract: gateway.contract,
    },
    limits: { ...DEFAULT_LIMITS, callTimeoutMs: 10_000, sweepMs: 20 },
    gate: { maxCalls: 50, maxLookups: 20 },
    cacheEntries: 100,
    answerRetentionMs: 86_400_000,
  });
  const app = createServer({
    payonce: engine,
    access: OPEN_ACCESS,
    logger: pino({ level: 'silent' }),
    ...(await more(pool)),
  });
  onTestFinished(async () => {
    await app.close();
    await engine.stop(0);
  });
  return {
    engine,
    app,
    async fetch(url, { method, headers, body }) {
      const { pathname, search } = new URL(url);
      const response = await app.inject({
        method: method === 'POST' ? 'POST' : 'GET',
        url: pathname + search,
        headers,
        ...(body === undefined ? {} : { payload: body }),
      });
      const values = Object.entries(response.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]);
      return {
        status: response.statusCode,
        headers: new Headers(values),
        text: async () => response.body,
      };
    },
    listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
  };
}
