/** Fenced writes that meet: the same one twice, rivals for one payment, and many payments together. */
import { describe, expect, test } from 'vitest';
import type { PaymentRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  accepted,
  complete,
  done,
  eventsOf,
  intent,
  LEASE_MS,
  newClaim,
  numbers,
  order,
  recordOf,
  release,
  take,
} from './fixtures.ts';

export function rivalWriteTests(env: Environment): void {
  /** Accepted, given back and due at once. */
  async function due(orderId: string): Promise<PaymentRecord> {
    return done(env.store, release(await accepted(env.store, orderId), 0));
  }

  describe('advance, many at once', () => {
    test('the same write twice at once applies once', async () => {
      for (const round of numbers(20)) {
        const held = await accepted(env.store, `same ${round}`);
        const write = release(held, 0);
        const results = await Promise.all([
          env.store.advance(write),
          env.other.advance(write),
          env.store.advance(write),
        ]);
        expect(results.map((result) => result.kind).sort()).toEqual(['done', 'lost', 'lost']);
        const after = await recordOf(env.store, held.order);
        expect(after.seq).toBe(held.seq + 1);
        for (const result of results) if (result.kind === 'lost') expect(result.record).toEqual(after);
        expect(await eventsOf(env.store, held)).toHaveLength(after.seq);
      }
    });

    test('of two workers that claim the same payment at once, one gets it', async () => {
      for (const round of numbers(20)) {
        const free = await due(`contended ${round}`);
        const claims = [newClaim(), newClaim()];
        const results = await Promise.all(
          claims.map((claimId, n) => (n === 0 ? env.store : env.other).advance(take(free, claimId))),
        );
        expect(results.map((result) => result.kind).sort()).toEqual(['done', 'lost']);
        const winner = claims[results.findIndex((result) => result.kind === 'done')];
        const after = await recordOf(env.store, free.order);
        expect([after.claimId, after.fence]).toEqual([winner, free.fence + 1]);
      }
    });

    test('a stale worker and the one that takes over write at once, and never both', async () => {
      const held = await Promise.all(numbers(40).map((n) => accepted(env.store, `zombie ${n}`)));
      await env.advanceClock(LEASE_MS + 1);
      const results = await Promise.all(
        held.map((record, n) => {
          const [first, second] = n % 2 === 0 ? [env.store, env.other] : [env.other, env.store];
          return Promise.all([first.advance(complete(record, 'stale')), second.advance(take(record))]);
        }),
      );
      for (const [n, [closing, taking]] of results.entries()) {
        expect([closing.kind, taking.kind].sort()).toEqual(['done', 'lost']);
        const after = await recordOf(env.store, order(`zombie ${n}`));
        expect(after.seq).toBe(2);
        if (taking.kind === 'done') {
          expect(after).toMatchObject({
            held: true,
            fence: 2,
            answer: null,
            operation: { status: 'PROCESSING' },
          });
        } else {
          expect(after).toMatchObject({ held: false, fence: 1, operation: { status: 'COMPLETED' } });
        }
      }
    });

    test('many payments are advanced at once, each with its own values', async () => {
      const held = await Promise.all(numbers(300).map((n) => accepted(env.store, intent(`many ${n}`))));
      await Promise.all(
        held.map((record, n) =>
          (n % 2 === 0 ? env.store : env.other).advance(
            release(record, n * 10, {
              operation: { attempts: n, lookups: n + 1, gatewayRef: n % 3 === 0 ? null : `ch_${n}` },
              event: { type: 'call.pending', detail: `${n}` },
            }),
          ),
        ),
      );
      for (const [n, record] of held.entries()) {
        const after = await recordOf(env.store, record.order);
        expect(after.seq).toBe(2);
        expect(after.operation).toMatchObject({
          attempts: n,
          lookups: n + 1,
          gatewayRef: n % 3 === 0 ? null : `ch_${n}`,
        });
        expect((await eventsOf(env.store, record)).at(-1)?.detail).toBe(`${n}`);
      }
    });

    test('a stale write among many is lost alone', async () => {
      const held = await Promise.all(numbers(60).map((n) => accepted(env.store, `mixed ${n}`)));
      const results = await Promise.all(
        held.map((record, n) =>
          env.store.advance(
            n % 7 === 0 ? complete({ ...record, fence: record.fence + 1 }) : complete(record),
          ),
        ),
      );
      expect(results.map((result) => result.kind)).toEqual(
        held.map((_record, n) => (n % 7 === 0 ? 'lost' : 'done')),
      );
      for (const [n, record] of held.entries()) {
        const after = await recordOf(env.store, record.order);
        expect(after.operation.status).toBe(n % 7 === 0 ? 'PROCESSING' : 'COMPLETED');
        expect(await eventsOf(env.store, record)).toHaveLength(n % 7 === 0 ? 1 : 2);
      }
    });
  });
}
