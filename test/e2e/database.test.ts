/** The database goes away in every way it can, between a real service and a real PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { startEmbeddedPostgres } from '../../packages/embedded-postgres/src/index.ts';
import { inParallel } from '../../sim/chaos/in-parallel.ts';
import { query } from '../../sim/chaos/processes/query.ts';
import type { Exchange } from '../../sim/chaos/record.ts';
import { createDatabase } from '../support/database.ts';
import { addressOf, startTcpProxy, type TcpProxy, throughProxy } from '../support/tcp-proxy.ts';
import { makeTemporaryFolder, removeDataDir } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { json } from './support/client.ts';
import { openStage, type Stage } from './support/stage.ts';
import { load, raiseStorm, STORM_ENV, STORM_MS } from './support/storm.ts';

/** A role of this test that may use the tables, and nothing else. */
async function createAbleRole(databaseUrl: string): Promise<{ role: string; url: string }> {
  const role = `payonce_test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await query(
    databaseUrl,
    `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`,
    `GRANT USAGE ON SCHEMA payonce TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA payonce TO ${role}`,
  );
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = password;
  return { role, url: url.href };
}

const logged = (stage: Stage, part: string): string[] =>
  stage
    .service()
    .output()
    .split('\n')
    .filter((line) => line.includes(part));

const ENV = { ...STORM_ENV, LOG_LEVEL: 'warn', DATABASE_TIMEOUT_MS: '3000' };

async function behindProxy(work: (stage: Stage, proxy: TcpProxy) => Promise<void>): Promise<void> {
  const database = await createDatabase();
  const proxy = await startTcpProxy(addressOf(database.url));
  const url = throughProxy(database.url, proxy);
  const stage = await openStage({ env: ENV, database: { url, drop: database.drop } });
  try {
    await work(stage, proxy);
  } finally {
    await stage.close();
    await proxy.close();
  }
}

const ALLOWED = [200, 201, 202, 402, 502, 503];

/** A 503 says which kind it is. If it says "nothing was sent", that stays true for a client that does not ask again. */
async function expectTruth(stage: Stage, alone: readonly Exchange[] = []): Promise<void> {
  await stage.quiet(STORM_MS);
  const strange = stage.client.observed.filter(({ status }) => status !== null && !ALLOWED.includes(status));
  expect(strange.map(({ status, text }) => [status, text])).toEqual([]);
  for (const answer of stage.client.observed.filter(({ status }) => status === 503)) {
    expect(json(answer).code).toMatch(/^(store_unavailable|store_outcome_unknown)$/);
  }
  for (const answer of alone) {
    if (answer.status !== 503 || json(answer).code !== 'store_unavailable') continue;
    expect([answer.orderId, stage.gateway.ledger.requestsOf(answer.orderId ?? '')]).toEqual([
      answer.orderId,
      [],
    ]);
    expect([answer.orderId, await stage.find(answer.orderId ?? '')]).toEqual([answer.orderId, null]);
  }
  expect(await stage.judge()).toEqual([]);
}

/** Sends each order once and never again, whatever the answer is. */
async function askOnce(stage: Stage, prefix: string, count: number): Promise<Exchange[]> {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await inParallel(ids, 10, async (orderId) => {
    await stage.client.pay({ orderId, key: orderId, prefer: 'wait=1' }).catch(() => null);
  });
  return stage.client.observed.filter(({ orderId }) => orderId?.startsWith(`${prefix}-`));
}

test(
  'connections cut again and again under load',
  () =>
    behindProxy(async (stage, proxy) => {
      const storm = raiseStorm(stage, 7);
      let cutting = true;
      const cuts = (async () => {
        for (let round = 0; cutting; round += 1) {
          const seen = stage.gateway.ledger.requests.length;
          await until(
            'some progress',
            () => !cutting || stage.gateway.ledger.requests.length > seen + 8,
            STORM_MS,
          );
          if (round % 3 === 2) proxy.hold('to_client');
          const mutedMs = Date.now();
          await until('some writes to be lost', () => round % 3 !== 2 || Date.now() > mutedMs + 60);
          proxy.lose();
        }
      })();
      const [, alone] = await Promise.all([
        load(stage.client, { orders: 60, width: 20, prefix: 'cut' }),
        askOnce(stage, 'alone', 60),
      ]);
      cutting = false;
      await cuts;
      storm.heal();
      await expectTruth(stage, alone);
    }),
  STORM_MS,
);

test(
  'cut off: 503 and nothing sent; lost after the intent: 202; then it resumes by itself',
  () =>
    behindProxy(async (stage, proxy) => {
      const { client, gateway } = stage;
      gateway.plan('in-flight', step.slow(400));
      const inFlight = client.pay({ orderId: 'in-flight', key: 'in-flight', prefer: 'wait=3' });
      await until('the call', () => gateway.ledger.requests.length === 1);
      proxy.refuse();
      proxy.cut();
      // A statement on a connection that the service still takes for open would have an unknown outcome.
      await until('the service to notice', async () => (await client.get('/readyz')).status === 503);
      const refused = await client.pay({ orderId: 'refused', key: 'refused' });
      expect([refused.status, json(refused).code]).toEqual([503, 'store_unavailable']);
      expect(refused.headers['retry-after']).toBeDefined();
      const seed = await client.start('refused-seed', '5');
      expect(seed.status).toBe(503);
      expect((await client.get('/v1/payments?order_id=in-flight')).status).toBe(503);
      expect((await client.get('/readyz')).status).toBe(503);
      expect((await client.get('/healthz')).status).toBe(200);
      const told = await inFlight;
      expect([201, 202]).toContain(told.status);
      expect(json(told).payment_id).toEqual(expect.any(String));
      await proxy.accept();
      await until('it to be ready', async () => (await client.get('/readyz')).status === 200);
      expect(await stage.find('refused')).toBeNull();
      expect(await stage.find('refused-seed')).toBeNull();
      expect((await client.pay({ orderId: 'refused', key: 'refused' })).status).toBe(201);
      await stage.reaches('in-flight', 'COMPLETED');
      expect((await client.pay({ orderId: 'in-flight', key: 'in-flight' })).status).toBe(201);
      await expectTruth(stage);
    }),
  STORM_MS,
);

test(
  'a right that is taken away: reported once, shown to clients and by /readyz, and used again by itself',
  async () => {
    const database = await createDatabase();
    const { role, url } = await createAbleRole(database.url);
    const env = { ...ENV, LOG_LEVEL: 'info' };
    const stage = await openStage({ env, database: { url, drop: database.drop } });
    try {
      const { client } = stage;
      expect((await client.pay({ orderId: 'before', key: 'before' })).status).toBe(201);
      await query(database.url, `REVOKE INSERT ON payonce.payments FROM ${role}`);
      for (let time = 0; time < 5; time += 1) {
        const refused = await client.pay({ orderId: 'refused', key: 'refused' });
        expect([refused.status, json(refused).code]).toEqual([503, 'store_refused']);
        expect(json(refused).detail).toContain('Nothing was stored and nothing was sent');
        expect(refused.headers['retry-after']).toBe('30');
      }
      const notReady = await client.get('/readyz');
      expect([notReady.status, json(notReady).reason]).toEqual([503, 'database_refuses']);
      expect((await client.get('/v1/payments?order_id=before')).status).toBe(200);
      await until('the alarm', () => logged(stage, '"alarm":"database_refuses"').length > 0);
      expect(logged(stage, '"alarm":"database_refuses"')).toHaveLength(1);
      expect(logged(stage, '"alarm":"database_refuses"')[0]).toContain(
        `GRANT INSERT ON payonce.payments TO ${role};`,
      );
      await query(database.url, `GRANT INSERT ON payonce.payments TO ${role}`);
      await until('it to be ready', async () => (await client.get('/readyz')).status === 200);
      expect((await client.pay({ orderId: 'refused', key: 'refused' })).status).toBe(201);
      await until('its end', () => logged(stage, '"alarm_ended":"database_refuses"').length === 1);
      expect(stage.gateway.ledger.requestsOf('refused')).toHaveLength(1);
      expect(await stage.judge()).toEqual([]);
    } finally {
      await stage.close();
      await query(inject('adminUrl'), `DROP ROLE ${role}`);
    }
  },
  STORM_MS,
);

test(
  'a COMMIT whose answer was lost is read, never assumed',
  () =>
    behindProxy(async (stage, proxy) => {
      const { client, gateway } = stage;
      for (let round = 0; round < 6; round += 1) {
        const orderId = `commit-${round}`;
        gateway.plan(orderId, step.slow(100));
        proxy.hold('to_client');
        const asked = client.pay({ orderId, key: orderId, prefer: 'wait=3' });
        const committed = () => gateway.ledger.requestsOf(orderId).length > 0;
        const mutedMs = Date.now();
        await until('the write', () => committed() || Date.now() > mutedMs + 150);
        proxy.lose();
        const answer = await asked;
        expect(ALLOWED).toContain(answer.status);
        if (answer.status === 503 && json(answer).code === 'store_unavailable') {
          expect([orderId, gateway.ledger.requestsOf(orderId)]).toEqual([orderId, []]);
          expect(await stage.find(orderId)).toBeNull();
        }
      }
      await expectTruth(stage);
    }),
  STORM_MS,
);

test(
  'PostgreSQL stopped immediately and started again, twice, under load',
  async () => {
    const dataDir = makeTemporaryFolder();
    let server = await startEmbeddedPostgres({ dataDir });
    const target = { host: '127.0.0.1', port: server.port };
    const proxy = await startTcpProxy(target);
    const url = throughProxy(server.url, proxy);
    const stage = await openStage({ env: ENV, database: { url, drop: async () => {} } });
    try {
      const storm = raiseStorm(stage, 8);
      const loaded = load(stage.client, { orders: 90, width: 25, prefix: 'crash' });
      const alone: Exchange[] = [];
      for (const requests of [30, 80]) {
        await until('the load to get on', () => stage.gateway.ledger.requests.length >= requests, STORM_MS);
        const stopped = server.stop('immediate');
        alone.push(...(await askOnce(stage, `down-${requests}`, 10)));
        await stopped;
        server = await startEmbeddedPostgres({ dataDir });
        target.port = server.port;
      }
      await loaded;
      storm.heal();
      await expectTruth(stage, alone);
    } finally {
      await stage.close();
      await proxy.close();
      await server.stop('immediate');
      removeDataDir(dataDir);
    }
  },
  STORM_MS,
);
