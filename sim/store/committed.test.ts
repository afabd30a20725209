/** What stays: crashes, backups, and what the judge gets. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { FollowUpIntent } from '../../src/ports/store.ts';
import { complete, intent, key, newPaymentId, order, paymentKey } from '../../test/suites/store/fixtures.ts';
import { refund, succeed } from '../../test/suites/store/follow-up-fixtures.ts';
import { type Change, createDatabase, type Database, type FollowUpChange } from './database.ts';

let nowMs: number;
let changes: Change[];
let followUpChanges: FollowUpChange[];
let database: Database;

beforeEach(() => {
  nowMs = 1_000_000;
  changes = [];
  followUpChanges = [];
  database = createDatabase({
    nowMs: () => nowMs,
    retentionMs: 1000,
    installationId: 'installation',
    onCommit: (change) => changes.push(change),
    onFollowUpCommit: (change) => followUpChanges.push(change),
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

describe('follow-ups', () => {
  async function open(): Promise<FollowUpIntent> {
    database.begin('advance', complete(accepted('one'))).commit();
    const { payment } = database.read('situation', { ...order('one'), keyHash: null });
    if (payment === null) throw new Error('There is no payment.');
    const installationId = async (): Promise<string> => 'installation';
    return refund({ installationId }, payment, 'r', { key: key('k') });
  }
  const situationOf = ({ payment, terms }: FollowUpIntent) =>
    database.read('followUpSituation', {
      ...{ accountId: payment.accountId, paymentId: payment.paymentId, kind: 'refund' },
      ...{ name: terms.name, keyHash: key('k').hash },
    });

  test('are brought back by a backup, with their keys, names, evidence and sums', async () => {
    const intent = await open();
    const empty = database.snapshot();
    for (const _time of [1, 2]) {
      expect(database.begin('openFollowUp', intent).commit().kind).toBe('opened');
      const full = database.snapshot();
      const evidence = { payment: intent.payment, id: intent.terms.id, outcome: { kind: 'busy' } } as const;
      database.begin('addFollowUpEvidence', evidence).commit();
      database.restore(full);
      expect(situationOf(intent)).toMatchObject({
        key: { started: true },
        followUp: { evidence: 0 },
        sums: { refundingMinor: 70 },
      });
      expect(database.read('followUpNews', 'acme', intent.terms.id).sentUntilMs).toBeNull();
      database.restore(empty);
      expect(situationOf(intent)).toMatchObject({ key: null, followUp: null, sums: { refundingMinor: 0 } });
      expect([...database.followUps()]).toEqual([]);
    }
  });

  test('are told of with the sums before and after, and not as changes of their payment', async () => {
    const intent = await open();
    changes = [];
    database.begin('openFollowUp', intent).commit();
    database.begin('openFollowUp', intent).commit();
    const { followUp } = situationOf(intent);
    if (followUp === null) throw new Error('There is no refund.');
    database.begin('advanceFollowUp', succeed(followUp)).rollback();
    database.begin('advanceFollowUp', succeed(followUp)).commit();
    database.begin('advanceFollowUp', succeed(followUp)).commit();
    nowMs += 1001;
    database.begin('eraseExpiredAnswers', 10).commit();
    const told = followUpChanges.map(({ kind, before, after, sumsBefore, sumsAfter, event }) => [
      ...[kind, before?.state.seq, after.state.seq, event?.type],
      ...[sumsBefore?.refundingMinor, sumsAfter.refundingMinor, sumsAfter.refundedMinor],
    ]);
    expect(told).toEqual([
      ['openFollowUp', undefined, 1, 'refund.created', undefined, 70, 0],
      ['advanceFollowUp', 1, 2, 'refund.succeeded', 70, 0, 70],
      ['eraseExpiredAnswers', 2, 2, undefined, 0, 0, 70],
    ]);
    expect(changes.map(({ kind }) => kind)).toEqual(['eraseExpiredAnswers']);
    expect([...database.followUps()]).toEqual([followUpChanges.at(-1)?.after]);
  });
});
