/** Whether the tables take writes, beyond whether the database answers. */
import { expect, test } from 'vitest';
import { openDatabase } from './world.ts';

test.each([
  'payments',
  'operations',
  'requests',
  'events',
  'evidence',
  'follow_ups',
  'follow_up_requests',
  'follow_up_events',
  'follow_up_evidence',
  'payment_sums',
])(
  'payonce.%s, locked by somebody else, cannot be written, although the database answers; and can be afterwards',
  async (table) => {
    const database = await openDatabase();
    const { store } = database.open({ timeoutMs: 500, ownPool: true });
    await store.check({ writes: true });
    const locker = await database.client();
    await locker.query('BEGIN');
    await locker.query(`LOCK TABLE payonce.${table} IN EXCLUSIVE MODE`);
    await store.check();
    await expect(store.check({ writes: true })).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'unavailable',
    });
    await locker.query('COMMIT');
    await store.check({ writes: true });
    expect(await database.counts()).toMatchObject({ payments: 0, [table]: 0 });
  },
);
