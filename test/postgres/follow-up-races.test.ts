/** Follow-ups and another transaction that is not over yet: what READ COMMITTED compares again, and what it must. */
import { describe, expect, test } from 'vitest';
import type { PaymentRecord, Store } from '../../src/ports/store.ts';
import { key } from '../suites/store/fixtures.ts';
import {
  completed,
  elsewhere,
  lookAt,
  opened,
  refund,
  succeed,
  sumsOf,
} from '../suites/store/follow-up-fixtures.ts';
import { behind } from './behind.ts';
import { type Database, openStore } from './world.ts';

/** A COMPLETED payment of 1,000, of which 100 are being refunded. */
async function open(): Promise<{ database: Database; store: Store; payment: PaymentRecord }> {
  const { database, store } = await openStore();
  const payment = await completed(store, 'one');
  await opened(store, await refund(store, payment, 'first', { amountMinor: 100 }));
  return { database, store, payment };
}

const rowsOf = async (database: Database) => {
  const { follow_ups, follow_up_requests, follow_up_events } = await database.counts();
  return { follow_ups, follow_up_requests, follow_up_events };
};

describe('an opening that waits for another transaction', () => {
  const CHANGES = [
    ['reserved the rest', 'refunding_minor = refunding_minor + 900'],
    ['refunded the rest', 'refunded_minor = 900'],
    ['learnt of another refund', 'elsewhere_minor = 850'],
    ['left an absence', 'absences = absences + 1'],
  ] as const;

  test.each(CHANGES)('is lost if that one %s, and leaves nothing', async (_what, change) => {
    const { database, store, payment } = await open();
    const before = await rowsOf(database);
    const wanted = await refund(store, payment, 'second', { key: key('k') });
    const result = await behind(database, `UPDATE payonce.payment_sums SET ${change}`, 'COMMIT', () =>
      store.openFollowUp(wanted),
    );
    expect([result.kind, await rowsOf(database)]).toEqual(['lost', before]);
  });

  test.each(CHANGES)('is made if that one %s and gave up', async (_what, change) => {
    const { database, store, payment } = await open();
    const wanted = await refund(store, payment, 'second');
    const result = await behind(database, `UPDATE payonce.payment_sums SET ${change}`, 'ROLLBACK', () =>
      store.openFollowUp(wanted),
    );
    expect([result.kind, (await sumsOf(store, payment)).refundingMinor]).toEqual(['opened', 170]);
  });

  test('is lost if that one made the row of sums and took too much', async () => {
    const { database, store } = await openStore();
    const payment = await completed(store, 'one');
    const wanted = await refund(store, payment, 'r', { key: key('k') });
    const change = `INSERT INTO payonce.payment_sums (account_id, payment_id, captured_minor, refunding_minor)
      SELECT account_id, payment_id, amount_minor, 940 FROM payonce.payments`;
    const result = await behind(database, change, 'COMMIT', () => store.openFollowUp(wanted));
    expect([result.kind, await rowsOf(database)]).toEqual([
      'lost',
      { follow_ups: 0, follow_up_requests: 0, follow_up_events: 0 },
    ]);
  });

  test('is lost if that one bound the key, and reserves nothing', async () => {
    const { database, store, payment } = await open();
    const wanted = await refund(store, payment, 'second', { key: key('k') });
    const change = `INSERT INTO payonce.follow_up_requests (account_id, key_hash, fingerprint, payment_id, follow_up_id, started)
      SELECT account_id, '${key('k').hash}', 'theirs', payment_id, follow_up_id, false FROM payonce.follow_ups`;
    const result = await behind(database, change, 'COMMIT', () => store.openFollowUp(wanted));
    const { key: bound, followUp, sums } = await lookAt(store, wanted.payment, null, key('k').hash);
    expect([result.kind, bound?.fingerprint, followUp?.followUp.name, sums.refundingMinor]).toEqual([
      'lost',
      'theirs',
      'first',
      100,
    ]);
  });

  test('is lost if that one took the name, and its key stays free', async () => {
    const { database, store, payment } = await open();
    const before = await rowsOf(database);
    const wanted = await refund(store, payment, 'second', { key: key('k') });
    const change = `UPDATE payonce.payment_sums SET refunding_minor = 100;
      UPDATE payonce.follow_ups SET name = 'second'`;
    const result = await behind(database, change, 'COMMIT', () => store.openFollowUp(wanted));
    expect([result.kind, await rowsOf(database)]).toEqual(['lost', before]);
    expect(await sumsOf(store, payment)).toMatchObject({ refundingMinor: 100 });
  });
});

describe('a fenced write that waits for another transaction', () => {
  test('adds its change to what that one made of the sums', async () => {
    const { database, store, payment } = await open();
    const { followUp } = await lookAt(store, { ...payment.order, ...payment }, 'first');
    if (followUp === null) throw new Error('There is no refund.');
    const change = `UPDATE payonce.payment_sums
      SET refunding_minor = refunding_minor + 300, refunded_minor = 50, elsewhere_minor = 20`;
    const asked = await sumsOf(store, payment);
    const result = await behind(database, change, 'COMMIT', () =>
      // The gateway was asked before that one changed the sums, so its answer is not written.
      store.advanceFollowUp(succeed(followUp, { elsewhere: elsewhere(10, asked) })),
    );
    expect(result.kind).toBe('done');
    expect(await sumsOf(store, payment)).toMatchObject({
      refundingMinor: 300,
      refundedMinor: 150,
      elsewhereMinor: 20,
    });
  });

  test.each(['seq = seq + 1', 'fence = fence + 1', 'claim_id = gen_random_uuid()'])(
    'is lost if that one changed the row (%s), and changes no sum',
    async (change) => {
      const { database, store, payment } = await open();
      const { followUp, sums } = await lookAt(store, { ...payment.order, ...payment }, 'first');
      if (followUp === null) throw new Error('There is no refund.');
      const result = await behind(database, `UPDATE payonce.follow_ups SET ${change}`, 'COMMIT', () =>
        store.advanceFollowUp(succeed(followUp)),
      );
      expect([result.kind, await sumsOf(store, payment)]).toEqual(['lost', sums]);
    },
  );
});

describe('a look at waits of an old clock that waits for another transaction', () => {
  const waiting = (minutes: number, change: string) =>
    `UPDATE payonce.follow_ups SET due_at = now() + interval '${minutes} min', ${change}`;

  test.each([
    ['leaves the lease that began meanwhile', 'COMMIT', 29],
    ['shortens the wait if that one gave up', 'ROLLBACK', 0],
  ] as const)('%s', async (_what, end, minutes) => {
    const { database, store, payment } = await open();
    await database.query(waiting(60, 'held = false, evidence = 1'));
    const claim = waiting(30, 'seq = seq + 1, held = true');
    const query = { gateway: payment.gateway, after: null, limit: 10 };
    await behind(database, claim, end, () => store.shortenWaits(query));
    const { accountId } = payment.order;
    const [one] = await store.followUps({
      accountId,
      paymentId: payment.paymentId,
      kind: 'refund',
      limit: 1,
    });
    const leftMs = (one?.dueAtMs ?? 0) - (one?.createdAtMs ?? 0);
    expect(leftMs / 60_000).toBeGreaterThanOrEqual(minutes);
    expect(leftMs / 60_000).toBeLessThan(minutes + 10);
  });
});
