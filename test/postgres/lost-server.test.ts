/** A pooler that loses its server after a COMMIT says so in its own way. What it says must never count as "nothing was stored". */
import { expect, onTestFinished, test } from 'vitest';
import { createPayonce } from '../../src/index.ts';
import { accepted, complete, intent, order, recordOf } from '../suites/store/fixtures.ts';
import { type Farewell, startForgetfulPooler } from '../support/forgetful-pooler.ts';
import { createScriptedGateway } from '../support/scripted-gateway.ts';
import { addressOf, throughProxy } from '../support/tcp-proxy.ts';
import { openDatabase } from './world.ts';

const ACCEPTING = 'INSERT INTO payonce.first_leases';
const ADVANCING = 'UPDATE payonce.payments';
const UNKNOWN = { name: 'StoreError', kind: 'outcome_unknown' };

const FAREWELLS: [string, Farewell][] = [
  ['PgCat', { severity: 'FATAL', code: '58000', message: 'error receiving data from server' }],
  ['pgpool', { severity: 'FATAL', code: 'XX000', message: 'unable to read data from DB node 0' }],
  ['any state', { severity: 'FATAL', code: '53300', message: 'gone' }],
  ['a state that means another try', { severity: 'FATAL', code: '40001', message: 'gone' }],
  ['a state that means an old primary', { severity: 'FATAL', code: '25006', message: 'gone' }],
  ['a state that means an old plan', { severity: 'FATAL', code: '0A000', message: 'gone' }],
  ['another language', { severity: 'ВАЖНО', code: '53300', message: 'gone' }],
  ['another language, and an old plan', { severity: 'ВАЖНО', code: '0A000', message: 'gone' }],
];

async function openForgetful(max = 1) {
  const database = await openDatabase();
  const pooler = await startForgetfulPooler(addressOf(database.url));
  onTestFinished(() => pooler.close());
  return { database, pooler, ...database.open({ url: throughProxy(database.url, pooler), max }) };
}

test.each(FAREWELLS)('an acceptance may have been written: %s', async (_who, farewell) => {
  const { pooler, store, pool } = await openForgetful();
  await store.check();
  pooler.forgetNext(ACCEPTING, farewell);
  await expect(store.accept(intent('one'))).rejects.toMatchObject(UNKNOWN);
  expect([pooler.forgotten(), pool.totalCount]).toEqual([1, 0]);
  // It was.
  expect(await recordOf(store, order('one'))).toMatchObject({ seq: 1 });
});

test.each(FAREWELLS)('a step may have been written: %s', async (_who, farewell) => {
  const { pooler, store } = await openForgetful();
  const held = await accepted(store, 'one');
  pooler.forgetNext(ADVANCING, farewell);
  await expect(store.advance(complete(held))).rejects.toMatchObject(UNKNOWN);
  expect(pooler.forgotten()).toBe(1);
  expect(await store.advance(complete(held))).toMatchObject({ kind: 'lost', record: { seq: 2 } });
});

test.each(FAREWELLS)('nobody is told that nothing was stored: %s', async (_who, farewell) => {
  const { pooler, pool } = await openForgetful(5);
  const gateway = createScriptedGateway();
  const payonce = await createPayonce({ pool, gateway, databaseTimeoutMs: 60_000 });
  onTestFinished(() => payonce.stop(0));
  pooler.forgetNext(ACCEPTING, farewell);
  const told = await payonce.charge(
    { orderId: 'one', amountMinor: 500, currency: 'USD' },
    { waitMs: 60_000 },
  );
  expect(pooler.forgotten()).toBe(1);
  expect(told).toMatchObject({ outcome: 'paid', payment: { orderId: 'one' } });
  expect(gateway.calls).toHaveLength(1);
});

test('an error of a login means that nothing was written', async () => {
  const database = await openDatabase();
  const url = new URL(database.url);
  url.pathname = '/no_such_database';
  const { store } = database.open({ url: url.href });
  await expect(store.accept(intent('one'))).rejects.toMatchObject({ kind: 'refused' });
});
