/** Opening a follow-up: all or nothing, and never more than there is. */
import { describe, expect, test } from 'vitest';
import type { FollowUpIntent, FollowUpOpened } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  about,
  accepted,
  done,
  eventsOf,
  fail,
  intent,
  key,
  newClaim,
  newPaymentId,
  numbers,
  order,
} from './fixtures.ts';
import {
  CAPTURED,
  completed,
  elsewhere,
  everythingOfFollowUps,
  failed,
  followUpOf,
  lookAt,
  opened,
  refund,
  succeed,
  sumsOf,
  trailOf,
  write,
  written,
} from './follow-up-fixtures.ts';

const LOST = { kind: 'lost' };

export function followUpOpeningTests(env: Environment): void {
  const openMany = (intents: readonly FollowUpIntent[]): Promise<readonly FollowUpOpened[]> =>
    Promise.all(intents.map((one, n) => (n % 2 === 0 ? env.store : env.other).openFollowUp(one)));
  const countOpened = (results: readonly FollowUpOpened[]): number =>
    results.filter(({ kind }) => kind === 'opened').length;

  describe('openFollowUp', () => {
    test('writes the follow-up as it was asked for, its first event, its key and its share of the sums', async () => {
      const payment = await completed(env.store);
      const wanted = await refund(env.store, payment, 'r-1', {
        key: key('k', 'the fingerprint'),
        metadata: { note: 'a "b"' },
        terms: { askedMinor: null, reason: 'too {small}', keyHash: key('k').hash },
        start: { kind: 'claimed', leaseMs: 5000 },
      });
      const result = await env.store.openFollowUp(wanted);
      const nowMs = result.kind === 'opened' ? result.nowMs : 0;
      const situation = await lookAt(env.other, wanted.payment, 'r-1', key('k').hash);
      expect(situation).toEqual({
        nowMs: expect.any(Number),
        key: { fingerprint: 'the fingerprint', started: true },
        payment: { ...payment, answer: null },
        sums: {
          paymentId: payment.paymentId,
          capturedMinor: CAPTURED,
          refundingMinor: 70,
          refundedMinor: 0,
          elsewhereMinor: 0,
          absences: 0,
        },
        followUp: {
          order: { ...order('the order'), amountMinor: 70, metadata: { note: 'a "b"' } },
          paymentId: payment.paymentId,
          gateway: payment.gateway,
          gatewayKey: wanted.gatewayKey,
          operation: {
            kind: 'refund',
            n: 1,
            status: 'PROCESSING',
            step: 'call',
            attempts: 1,
            doubt: { kind: 'none' },
            openedAtMs: nowMs,
            giveUpAfterS: null,
            firstSentAtMs: nowMs,
            declineCode: null,
            lookups: 0,
            unresolvedSinceMs: null,
            failureCode: null,
            gatewayRef: null,
          },
          seq: 1,
          fence: 1,
          claimId: wanted.claimId,
          held: true,
          dueAtMs: about(nowMs + 5000),
          evidence: 0,
          absences: 0,
          problem: null,
          answer: null,
          createdAtMs: nowMs,
          updatedAtMs: nowMs,
          followUp: wanted.terms,
          settledMinor: null,
        },
      });
      expect(await trailOf(env.store, await followUpOf(env.store, wanted))).toEqual([
        {
          seq: 1,
          type: 'refund.created',
          status: 'PROCESSING',
          chargeN: 1,
          attempts: 1,
          detail: null,
          atMs: nowMs,
        },
      ]);
    });

    test('leaves the payment and its audit trail as they are', async () => {
      const payment = await completed(env.store);
      const events = await eventsOf(env.store, payment);
      await opened(env.store, await refund(env.store, payment));
      expect((await lookAt(env.store, { ...payment.order, ...payment }, null)).payment).toEqual({
        ...payment,
        answer: null,
      });
      expect(await eventsOf(env.store, payment)).toEqual(events);
    });

    test.each([
      ['waits for its call', { start: { kind: 'waiting', waitMs: 60_000 } }, ['call', 0, false]],
      ['is called at once', {}, ['call', 1, true]],
      ['looks at the earlier ones first', { verifyFirst: true }, ['verify', 0, true]],
    ] as const)('one that %s', async (_what, changes, expected) => {
      const record = await opened(
        env.store,
        await refund(env.store, await completed(env.store), 'r', changes),
      );
      const { step, attempts, firstSentAtMs } = record.operation;
      expect([step, attempts, record.held]).toEqual(expected);
      expect(firstSentAtMs).toBe(attempts === 0 ? null : record.createdAtMs);
    });

    test.each<[string, (wanted: FollowUpIntent) => Promise<FollowUpIntent> | FollowUpIntent]>([
      ['of more than was captured', (wanted) => ({ ...wanted, amountMinor: CAPTURED + 1 })],
      ['of another installation', (wanted) => ({ ...wanted, installationId: newClaim() })],
      ['that has not seen every absence', (wanted) => ({ ...wanted, expected: { absences: 1 } })],
      [
        'of an unknown payment',
        (wanted) => ({ ...wanted, payment: { ...wanted.payment, paymentId: newPaymentId() } }),
      ],
      [
        'of another account’s payment',
        (wanted) => ({ ...wanted, payment: { ...wanted.payment, accountId: 'globex' } }),
      ],
      [
        'of a payment under another order',
        (wanted) => ({ ...wanted, payment: { ...wanted.payment, orderId: 'x' } }),
      ],
    ])('one %s is lost, and writes nothing', async (_what, change) => {
      const payment = await completed(env.store);
      const before = await everythingOfFollowUps(env.store, payment, key('k').hash);
      const wanted = await change(await refund(env.store, payment, 'r', { key: key('k') }));
      expect(await env.store.openFollowUp(wanted)).toEqual(LOST);
      expect(await everythingOfFollowUps(env.store, payment, key('k').hash)).toEqual(before);
      expect(await env.store.sums(payment.order.accountId, [payment.paymentId])).toEqual([]);
    });

    test('one of a payment that is not COMPLETED is lost, and writes nothing', async () => {
      for (const [orderId, end] of [
        ['open', null],
        ['failed', fail],
      ] as const) {
        const before = await accepted(env.store, orderId);
        const payment = end === null ? before : await done(env.store, end(before));
        const wanted = await refund(env.store, payment, 'r', { key: key(orderId) });
        expect(await env.store.openFollowUp(wanted)).toEqual(LOST);
        const {
          key: bound,
          sums,
          followUp,
        } = await lookAt(env.store, wanted.payment, 'r', key(orderId).hash);
        expect([bound, sums.capturedMinor, followUp]).toEqual([null, 0, null]);
      }
    });

    test('an amount that is none is refused by the tables, and leaves no key', async () => {
      const payment = await completed(env.store);
      for (const amountMinor of [0, -5]) {
        const wanted = await refund(env.store, payment, 'r', { amountMinor, key: key('k') });
        await expect(env.store.openFollowUp(wanted)).rejects.toMatchObject({
          name: 'StoreError',
          kind: 'unfit',
        });
      }
      expect((await lookAt(env.store, { ...payment.order, ...payment }, 'r', key('k').hash)).key).toBeNull();
      expect(await sumsOf(env.store, payment)).toMatchObject({ refundingMinor: 0 });
    });

    test('the same one again is lost, and shows its own claim', async () => {
      const wanted = await refund(env.store, await completed(env.store), 'r', { key: key('k') });
      const first = await opened(env.store, wanted);
      expect(await env.other.openFollowUp(wanted)).toEqual(LOST);
      const { followUp, sums } = await lookAt(env.store, wanted.payment, null, key('k').hash);
      expect(followUp).toEqual(first);
      expect([followUp?.claimId, sums.refundingMinor]).toEqual([wanted.claimId, 70]);
    });

    test('another one of the same name is lost, and its key stays free', async () => {
      const payment = await completed(env.store);
      await opened(env.store, await refund(env.store, payment));
      const before = await everythingOfFollowUps(env.store, payment, key('k').hash);
      const second = await refund(env.store, payment, 'r-1', { key: key('k'), amountMinor: 30 });
      expect(await env.store.openFollowUp(second)).toEqual(LOST);
      expect(await everythingOfFollowUps(env.store, payment, key('k').hash)).toEqual(before);
    });

    test('a key that was used before is lost, and reserves nothing', async () => {
      const payment = await completed(env.store);
      await opened(env.store, await refund(env.store, payment, 'r-1', { key: key('k', 'first') }));
      const second = await refund(env.store, payment, 'r-2', { key: key('k', 'second') });
      expect(await env.store.openFollowUp(second)).toEqual(LOST);
      const { key: bound, followUp, sums } = await lookAt(env.store, second.payment, 'r-2', key('k').hash);
      expect([bound?.fingerprint, followUp?.followUp.name, sums.refundingMinor]).toEqual([
        'first',
        'r-1',
        70,
      ]);
      expect((await lookAt(env.store, second.payment, 'r-2')).followUp).toBeNull();
    });

    test('the same name and the same key are free in another account, and the name with another payment', async () => {
      const mine = await completed(env.store, 'one');
      const other = await completed(env.store, 'two');
      const theirs = await completed(env.store, intent(order('one', { accountId: 'globex' })));
      await opened(env.store, await refund(env.store, mine, 'r', { key: key('k') }));
      await opened(env.store, await refund(env.store, other, 'r'));
      await opened(env.store, await refund(env.store, theirs, 'r', { key: key('k') }));
      for (const payment of [mine, other, theirs])
        expect(await sumsOf(env.store, payment)).toMatchObject({ refundingMinor: 70 });
    });

    test('all of it can be refunded, and then nothing more', async () => {
      const payment = await completed(env.store);
      await opened(env.store, await refund(env.store, payment, 'most', { amountMinor: CAPTURED - 1 }));
      expect(
        await env.store.openFollowUp(await refund(env.store, payment, 'two', { amountMinor: 2 })),
      ).toEqual(LOST);
      await opened(env.store, await refund(env.store, payment, 'last', { amountMinor: 1 }));
      expect(
        await env.store.openFollowUp(await refund(env.store, payment, 'one', { amountMinor: 1 })),
      ).toEqual(LOST);
    });

    test('what was refunded, and what was refunded elsewhere, leaves no room either; what failed does', async () => {
      const payment = await completed(env.store);
      const tryToOpen = async (name: string, amountMinor: number) =>
        (await env.store.openFollowUp(await refund(env.store, payment, name, { amountMinor }))).kind;
      const first = await opened(env.store, await refund(env.store, payment, 'a', { amountMinor: 600 }));
      await written(
        env.store,
        succeed(first, { elsewhere: elsewhere(100, { refundingMinor: 600, refundedMinor: 0 }) }),
      );
      expect([await tryToOpen('b', 301), await tryToOpen('b', 300)]).toEqual(['lost', 'opened']);
      const second = await followUpOf(env.store, await refund(env.store, payment, 'b'));
      expect(await tryToOpen('c', 1)).toBe('lost');
      await written(env.store, failed(second));
      expect([await tryToOpen('c', 301), await tryToOpen('c', 300)]).toEqual(['lost', 'opened']);
    });

    test('what was refunded elsewhere leaves room for one that is verified first: the gateway is asked about it', async () => {
      const payment = await completed(env.store);
      const first = await opened(env.store, await refund(env.store, payment, 'a', { amountMinor: 600 }));
      await written(
        env.store,
        succeed(first, { elsewhere: elsewhere(300, { refundingMinor: 600, refundedMinor: 0 }) }),
      );
      const tryToOpen = async (name: string, amountMinor: number, verifyFirst: boolean) =>
        (await env.store.openFollowUp(await refund(env.store, payment, name, { amountMinor, verifyFirst })))
          .kind;
      expect(await tryToOpen('b', 400, false)).toBe('lost');
      expect(await tryToOpen('b', 401, true)).toBe('lost');
      expect(await tryToOpen('b', 400, true)).toBe('opened');
      expect(await sumsOf(env.store, payment)).toMatchObject({ refundingMinor: 400, elsewhereMinor: 300 });
    });

    test('nothing is opened over a sum that is exceeded', async () => {
      const payment = await completed(env.store);
      const first = await opened(env.store, await refund(env.store, payment, 'a', { amountMinor: 600 }));
      await written(
        env.store,
        succeed(first, { elsewhere: elsewhere(900, { refundingMinor: 600, refundedMinor: 0 }) }),
      );
      expect(await env.store.openFollowUp(await refund(env.store, payment, 'b', { amountMinor: 1 }))).toEqual(
        LOST,
      );
      expect(await sumsOf(env.store, payment)).toMatchObject({ refundedMinor: 600, elsewhereMinor: 900 });
    });

    test('an absence that the caller has not seen stops it', async () => {
      const payment = await completed(env.store);
      const first = await opened(env.store, await refund(env.store, payment, 'a'));
      await written(env.store, failed(first, { byAbsence: true }));
      const second = await refund(env.store, payment, 'b');
      expect(await env.store.openFollowUp(second)).toEqual(LOST);
      expect((await env.store.openFollowUp({ ...second, expected: { absences: 1 } })).kind).toBe('opened');
    });
  });

  describe('openFollowUp, many at once', () => {
    test('a hundred refunds of 70 of one payment of 1,000: fourteen are opened', async () => {
      const payment = await completed(env.store);
      const intents = await Promise.all(
        numbers(100).map((n) => refund(env.store, payment, `r-${n}`, { key: key(`k-${n}`) })),
      );
      const results = await openMany(intents);
      expect(countOpened(results)).toBe(14);
      expect(await sumsOf(env.store, payment)).toMatchObject({
        capturedMinor: CAPTURED,
        refundingMinor: 980,
      });
      for (const [n, wanted] of intents.entries()) {
        const isOpen = results[n]?.kind === 'opened';
        const { key: bound, followUp } = await lookAt(
          env.store,
          wanted.payment,
          `r-${n}`,
          key(`k-${n}`).hash,
        );
        expect([bound !== null, followUp?.claimId ?? null]).toEqual([isOpen, isOpen ? wanted.claimId : null]);
      }
    });

    test('fifty of one name: one is opened', async () => {
      const payment = await completed(env.store);
      const intents = await Promise.all(
        numbers(50).map((n) => refund(env.store, payment, 'r', { key: key(`k-${n}`) })),
      );
      const results = await openMany(intents);
      expect(countOpened(results)).toBe(1);
      expect(await sumsOf(env.store, payment)).toMatchObject({ refundingMinor: 70 });
      const winner = intents[results.findIndex(({ kind }) => kind === 'opened')];
      for (const [n, wanted] of intents.entries()) {
        const { key: bound } = await lookAt(env.store, wanted.payment, null, key(`k-${n}`).hash);
        expect(bound !== null).toBe(wanted === winner);
      }
    });

    test('twenty payments with one key: one refund is opened', async () => {
      const payments = await Promise.all(numbers(20).map((n) => completed(env.store, `order ${n}`)));
      const results = await openMany(
        await Promise.all(payments.map((payment) => refund(env.store, payment, 'r', { key: key('k') }))),
      );
      expect(countOpened(results)).toBe(1);
      const sums = await env.store.sums(
        'acme',
        payments.map(({ paymentId }) => paymentId),
      );
      expect(sums.map(({ refundingMinor }) => refundingMinor)).toEqual([70]);
    });

    test('refunds that end while others are opened: the sums are the sum of all of them', async () => {
      for (const round of numbers(5)) {
        const payment = await completed(env.store, `round ${round}`);
        const held = [];
        for (const n of numbers(10))
          held.push(
            await opened(env.store, await refund(env.store, payment, `old ${n}`, { amountMinor: 100 })),
          );
        const intents = await Promise.all(
          numbers(20).map((n) => refund(env.store, payment, `new ${n}`, { amountMinor: 50 })),
        );
        const [results] = await Promise.all([
          openMany(intents),
          Promise.all(held.map((one, n) => written(env.other, n % 2 === 0 ? failed(one) : succeed(one)))),
        ]);
        const refundingMinor = 50 * countOpened(results);
        expect(refundingMinor).toBeLessThanOrEqual(500);
        expect(await sumsOf(env.store, payment)).toMatchObject({ refundingMinor, refundedMinor: 500 });
      }
    });

    test('an absence and an opening at once: the opening that has not seen it comes first or is lost', async () => {
      for (const round of numbers(10)) {
        const payment = await completed(env.store, `round ${round}`);
        const held = await opened(env.store, await refund(env.store, payment, 'a'));
        const second = await refund(env.store, payment, 'b');
        const [result] = await Promise.all([
          env.store.openFollowUp(second),
          written(env.other, failed(held, { byAbsence: true })),
        ]);
        const refundingMinor = result.kind === 'opened' ? 70 : 0;
        expect(await sumsOf(env.store, payment)).toMatchObject({ refundingMinor, absences: 1 });
      }
    });
  });

  describe('bindFollowUpKey', () => {
    test('binds another key to it, which did not open it', async () => {
      const wanted = await refund(env.store, await completed(env.store));
      const { payment, followUp } = { ...wanted, ...(await opened(env.store, wanted)) };
      const binding = { payment, id: followUp.id, key: key('late', 'print') };
      expect(await env.store.bindFollowUpKey(binding)).toBe('bound');
      const situation = await lookAt(env.store, payment, null, key('late').hash);
      expect(situation.key).toEqual({ fingerprint: 'print', started: false });
      expect(situation.followUp?.followUp.id).toBe(followUp.id);
      expect(await env.other.bindFollowUpKey(binding)).toBe('lost');
    });

    test('binds nothing to a follow-up that is not there', async () => {
      const payment = await completed(env.store);
      const wanted = await refund(env.store, payment);
      const binding = { payment: wanted.payment, id: wanted.terms.id, key: key('k') };
      expect(await env.store.bindFollowUpKey(binding)).toBe('lost');
      const record = await opened(env.store, wanted);
      const theirs = { ...binding, payment: { ...wanted.payment, accountId: 'globex' } };
      expect(await env.store.bindFollowUpKey(theirs)).toBe('lost');
      expect((await lookAt(env.store, wanted.payment, null, key('k').hash)).key).toBeNull();
      await written(env.store, write(record));
    });

    test('of many that bind one key at once, one does', async () => {
      const payment = await completed(env.store);
      const records = await Promise.all(
        numbers(10).map(async (n) => opened(env.store, await refund(env.store, payment, `r-${n}`))),
      );
      const results = await Promise.all(
        records.map(({ order: { accountId, orderId }, paymentId, followUp: { id } }, n) =>
          (n % 2 === 0 ? env.store : env.other).bindFollowUpKey({
            payment: { accountId, orderId, paymentId },
            id,
            key: key('k'),
          }),
        ),
      );
      expect(results.filter((result) => result === 'bound')).toHaveLength(1);
      const winner = records[results.indexOf('bound')];
      const situation = await lookAt(env.store, { ...payment.order, ...payment }, null, key('k').hash);
      expect(situation.followUp).toEqual(winner);
    });
  });
}
