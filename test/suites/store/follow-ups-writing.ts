/** The fenced write of a follow-up, its settlement, and what it does to the sums. */
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../src/domain/operation.ts';
import type { FollowUpRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import { about, LEASE_MS, newPaymentId, numbers, paymentKey } from './fixtures.ts';
import {
  aRefund,
  CAPTURED,
  claim,
  completed,
  elsewhere,
  everythingOfFollowUps,
  failed,
  found,
  giveBack,
  opened,
  refund,
  succeed,
  sumsOf,
  trailOf,
  write,
  written,
} from './follow-up-fixtures.ts';

export function followUpWritingTests(env: Environment): void {
  describe('advanceFollowUp', () => {
    test('the holder’s write is stored as it was written, with one event', async () => {
      const before = await aRefund(env.store);
      const soonMs = before.createdAtMs + 1;
      const operation: Operation = {
        ...before.operation,
        status: 'REVIEW',
        step: 'lookup',
        attempts: 3,
        doubt: { kind: 'open', untilMs: soonMs + 20_000.5 },
        firstSentAtMs: soonMs - 0.5,
        declineCode: 'no "funds", {really}',
        lookups: 7,
        unresolvedSinceMs: soonMs + 0.25,
        failureCode: 'outcome_unknown',
        gatewayRef: 're_\u20ac',
      };
      const result = await env.store.advanceFollowUp(
        giveBack(before, 5000, {
          operation,
          settledMinor: 69,
          updatedAtMs: soonMs,
          event: { type: 'call.unknown', detail: 'http_500' },
        }),
      );
      if (result.kind !== 'done') throw new Error('The write was lost.');
      expect(result).toEqual({ kind: 'done', nowMs: expect.any(Number), evidence: 0 });
      const after = await found(env.other, { payment: paymentKey(before), id: before.followUp.id });
      expect(after).toEqual({
        ...before,
        operation: {
          ...operation,
          doubt: { kind: 'open', untilMs: about(soonMs + 20_000.5) },
          firstSentAtMs: about(soonMs - 0.5),
          unresolvedSinceMs: about(soonMs + 0.25),
        },
        settledMinor: 69,
        seq: 2,
        held: false,
        dueAtMs: about(result.nowMs + 5000),
        updatedAtMs: about(soonMs),
      });
      expect((await trailOf(env.store, after)).at(-1)).toEqual({
        seq: 2,
        type: 'call.unknown',
        status: 'REVIEW',
        chargeN: 1,
        attempts: 3,
        detail: 'http_500',
        atMs: result.nowMs,
      });
    });

    test('no write changes what it is, or when it was opened', async () => {
      const before = await aRefund(env.store);
      const after = await written(
        env.store,
        giveBack(before, 0, {
          operation: {
            kind: 'charge',
            n: 2,
            openedAtMs: before.operation.openedAtMs - 60_000,
            giveUpAfterS: 5,
          },
        }),
      );
      expect(after.operation).toEqual(before.operation);
      expect(after.followUp).toEqual(before.followUp);
    });

    test('a write to another order is lost, and changes no sum', async () => {
      const record = await aRefund(env.store);
      const before = await everythingOfFollowUps(env.store, record);
      const astray = succeed(record, {
        payment: { ...paymentKey(record), orderId: 'another' },
        elsewhere: elsewhere(5, { refundingMinor: 70, refundedMinor: 0 }),
      });
      expect(await env.store.advanceFollowUp(astray)).toMatchObject({ kind: 'lost' });
      expect(await everythingOfFollowUps(env.other, record)).toEqual(before);
    });

    test('a write that a newer claim has overtaken is lost, and changes no sum', async () => {
      const stale = await aRefund(env.store);
      await env.advanceClock(LEASE_MS + 1);
      await written(
        env.other,
        claim(await found(env.store, { payment: paymentKey(stale), id: stale.followUp.id })),
      );
      const learnt = elsewhere(5, { refundingMinor: 70, refundedMinor: 0 });
      expect(await env.store.advanceFollowUp(succeed(stale, { elsewhere: learnt }))).toMatchObject({
        kind: 'lost',
      });
      expect(await sumsOf(env.store, stale)).toMatchObject({
        refundingMinor: 70,
        refundedMinor: 0,
        elsewhereMinor: 0,
      });
    });

    test('a write to a follow-up that does not exist is lost and shows nothing', async () => {
      const record = await aRefund(env.store);
      const nothing = { kind: 'lost', record: null };
      expect(await env.store.advanceFollowUp(write(record, { id: newPaymentId() }))).toEqual(nothing);
    });

    test('the same write many times at once applies once, and changes the sums once', async () => {
      for (const round of numbers(10)) {
        const held = await aRefund(env.store, `order ${round}`);
        const once = succeed(held);
        const results = await Promise.all(
          numbers(4).map((n) => (n % 2 === 0 ? env.store : env.other).advanceFollowUp(once)),
        );
        expect(results.map(({ kind }) => kind).sort()).toEqual(['done', 'lost', 'lost', 'lost']);
        for (const result of results)
          if (result.kind === 'lost') expect(result.record).toMatchObject({ seq: 2, claimId: held.claimId });
        expect(await sumsOf(env.store, held)).toMatchObject({ refundingMinor: 0, refundedMinor: 70 });
        expect(await trailOf(env.store, held)).toHaveLength(2);
      }
    });

    test('COMPLETED without the gateway’s id is refused by the tables, and changes no sum', async () => {
      const held = await aRefund(env.store);
      const before = await everythingOfFollowUps(env.store, held);
      const wrong = succeed(held, { operation: { status: 'COMPLETED', gatewayRef: null } });
      await expect(env.store.advanceFollowUp(wrong)).rejects.toMatchObject({ kind: 'unfit' });
      expect(await everythingOfFollowUps(env.store, held)).toEqual(before);
    });
  });

  describe('the settlement of a follow-up', () => {
    test('freezes the answer to the byte', async () => {
      const body = '{"amount":1,  "text":"tab\\t \u20ac \u{1f600}\\u0000 \'quoted\'"}\r\n';
      const after = await written(env.store, succeed(await aRefund(env.store), { body }));
      expect(after).toMatchObject({
        operation: { status: 'COMPLETED', gatewayRef: 're_1' },
        problem: null,
        answer: { problem: null, body },
      });
    });

    test('is the first one, whatever is written later, and although the status changes', async () => {
      const first = await written(env.store, succeed(await aRefund(env.store), { body: 'first' }));
      const bounced = await written(env.store, {
        ...failed(first, { body: 'second' }),
        sums: { refundingMinor: 0, refundedMinor: -70, absences: 0 },
      });
      expect(bounced).toMatchObject({
        operation: { status: 'FAILED' },
        problem: null,
        answer: { problem: null, body: 'first' },
      });
      expect(await sumsOf(env.store, first)).toMatchObject({ refundingMinor: 0, refundedMinor: 0 });
      const back = await written(env.store, succeed(bounced, { body: 'third', sums: { refundedMinor: 70 } }));
      expect(back).toMatchObject({ operation: { status: 'COMPLETED' }, answer: { body: 'first' } });
    });

    test('keeps its problem', async () => {
      const declined = await written(env.store, failed(await aRefund(env.store, 'one')));
      const absent = await written(env.store, failed(await aRefund(env.store, 'two'), { byAbsence: true }));
      expect([declined.problem, absent.problem]).toEqual(['refund_declined', 'gateway_failed']);
    });

    test('is not made by a write without one', async () => {
      const open = await written(env.store, giveBack(await aRefund(env.store), 0));
      expect(open).toMatchObject({ problem: null, answer: null });
    });
  });

  describe('the sums', () => {
    test('change by what each write says, in any order of the ends', async () => {
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [1, 2, 0],
      ]) {
        const payment = await completed(env.store, `order ${order.join()}`);
        const held: FollowUpRecord[] = [];
        for (const amountMinor of [100, 200, 300])
          held.push(
            await opened(env.store, await refund(env.store, payment, `r ${amountMinor}`, { amountMinor })),
          );
        const ends = [succeed, failed, (record: FollowUpRecord) => failed(record, { byAbsence: true })];
        for (const n of order) {
          const [record, end] = [held[n], ends[n]];
          if (record !== undefined && end !== undefined) await written(env.store, end(record));
        }
        expect(await sumsOf(env.store, payment)).toEqual({
          paymentId: payment.paymentId,
          capturedMinor: CAPTURED,
          refundingMinor: 0,
          refundedMinor: 100,
          elsewhereMinor: 0,
          absences: 1,
        });
      }
    });

    test('fifty refunds of one payment that end at once: none of them is forgotten', async () => {
      const payment = await completed(env.store);
      const held: FollowUpRecord[] = [];
      for (const n of numbers(50))
        held.push(await opened(env.store, await refund(env.store, payment, `r-${n}`, { amountMinor: 20 })));
      await Promise.all(
        held.map((record, n) =>
          (n % 2 === 0 ? env.store : env.other).advanceFollowUp(
            n % 5 === 0 ? failed(record, { byAbsence: true }) : succeed(record),
          ),
        ),
      );
      expect(await sumsOf(env.store, payment)).toMatchObject({
        refundingMinor: 0,
        refundedMinor: 800,
        elsewhereMinor: 0,
        absences: 10,
      });
    });

    test('are not touched by writes that change nothing in them', async () => {
      const held = await aRefund(env.store);
      const before = await sumsOf(env.store, held);
      await written(env.store, giveBack(held, 0));
      expect(await sumsOf(env.store, held)).toEqual(before);
    });

    test('what was refunded elsewhere falls only if it is known exactly, and nothing learnt is nothing changed', async () => {
      let record = await aRefund(env.store);
      for (const [amountMinor, exact, expected] of [
        [30, false, 30],
        [null, true, 30],
        [10, false, 30],
        [2000, false, 2000],
        [10, true, 10],
        [0, true, 0],
      ] as const) {
        const sums = await sumsOf(env.store, record);
        const learnt = amountMinor === null ? null : elsewhere(amountMinor, sums, exact);
        record = await written(env.store, write(record, { elsewhere: learnt }));
        expect(await sumsOf(env.store, record)).toMatchObject({
          elsewhereMinor: expected,
          refundingMinor: 70,
        });
      }
    });

    test.each([
      { refundingMinor: 69, refundedMinor: 0 },
      { refundingMinor: 140, refundedMinor: 0 },
      { refundingMinor: 70, refundedMinor: 1 },
      { refundingMinor: 0, refundedMinor: 70 },
    ])('what was said of other refunds when they were %j is not written', async (asked) => {
      const record = await written(
        env.store,
        write(await aRefund(env.store), {
          elsewhere: elsewhere(30, { refundingMinor: 70, refundedMinor: 0 }),
        }),
      );
      for (const exact of [true, false])
        await written(
          env.store,
          write(await found(env.store, write(record)), { elsewhere: elsewhere(50, asked, exact) }),
        );
      await written(
        env.store,
        write(await found(env.store, write(record)), { elsewhere: elsewhere(10, asked) }),
      );
      expect(await sumsOf(env.store, record)).toMatchObject({ elsewhereMinor: 30 });
    });

    test('what was said of other refunds is not written if another one of ours has failed without the gateway’s word since', async () => {
      const payment = await completed(env.store);
      await written(
        env.store,
        failed(await opened(env.store, await refund(env.store, payment, 'a')), { byAbsence: true }),
      );
      const second = await opened(
        env.store,
        await refund(env.store, payment, 'b', { expected: { absences: 1 } }),
      );
      await written(
        env.store,
        write(second, { elsewhere: elsewhere(30, { refundingMinor: 70, refundedMinor: 0 }) }),
      );
      expect(await sumsOf(env.store, payment)).toMatchObject({ elsewhereMinor: 0, absences: 1 });
      const asked = { refundingMinor: 70, refundedMinor: 0, absences: 1 };
      await written(
        env.store,
        write(await found(env.store, write(second)), { elsewhere: elsewhere(30, asked) }),
      );
      expect(await sumsOf(env.store, payment)).toMatchObject({ elsewhereMinor: 30, absences: 1 });
    });

    test('a write that ends the refund compares the sums of before it', async () => {
      const record = await aRefund(env.store);
      await written(
        env.store,
        succeed(record, { elsewhere: elsewhere(30, { refundingMinor: 70, refundedMinor: 0 }) }),
      );
      expect(await sumsOf(env.store, record)).toMatchObject({
        refundingMinor: 0,
        refundedMinor: 70,
        elsewhereMinor: 30,
      });
    });

    test('what is proved is written, also beyond what was captured', async () => {
      const payment = await completed(env.store);
      const first = await opened(env.store, await refund(env.store, payment, 'a', { amountMinor: 1000 }));
      const absent = await written(env.store, failed(first, { byAbsence: true }));
      const second = await refund(env.store, payment, 'b', { amountMinor: 1000, expected: { absences: 1 } });
      await written(env.store, succeed(await opened(env.store, second)));
      await written(env.store, succeed(absent, { sums: { refundedMinor: 1000, absences: -1 } }));
      expect(await sumsOf(env.store, payment)).toMatchObject({ refundedMinor: 2000, absences: 0 });
    });

    test('a write that would make one of them negative is refused by the tables', async () => {
      const held = await aRefund(env.store);
      const before = await everythingOfFollowUps(env.store, held);
      for (const sums of [{ refundingMinor: -71 }, { refundedMinor: -1 }, { absences: -1 }])
        await expect(env.store.advanceFollowUp(write(held, { sums }))).rejects.toMatchObject({
          kind: 'unfit',
        });
      expect(await everythingOfFollowUps(env.store, held)).toEqual(before);
    });
  });
}
