/** Fenced writes of many payments that meet. */
import { describe, expect, test } from 'vitest';
import type { Environment } from './environment.ts';
import { accepted, complete, eventsOf, intent, numbers, recordOf, release } from './fixtures.ts';

export function rivalWriteTests(env: Environment): void {
  describe('advance of many payments at once', () => {
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
