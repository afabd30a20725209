import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../src/domain/operation.ts';
import type { Advance, PaymentRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  about,
  accepted,
  advance,
  complete,
  done,
  eventsOf,
  everythingAbout,
  LEASE_MS,
  newClaim,
  newPaymentId,
  numbers,
  order,
  paymentKey,
  recordOf,
  release,
  steps,
  take,
  timeless,
} from './fixtures.ts';

export function advanceTests(env: Environment): void {
  /** Accepted, given back and due at once. */
  async function due(orderId: string): Promise<PaymentRecord> {
    return done(env.store, release(await accepted(env.store, orderId), 0));
  }

  /** Asserts that the write is lost, that it changed nothing, and that it shows the row as it is. */
  async function expectLost(write: Advance, standing: PaymentRecord): Promise<void> {
    const before = await everythingAbout(env.store, standing.order);
    const result = await env.store.advance(write);
    const { payment: found } = timeless({
      payment: result.kind === 'lost' ? result.record : null,
      key: null,
    });
    expect([result.kind, found]).toEqual(['lost', timeless({ payment: standing, key: null }).payment]);
    expect(await everythingAbout(env.other, standing.order)).toEqual(before);
  }

  describe('advance', () => {
    test('the holder’s write is stored as it was written, and raises seq by one', async () => {
      const before = await accepted(env.store, 'full');
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
        failureCode: 'late_success',
        gatewayRef: 'ch_\u20ac',
      };
      const result = await env.store.advance(
        release(before, 5000, {
          operation,
          updatedAtMs: soonMs,
          event: { type: 'call.unknown', detail: 'http_500' },
        }),
      );
      if (result.kind !== 'done') throw new Error('The write was lost.');
      expect(result).toEqual({ kind: 'done', nowMs: expect.any(Number), evidence: 0 });
      const after = await recordOf(env.other, order('full'));
      expect(after).toEqual({
        ...before,
        operation: {
          ...operation,
          doubt: { kind: 'open', untilMs: about(soonMs + 20_000.5) },
          firstSentAtMs: about(soonMs - 0.5),
          unresolvedSinceMs: about(soonMs + 0.25),
        },
        seq: before.seq + 1,
        held: false,
        dueAtMs: about(result.nowMs + 5000),
        updatedAtMs: about(soonMs),
      });
      expect((await eventsOf(env.store, after)).at(-1)).toEqual({
        seq: before.seq + 1,
        type: 'call.unknown',
        status: 'REVIEW',
        chargeN: 1,
        attempts: 3,
        detail: 'http_500',
        atMs: result.nowMs,
      });
    });

    test('what is written back to nothing is nothing again', async () => {
      const before = await accepted(env.store, 'emptied');
      const { operation } = await steps(
        env.store,
        before,
        (record) =>
          release(record, 0, {
            operation: {
              doubt: { kind: 'answered', untilMs: record.createdAtMs },
              declineCode: 'x',
              unresolvedSinceMs: record.createdAtMs,
              failureCode: 'x',
              gatewayRef: 'x',
            },
          }),
        (record) =>
          release(record, 0, {
            operation: {
              doubt: { kind: 'none' },
              firstSentAtMs: null,
              declineCode: null,
              unresolvedSinceMs: null,
              failureCode: null,
              gatewayRef: null,
            },
          }),
      );
      expect(operation).toEqual({ ...before.operation, firstSentAtMs: null });
    });

    test('no write changes the charge’s number, when it was opened or how long it is tried', async () => {
      const before = await accepted(env.store, 'numbered');
      const openedAtMs = before.operation.openedAtMs - 60_000;
      const changes = { n: 2, openedAtMs, giveUpAfterS: 5 };
      const after = await done(env.store, release(before, 0, { operation: changes }));
      const { n, giveUpAfterS } = after.operation;
      expect([n, after.operation.openedAtMs, giveUpAfterS]).toEqual([1, before.operation.openedAtMs, null]);
      expect((await eventsOf(env.store, after)).map((event) => event.chargeN)).toEqual([1, 1]);
    });

    test.each<[string, (record: PaymentRecord) => Advance]>([
      ['an older seq', (record) => advance(record, { expected: { seq: record.seq - 1 } })],
      ['a later seq', (record) => advance(record, { expected: { seq: record.seq + 1 } })],
      ['an older fence', (record) => advance(record, { expected: { fence: record.fence - 1 } })],
      ['a later fence', (record) => advance(record, { expected: { fence: record.fence + 1 } })],
      ['another claim', (record) => advance(record, { expected: { claimId: newClaim() } })],
      [
        'another payment',
        (record) => advance(record, { payment: { ...paymentKey(record), paymentId: newPaymentId() } }),
      ],
    ])('a write that expects %s is lost and changes nothing', async (_what, write) => {
      const record = await steps(env.store, await due('standing'), take);
      await expectLost(write(record), record);
      // The row was not the reason: the holder itself may write.
      await done(env.store, complete(record));
    });

    test('a write to a payment that does not exist is lost, and shows nothing', async () => {
      const record = await accepted(env.store, 'known');
      const elsewhere = { ...paymentKey(record), orderId: 'unknown' };
      expect(await env.store.advance(advance(record, { payment: elsewhere }))).toEqual({
        kind: 'lost',
        record: null,
      });
    });

    test('another account cannot write to the payment', async () => {
      const record = await accepted(env.store, 'mine');
      const theirs = advance(record, { payment: { ...paymentKey(record), accountId: 'globex' } });
      expect(await env.store.advance(theirs)).toEqual({ kind: 'lost', record: null });
      expect(await recordOf(env.store, order('mine'))).toEqual(record);
    });

    test('a claim raises the fence, and its lease runs from now', async () => {
      const before = await due('claimed');
      const claimId = newClaim();
      const result = await env.store.advance(take(before, claimId));
      const nowMs = result.kind === 'done' ? result.nowMs : 0;
      expect(await recordOf(env.store, order('claimed'))).toEqual({
        ...before,
        seq: before.seq + 1,
        fence: before.fence + 1,
        claimId,
        held: true,
        dueAtMs: about(nowMs + LEASE_MS),
      });
    });

    test('a claim before its time is lost', async () => {
      const waiting = await done(env.store, release(await accepted(env.store, 'early'), 60_000));
      await expectLost(take(waiting), waiting);
      await env.advanceClock(30_000);
      await expectLost(take(waiting), await recordOf(env.store, waiting.order));
      await env.advanceClock(30_001);
      await done(env.store, take(waiting));
    });

    test('a claim on a payment with nothing to do is lost', async () => {
      const idle = await done(env.store, release(await accepted(env.store, 'idle'), null));
      expect(idle.dueAtMs).toBeNull();
      await expectLost(take(idle), idle);
    });

    test('a lease that runs is not taken over, and one that has ended is', async () => {
      const held = await accepted(env.store, 'leased');
      await expectLost(take(held), held);
      await env.advanceClock(LEASE_MS + 1);
      const taken = await done(env.other, take(held));
      expect(taken).toMatchObject({ fence: held.fence + 1, held: true });
    });

    test('the holder may write after its lease has ended, as long as nobody took over', async () => {
      const held = await accepted(env.store, 'late');
      await env.advanceClock(LEASE_MS * 2);
      expect(await done(env.store, complete(held))).toMatchObject({ operation: { status: 'COMPLETED' } });
    });

    test('giving back changes neither claim nor fence', async () => {
      const held = await accepted(env.store, 'returned');
      const free = await done(env.store, release(held, 100));
      expect([free.claimId, free.fence, free.held]).toEqual([held.claimId, held.fence, false]);
    });

    test('a write without the lease brings a new claim and a higher fence all the same, and holds nothing', async () => {
      const before = await due('passed');
      const claimId = newClaim();
      const after = await done(
        env.store,
        advance(before, { lease: { kind: 'pass', claimId, waitMs: 60_000 } }),
      );
      expect(after).toMatchObject({ claimId, fence: before.fence + 1, held: false });
      expect(after.dueAtMs).toBeGreaterThan(before.updatedAtMs + 50_000);
    });

    test('a stale worker cannot overwrite a closed operation', async () => {
      const stale = await accepted(env.store, 'closed');
      await env.advanceClock(LEASE_MS + 1);
      const closed = await steps(env.other, await recordOf(env.other, stale.order), take, complete);
      await expectLost(release(stale, 0), closed);
      await expectLost(complete(stale, 'the stale answer'), closed);
      await expectLost(complete({ ...stale, seq: closed.seq }, 'the stale answer'), closed);
    });

    test('a worker cannot repeat its own write after it was acknowledged', async () => {
      const held = await accepted(env.store, 'once');
      const after = await done(env.store, release(held, 0));
      await expectLost(release(held, 0), after);
    });

    test('a write repeated after a lost acknowledgement finds its own row', async () => {
      const held = await due('unheard');
      const claimId = newClaim();
      const write = take(held, claimId);
      await env.store.advance(write);
      const result = await env.other.advance(write);
      expect(result).toMatchObject({ kind: 'lost', record: { claimId, seq: held.seq + 1 } });
      expect(await eventsOf(env.store, held)).toHaveLength(held.seq + 1);
    });

    test('one event is added by each change, without a gap', async () => {
      let record = await accepted(env.store, 'long');
      for (const round of numbers(6)) {
        record = await steps(
          env.store,
          record,
          (held) =>
            release(held, 0, {
              operation: { attempts: round + 1 },
              event: { type: 'call.refused', detail: `r${round}` },
            }),
          (free) => take(free),
        );
        await env.store.advance(take({ ...record, seq: record.seq - 1 }));
      }
      const events = await eventsOf(env.store, record);
      expect(events.map((event) => event.seq)).toEqual(numbers(13).map((n) => n + 1));
      expect(events.map((event) => event.type)).toEqual([
        'payment.created',
        ...numbers(6).flatMap(() => ['call.refused', 'call.started']),
      ]);
      expect(events.filter((event) => event.type === 'call.refused').map((event) => event.attempts)).toEqual([
        1, 2, 3, 4, 5, 6,
      ]);
    });
  });
}
