/** What stays: crashes, backups, and what the judge gets. */
import { beforeEach, describe, expect, test } from 'vitest';
import { complete, intent, key, newPaymentId, order, paymentKey } from '../../test/suites/store/fixtures.ts';
import { type Change, createDatabase, type Database } from './database.ts';

let nowMs: number;
let changes: Change[];
let database: Database;

beforeEach(() => {
  nowMs = 1_000_000;
  changes = [];
  database = createDatabase({
    nowMs: () => nowMs,
    retentionMs: 1000,
    installationId: 'installation',
    onCommit: (change) => changes.push(change),
  });
});

function accepted(orderId: string) {
  database.begin('accept', intent(orderId, { key: key(orderId) })).commit();
  const { payment } = database.read('situation', { ...order(orderId), keyHash: null });
  if (payment === null) throw new Error(`There is no order ${orderId}.`);
  return payment;
}

describe('a crash', () => {
  test('rolls back what is open, wakes nobody, and keeps what is committed', () => {
    const held = accepted('one');
    const holder = database.begin('advance', complete(held));
    const waiter = database.begin('advance', complete(held));
    let woken = 0;
    waiter.whenLocked(() => {
      woken += 1;
    });
    const kept = [...database.rows()];
    database.crash();
    expect([woken, holder.open, waiter.open, database.openTransactions()]).toEqual([0, false, false, 0]);
    expect(() => holder.commit()).toThrow();
    holder.rollback();
    expect([...database.rows()]).toEqual(kept);
    // Nobody's locks are left.
    const next = database.begin('advance', complete(held));
    expect([next.locked, next.commit().kind, woken]).toEqual([true, 'done', 0]);
  });
});

describe('a backup', () => {
  test('brings the rows, the keys and the ids back as they were, as often as it is restored', () => {
    const held = accepted('one');
    const backup = database.snapshot();
    for (const _time of [1, 2]) {
      expect(database.begin('advance', complete(held)).commit().kind).toBe('done');
      accepted('two');
      database.restore(backup);
      expect([...database.rows()].map((row) => [row.payment.order.orderId, row.payment.seq])).toEqual([
        ['one', 1],
      ]);
      const found = database.read('situation', { ...order('two'), keyHash: key('two').hash });
      expect([found.key, found.payment]).toEqual([null, null]);
    }
  });

  test('ends what is open', () => {
    const held = accepted('one');
    const backup = database.snapshot();
    const open = database.begin('advance', complete(held));
    database.restore(backup);
    expect([open.open, database.openTransactions()]).toEqual([false, 0]);
  });
});

describe('what the judge gets', () => {
  test('is every change with its row before and after, and no change that was not made', () => {
    const held = accepted('one');
    database.begin('advance', complete(held)).commit();
    database.begin('advance', complete(held)).commit();
    database.begin('accept', intent('one')).commit();
    database
      .begin('addEvidence', { payment: paymentKey(held), chargeN: 1, outcome: { kind: 'busy' } })
      .rollback();
    nowMs += 1001;
    database.begin('eraseExpiredAnswers', 10).commit();
    const told = changes.map(({ kind, before, after, event }) => [kind, before?.seq, after.seq, event?.type]);
    expect(told).toEqual([
      ['accept', undefined, 1, 'payment.created'],
      ['advance', 1, 2, 'payment.completed'],
      ['eraseExpiredAnswers', 2, 2, undefined],
    ]);
    for (const [index, change] of changes.entries()) {
      expect(change.rowBefore).toBe(index === 0 ? null : changes[index - 1]?.rowAfter);
      expect(change.rowAfter.payment).toBe(change.after);
    }
    expect(database.row('acme', 'one')).toBe(changes.at(-1)?.rowAfter);
  });

  test('keeps every piece of evidence, one of an unknown payment too', () => {
    const held = accepted('one');
    const outcome = { kind: 'approved', ref: 'ch' } as const;
    database.begin('addEvidence', { payment: paymentKey(held), chargeN: 1, outcome }).commit();
    const unknown = { ...paymentKey(held), paymentId: newPaymentId() };
    database.begin('addEvidence', { payment: unknown, chargeN: 2, outcome }).commit();
    expect(database.row('acme', 'one')?.evidence).toMatchObject([{ chargeN: 1, outcome }]);
    expect(database.snapshot().committed.strays).toMatchObject([{ chargeN: 2, outcome }]);
  });
});
