/** The database goes away in every way it can, between a real service and a real PostgreSQL. */
import { expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts';
import { createDatabase } from '../support/database.ts';
import { makeTemporaryFolder, removeDataDir } from '../support/temporary-folder.ts';
import * as step from './gateway/steps.ts';
import { json, type Observed } from './support/client.ts';
import { eventually, inParallel } from './support/eventually.ts';
import { type DatabaseProxy, startProxy } from './support/proxy.ts';
import { readPayment } from './support/reading.ts';
import { openStage, type Stage } from './support/stage.ts';
import { load, raiseStorm, STORM_ENV } from './support/storm.ts';

const ENV = { ...STORM_ENV, LOG_LEVEL: 'warn', DATABASE_TIMEOUT_MS: '1000' };

async function behindProxy(work: (stage: Stage, proxy: DatabaseProxy) => Promise<void>): Promise<void> {
  const database = await createDatabase();
  const url = new URL(database.url);
  const proxy = await startProxy(Number(url.port));
  url.port = String(proxy.port);
  const stage = await openStage({ env: ENV, database: { url: url.href, drop: database.drop } });
  try {
    await work(stage, proxy);
  } finally {
    await stage.close();
    await proxy.close();
  }
}

const ALLOWED = [200, 201, 202, 402, 502, 503];

/** A 503 says which it was, and "nothing was sent" is true for whoever does not ask again. */
async function expectTruth(stage: Stage, alone: readonly Observed[] = []): Promise<void> {
  await stage.quiet(40_000);
  const strange = stage.client.observed.filter(({ status }) => !ALLOWED.includes(status));
  expect(strange.map(({ status, text }) => [status, text])).toEqual([]);
  for (const answer of stage.client.observed.filter(({ status }) => status === 503)) {
    expect(json(answer).code).toMatch(/^(store_unavailable|store_outcome_unknown)$/);
  }
  for (const answer of alone) {
    if (answer.status !== 503 || json(answer).code !== 'store_unavailable') continue;
    expect([answer.orderId, stage.gateway.ledger.requestsOf(answer.orderId)]).toEqual([answer.orderId, []]);
    expect([answer.orderId, await readPayment(stage.client, answer.orderId)]).toEqual([answer.orderId, null]);
  }
  expect(await stage.judge()).toEqual([]);
}

/** Orders that are asked for once and never again, whatever the answer. */
async function askOnce(stage: Stage, prefix: string, count: number): Promise<Observed[]> {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await inParallel(ids, 10, async (orderId) => {
    await stage.client.pay({ orderId, key: orderId, prefer: 'wait=1' }).catch(() => null);
  });
  return stage.client.observed.filter(({ orderId }) => orderId.startsWith(`${prefix}-`));
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
          await eventually(
            'some progress',
            () => !cutting || stage.gateway.ledger.requests.length > seen + 8,
          );
          if (round % 3 === 2) proxy.mute();
          const mutedMs = Date.now();
          await eventually('some writes to be lost', () => round % 3 !== 2 || Date.now() > mutedMs + 60);
          proxy.cut();
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
  90_000,
);

test(
  'cut off: 503 and nothing sent; lost after the intent: 202; then it resumes by itself',
  () =>
    behindProxy(async (stage, proxy) => {
      const { client, gateway } = stage;
      gateway.plan('in-flight', step.slow(400));
      const inFlight = client.pay({ orderId: 'in-flight', key: 'in-flight', prefer: 'wait=3' });
      await eventually('the call', () => gateway.ledger.requests.length === 1);
      proxy.block();
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
      proxy.unblock();
      await eventually('it to be ready', async () => (await client.get('/readyz')).status === 200);
      expect(await readPayment(client, 'refused')).toBeNull();
      expect(await readPayment(client, 'refused-seed')).toBeNull();
      expect((await client.pay({ orderId: 'refused', key: 'refused' })).status).toBe(201);
      await stage.until('in-flight', 'COMPLETED');
      expect((await client.pay({ orderId: 'in-flight', key: 'in-flight' })).status).toBe(201);
      await expectTruth(stage);
    }),
  60_000,
);

test(
  'a COMMIT whose answer was lost is read, never assumed',
  () =>
    behindProxy(async (stage, proxy) => {
      const { client, gateway } = stage;
      for (let round = 0; round < 6; round += 1) {
        const orderId = `commit-${round}`;
        gateway.plan(orderId, step.slow(100));
        proxy.mute();
        const asked = client.pay({ orderId, key: orderId, prefer: 'wait=3' });
        const committed = () => gateway.ledger.requestsOf(orderId).length > 0;
        const mutedMs = Date.now();
        await eventually('the write', () => committed() || Date.now() > mutedMs + 150);
        proxy.cut();
        const answer = await asked;
        expect(ALLOWED).toContain(answer.status);
        if (answer.status === 503 && json(answer).code === 'store_unavailable') {
          expect([orderId, gateway.ledger.requestsOf(orderId)]).toEqual([orderId, []]);
          expect(await readPayment(client, orderId)).toBeNull();
        }
      }
      await expectTruth(stage);
    }),
  60_000,
);

test('PostgreSQL stopped immediately and started again, twice, under load', async () => {
  const dataDir = makeTemporaryFolder();
  let server = await startEmbeddedPostgres({ dataDir });
  const proxy = await startProxy(server.port);
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const stage = await openStage({ env: ENV, database: { url: url.href, drop: async () => {} } });
  try {
    const storm = raiseStorm(stage, 8);
    const loaded = load(stage.client, { orders: 90, width: 25, prefix: 'crash' });
    const alone: Observed[] = [];
    for (const requests of [30, 80]) {
      await eventually('the load to get on', () => stage.gateway.ledger.requests.length >= requests);
      const stopped = server.stop('immediate');
      alone.push(...(await askOnce(stage, `down-${requests}`, 10)));
      await stopped;
      server = await startEmbeddedPostgres({ dataDir });
      proxy.target = server.port;
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
}, 90_000);
