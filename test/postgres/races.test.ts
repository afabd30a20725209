/** Races with another transaction that is not over yet, one by one and in a fixed order: what READ COMMITTED rechecks. */
import { describe, expect, test } from 'vitest';
import type { PaymentRecord, Store } from '../../src/ports/store.ts';
import {
  accepted,
  complete,
  done,
  everythingAbout,
  fail,
  intent,
  key,
  newClaim,
  nextCharge,
  order,
  recordOf,
  release,
  take,
} from '../suites/store/fixtures.ts';
import { behind } from './behind.ts';
import { type Database, openStore } from './world.ts';

describe('a write that waits for another transaction', () => {
  const set = (change: string) => `UPDATE payonce.payments SET timer_at = due_at, ${change}`;
  const CHANGES = [
    ['its seq', set('seq = seq + 1')],
    ['its fence', set('fence = fence + 1')],
    ['its claim', set('claim_id = gen_random_uuid()')],
    ['its payment', set('payment_id = gen_random_uuid()')],
  ] as const;

  async function open(): Promise<{ database: Database; held: PaymentRecord; store: Store }> {
    const { database, store } = await openStore();
    return { database, store, held: await accepted(store, 'one') };
  }

  test.each(CHANGES)('is lost if that one changed %s', async (_what, change) => {
    const { database, held, store } = await open();
    const result = await behind(database, change, 'COMMIT', () => store.advance(complete(held)));
    expect(result.kind).toBe('lost');
    expect(await database.query('SELECT status, gateway_ref FROM payonce.payments')).toEqual([
      { status: 'PROCESSING', gateway_ref: null },
    ]);
    expect(await database.counts()).toMatchObject({ events: 1 });
    expect(await database.query('SELECT answer FROM payonce.operations')).toEqual([{ answer: null }]);
  });

  test.each(CHANGES)('applies if that one changed %s and gave up', async (_what, change) => {
    const { database, held, store } = await open();
    const result = await behind(database, change, 'ROLLBACK', () => store.advance(complete(held)));
    expect(result.kind).toBe('done');
    expect((await recordOf(store, held.order)).operation.status).toBe('COMPLETED');
  });

  test('is lost for a claim if the payment is no longer due', async () => {
    const { database, held, store } = await open();
    const free = await done(store, release(held, 0));
    const later = `now() + interval '1 h'`;
    const change = `UPDATE payonce.payments SET due_at = ${later}, timer_at = ${later}`;
    const result = await behind(database, change, 'COMMIT', () => store.advance(take(free)));
    expect(result.kind).toBe('lost');
  });

  test('keeps the evidence that came in meanwhile', async () => {
    const { database, held, store } = await open();
    const change = set('evidence = evidence + 1');
    const result = await behind(database, change, 'COMMIT', () => store.advance(complete(held)));
    expect(result).toMatchObject({ kind: 'done', evidence: 1 });
    const after = await recordOf(store, held.order);
    expect([after.evidence, after.dueAtMs === null]).toEqual([1, false]);
  });
});

describe('a look at waits of an old clock that waits for another transaction', () => {
  const waiting = (minutes: number, change: string) =>
    `UPDATE payonce.payments SET due_at = now() + interval '${minutes} min', timer_at = now() + interval '${minutes} min', ${change}`;

  test.each([
    ['leaves the lease that began meanwhile', 'COMMIT', 29],
    ['shortens the wait if that one gave up', 'ROLLBACK', 0],
  ] as const)('%s', async (_what, end, minutes) => {
    const { database, store } = await openStore();
    const free = await done(store, release(await accepted(store, 'one'), 0));
    await database.query(waiting(60, 'evidence = 1'));
    const claim = waiting(30, 'seq = seq + 1, held = true');
    const query = { gateway: free.gateway, after: null, limit: 10 };
    await behind(database, claim, end, () => store.shortenWaits(query));
    const { dueAtMs, createdAtMs } = await recordOf(store, free.order);
    expect(((dueAtMs ?? 0) - createdAtMs) / 60_000).toBeGreaterThanOrEqual(minutes);
    expect(((dueAtMs ?? 0) - createdAtMs) / 60_000).toBeLessThan(minutes + 10);
  });
});

describe('an acceptance that waits for another transaction', () => {
  const TIMES = 'now(), now()';
  const PAYMENT = `INSERT INTO payonce.payments (account_id, order_id, payment_id, amount_minor, currency, metadata,
      gateway, charge_n, status, step, attempts, doubt, lookups, absences, seq, fence, claim_id, held, due_at,
      timer_at, evidence, created_at, updated_at)
    VALUES ('acme', 'one', gen_random_uuid(), 1, 'USD', '{}', 'g', 1, 'PROCESSING', 'call', 0, 'none', 0, 0, 1, 1,
      gen_random_uuid(), false, now(), now(), 0, ${TIMES})`;
  const KEY = `INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
    VALUES ('acme', '${key('k').hash}', 'another', gen_random_uuid(), 1, true)`;

  test.each([
    ['the order', PAYMENT, { payments: 1, requests: 0 }],
    ['the key', KEY, { payments: 0, requests: 1 }],
  ])('finds %s taken, and leaves nothing', async (_what, change, counts) => {
    const { database, store } = await openStore();
    const wanted = intent('one', { key: key('k') });
    const result = await behind(database, change, 'COMMIT', () => store.accept(wanted));
    expect(result).toEqual({ kind: 'exists' });
    expect(await database.counts()).toMatchObject({ ...counts, operations: 0, events: 0 });
  });

  test.each([
    ['the order', PAYMENT],
    ['the key', KEY],
  ])('applies if the other gives %s up again', async (_what, change) => {
    const { database, store } = await openStore();
    const wanted = intent('one', { key: key('k') });
    const result = await behind(database, change, 'ROLLBACK', () => store.accept(wanted));
    expect(result).toMatchObject({ kind: 'accepted' });
    expect(await database.counts()).toMatchObject({ payments: 1, requests: 1, operations: 1, events: 1 });
    expect((await recordOf(store, wanted.order)).paymentId).toBe(wanted.paymentId);
  });

  test('for its key has not touched the order yet: keys come first, so nobody waits for each other', async () => {
    const { database, store } = await openStore();
    const wanted = intent('one', { key: key('k') });
    const result = await behind(
      database,
      KEY,
      'COMMIT',
      () => store.accept(wanted),
      async () => {
        await database.query(PAYMENT);
      },
    );
    expect(result).toEqual({ kind: 'exists' });
    expect(await database.counts()).toMatchObject({ payments: 1, requests: 1, operations: 0 });
  });

  test('does not drag the rest of its batch along', async () => {
    const { database, store } = await openStore();
    const names = ['one', 'two', 'three'];
    const results = await behind(database, PAYMENT, 'COMMIT', () =>
      Promise.all(names.map((name) => store.accept(intent(name, { key: key(name) })))),
    );
    expect(results.map((result) => result.kind)).toEqual(['exists', 'accepted', 'accepted']);
    expect(await database.counts()).toMatchObject({ payments: 3, requests: 2, operations: 2, events: 2 });
  });
});

describe('a next charge that waits for another transaction', () => {
  test.each([
    ['opened it', 'seq = seq + 1, charge_n = 2'],
    ['sent it to review', `seq = seq + 1, status = 'REVIEW'`],
    ['left evidence', 'evidence = evidence + 1'],
  ])('is lost if that one %s, and its key stays free', async (_what, change) => {
    const { database, store } = await openStore();
    const failed = await done(store, fail(await accepted(store, 'one')));
    const opening = nextCharge(failed, { claimId: newClaim() });
    const result = await behind(database, `UPDATE payonce.payments SET ${change}`, 'COMMIT', () =>
      store.openNextCharge(opening),
    );
    expect(result).toEqual({ kind: 'lost' });
    expect(await database.counts()).toMatchObject({ requests: 0, operations: 1, events: 2 });
  });

  test('is opened where the other gave up', async () => {
    const { database, store } = await openStore();
    const failed = await done(store, fail(await accepted(store, 'one')));
    const result = await behind(database, 'UPDATE payonce.payments SET seq = seq + 1', 'ROLLBACK', () =>
      store.openNextCharge(nextCharge(failed)),
    );
    expect(result).toMatchObject({ kind: 'opened' });
    expect(await everythingAbout(store, order('one'))).toMatchObject({ payment: { operation: { n: 2 } } });
  });
});
