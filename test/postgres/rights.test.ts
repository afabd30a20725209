/** A role that lacks a right: found at start, and reported once if a right is taken away later. */
import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkRights, RIGHTS } from '../../src/postgres/rights.ts';
import { authorized, exclusive, opened as openedExclusive } from '../suites/store/capture-fixtures.ts';
import { accepted, complete, intent } from '../suites/store/fixtures.ts';
import { completed, opened, refund, succeed } from '../suites/store/follow-up-fixtures.ts';
import { type Database, migrateOver, openDatabase, openEmptyDatabase, openLog, openRole } from './world.ts';

const WANTED = Object.entries(RIGHTS).flatMap(([table, rights]) =>
  rights.map((right) => `${right} ON payonce.${table}`),
);

async function openAble(database: Database): Promise<{ role: string; url: string }> {
  const { role, url } = await openRole(database);
  for (const right of WANTED) await database.query(`GRANT ${right} TO ${role}`);
  return { role, url };
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'StoreError', kind: 'refused' });
  return (error as Error).message;
}

/** The command that the message tells a person to run. */
function fixesOf(message: string): string[] {
  return [...message.matchAll(/Fix: (?<command>.*;)/g)].map(({ groups }) => groups?.command ?? '');
}

describe('at start', () => {
  test('a role that may only read is refused, with everything that is missing; granted, it starts', async () => {
    const database = await openDatabase();
    const { role, url } = await openRole(database);
    const message = await messageOf(migrateOver(url));
    const missing = WANTED.filter((right) => !right.startsWith('SELECT')).map(
      (right) => `GRANT ${right} TO ${role};`,
    );
    expect(fixesOf(message).sort()).toEqual(missing.sort());
    for (const command of fixesOf(message)) await database.query(command);
    await expect(migrateOver(url)).resolves.toBeUndefined();
  });

  test('each right that is missing is named, and granted by the command in the message', async () => {
    const database = await openDatabase();
    const { role, url } = await openAble(database);
    const client = await database.client(url);
    for (const right of WANTED) {
      await database.query(`REVOKE ${right} FROM ${role}`);
      const fixes = fixesOf(await messageOf(checkRights(client)));
      expect(fixes).toEqual([`GRANT ${right} TO ${role};`]);
      await database.query(fixes[0] ?? '');
      await expect(checkRights(client)).resolves.toBeUndefined();
    }
  });

  test('the schema, a function and a column’s right count, too', async () => {
    const database = await openDatabase();
    const { role, url } = await openAble(database);
    const client = await database.client(url);
    await database.query(`REVOKE USAGE ON SCHEMA payonce FROM ${role}`);
    await database.query('REVOKE EXECUTE ON FUNCTION payonce.claim_mode(boolean) FROM PUBLIC');
    await database.query(`REVOKE UPDATE ON payonce.installation FROM ${role}`);
    await database.query(
      `GRANT UPDATE (longest_lease_ms, livemode, answers_erased_before) ON payonce.installation TO ${role}`,
    );
    const fixes = fixesOf(await messageOf(checkRights(client)));
    expect(fixes).toEqual([
      `GRANT EXECUTE ON FUNCTION payonce.claim_mode(boolean) TO ${role};`,
      `GRANT USAGE ON SCHEMA payonce TO ${role};`,
    ]);
  });

  test('a table that is missing is named', async () => {
    const database = await openDatabase();
    await database.query('DROP TABLE payonce.evidence');
    expect(await messageOf(migrateOver(database.url))).toContain('the table payonce.evidence does not exist');
  });

  test('a role that may not make the tables is refused, and the message says who may', async () => {
    const database = await openEmptyDatabase();
    await database.query('CREATE SCHEMA payonce');
    const { url } = await openRole(database);
    await database.query('DROP SCHEMA payonce');
    expect(await messageOf(migrateOver(url))).toContain('GRANT CREATE ON DATABASE');
  });

  test('a database that cannot store every character is refused', async () => {
    const database = await openDatabase();
    const name = `payonce_test_${randomBytes(8).toString('hex')}`;
    const [server] = await database.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    );
    const provider = (server?.version ?? 0) >= 150_000 ? 'LOCALE_PROVIDER libc' : '';
    await database.query(
      `CREATE DATABASE ${name} ENCODING 'LATIN1' ${provider} LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
    );
    onTestFinished(async () => {
      const admin = await database.client();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    });
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    expect(await messageOf(migrateOver(url.href))).toContain('the encoding of this database is not UTF8');
  });
});

describe('a right that is taken away later', () => {
  test('is reported once, is not asked for again and again, and ends the alarm when it is back', async () => {
    const database = await openDatabase();
    const { role, url } = await openAble(database);
    const { log, lines } = openLog();
    const { store } = database.open({ url, max: 2, storeLog: log });
    const held = await accepted(store, 'before');
    await expect(store.check()).resolves.toBeUndefined();
    await database.query(`REVOKE INSERT ON payonce.payments FROM ${role}`);
    const refused = { name: 'StoreError', kind: 'refused' };
    for (let time = 0; time < 20; time += 1)
      await expect(store.accept(intent(`refused ${time}`))).rejects.toMatchObject(refused);
    await expect(store.check()).rejects.toMatchObject(refused);
    expect(lines).toEqual([
      { level: 'error', fields: { alarm: 'database_refuses', err: expect.objectContaining(refused) } },
    ]);
    expect(String(lines[0]?.fields.err)).toContain(`GRANT INSERT ON payonce.payments TO ${role};`);
    // Statements that are not refused still work.
    expect(await store.advance(complete(held))).toMatchObject({ kind: 'done' });
    await database.query(`GRANT INSERT ON payonce.payments TO ${role}`);
    await expect(store.check()).resolves.toBeUndefined();
    expect(lines.slice(1)).toEqual([{ level: 'info', fields: { alarm_ended: 'database_refuses' } }]);
    expect(await store.accept(intent('after'))).toMatchObject({ kind: 'accepted' });
    expect(await database.counts()).toMatchObject({ payments: 2 });
  });

  test('begins nothing that could not be settled', async () => {
    const database = await openDatabase();
    const { role, url } = await openAble(database);
    const { store } = database.open({ url, max: 2 });
    const held = await accepted(store, 'before');
    await database.query(`REVOKE UPDATE ON payonce.payments FROM ${role}`);
    const refused = { name: 'StoreError', kind: 'refused' };
    await expect(store.advance(complete(held))).rejects.toMatchObject(refused);
    await expect(store.accept(intent('meanwhile'))).rejects.toMatchObject(refused);
    expect(await database.counts()).toMatchObject({ payments: 1 });
    await database.query(`GRANT UPDATE ON payonce.payments TO ${role}`);
  });

  test('opens no refund that could not be settled', async () => {
    const database = await openDatabase();
    const { role, url } = await openAble(database);
    const { store } = database.open({ url, max: 2 });
    const payment = await completed(store, 'one');
    const held = await opened(store, await refund(store, payment, 'before'));
    const refused = { name: 'StoreError', kind: 'refused' };
    await database.query(`REVOKE UPDATE ON payonce.follow_ups FROM ${role}`);
    await expect(store.advanceFollowUp(succeed(held))).rejects.toMatchObject(refused);
    const next = await refund(store, payment, 'next');
    await expect(store.openFollowUp(next)).rejects.toMatchObject(refused);
    expect(await database.counts()).toMatchObject({ follow_ups: 1 });
    await database.query(`GRANT UPDATE ON payonce.follow_ups TO ${role}`);
  });

  test('opens no capture that could not be settled', async () => {
    const database = await openDatabase();
    const { role, url } = await openAble(database);
    const { store } = database.open({ url, max: 2 });
    const held = await openedExclusive(
      store,
      await exclusive(store, 'capture', await authorized(store, 'one')),
    );
    const next = await exclusive(store, 'capture', await authorized(store, 'two'));
    const refused = { name: 'StoreError', kind: 'refused' };
    await database.query(`REVOKE UPDATE ON payonce.payments FROM ${role}`);
    await expect(store.advanceFollowUp({ ...succeed(held), mark: 'succeeded' })).rejects.toMatchObject(
      refused,
    );
    await expect(store.openFollowUp(next)).rejects.toMatchObject(refused);
    expect(await database.counts()).toMatchObject({ follow_ups: 1 });
    await database.query(`GRANT UPDATE ON payonce.payments TO ${role}`);
  });

  test('is found by the check alone, where nothing is written', async () => {
    const database = await openDatabase();
    const { role, url } = await openAble(database);
    const { log, lines } = openLog();
    const { store } = database.open({ url, max: 1, storeLog: log });
    await expect(store.check()).resolves.toBeUndefined();
    await database.query(`REVOKE UPDATE ON payonce.operations FROM ${role}`);
    for (let time = 0; time < 3; time += 1)
      await expect(store.check()).rejects.toThrow('UPDATE on payonce.operations');
    expect(lines).toHaveLength(1);
  });

  test('a column that is gone keeps the check from passing, too', async () => {
    const database = await openDatabase();
    const { log, lines } = openLog();
    const { store } = database.open({ max: 1, storeLog: log });
    await database.query('ALTER TABLE payonce.payments DROP COLUMN metadata');
    await expect(store.accept(intent('one'))).rejects.toMatchObject({ kind: 'refused' });
    await expect(store.check()).rejects.toMatchObject({ kind: 'refused' });
    expect(lines.map(({ fields }) => fields.alarm)).toEqual(['database_refuses']);
  });
});

test('a plan for another shape of the tables is no refusal, and costs the statement nothing', async () => {
  const database = await openDatabase();
  const { log, lines } = openLog();
  const { store, pool } = database.open({ max: 1, storeLog: log });
  const { paymentId } = await accepted(store, 'one');
  await store.payment('acme', paymentId);
  await database.query('ALTER TABLE payonce.payments ALTER COLUMN gateway TYPE varchar(100)');
  expect(await store.payment('acme', paymentId)).toMatchObject({ paymentId });
  // Whatever was prepared on the connection is as old.
  expect(pool.totalCount).toBe(0);
  expect(lines).toEqual([]);
});
