import { describe, expect, test } from 'vitest';
import type { PaymentRecord } from '../../src/ports/store.ts';
import {
  accepted,
  complete,
  done,
  intent,
  key,
  numbers,
  order,
  paymentKey,
  recordOf,
  release,
} from '../suites/store/fixtures.ts';
import { type Database, openDatabase, openStore } from './world.ts';

/** Longer than any test: where it is waited for, the store gives up first and the test fails. */
const NEVER = '-c deadlock_timeout=10min';

/** Makes the next `times` statements that insert or update payments fail in this way. */
async function failNext({ query }: Database, code: string, times: number): Promise<() => Promise<number>> {
  await query('CREATE SEQUENCE public.tries');
  await query(`CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('public.tries') <= ${times} THEN RAISE EXCEPTION 'planned: ${code}' USING ERRCODE = '${code}'; END IF;
      RETURN NULL;
    END $$`);
  await query(`CREATE TRIGGER fail AFTER INSERT OR UPDATE ON payonce.payments
    FOR EACH STATEMENT EXECUTE FUNCTION public.fail()`);
  return async () => {
    const [row] = await query<{ tries: number }>('SELECT last_value::int AS tries FROM public.tries');
    return row?.tries ?? 0;
  };
}

describe('a bad row', () => {
  test.each([
    ['breaks a check', { amountMinor: 0 }],
    ['is no text', { orderId: 'nul \0 byte' }],
    ['is no JSON that can be kept', { metadata: { nul: '\0' } }],
    ['is out of range', { amountMinor: 2 ** 70 }],
  ])('that %s is refused alone when orders are accepted', async (_what, changes) => {
    const { store } = await openStore();
    const wanted = numbers(40).map((n) =>
      intent(order(`o${n}`, n % 13 === 5 ? changes : {}), { key: key(`k${n}`) }),
    );
    const results = await Promise.allSettled(wanted.map((one) => store.accept(one)));
    for (const [n, result] of results.entries()) {
      if (n % 13 === 5) expect(result).toMatchObject({ reason: { name: 'StoreError', kind: 'unfit' } });
      else expect(result).toMatchObject({ value: { kind: 'accepted' } });
    }
    const stored = await store.payments({ accountId: 'acme', limit: 100 });
    expect(stored).toHaveLength(37);
  });

  test('leaves no key behind', async () => {
    const { database, store } = await openStore();
    const bad = intent(order('bad', { amountMinor: 0 }), { key: key('k') });
    await expect(store.accept(bad)).rejects.toMatchObject({ kind: 'unfit' });
    expect(await database.counts()).toMatchObject({ payments: 0, operations: 0, requests: 0, events: 0 });
  });

  test('is refused alone when payments are written', async () => {
    const { store } = await openStore();
    const held = await Promise.all(numbers(40).map((n) => accepted(store, `o${n}`)));
    const results = await Promise.allSettled(
      held.map((record, n) => {
        const write = complete(record);
        return store.advance(
          n % 13 === 5 ? { ...write, operation: { ...write.operation, gatewayRef: null } } : write,
        );
      }),
    );
    for (const [n, result] of results.entries()) {
      if (n % 13 === 5) expect(result).toMatchObject({ reason: { kind: 'unfit' } });
      else expect(result).toMatchObject({ value: { kind: 'done' } });
    }
    const standing = await Promise.all(held.map((record) => recordOf(store, record.order)));
    expect(standing.map((record) => record.seq)).toEqual(numbers(40).map((n) => (n % 13 === 5 ? 1 : 2)));
  });

  test('is refused alone when payments are read', async () => {
    const { store } = await openStore();
    const { paymentId } = await accepted(store, 'known');
    const results = await Promise.allSettled(
      [paymentId, 'no uuid', paymentId].map((id) => store.payment('acme', id)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('costs no connection', async () => {
    const { store, pool } = await openStore({ max: 1 });
    const backend = async () => (await pool.query('SELECT pg_backend_pid() AS pid')).rows;
    const before = await backend();
    await expect(store.payment('acme', 'no uuid')).rejects.toMatchObject({ kind: 'unfit' });
    expect(await backend()).toEqual(before);
  });
});

describe('a statement that lost a race', () => {
  test.each(['40001', '40P01'])('is repeated after %s', async (code) => {
    const { database, store } = await openStore();
    const tries = await failNext(database, code, 3);
    const results = await Promise.all(numbers(5).map((n) => store.accept(intent(`o${n}`))));
    expect(results.map((result) => result.kind)).toEqual(numbers(5).map(() => 'accepted'));
    const before = await tries();
    expect(before).toBeGreaterThan(3);
    await database.query('ALTER SEQUENCE public.tries RESTART');
    await done(store, release(await recordOf(store, order('o1')), 0));
    expect(await tries()).toBe(4);
  });

  test('is given up in the end, and nothing is written', async () => {
    const { database, store } = await openStore();
    const tries = await failNext(database, '40001', 1000);
    await expect(store.accept(intent('never', { key: key('k') }))).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(await tries()).toBe(9);
    expect(await database.counts()).toMatchObject({ payments: 0, requests: 0, events: 0 });
  });

  test('survives a deadlock with a transaction that locks in another order', async () => {
    const database = await openDatabase();
    // PostgreSQL looks for a deadlock once, this long after the wait began; here only the store ever looks.
    const { store } = database.open({ options: '-c deadlock_timeout=20ms' });
    const held = await Promise.all(['a', 'b', 'c'].map((name) => accepted(store, name)));
    const [blocker, rival] = [await database.client(), await database.client()];
    const lock = 'SELECT FROM payonce.payments WHERE order_id = $1 FOR UPDATE';
    await blocker.query('BEGIN');
    await blocker.query(lock, ['b']);
    await rival.query(`SET deadlock_timeout = '10min'`);
    await rival.query('BEGIN');
    await rival.query(lock, ['c']);
    const writes = Promise.all(held.map((record) => store.advance(complete(record))));
    await database.blocked(1);
    const crossing = rival.query(lock, ['a']);
    await database.blocked(2);
    await blocker.query('COMMIT');
    await crossing;
    await rival.query('COMMIT');
    expect((await writes).map((result) => result.kind)).toEqual(['done', 'done', 'done']);
  });
});

describe('two stores that write the same rows at once', () => {
  test('advance many payments in opposite orders without a deadlock', async () => {
    const database = await openDatabase();
    const stores = [
      database.open({ options: NEVER }).store,
      database.open({ options: NEVER }).store,
    ] as const;
    let held: readonly PaymentRecord[] = await Promise.all(
      numbers(150).map((n) => accepted(stores[0], `o${n}`)),
    );
    for (const round of numbers(5)) {
      const [forth, back] = await Promise.all([
        Promise.all(held.map((record) => stores[0].advance(release(record, 0)))),
        Promise.all([...held].reverse().map((record) => stores[1].advance(release(record, 0)))),
      ]);
      const kinds = [...back].reverse().map((result, n) => [result.kind, forth[n]?.kind].sort().join());
      expect(new Set(kinds)).toEqual(new Set(['done,lost']));
      held = await Promise.all(held.map((record) => recordOf(stores[0], record.order)));
      expect(new Set(held.map((record) => record.seq))).toEqual(new Set([round + 2]));
    }
  });

  test('bind the same keys in opposite orders without a deadlock', async () => {
    const database = await openDatabase();
    const stores = [
      database.open({ options: NEVER }).store,
      database.open({ options: NEVER }).store,
    ] as const;
    const payment = paymentKey(await accepted(stores[0], 'one'));
    for (const round of numbers(15)) {
      const wanted = numbers(150).map((n) => ({ payment, chargeN: 1, key: key(`${round} ${n}`) }));
      const [forth, back] = await Promise.all([
        Promise.all(wanted.map((one) => stores[0].bindKey(one))),
        Promise.all([...wanted].reverse().map((one) => stores[1].bindKey(one))),
      ]);
      const verdicts = [...back].reverse().map((verdict, n) => [verdict, forth[n]].sort().join());
      expect(new Set(verdicts)).toEqual(new Set(['bound,lost']));
    }
  });

  test('accept the same orders and keys, with and without a key, without a deadlock', async () => {
    const database = await openDatabase();
    const stores = [
      database.open({ options: NEVER }).store,
      database.open({ options: NEVER }).store,
    ] as const;
    for (const round of numbers(15)) {
      const wanted = numbers(300).map((n) => {
        const bound = n % 3 === 0 ? null : key(`${round} ${(n * 11) % 41}`);
        return intent(`${round} ${(n * 7) % 43}`, { key: bound });
      });
      // Both want everything, one in the order of the other's end.
      const results = await Promise.all([
        ...wanted.map((one) => stores[0].accept(one)),
        ...[...wanted].reverse().map((one) => stores[1].accept({ ...one, ...rival(one.paymentId) })),
      ]);
      const count = results.filter((result) => result.kind === 'accepted').length;
      const [row] = await database.query(
        `SELECT count(*)::int AS orders FROM payonce.payments WHERE order_id LIKE $1`,
        [`${round} %`],
      );
      expect(row).toEqual({ orders: count });
    }
    const dangling = `SELECT FROM payonce.requests r WHERE NOT EXISTS (
      SELECT FROM payonce.operations o WHERE (o.account_id, o.payment_id, o.n) = (r.account_id, r.payment_id, r.charge_n))`;
    expect(await database.query(dangling)).toEqual([]);
  });
});

describe('a crowd behind a slow statement', () => {
  test('leaves in few statements, not one each', async () => {
    const { database, store } = await openStore();
    const locker = await database.client();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE payonce.payments IN SHARE MODE');
    const first = store.accept(intent('first'));
    await database.blocked();
    const rest = numbers(500).map((n) => store.accept(intent(`rest ${n}`)));
    await locker.query('COMMIT');
    expect(new Set((await Promise.all([first, ...rest])).map((result) => result.kind))).toEqual(
      new Set(['accepted']),
    );
    // One transaction each: the first alone, then at most 64 at a time.
    const [row] = await database.query<{ statements: number }>(
      'SELECT count(DISTINCT xmin::text)::int AS statements FROM payonce.payments',
    );
    expect(row?.statements).toBeLessThanOrEqual(1 + Math.ceil(500 / 64) + 1);
  });

  test('that joins one order binds its keys in few statements', async () => {
    const { database, store } = await openStore();
    const payment = paymentKey(await accepted(store, 'one'));
    const crowd = numbers(500).map((n) => store.bindKey({ payment, chargeN: 1, key: key(`k${n}`) }));
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(['bound']));
    const [row] = await database.query<{ statements: number }>(
      'SELECT count(DISTINCT xmin::text)::int AS statements FROM payonce.requests',
    );
    expect(row?.statements).toBeLessThanOrEqual(1 + Math.ceil(500 / 64) + 1);
  });
});

/** The same wish by another request. */
function rival(paymentId: string): { paymentId: string; claimId: string } {
  const other = paymentId.replace(/^(.{19})./, '$1b');
  return { paymentId: other, claimId: other };
}
