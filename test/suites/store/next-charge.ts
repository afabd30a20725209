import { describe, expect, test } from 'vitest';
import { openOperation } from '../../../src/domain/operation.ts';
import type { Evidence, NextCharge, PaymentRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  about,
  accepted,
  advance,
  complete,
  done,
  eventsOf,
  everythingAbout,
  fail,
  GATEWAY,
  gatewayKey,
  intent,
  key,
  LEASE_MS,
  newClaim,
  nextCharge,
  numbers,
  order,
  paymentKey,
  recordOf,
  seen,
  take,
} from './fixtures.ts';

export function nextChargeTests(env: Environment): void {
  async function failed(orderId: string, options: { readonly byAbsence?: boolean } = {}) {
    return done(env.store, fail(await accepted(env.store, orderId), options));
  }

  /** Asserts that the opening is lost and that neither the payment nor any key shows a trace of it. */
  async function expectLost(opening: NextCharge, standing: PaymentRecord): Promise<void> {
    const before = await everythingAbout(env.store, standing.order, opening.key.hash);
    expect(await env.store.openNextCharge(opening)).toEqual({ kind: 'lost' });
    expect(await everythingAbout(env.other, standing.order, opening.key.hash)).toEqual(before);
  }

  describe('openNextCharge', () => {
    test('a failed payment gets its next charge, on terms of its own, with its key', async () => {
      const first = await failed('again');
      const terms = order('again', {
        amountMinor: 777,
        currency: 'EUR',
        method: 'tok_other',
        metadata: { second: 'try' },
      });
      const opening = nextCharge(first, { order: terms, gateway: 'another', key: key('second', 'fp') });
      const result = await env.store.openNextCharge(opening);
      if (result.kind !== 'opened') throw new Error('The charge was not opened.');
      const { nowMs } = result;
      const { payment, key: bound } = await seen(env.other, 'again', key('second'));
      expect(payment).toEqual({
        ...first,
        order: terms,
        gateway: 'another',
        operation: openOperation({
          kind: 'charge',
          n: 2,
          openedAtMs: nowMs,
          calling: true,
          verifyFirst: false,
        }),
        gatewayKey: opening.chargeKey,
        openedWallMs: opening.openedWallMs,
        seq: first.seq + 1,
        fence: first.fence + 1,
        claimId: opening.claimId,
        held: true,
        dueAtMs: about(nowMs + LEASE_MS),
        problem: null,
        answer: null,
        updatedAtMs: nowMs,
      });
      expect(bound).toEqual({ fingerprint: 'fp', chargeN: 2, started: true, answer: null, expired: false });
      expect((await eventsOf(env.store, first)).at(-1)).toEqual({
        seq: first.seq + 1,
        type: 'charge.opened',
        status: 'PROCESSING',
        chargeN: 2,
        attempts: 1,
        detail: null,
        atMs: nowMs,
      });
    });

    test('each charge is tried for as long as its own caller wants', async () => {
      const first = await failed('patient');
      await env.store.openNextCharge(nextCharge(first, { giveUpAfterS: 77 }));
      expect((await recordOf(env.other, order('patient'))).operation).toMatchObject({
        n: 2,
        giveUpAfterS: 77,
      });
      const third = await done(env.store, fail(await recordOf(env.store, order('patient'))));
      await env.store.openNextCharge(nextCharge(third));
      expect((await recordOf(env.other, order('patient'))).operation).toMatchObject({
        n: 3,
        giveUpAfterS: null,
      });
    });

    test('a payment’s last change never goes back, though its writer’s clock ran ahead', async () => {
      const held = await accepted(env.store, 'ahead');
      const failedAtMs = held.createdAtMs + 60_000;
      const failedRow = await done(env.store, { ...fail(held), updatedAtMs: failedAtMs });
      await env.store.openNextCharge(nextCharge(failedRow));
      expect((await recordOf(env.store, order('ahead'))).updatedAtMs).toEqual(about(failedAtMs));
    });

    test('a charge that waits is held by nobody and has no call counted', async () => {
      const opening = nextCharge(await failed('waits'), { start: { kind: 'waiting', waitMs: 400 } });
      const result = await env.store.openNextCharge(opening);
      const nowMs = result.kind === 'opened' ? result.nowMs : 0;
      const record = await recordOf(env.store, order('waits'));
      expect(record).toMatchObject({ held: false, dueAtMs: about(nowMs + 400), claimId: opening.claimId });
      expect(record.operation).toMatchObject({ attempts: 0, firstSentAtMs: null, step: 'call' });
    });

    test('a charge that must ask first is claimed without a call counted', async () => {
      const first = await failed('asks', { byAbsence: true });
      const result = await env.store.openNextCharge(nextCharge(first, { verifyFirst: true }));
      const nowMs = result.kind === 'opened' ? result.nowMs : 0;
      const record = await recordOf(env.store, order('asks'));
      expect(record.operation).toEqual(
        openOperation({ kind: 'charge', n: 2, openedAtMs: nowMs, calling: true, verifyFirst: true }),
      );
      expect(record).toMatchObject({ held: true, absences: 1 });
    });

    test('an opening that is repeated is lost, and the row shows whose it is', async () => {
      const opening = nextCharge(await failed('repeated'));
      await env.store.openNextCharge(opening);
      const before = await everythingAbout(env.store, order('repeated'), opening.key.hash);
      expect(await env.store.openNextCharge(opening)).toEqual({ kind: 'lost' });
      expect(await everythingAbout(env.store, order('repeated'), opening.key.hash)).toEqual(before);
      expect((await recordOf(env.store, order('repeated'))).claimId).toBe(opening.claimId);
    });

    test('it is lost where the payment has moved on', async () => {
      const first = await failed('moved');
      await expectLost(nextCharge(first, { expected: { seq: first.seq - 1 } }), first);
      await expectLost(nextCharge(first, { expected: { seq: first.seq + 1 } }), first);
    });

    test('it is lost while evidence waits to be checked', async () => {
      const first = await failed('evident');
      const outcome = { kind: 'approved', ref: 'ch_late' } as const;
      await env.store.addEvidence({ payment: paymentKey(first), chargeN: 1, outcome });
      await expectLost(nextCharge(first), first);
      const seen = advance(await recordOf(env.store, order('evident')), { evidenceSeen: 1 });
      const looked = await done(env.store, seen);
      expect(await env.store.openNextCharge(nextCharge(looked))).toMatchObject({ kind: 'opened' });
    });

    test('it is lost where its key is taken, and the key stays where it is', async () => {
      const first = await failed('wants');
      await accepted(env.store, intent('owner', { key: key('taken', 'of the owner') }));
      await expectLost(nextCharge(first, { key: key('taken', 'another') }), first);
    });

    test('charges are opened one after the other', async () => {
      const first = await failed('in turn');
      await expectLost(nextCharge(first, { n: 1 }), first);
      await expectLost(nextCharge(first, { n: 3 }), first);
    });

    test('only a failed payment gets another charge', async () => {
      const unsettled = await accepted(env.store, 'unsettled');
      await expectLost(nextCharge(unsettled), unsettled);
      const completed = await done(env.store, complete(await accepted(env.store, 'completed')));
      await expectLost(nextCharge(completed), completed);
      const review = await done(
        env.store,
        advance(await failed('review'), { operation: { status: 'REVIEW', step: 'verify' } }),
      );
      await expectLost(nextCharge(review), review);
    });

    test('it is lost for another payment, and for another account’s payment', async () => {
      const first = await failed('mine');
      const theirs = order('mine', { accountId: 'globex' });
      await expectLost(nextCharge(first, { paymentId: newClaim() }), first);
      await expectLost(nextCharge(first, { order: theirs }), first);
      const stray = await env.store.situation({ ...theirs, keyHash: nextCharge(first).key.hash });
      expect(stray).toMatchObject({ key: null, payment: null });
    });

    test('of many that open the next charge at once, one succeeds and only its key is bound', async () => {
      for (const round of numbers(5)) {
        const first = await failed(`race ${round}`);
        const openings = numbers(10).map((n) => nextCharge(first, { key: key(`race ${round} ${n}`) }));
        const results = await Promise.all(
          openings.map((opening, n) => (n % 2 === 0 ? env.store : env.other).openNextCharge(opening)),
        );
        const winner = openings[results.findIndex((result) => result.kind === 'opened')];
        expect(results.filter((result) => result.kind === 'opened')).toHaveLength(1);
        const record = await recordOf(env.store, first.order);
        expect([record.claimId, record.operation.n]).toEqual([winner?.claimId, 2]);
        for (const opening of openings) {
          const { key: bound } = await seen(env.store, first.order.orderId, opening.key);
          expect(bound !== null).toBe(opening === winner);
        }
      }
    });

    test('one key that opens two orders’ next charges at once opens one', async () => {
      for (const round of numbers(10)) {
        const rivals = [await failed(`left ${round}`), await failed(`right ${round}`)];
        const shared = key(`shared ${round}`);
        const results = await Promise.all(
          rivals.map((rival, n) =>
            (n === 0 ? env.store : env.other).openNextCharge(nextCharge(rival, { key: shared })),
          ),
        );
        expect(results.map((result) => result.kind).sort()).toEqual(['lost', 'opened']);
        const records = await Promise.all(rivals.map((rival) => recordOf(env.store, rival.order)));
        expect(records.map((record) => record.operation.n)).toEqual(
          results.map((result) => (result.kind === 'opened' ? 2 : 1)),
        );
      }
    });

    test('a worker of the first charge cannot write to the second', async () => {
      const first = await failed('fenced');
      await env.store.openNextCharge(nextCharge(first));
      const before = await everythingAbout(env.store, first.order);
      expect(await env.store.advance(complete(first))).toMatchObject({ kind: 'lost' });
      expect(await env.store.advance(take(first))).toMatchObject({ kind: 'lost' });
      expect(await everythingAbout(env.store, first.order)).toEqual(before);
    });
  });

  describe('chargesToVerify', () => {
    const ALL = { afterN: 0, limit: 10 };
    const quiet = { gateway: GATEWAY, moneyAtMs: null, moneyRef: null, sentUntilMs: null };
    const absent = (record: PaymentRecord) => fail(record, { byAbsence: true });

    test('lists what failed without a decline, in order, each with the terms that it had', async () => {
      let record = await done(env.store, absent(await accepted(env.store, 'often')));
      for (const n of [2, 3, 4]) {
        const terms = order('often', { amountMinor: n * 100, currency: n === 2 ? 'EUR' : 'JPY' });
        await env.store.openNextCharge(nextCharge(record, { order: terms }));
        record = await recordOf(env.store, terms);
        if (n === 2) record = await done(env.store, absent(record));
        if (n === 3) record = await done(env.store, fail(record));
      }
      const expected = [
        { n: 1, chargeKey: gatewayKey(record.order, 1), amountMinor: 1000, currency: 'USD', ...quiet },
        { n: 2, chargeKey: gatewayKey(record.order, 2), amountMinor: 200, currency: 'EUR', ...quiet },
      ];
      expect(await env.other.chargesToVerify(paymentKey(record), ALL)).toEqual(expected);
      expect(await env.store.chargesToVerify(paymentKey(record), { afterN: 0, limit: 1 })).toEqual(
        expected.slice(0, 1),
      );
      expect(await env.store.chargesToVerify(paymentKey(record), { afterN: 1, limit: 9 })).toEqual(
        expected.slice(1),
      );
      await done(env.store, absent(record));
      const all = await env.store.chargesToVerify(paymentKey(record), ALL);
      expect(all.map(({ n }) => n)).toEqual([1, 2, 4]);
    });

    test('a charge that is unsettled, completed or declined is not among them', async () => {
      const record = await accepted(env.store, 'well');
      expect(await env.store.chargesToVerify(paymentKey(record), ALL)).toEqual([]);
      await done(env.store, complete(record));
      expect(await env.store.chargesToVerify(paymentKey(record), ALL)).toEqual([]);
      expect(await env.store.chargesToVerify(paymentKey(await failed('declined')), ALL)).toEqual([]);
    });

    test('says which late evidence came in, and for ever: of money, or of a call that may have been sent', async () => {
      const first = await failed('late');
      const about = (record: PaymentRecord, outcome: Evidence['outcome']): Evidence => ({
        payment: paymentKey(record),
        chargeN: record.operation.n,
        outcome,
      });
      await env.store.addEvidence(about(first, { kind: 'approved', ref: 'ch_late' }));
      const open = await accepted(env.store, 'open');
      const beforeMs = open.updatedAtMs;
      await env.store.addEvidence(about(open, { kind: 'unknown', answered: false, reason: 'timeout' }));
      const [late] = await env.other.chargesToVerify(paymentKey(first), ALL);
      expect(late).toMatchObject({ n: 1, moneyRef: 'ch_late', sentUntilMs: null });
      expect(late?.moneyAtMs).toBeGreaterThan(first.updatedAtMs - 1);
      const [maybe] = await env.other.chargesToVerify(paymentKey(open), ALL);
      expect(maybe).toMatchObject({ n: 1, moneyAtMs: null, moneyRef: null });
      expect(maybe?.sentUntilMs).toBeGreaterThan(beforeMs - 1);
    });

    test('shows the evidence that came in last, where the clock was set back and earlier evidence has a greater date', async () => {
      const first = await failed('set back');
      const outcome = { kind: 'unknown', answered: false, reason: 'timeout' } as const;
      const evidence: Evidence = { payment: paymentKey(first), chargeN: 1, outcome };
      await env.store.addEvidence(evidence);
      await env.advanceClock(-3_600_000);
      await env.store.addEvidence(evidence);
      const [told] = await env.other.chargesToVerify(paymentKey(first), ALL);
      const { nowMs } = await env.store.situation({ ...first.order, keyHash: null });
      expect(told?.sentUntilMs).toBeLessThanOrEqual(nowMs);
    });

    test('shows only the charge that the evidence is about', async () => {
      const first = await done(env.store, absent(await accepted(env.store, 'two')));
      const outcome = { kind: 'approved', ref: 'ch_late' } as const;
      await env.store.openNextCharge(nextCharge(first));
      await done(env.store, absent(await recordOf(env.store, first.order)));
      await env.store.addEvidence({ payment: paymentKey(first), chargeN: 1, outcome });
      const all = await env.store.chargesToVerify(paymentKey(first), ALL);
      expect(all.map(({ n, moneyAtMs, moneyRef }) => [n, moneyAtMs, moneyRef])).toEqual([
        [1, expect.any(Number), 'ch_late'],
        [2, null, null],
      ]);
    });

    test('shows a charge that only evidence knows, on the terms of the payment', async () => {
      const first = await failed('forgotten');
      const outcome = { kind: 'approved', ref: 'ch_late' } as const;
      await env.store.addEvidence({ payment: paymentKey(first), chargeN: 2, outcome });
      expect(await env.other.chargesToVerify(paymentKey(first), ALL)).toEqual([
        {
          ...{ n: 2, chargeKey: null, amountMinor: 1000, currency: 'USD', ...quiet },
          ...{ moneyAtMs: expect.any(Number), moneyRef: 'ch_late' },
        },
      ]);
      expect(await env.store.chargesToVerify(paymentKey(first), { afterN: 2, limit: 9 })).toEqual([]);
    });

    test('a charge keeps the name of the gateway where it was made, when the order goes to another', async () => {
      const first = await done(env.store, absent(await accepted(env.store, 'moved')));
      const opening = nextCharge(first, { gateway: 'another' });
      expect(await env.store.openNextCharge(opening)).toMatchObject({ kind: 'opened' });
      const second = await recordOf(env.store, first.order);
      expect(second.gateway).toBe('another');
      await done(env.store, absent(second));
      const all = await env.store.chargesToVerify(paymentKey(first), ALL);
      expect(all.map(({ n, gateway }) => [n, gateway])).toEqual([
        [1, GATEWAY],
        [2, 'another'],
      ]);
    });

    test('another account sees none of them', async () => {
      const record = await done(env.store, absent(await accepted(env.store, 'mine')));
      const theirs = { ...paymentKey(record), accountId: 'globex' };
      expect(await env.store.chargesToVerify(theirs, ALL)).toEqual([]);
    });
  });

  describe('answerOf', () => {
    test('is the frozen answer of that charge, whatever came after it', async () => {
      const first = await done(env.store, fail(await accepted(env.store, 'two'), { body: '{"first":1}' }));
      await env.store.openNextCharge(nextCharge(first));
      const second = await done(env.store, complete(await recordOf(env.store, first.order), '{"second":2}'));
      expect(await env.other.answerOf(paymentKey(first), 1)).toMatchObject({
        problem: 'gateway_failed',
        body: '{"first":1}',
      });
      expect(await env.other.answerOf(paymentKey(second), 2)).toMatchObject({
        problem: null,
        body: '{"second":2}',
      });
    });

    test('is null while the charge is unsettled, and where there is none', async () => {
      const open = await accepted(env.store, 'open');
      expect(await env.store.answerOf(paymentKey(open), 1)).toBeNull();
      expect(await env.store.answerOf(paymentKey(open), 2)).toBeNull();
    });
  });
}
