/** What the probes report in every state of a real process, and what the log says about outages of the database. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';
import { freePort } from '../../sim/chaos/processes/free-port.ts';
import { query } from '../../sim/chaos/processes/query.ts';
import { createDatabase } from '../support/database.ts';
import { addressOf, startTcpProxy, throughProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { json } from './support/client.ts';
import { onStage, openStage, type Stage } from './support/stage.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Long enough for a statement on a busy machine, but short for one that waits for a lock. */
const ENV = { DATABASE_TIMEOUT_MS: '4000' };

async function probes(stage: Stage): Promise<unknown[]> {
  const ready = await stage.client.get('/readyz');
  const health = await stage.client.get('/healthz');
  return [health.status, ready.status, json(ready).reason ?? null];
}

const becomes = (stage: Stage, ...wanted: unknown[]): Promise<true> =>
  until(`the probes to say ${wanted}`, async () => {
    return JSON.stringify(await probes(stage)) === JSON.stringify(wanted) ? true : null;
  });

const NOT_READY = [200, 503, 'database_unavailable'] as const;
const READY = [200, 200, null] as const;

/** What a person sees who reads only errors and the ends of alarms. */
function severe(stage: Stage): Record<string, unknown>[] {
  const lines = stage
    .service()
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ level, alarm_ended: ended }) => Number(level) >= 50 || ended !== undefined);
}

test('a table that is locked: 503 with the reason while writes wait in vain, and ready again by itself', async () => {
  await onStage({ env: ENV }, async (stage) => {
    expect((await stage.client.pay({ orderId: 'before', key: 'before' })).status).toBe(201);
    expect(await probes(stage)).toEqual(READY);
    const holder = new pg.Client(stage.databaseUrl);
    await holder.connect();
    try {
      await holder.query('BEGIN');
      // All reads still work.
      await holder.query('LOCK TABLE payonce.payments IN EXCLUSIVE MODE');
      const refused = await stage.client.pay({ orderId: 'locked', key: 'locked' });
      expect([refused.status, json(refused).code]).toEqual([503, 'store_unavailable']);
      await becomes(stage, ...NOT_READY);
      expect((await stage.client.get('/v1/payments?order_id=before')).status).toBe(200);
      expect(severe(stage)).toMatchObject([{ alarm: 'database_unavailable' }]);
    } finally {
      await holder.end();
    }
    await becomes(stage, ...READY);
    expect((await stage.client.pay({ orderId: 'locked', key: 'locked' })).status).toBe(201);
    expect(severe(stage)).toMatchObject([
      { alarm: 'database_unavailable' },
      { alarm_ended: 'database_unavailable' },
    ]);
  });
});

test('a database that takes no writes any more: 503 with the reason', async () => {
  await onStage({ env: ENV }, async (stage) => {
    expect((await stage.client.pay({ orderId: 'before', key: 'before' })).status).toBe(201);
    const name = new URL(stage.databaseUrl).pathname.slice(1);
    await query(stage.databaseUrl, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await query(
      stage.databaseUrl,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`,
    );
    await becomes(stage, ...NOT_READY);
    expect((await stage.client.pay({ orderId: 'refused', key: 'refused' })).status).toBe(503);
    await query(
      stage.databaseUrl,
      `BEGIN READ WRITE; ALTER DATABASE ${name} SET default_transaction_read_only = off; COMMIT`,
    );
    await becomes(stage, ...READY);
  });
});

test('a database that is away: 503 with the reason, one line in the log with how much failed, and one when it is back', async () => {
  const database = await createDatabase();
  const proxy = await startTcpProxy(addressOf(database.url));
  const url = throughProxy(database.url, proxy);
  const stage = await openStage({ env: ENV, database: { url, drop: database.drop } });
  try {
    expect((await stage.client.pay({ orderId: 'before', key: 'before' })).status).toBe(201);
    proxy.refuse();
    proxy.lose();
    const ids = Array.from({ length: 50 }, (_, index) => `away-${index}`);
    const answers = await Promise.all(ids.map((orderId) => stage.client.pay({ orderId, key: orderId })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    await becomes(stage, ...NOT_READY);
    expect(severe(stage)).toMatchObject([{ alarm: 'database_unavailable' }]);
    await proxy.accept();
    await becomes(stage, ...READY);
    await until('the end of the outage', () => severe(stage).length === 2);
    const [, end] = severe(stage);
    expect(end).toMatchObject({ alarm_ended: 'database_unavailable' });
    expect(Number(end?.failures)).toBeGreaterThanOrEqual(ids.length);
    const broke = stage.service().output().split('an idle database connection broke').length - 1;
    expect(broke).toBeLessThanOrEqual(1);
  } finally {
    await stage.close();
    await proxy.close();
  }
});

test('while it starts: alive, not ready, and no request is taken', async () => {
  await onStage({}, async (stage) => {
    const holder = new pg.Client(stage.databaseUrl);
    await holder.connect();
    const port = await freePort();
    const { gateway, databaseUrl } = stage;
    const child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env.PATH ?? '',
        PORT: String(port),
        DATABASE_URL: databaseUrl,
        GATEWAY_URL: gateway.url,
        GATEWAY_LIVEMODE: 'no',
      },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    try {
      await holder.query('BEGIN');
      // A process that starts writes this row.
      await holder.query('SELECT FROM payonce.installation FOR UPDATE');
      const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
      await until('it to listen', async () => (await ask('/healthz').catch(() => null))?.status === 200);
      const ready = await ask('/readyz');
      expect([ready.status, await ready.json()]).toMatchObject([503, { reason: 'starting' }]);
      const body = JSON.stringify({ order_id: 'early', amount: 1, currency: 'USD' });
      const refused = await ask('/v1/payments', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'store_unavailable' }]);
      expect((await ask('/v1/payments')).status).toBe(503);
      await holder.query('COMMIT');
      await until('it to be ready', async () => (await ask('/readyz')).status === 200);
      expect(gateway.ledger.requestsOf('early')).toEqual([]);
    } finally {
      await holder.end();
      child.kill('SIGKILL');
      await ended;
    }
  });
});
