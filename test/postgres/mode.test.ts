/** Real or test payments: what the suite cannot see of it. */
import { expect, test } from 'vitest';
import { ACCOUNT, intent, key, newPaymentId } from '../suites/store/fixtures.ts';
import { type Database, migrateOver, openDatabase, openStore } from './world.ts';

test.each([true, false])(
  'a claim that comes while the first payment is being stored waits, and finds it: livemode %s',
  async (ours) => {
    const database = await openDatabase();
    const [here, there] = [database.open(), database.open()];
    await here.store.claimMode(ours);
    const locker = await database.client();
    await locker.query('BEGIN');
    // What is being stored waits for this order’s end, and holds the mode.
    await locker.query(
      `INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
       VALUES ($1, $2, 'f', $3, 1, true)`,
      [ACCOUNT, key('k').hash, newPaymentId()],
    );
    const first = here.store.accept(intent('first', { livemode: ours, key: key('k') }));
    await database.blocked();
    const claim = there.store.claimMode(!ours);
    await database.blocked(2);
    await locker.query('ROLLBACK');
    expect(await first).toMatchObject({ kind: 'accepted' });
    expect(await claim).toEqual({ livemode: ours, final: true });
  },
);

test.each([true, false])(
  'a first payment that comes while the other mode claims the database waits, and is not stored: livemode %s',
  async (ours) => {
    const { database, store } = await openStore();
    await store.claimMode(ours);
    const rival = await database.client();
    await rival.query('BEGIN');
    await rival.query('SELECT payonce.claim_mode($1)', [!ours]);
    const late = store.accept(intent('late', { livemode: ours }));
    await database.blocked();
    await rival.query('COMMIT');
    expect(await late).toEqual({ kind: 'mode_lost' });
    expect(await store.mode()).toEqual({ livemode: !ours, final: false });
    expect(await store.payments({ accountId: ACCOUNT, limit: 10 })).toEqual([]);
  },
);

test('only the first payment of a store looks at the mode', async () => {
  const database = await openDatabase();
  const [here, there] = [database.open(), database.open()];
  await here.store.claimMode(true);
  await here.store.accept(intent('first'));
  await there.store.claimMode(true);
  const locker = await database.client();
  await locker.query('BEGIN');
  await locker.query('SELECT FROM payonce.installation FOR UPDATE');
  for (const { store } of [here, there])
    expect(await store.accept(intent(newPaymentId()))).toMatchObject({ kind: 'accepted' });
  await locker.query('ROLLBACK');
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
  const { database, store } = await openStore();
  for (const gateway of gateways) await store.accept(intent(`of ${gateway}`, { gateway }));
  await forget(database);
  await migrateOver(database.url);
  expect(await store.mode()).toEqual(mode);
});
