/**
 * What the suite cannot see, because no real store lets it be arranged: which statement waits for which, in what
 * order they go on, and what each finds then. The same claims are made of PostgreSQL in `test/postgres/races.test.ts`.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Advance, PaymentRecord } from '../../src/ports/store.ts';
import {
  advance,
  complete,
  fail,
  intent,
  key,
  LEASE_MS,
  nextCharge,
  order,
  paymentKey,
  release,
  take,
} from '../../test/suites/store/fixtures.ts';
import { type Change, createDatabase, type Database, type Transaction } from './database.ts';

const RETENTION_MS = 1000;
let nowMs: number;
let changes: Change[];
let database: Database;

beforeEach(() => {
  nowMs = 1_000_000;
  changes = [];
  database = createDatabase({
    nowMs: () => nowMs,
    retentionMs: RETENTION_MS,
    installationId: 'installation',
    onCommit: (change) => changes.push(change),
  });
});

function recordOf(orderId: string): PaymentRecord {
  const { payment } = database.read('situation', { ...order(orderId), keyHash: null });
  if (payment === null) throw new Error(`There is no order ${orderId}.`);
  return payment;
}

function accepted(orderId: string): PaymentRecord {
  database.begin('accept', intent(orderId)).commit();
  return recordOf(orderId);
}

function done(write: Advance): PaymentRecord {
  expect(database.begin('advance', write).commit()).toMatchObject({ kind: 'done' });
  return recordOf(write.payment.orderId);
}

/** Who has got their locks, in the order in which they got them. */
function watch(transactions: Readonly<Record<string, Transaction<unknown>>>): readonly string[] {
  const ready: string[] = [];
  for (const [name, transaction] of Object.entries(transactions))
    transaction.whenLocked(() => ready.push(name));
  return ready;
}

const evidence = (record: PaymentRecord) => ({
  payment: paymentKey(record),
  chargeN: 1,
  outcome: { kind: 'approved', ref: 'ch' } as const,
});

describe('locks', () => {
  test('are granted in the order of arrival, without those who gave up', () => {
    const held = accepted('one');
    const first = database.begin('addEvidence', evidence(held));
    const second = database.begin('addEvidence', evidence(held));
    const third = database.begin('addEvidence', evidence(held));
    const fourth = database.begin('addEvidence', evidence(held));
    const ready = watch({ fourth, third, second, first });
    expect(ready).toEqual(['first']);
    second.rollback();
    first.commit();
    expect(ready).toEqual(['first', 'third']);
    third.commit();
    expect(ready).toEqual(['first', 'third', 'fourth']);
    fourth.commit();
    expect(recordOf('one').evidence).toBe(3);
    expect(database.openTransactions()).toBe(0);
  });

  test('of other orders, other keys and other accounts make nobody wait', () => {
    accepted('first');
    const transactions = {
      one: database.begin('accept', intent('one', { key: key('k') })),
      two: database.begin('accept', intent('two', { key: key('l') })),
      theirs: database.begin('accept', intent(order('one', { accountId: 'globex' }), { key: key('k') })),
    };
    expect(watch(transactions)).toEqual(['one', 'two', 'theirs']);
  });

  test('the first payment holds the mode, and others wait for it', () => {
    const transactions = {
      one: database.begin('accept', intent('one')),
      two: database.begin('accept', intent('two')),
      claim: database.begin('claimMode', false),
    };
    const ready = watch(transactions);
    expect(ready).toEqual(['one']);
    transactions.one.commit();
    expect(ready).toEqual(['one', 'two']);
    transactions.two.commit();
    expect(transactions.claim.commit()).toEqual({ livemode: true, final: true });
  });

  test('that come free together wake nobody whom the first to wake has ended', () => {
    const held = accepted('one');
    const holder = database.begin('accept', intent('two', { key: key('k') }));
    const binding = database.begin('bindKey', { payment: paymentKey(held), chargeN: 1, key: key('k') });
    const rival = database.begin('accept', intent('two'));
    const ready = watch({ rival });
    binding.whenLocked(() => rival.rollback());
    holder.rollback();
    expect([ready, rival.open, binding.commit()]).toEqual([[], false, 'bound']);
    expect(database.begin('accept', intent('two')).commit().kind).toBe('accepted');
  });

  test('an order that is known is not accepted, and waits for no key', () => {
    accepted('one');
    const holder = database.begin('accept', intent('two', { key: key('k') }));
    const again = database.begin('accept', intent('one', { key: key('k') }));
    expect([again.locked, again.commit(), holder.commit().kind]).toEqual([
      true,
      { kind: 'exists' },
      'accepted',
    ]);
  });

  test('reads wait for nobody, and see what is committed only', () => {
    const held = accepted('one');
    const write = database.begin('advance', complete(held));
    expect(recordOf('one')).toEqual(held);
    write.commit();
    expect(recordOf('one').seq).toBe(2);
  });

  test('a transaction that waits cannot commit, and one that has ended neither commits nor wakes', () => {
    const held = accepted('one');
    const first = database.begin('addEvidence', evidence(held));
    const second = database.begin('addEvidence', evidence(held));
    expect([first.locked, second.locked]).toEqual([true, false]);
    expect(() => second.commit()).toThrow('locking');
    first.rollback();
    first.rollback();
    expect(() => first.commit()).toThrow('ended');
    expect([first.open, second.locked]).toEqual([false, true]);
    expect(watch({ first })).toEqual([]);
  });
});

describe('a statement that waited', () => {
  test.each<[string, (held: PaymentRecord) => Advance, 'done' | 'lost']>([
    ['a write', (held) => complete(held), 'lost'],
    [
      'a claim',
      (held) => ({ ...take(held), expected: { ...take(held).expected, mustBeDue: false } }),
      'lost',
    ],
  ])('%s looks at the row again', (_what, write, verdict) => {
    const held = accepted('one');
    const first = database.begin('advance', release(held, 0));
    const second = database.begin('advance', write(held));
    first.commit();
    expect(second.commit().kind).toBe(verdict);
    expect(recordOf('one').seq).toBe(2);
  });

  test('applies where the other gave up', () => {
    const held = accepted('one');
    const first = database.begin('advance', release(held, 0));
    const second = database.begin('advance', complete(held));
    first.rollback();
    expect(second.commit().kind).toBe('done');
  });

  test('is lost at once where its snapshot did not match, whatever is committed meanwhile', () => {
    const held = accepted('one');
    const first = database.begin('advance', release(held, 0));
    const early = database.begin('advance', advance({ ...held, seq: held.seq + 1 }));
    expect(early.locked).toBe(true);
    first.commit();
    expect(early.commit()).toMatchObject({ kind: 'lost', record: { seq: 2 } });
  });

  test('has the now() of its arrival: a lease runs from then, and what comes due meanwhile is not', () => {
    const held = accepted('one');
    const blocker = database.begin('addEvidence', evidence(held));
    const claim = database.begin('advance', {
      ...take(held),
      expected: { ...take(held).expected, mustBeDue: false },
    });
    const tooEarly = database.begin('advance', take(held));
    nowMs += LEASE_MS * 2;
    blocker.commit();
    expect([tooEarly.locked, tooEarly.commit().kind]).toEqual([true, 'lost']);
    expect(claim.commit()).toMatchObject({ kind: 'done', nowMs: 1_000_000 });
    expect(recordOf('one').dueAtMs).toBe(1_000_000 + LEASE_MS);
  });

  test.each(['order', 'key'] as const)('finds the %s taken, and leaves nothing', (what) => {
    const first = database.begin('accept', intent(what === 'order' ? 'one' : 'two', { key: key('k') }));
    const second = database.begin('accept', intent('one', { key: key(what === 'key' ? 'k' : 'l', 'mine') }));
    expect(second.locked).toBe(false);
    first.commit();
    expect(second.commit()).toEqual({ kind: 'exists' });
    const { key: bound } = database.read('situation', { ...order('one'), keyHash: key('l').hash });
    expect([[...database.rows()].length, bound]).toEqual([1, null]);
  });

  test.each(['order', 'key'] as const)('applies if the other gives the %s up again', (what) => {
    const first = database.begin('accept', intent(what === 'order' ? 'one' : 'two', { key: key('k') }));
    const second = database.begin('accept', intent('one', { key: key(what === 'key' ? 'k' : 'l', 'mine') }));
    first.rollback();
    expect(second.commit()).toMatchObject({ kind: 'accepted' });
    expect([...database.rows()].map((row) => row.requests.length)).toEqual([1]);
  });

  test('a key that is bound meanwhile is lost to whoever waited for it', () => {
    const held = accepted('one');
    const binding = { payment: paymentKey(held), chargeN: 1, key: key('k') };
    const first = database.begin('bindKey', binding);
    const second = database.begin('bindKey', { ...binding, key: key('k', 'another') });
    const third = database.begin('accept', intent('two', { key: key('k') }));
    expect([first.commit(), second.commit(), third.commit()]).toEqual(['bound', 'lost', { kind: 'exists' }]);
  });

  test('a next charge is lost where evidence came in meanwhile, and its key stays free', () => {
    const failed = done(fail(accepted('one')));
    const late = database.begin('addEvidence', evidence(failed));
    const opening = database.begin('openNextCharge', nextCharge(failed, { key: key('k') }));
    expect(opening.locked).toBe(false);
    late.commit();
    expect(opening.commit()).toEqual({ kind: 'lost' });
    const { key: bound } = database.read('situation', { ...order('one'), keyHash: key('k').hash });
    expect([bound, recordOf('one').operation.n]).toEqual([null, 1]);
  });

  test('a look at waits of an old clock leaves the lease that began while it waited', () => {
    for (const orderId of ['a', 'b']) done(release(accepted(orderId), 7_200_000));
    database.begin('noteLease', LEASE_MS).commit();
    nowMs -= 3_600_000;
    const query = { gateway: recordOf('a').gateway, after: null, limit: 10 };
    const first = database.begin('shortenWaits', query);
    const holder = database.begin('addEvidence', evidence(recordOf('a')));
    const second = database.begin('shortenWaits', query);
    first.commit();
    nowMs += 5000;
    done(take(recordOf('b')));
    holder.commit();
    second.commit();
    expect(recordOf('b').dueAtMs).toBe(nowMs + LEASE_MS);
  });

  test('of two erasures each answer is counted by one', () => {
    done(complete(accepted('one')));
    done(complete(accepted('two')));
    nowMs += RETENTION_MS + 1;
    const [first, second] = [
      database.begin('eraseExpiredAnswers', 1),
      database.begin('eraseExpiredAnswers', 10),
    ];
    expect([first.commit(), second.commit()]).toEqual([1, 1]);
  });

  test('a row that the tables refuse ends its transaction, and nothing is written', () => {
    const held = accepted('one');
    const bad = { ...complete(held), operation: { ...complete(held).operation, gatewayRef: null } };
    const write = database.begin('advance', bad);
    const next = database.begin('addEvidence', evidence(held));
    expect(() => write.commit()).toThrow(expect.objectContaining({ kind: 'unfit' }));
    expect(watch({ next })).toEqual(['next']);
    expect(recordOf('one')).toEqual(held);
  });
});
