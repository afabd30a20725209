/** Money that is authorised first: charges with manual capture, and the capture or the void that ends one. */
import { describe, expect, test } from 'vitest';
import type { ExclusiveKind } from '../../../src/domain/effects.ts';
import type {
  DueFollowUpsQuery,
  FollowUpAdvance,
  FollowUpRecord,
  PaymentRecord,
  Store,
} from '../../../src/ports/store.ts';
import { authorized, exclusive, opened } from './capture-fixtures.ts';
import type { Environment } from './environment.ts';
import {
  ACCOUNT,
  accepted,
  advance,
  done,
  eventsOf,
  fail,
  GATEWAY,
  intent,
  key,
  nextCharge,
  ofEveryKind,
  order,
  recordOf,
  take,
} from './fixtures.ts';
import { completed, type FollowUpChanges, refund, sumsOf, write } from './follow-up-fixtures.ts';

const LOST = { kind: 'lost' };

async function marked(store: Store, kind: ExclusiveKind, { order, paymentId }: PaymentRecord) {
  const { accountId } = order;
  return (await store.followUpSituation({ accountId, paymentId, kind, name: null, keyHash: null })).followUp;
}

function succeeds(record: FollowUpRecord, changes: FollowUpChanges = {}): FollowUpAdvance {
  return write(record, {
    operation: { status: 'COMPLETED', step: 'none', gatewayRef: 'cap_1' },
    event: { type: 'capture.succeeded', detail: null },
    settlement: { problem: null, body: '{}', byAbsence: false },
    mark: 'succeeded',
    ...changes,
  });
}

function fails(record: FollowUpRecord, changes: FollowUpChanges = {}): FollowUpAdvance {
  return write(record, {
    operation: { status: 'FAILED', step: 'none', failureCode: 'gateway_error' },
    event: { type: 'capture.failed', detail: null },
    settlement: { problem: 'gateway_failed', body: '{}', byAbsence: false },
    mark: 'failed',
    ...changes,
  });
}

export function captureTests(env: Environment): void {
  describe('a charge with manual capture', () => {
    test('is stored as one, beside others, and so is the next charge of its order', async () => {
      const wanted = order('by hand', { captureMethod: 'manual' });
      const [manual, automatic] = await Promise.all([
        accepted(env.store, intent(wanted)),
        accepted(env.store, intent('at once')),
      ]);
      expect(manual.order).toEqual(wanted);
      expect(manual.operation.manual).toBe(true);
      expect(automatic.order).not.toHaveProperty('captureMethod');
      expect(automatic.operation).not.toHaveProperty('manual');
      const failed = await done(env.store, fail(manual));
      expect(await env.store.openNextCharge(nextCharge(failed))).toMatchObject({ kind: 'opened' });
      expect((await recordOf(env.store, wanted)).operation).toMatchObject({ n: 2, manual: true });
      const again = await done(env.store, fail(await recordOf(env.store, wanted)));
      const { captureMethod: _dropped, ...atOnce } = wanted;
      expect(await env.store.openNextCharge(nextCharge(again, { order: atOnce }))).toMatchObject({
        kind: 'opened',
      });
      expect((await recordOf(env.store, wanted)).order).toEqual(atOnce);
    });

    test('of many at once with the same order, one is stored', async () => {
      const manual = Array.from({ length: 6 }, () => intent(order('o', { captureMethod: 'manual' })));
      const automatic = Array.from({ length: 6 }, () => intent('o'));
      const results = await Promise.all(
        [...manual, ...automatic].map((one, n) => (n % 2 === 0 ? env.store : env.other).accept(one)),
      );
      expect(results.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
      expect(results.filter(({ kind }) => kind === 'exists')).toHaveLength(11);
    });

    test('is authorised with a timer and a frozen answer, and is found by its status', async () => {
      const payment = await authorized(env.store);
      expect(payment).toMatchObject({
        operation: { status: 'AUTHORIZED', step: 'lookup', gatewayRef: 'ch_1' },
        dueAtMs: expect.any(Number),
        answer: { problem: null, body: '{"authorized":true}' },
      });
      const found = await env.store.payments({ accountId: ACCOUNT, status: 'AUTHORIZED', limit: 5 });
      expect(found.map(({ paymentId }) => paymentId)).toEqual([payment.paymentId]);
      expect(await env.store.payments({ accountId: ACCOUNT, status: 'VOIDED', limit: 5 })).toEqual([]);
      await env.advanceClock(86_400_001);
      const { payments } = await env.store.due({ gateway: payment.gateway, limit: 5, calls: true });
      expect(payments.map(({ paymentId }) => paymentId)).toEqual([payment.paymentId]);
    });

    test('that ended at the gateway by itself writes what was captured with its own write', async () => {
      const payment = await authorized(env.store);
      const ended = await done(
        env.store,
        advance(payment, {
          operation: { status: 'COMPLETED', step: 'none' },
          event: { type: 'payment.captured', detail: '400' },
          capturedMinor: 400,
        }),
      );
      expect(ended).toMatchObject({ operation: { status: 'COMPLETED' }, dueAtMs: null });
      expect(ended.answer?.body).toBe('{"authorized":true}');
      expect(await sumsOf(env.store, payment)).toMatchObject({ capturedMinor: 400, elsewhereMinor: 0 });
      const refunded = await authorized(env.store, 'refunded');
      await done(
        env.store,
        advance(refunded, {
          operation: { status: 'COMPLETED', step: 'none' },
          capturedMinor: 400,
          refundedElsewhereMinor: 400,
        }),
      );
      expect(await sumsOf(env.store, refunded)).toMatchObject({ capturedMinor: 400, elsewhereMinor: 400 });
      const expired = await authorized(env.store, 'expired');
      const stale = advance(expired, {
        expected: { seq: 1 },
        operation: { status: 'VOIDED', step: 'none' },
        capturedMinor: 0,
      });
      expect(await env.store.advance(stale)).toMatchObject(LOST);
      expect(await env.store.sums(ACCOUNT, [expired.paymentId])).toEqual([]);
      await done(env.store, { ...stale, expected: advance(expired).expected });
      const voided = await env.store.payments({ accountId: ACCOUNT, status: 'VOIDED', limit: 5 });
      expect(voided.map(({ paymentId }) => paymentId)).toEqual([expired.paymentId]);
    });
  });

  describe('a capture or a void', () => {
    test('is opened of an AUTHORIZED payment only, and reserves nothing', async () => {
      const payment = await authorized(env.store);
      const capture = await opened(
        env.store,
        await exclusive(env.store, 'capture', payment, { amountMinor: 400 }),
      );
      expect(capture.operation).toMatchObject({ kind: 'capture', status: 'PROCESSING', attempts: 1 });
      expect(await sumsOf(env.store, payment)).toEqual({
        paymentId: payment.paymentId,
        capturedMinor: 0,
        refundingMinor: 0,
        refundedMinor: 0,
        elsewhereMinor: 0,
        absences: 0,
        exclusive: { id: capture.followUp.id, count: 1 },
      });
      expect(await recordOf(env.store, payment.order)).toEqual(expect.objectContaining({ seq: payment.seq }));
      expect(await env.store.openFollowUp(await refund(env.store, payment, 'r', { amountMinor: 1 }))).toEqual(
        LOST,
      );
      const atOnce = await done(
        env.store,
        advance(await accepted(env.store, 'at once'), {
          operation: { status: 'COMPLETED', step: 'none', gatewayRef: 'ch_2' },
          settlement: { problem: null, body: '{}', byAbsence: false },
        }),
      );
      expect(await env.store.openFollowUp(await exclusive(env.store, 'capture', atOnce))).toEqual(LOST);
      const more = await exclusive(env.store, 'capture', await authorized(env.store, 'b'), {
        amountMinor: 1001,
      });
      expect(await env.store.openFollowUp(more)).toEqual(LOST);
    });

    test('of many at once, of both kinds and from two processes, one is opened', async () => {
      const payment = await authorized(env.store);
      const wanted = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          exclusive(env.store, n % 3 === 0 ? 'void' : 'capture', payment, {
            amountMinor: 1000 - n,
            key: key(`k${n}`),
          }),
        ),
      );
      const results = await Promise.all(
        wanted.map((one, n) => (n % 2 === 0 ? env.store : env.other).openFollowUp(one)),
      );
      expect(results.filter(({ kind }) => kind === 'opened')).toHaveLength(1);
      const winner = wanted[results.findIndex(({ kind }) => kind === 'opened')];
      expect((await marked(env.store, 'capture', payment))?.followUp.id).toBe(winner?.terms.id);
      expect((await marked(env.other, 'void', payment))?.followUp.id).toBe(winner?.terms.id);
      // The key of a loser is bound to nothing.
      const keys = await Promise.all(
        wanted.map(({ key: one }) =>
          env.store.followUpSituation({
            accountId: ACCOUNT,
            paymentId: payment.paymentId,
            kind: 'refund',
            name: null,
            keyHash: one?.hash ?? null,
          }),
        ),
      );
      expect(keys.filter((situation) => situation.key !== null)).toHaveLength(1);
    });

    test('ends the payment in the write that ends it: a capture with its amount', async () => {
      const payment = await authorized(env.store);
      const wanted = await exclusive(env.store, 'capture', payment, { amountMinor: 400 });
      const capture = await opened(env.store, wanted);
      expect(await env.other.advanceFollowUp(succeeds(capture))).toMatchObject({ kind: 'done' });
      const ended = await recordOf(env.store, payment.order);
      expect(ended).toMatchObject({
        operation: { status: 'COMPLETED', step: 'none', gatewayRef: 'ch_1' },
        seq: payment.seq + 1,
        held: false,
        dueAtMs: null,
        answer: { body: '{"authorized":true}' },
      });
      expect((await eventsOf(env.store, payment)).at(-1)).toMatchObject({
        seq: payment.seq + 1,
        type: 'payment.captured',
        status: 'COMPLETED',
        chargeN: 1,
        detail: '400',
      });
      expect(await sumsOf(env.store, payment)).toMatchObject({
        capturedMinor: 400,
        exclusive: { id: capture.followUp.id, count: 1 },
      });
      expect(await env.store.advanceFollowUp(succeeds(capture))).toMatchObject(LOST);
      expect((await recordOf(env.store, payment.order)).seq).toBe(payment.seq + 1);
      // What was captured is the bound of refunds, and nothing else is captured or voided.
      const second = await exclusive(env.store, 'void', ended, { after: 1 });
      expect(await env.store.openFollowUp(second)).toEqual(LOST);
      const tooMuch = await refund(env.store, ended, 'r', { amountMinor: 401 });
      expect(await env.store.openFollowUp(tooMuch)).toEqual(LOST);
      const all = await refund(env.store, ended, 'r', { amountMinor: 400 });
      expect(await env.store.openFollowUp(all)).toMatchObject({ kind: 'opened' });
    });

    test('that was settled with another amount counts what the gateway took', async () => {
      const payment = await authorized(env.store);
      const capture = await opened(
        env.store,
        await exclusive(env.store, 'capture', payment, { amountMinor: 400 }),
      );
      expect(await env.store.advanceFollowUp(succeeds(capture, { settledMinor: 700 }))).toMatchObject({
        kind: 'done',
      });
      expect((await sumsOf(env.store, payment)).capturedMinor).toBe(700);
      expect((await eventsOf(env.store, payment)).at(-1)?.detail).toBe('700');
      const { accountId, orderId } = payment.order;
      const terms = { accountId, paymentId: payment.paymentId, kind: 'capture', name: '1' } as const;
      expect(await env.store.followUp(terms)).toMatchObject({ settledMinor: 700, order: { orderId } });
    });

    test('that waits has a page of its own, past all refunds that wait', async () => {
      const start = { kind: 'waiting', waitMs: 0 } as const;
      const paid = await completed(env.store, 'paid');
      for (const name of ['r-1', 'r-2'])
        await env.store.openFollowUp(await refund(env.store, paid, name, { amountMinor: 1, start }));
      for (const kind of ['capture', 'void'] as const)
        await opened(
          env.store,
          await exclusive(env.store, kind, await authorized(env.store, kind), { start }),
        );
      await env.advanceClock(1);
      const kindsOf = async (calls: DueFollowUpsQuery['calls'], limit = 1) => {
        const { followUps } = await env.store.dueFollowUps({ gateway: GATEWAY, limit, calls });
        return followUps.map(({ operation }) => operation.kind).sort();
      };
      expect(await kindsOf(ofEveryKind(true))).toEqual(['capture', 'refund', 'void']);
      expect(await kindsOf({ ...ofEveryKind(true), refund: false })).toEqual(['capture', 'void']);
      expect(await kindsOf({ ...ofEveryKind(false), refund: true }, 5)).toEqual(['refund', 'refund']);
    });

    test('ends the payment in the write that ends it: a void', async () => {
      const payment = await authorized(env.store);
      const release = await opened(env.store, await exclusive(env.store, 'void', payment));
      const write = succeeds(release, { event: { type: 'void.succeeded', detail: null } });
      expect(await env.store.advanceFollowUp(write)).toMatchObject({ kind: 'done' });
      expect((await recordOf(env.store, payment.order)).operation).toMatchObject({
        status: 'VOIDED',
        failureCode: null,
      });
      expect((await eventsOf(env.store, payment)).at(-1)).toMatchObject({
        type: 'payment.voided',
        detail: null,
      });
      expect((await sumsOf(env.store, payment)).capturedMinor).toBe(0);
      const found = await env.store.payments({ accountId: ACCOUNT, status: 'VOIDED', limit: 5 });
      expect(found.map(({ paymentId }) => paymentId)).toEqual([payment.paymentId]);
    });

    test('takes the write from whoever holds the payment, and keeps its evidence due', async () => {
      const payment = await authorized(env.store);
      await env.advanceClock(86_400_001);
      const held = await done(env.store, take(payment));
      await env.store.addEvidence({
        payment: { accountId: ACCOUNT, orderId: payment.order.orderId, paymentId: payment.paymentId },
        chargeN: 1,
        outcome: { kind: 'approved', ref: 'ch_1' },
      });
      const capture = await opened(env.store, await exclusive(env.store, 'capture', payment));
      await env.store.advanceFollowUp(succeeds(capture));
      const voids = advance(held, {
        operation: { status: 'VOIDED', step: 'none' },
        capturedMinor: 0,
        evidenceSeen: 1,
      });
      expect(await env.store.advance(voids)).toMatchObject({
        kind: 'lost',
        record: { operation: { status: 'COMPLETED' }, fence: held.fence + 1, held: false },
      });
      expect((await sumsOf(env.store, payment)).capturedMinor).toBe(1000);
      const { payments } = await env.store.due({ gateway: payment.gateway, limit: 5, calls: true });
      expect(payments).toMatchObject([{ evidence: 1, operation: { status: 'COMPLETED' } }]);
    });

    test('that failed leaves the payment authorised and due, and lets the next one be opened', async () => {
      const payment = await authorized(env.store);
      const capture = await opened(env.store, await exclusive(env.store, 'capture', payment));
      const absent = fails(capture, {
        sums: { absences: 1 },
        settlement: { problem: 'gateway_failed', body: '{}', byAbsence: true },
      });
      await env.store.advanceFollowUp(absent);
      expect(await sumsOf(env.store, payment)).toMatchObject({
        absences: 0,
        exclusive: { id: null, count: 1 },
      });
      expect(await marked(env.store, 'capture', payment)).toBeNull();
      const { payments } = await env.store.due({ gateway: payment.gateway, limit: 5, calls: true });
      expect(payments).toMatchObject([{ seq: payment.seq, operation: { status: 'AUTHORIZED' } }]);
      const released = await env.store.releasedFollowUps({
        payment: absent.payment,
        kind: 'capture',
        after: null,
        limit: 5,
      });
      expect(released.map(({ followUp }) => followUp.id)).toEqual([capture.followUp.id]);
      // Whoever has not seen the first one opens nothing.
      const unseen = await exclusive(env.store, 'void', payment);
      expect(await env.store.openFollowUp(unseen)).toEqual(LOST);
      const second = await opened(env.store, await exclusive(env.store, 'void', payment, { after: 1 }));
      expect(await sumsOf(env.store, payment)).toMatchObject({
        exclusive: { id: second.followUp.id, count: 2 },
      });
    });

    test('that failed does not take a held payment from its holder', async () => {
      const payment = await authorized(env.store);
      await env.advanceClock(86_400_001);
      const held = await done(env.store, take(payment));
      const capture = await opened(env.store, await exclusive(env.store, 'capture', payment));
      await env.store.advanceFollowUp(fails(capture));
      expect(await recordOf(env.store, payment.order)).toMatchObject({ held: true, dueAtMs: held.dueAtMs });
    });

    test('that was made after all ends the payment, whatever was opened since', async () => {
      const payment = await authorized(env.store);
      const first = await opened(
        env.store,
        await exclusive(env.store, 'capture', payment, { amountMinor: 400 }),
      );
      await env.store.advanceFollowUp(fails(first));
      const second = await opened(env.store, await exclusive(env.store, 'void', payment, { after: 1 }));
      const name = { accountId: ACCOUNT, paymentId: payment.paymentId, kind: 'capture', name: '1' } as const;
      const late = (await env.store.followUp(name)) as FollowUpRecord;
      expect(await env.store.advanceFollowUp(succeeds(late))).toMatchObject({ kind: 'done' });
      expect((await recordOf(env.store, payment.order)).operation.status).toBe('COMPLETED');
      await env.store.advanceFollowUp(fails(second));
      expect(await sumsOf(env.store, payment)).toMatchObject({
        capturedMinor: 400,
        exclusive: { id: first.followUp.id, count: 2 },
      });
      expect((await recordOf(env.store, payment.order)).operation.status).toBe('COMPLETED');
    });

    test('that fails leaves the place to one that was taken up again beside it', async () => {
      const payment = await authorized(env.store);
      const first = await opened(env.store, await exclusive(env.store, 'capture', payment));
      await env.store.advanceFollowUp(fails(first));
      const second = await opened(env.store, await exclusive(env.store, 'capture', payment, { after: 1 }));
      const name = { accountId: ACCOUNT, paymentId: payment.paymentId, kind: 'capture', name: '1' } as const;
      const late = (await env.store.followUp(name)) as FollowUpRecord;
      const review = write(late, { operation: { status: 'REVIEW', step: 'lookup' }, mark: 'open' });
      await env.store.advanceFollowUp(review);
      expect(await sumsOf(env.store, payment)).toMatchObject({ exclusive: { id: second.followUp.id } });
      await env.store.advanceFollowUp(fails(second));
      expect(await sumsOf(env.store, payment)).toMatchObject({ exclusive: { id: first.followUp.id } });
    });

    test('that is under way again is the one again, unless another is', async () => {
      const payment = await authorized(env.store);
      const first = await opened(env.store, await exclusive(env.store, 'capture', payment));
      await env.store.advanceFollowUp(fails(first));
      const name = { accountId: ACCOUNT, paymentId: payment.paymentId, kind: 'capture', name: '1' } as const;
      const failed = (await env.store.followUp(name)) as FollowUpRecord;
      const again = write(failed, { operation: { status: 'PROCESSING', step: 'lookup' }, mark: 'open' });
      await env.store.advanceFollowUp(again);
      expect((await marked(env.store, 'void', payment))?.followUp.id).toBe(first.followUp.id);
      expect(await env.store.openFollowUp(await exclusive(env.store, 'void', payment, { after: 1 }))).toEqual(
        LOST,
      );
    });
  });
}
