/** The mark up to which all expired answers have been erased: it never leaves one behind, and need not start again. */
import { expect, test } from 'vitest';
import { accepted, complete, done, numbers } from '../suites/store/fixtures.ts';
import { type Database, openStore } from './world.ts';

/** As long as the stores of `openDatabase` keep answers. */
const RETENTION = `interval '1 day'`;

async function markOf(database: Database): Promise<{ readonly behind: boolean; readonly ahead: boolean }> {
  const [row] = await database.query<{ behind: boolean; ahead: boolean }>(
    `SELECT answers_erased_before < now() - ${RETENTION} - interval '1 minute' AS behind,
       answers_erased_before > now() - ${RETENTION} AS ahead FROM payonce.installation`,
  );
  if (row === undefined) throw new Error('no installation');
  return row;
}

async function answers(database: Database): Promise<number> {
  return (await database.query('SELECT FROM payonce.operations WHERE answer IS NOT NULL')).length;
}

async function open() {
  const { database, store } = await openStore();
  /** Lets `days` pass. */
  async function pass(days: number): Promise<void> {
    await database.query("UPDATE payonce.operations SET settled_at = settled_at - $1 * interval '1 day'", [
      days,
    ]);
    await database.query(
      "UPDATE payonce.installation SET answers_erased_before = answers_erased_before - $1 * interval '1 day'",
      [days],
    );
  }
  return { database, store, pass };
}

test('the mark follows the retention, where nothing is left behind it', async () => {
  const { database, store, pass } = await open();
  await Promise.all(numbers(5).map(async (n) => done(store, complete(await accepted(store, `o${n}`)))));
  await pass(3);
  expect(await store.eraseExpiredAnswers(3)).toBe(3);
  expect(await markOf(database)).toEqual({ behind: true, ahead: false });
  expect(await store.eraseExpiredAnswers(3)).toBe(2);
  expect(await markOf(database)).toEqual({ behind: false, ahead: false });
  expect(await answers(database)).toBe(0);
});

test('a mark in the future, of a clock that was set back, skips no answer', async () => {
  const { database, store, pass } = await open();
  await database.query(`UPDATE payonce.installation SET answers_erased_before = now() + interval '1 year'`);
  await done(store, complete(await accepted(store, 'one')));
  expect(await store.eraseExpiredAnswers(10)).toBe(0);
  expect(await markOf(database)).toEqual({ behind: false, ahead: false });
  await pass(2);
  expect(await store.eraseExpiredAnswers(10)).toBe(1);
});

test('years without a payment are gone through in one call', async () => {
  const { database, store, pass } = await open();
  await done(store, complete(await accepted(store, 'one')));
  await pass(1500);
  expect(await store.eraseExpiredAnswers(10)).toBe(1);
  expect(await markOf(database)).toEqual({ behind: false, ahead: false });
});
