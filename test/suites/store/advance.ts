import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../src/domain/operation.ts';
import type { Environment } from './environment.ts';
import {
  about,
  accepted,
  advance,
  done,
  eventsOf,
  numbers,
  order,
  paymentKey,
  recordOf,
  release,
  steps,
  take,
} from './fixtures.ts';

export function advanceTests(env: Environment): void {
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

    test('a write to a payment that does not exist is lost, and shows nothing', async () => {
      const record = await accepted(env.store, 'known');
      const elsewhere = { ...paymentKey(record), orderId: 'unknown' };
      expect(await env.store.advance(advance(record, { payment: elsewhere }))).toEqual({
        kind: 'lost',
        record: null,
      });
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
