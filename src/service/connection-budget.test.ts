/** What all pools may open, compared with what a real server has. */
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { wantedConnections, warnOfShortage } from './connection-budget.ts';

async function warnings(config: Parameters<typeof wantedConnections>[0], url = inject('adminUrl')) {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  pool.on('error', () => {});
  onTestFinished(() => pool.end());
  const warned: { fields: Record<string, unknown>; message: string }[] = [];
  const warn = (fields: object, message: string): void =>
    void warned.push({ fields: { ...fields }, message });
  await warnOfShortage(pool, config, { info: warn, warn, error: warn });
  return warned;
}

test('every worker has its own pool, another one for API keys, and another one for the fake gateway', () => {
  expect(wantedConnections({ WORKERS: 3, DATABASE_POOL: 10, GATEWAY: 'http' })).toBe(39);
  expect(wantedConnections({ WORKERS: 3, DATABASE_POOL: 10, GATEWAY: 'fake' })).toBe(51);
});

test('warns where the server has fewer connections than the pools may open', async () => {
  const [warned, ...others] = await warnings({ WORKERS: 256, DATABASE_POOL: 1000, GATEWAY: 'http' });
  expect(others).toEqual([]);
  expect(warned?.fields).toEqual({
    wanted: 256_768,
    limit: expect.any(Number),
    used: expect.any(Number),
  });
  expect(warned?.message).toMatch(/Lower DATABASE_POOL or WORKERS, or raise max_connections/);
});

test('leaves out the reserved connections', async () => {
  const admin = new pg.Client(inject('adminUrl'));
  await admin.connect();
  onTestFinished(() => admin.end());
  const { rows } = await admin.query<{ all: number; reserved: number }>(
    `SELECT current_setting('max_connections')::int AS all, current_setting('superuser_reserved_connections')::int AS reserved`,
  );
  const { all = 0, reserved = 0 } = rows[0] ?? {};
  expect(reserved).toBeGreaterThan(0);
  const [warned] = await warnings({ WORKERS: 1, DATABASE_POOL: all, GATEWAY: 'http' });
  expect(warned?.fields.limit).toBe(all - reserved);
});

test('is quiet where there are enough, and where it cannot be counted', async () => {
  expect(await warnings({ WORKERS: 1, DATABASE_POOL: 2, GATEWAY: 'http' })).toEqual([]);
  const nobody = 'postgres://nobody@127.0.0.1:9/none';
  expect(await warnings({ WORKERS: 256, DATABASE_POOL: 1000, GATEWAY: 'http' }, nobody)).toEqual([]);
});
