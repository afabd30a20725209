/** Real or test payments: what the suite cannot see of it. */
import { expect, test } from 'vitest';
import { intent } from '../suites/store/fixtures.ts';
import { type Database, migrateOver, openDatabase } from './world.ts';

test('a claim that had to wait sees the payment that was made meanwhile', async () => {
  const database = await openDatabase();
  const { store } = database.open();
  await store.claimMode(true);
  const locker = await database.client();
  await locker.query('BEGIN');
  await locker.query('SELECT FROM payonce.installation FOR UPDATE');
  const late = store.claimMode(false);
  await database.blocked();
  expect((await store.accept(intent('meanwhile'))).kind).toBe('accepted');
  await locker.query('COMMIT');
  expect(await late).toEqual({ livemode: true, final: true });
});

/** The database as the release before left it. */
async function forget({ query }: Database): Promise<void> {
  await query('ALTER TABLE payonce.installation DROP COLUMN livemode');
  await query('DROP FUNCTION payonce.claim_mode');
  await query(`DELETE FROM payonce.migrations WHERE name = '005_livemode.sql'`);
}

test.each([
  ['no payment: nobody’s', [], { livemode: null, final: false }],
  ['payments of other gateways: real', ['http', 'stripe'], { livemode: true, final: true }],
  ['payments of the fake gateway: tests', ['fake'], { livemode: false, final: true }],
  [
    'both kinds: tests, so that none of them passes for money',
    ['http', 'fake'],
    { livemode: false, final: true },
  ],
])('an older database with %s', async (_what, gateways, mode) => {
  const database = await openDatabase();
  const { store } = database.open();
  for (const gateway of gateways) await store.accept(intent(`of ${gateway}`, { gateway }));
  await forget(database);
  await migrateOver(database.url);
  expect(await store.mode()).toEqual(mode);
});
