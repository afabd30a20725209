/** From the audit trails to deliveries, on a real PostgreSQL. */
import { expect, test } from 'vitest';
import { eventIdOf, newId, openWorld } from './world.ts';

test('without an endpoint nothing is looked for, and the first one gets what happens from then on', async () => {
  const { queue, add, endpoint, planned, othersEnd } = await openWorld();
  await add();
  await othersEnd();
  expect(await queue.plan()).toBe('idle');
  await endpoint();
  const paymentId = newId();
  await add({ paymentId });
  await queue.plan();
  expect(await planned()).toEqual([`default payment.succeeded ${eventIdOf(paymentId)}`]);
});

test('each endpoint gets the events of its account and of its types, each once, and no step on the way', async () => {
  const { queue, add, endpoint, planned, database } = await openWorld();
  await endpoint();
  await endpoint({ eventTypes: ['payment.failed'] });
  await endpoint({ accountId: 'other' });
  const [paid, failed, others] = [newId(), newId(), newId()];
  await add({ paymentId: paid, seq: 1, type: 'call.started', status: 'PROCESSING' });
  await add({ paymentId: paid });
  await add({ paymentId: failed, type: 'payment.failed', status: 'FAILED' });
  await add({ paymentId: others, accountId: 'other' });
  for (let look = 0; look < 3; look += 1) await queue.plan();
  expect((await planned()).sort()).toEqual(
    [
      `default payment.succeeded ${eventIdOf(paid)}`,
      `default payment.failed ${eventIdOf(failed)}`,
      `default payment.failed ${eventIdOf(failed)}`,
      `other payment.succeeded ${eventIdOf(others)}`,
    ].sort(),
  );
  const [row] = await database.query<{ n: number }>(
    'SELECT count(DISTINCT (endpoint_id, event_id))::int AS n FROM payonce.webhook_deliveries',
  );
  expect(row?.n).toBe(4);
});

test('a line that is committed after younger ones is not skipped, and the younger ones do not wait for it', async () => {
  const { queue, add, addIn, endpoint, planned, connect } = await openWorld();
  await endpoint();
  const [late, young] = [newId(), newId()];
  const client = await connect();
  await client.query('BEGIN');
  await addIn(client, { paymentId: late });
  await add({ paymentId: young });
  for (let look = 0; look < 3; look += 1) await queue.plan();
  expect(await planned()).toEqual([`default payment.succeeded ${eventIdOf(young)}`]);
  await client.query('COMMIT');
  await queue.plan();
  expect(await planned()).toEqual([young, late].map((id) => `default payment.succeeded ${eventIdOf(id)}`));
});

test('a transaction that stays open elsewhere keeps nothing waiting, and nothing is planned twice', async () => {
  const { queue, add, endpoint, planned, connect } = await openWorld();
  await endpoint();
  const client = await connect();
  await client.query('BEGIN');
  await client.query('CREATE TABLE public.elsewhere ()');
  for (let n = 1; n <= 3; n += 1) {
    await add();
    await queue.plan();
    expect(await planned()).toHaveLength(n);
  }
  await client.query('ROLLBACK');
  await queue.plan();
  expect(await planned()).toHaveLength(3);
});

test('several processes at once plan each event once', async () => {
  const { queue, add, endpoint, planned } = await openWorld();
  await endpoint();
  for (let round = 0; round < 10; round += 1) {
    await Promise.all([add(), queue.plan(), add(), queue.plan(), queue.plan(), add()]);
  }
  await queue.plan();
  const all = await planned();
  expect([all.length, new Set(all).size]).toEqual([30, 30]);
});

test('more than one statement takes are planned by several', async () => {
  const { queue, database, endpoint, planned } = await openWorld();
  await endpoint();
  await database.query(
    `INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
     SELECT 'default', gen_random_uuid(), 2, 'payment.completed', 'COMPLETED', 1, 1, now() FROM generate_series(1, 1500)`,
  );
  expect([await queue.plan(), await queue.plan()]).toEqual(['more', 'done']);
  expect(await planned()).toHaveLength(1500);
});

test('a database that was copied to another server goes on, and sends nothing again that is known', async () => {
  const { queue, add, endpoint, planned, database } = await openWorld();
  await endpoint();
  await add();
  await queue.plan();
  // The other server numbers its transactions from a lower number on.
  await database.query('UPDATE payonce.webhook_cursor SET before_xid = before_xid + 1000000000');
  await add();
  await queue.plan();
  expect(await planned()).toHaveLength(2);
  await add();
  await queue.plan();
  expect(await planned()).toHaveLength(3);
});

test('a clock that was set back by an hour hides nothing', async () => {
  const { queue, add, endpoint, planned, database } = await openWorld();
  await endpoint();
  // As if the last look had been in what is now the future.
  await database.query(`UPDATE payonce.webhook_cursor SET seen_at = now() + interval '1 hour'`);
  await add();
  await queue.plan();
  expect(await planned()).toHaveLength(1);
});

test('an endpoint that is disabled gets nothing, and begins with what happens after it is enabled', async () => {
  const { queue, books, add, endpoint, planned, othersEnd } = await openWorld();
  const made = await endpoint();
  await books.update(made, { enabled: false });
  await add();
  await othersEnd();
  expect(await queue.plan()).toBe('idle');
  await books.update(made, { enabled: true });
  await queue.plan();
  expect(await planned()).toEqual([]);
  await add();
  await queue.plan();
  expect(await planned()).toHaveLength(1);
});
