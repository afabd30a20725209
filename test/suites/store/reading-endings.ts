/** Reads whose connection breaks: they fail, change nothing, and give the truth when repeated. */
import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  ACCOUNT,
  accepted,
  complete,
  done,
  everythingAbout,
  fail,
  GATEWAY,
  intent,
  key,
  numbers,
  order,
  paymentKey,
  recordOf,
  release,
} from './fixtures.ts';

const BROKEN = { name: 'StoreError' };
const BREAKS = ['lost', 'lost_committed'] as const;

/** What the answer says apart from the time. */
function still(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (name, value: unknown) =>
      name === 'nowMs' || name === 'freshForMs' ? 0 : value,
    ) ?? 'null',
  );
}

export function readingEndingTests(env: Environment): void {
  const asked = { accountId: ACCOUNT, orderId: 'one', keyHash: key('k').hash };

  describe('a read whose connection breaks', () => {
    test.each<[string, (store: Store, paymentId: string) => Promise<unknown>]>([
      ['installationId', (store) => store.installationId()],
      ['mode', (store) => store.mode()],
      ['openElsewhere', (store) => store.openElsewhere('another')],
      ['gatewayAddress', (store) => store.gatewayAddress('another')],
      ['situation', (store) => store.situation(asked)],
      ['due', (store) => store.due({ gateway: GATEWAY, limit: 10, calls: true })],
      [
        'chargesToVerify',
        (store, paymentId) =>
          store.chargesToVerify({ accountId: ACCOUNT, orderId: 'one', paymentId }, { afterN: 0, limit: 10 }),
      ],
      ['payment', (store, paymentId) => store.payment(ACCOUNT, paymentId)],
      ['payments', (store) => store.payments({ accountId: ACCOUNT, limit: 10 })],
      ['events', (store, paymentId) => store.events({ accountId: ACCOUNT, paymentId, after: 0, limit: 10 })],
      ['check', (store) => store.check()],
    ])('%s fails, and gives the same when repeated', async (_what, read) => {
      const failed = await done(env.store, fail(await accepted(env.store, intent('one', { key: key('k') }))));
      await accepted(env.store, intent('two', { start: { kind: 'waiting', waitMs: 0 } }));
      const before = await everythingAbout(env.other, order('one'), key('k').hash);
      const answer = still(await read(env.store, failed.paymentId));
      for (const ending of BREAKS) {
        await env.failNext(ending);
        await expect(read(env.frail, failed.paymentId)).rejects.toMatchObject(BROKEN);
        expect(still(await read(env.frail, failed.paymentId))).toEqual(answer);
      }
      expect(await env.failures()).toBe(2);
      expect(await everythingAbout(env.other, order('one'), key('k').hash)).toEqual(before);
    });

    test.each(BREAKS)(
      '%s: many at once all fail, and each gets its own answer when repeated',
      async (ending) => {
        const records = await Promise.all(numbers(40).map((n) => accepted(env.store, `o${n}`)));
        const reads = [
          () => records.map(({ paymentId }) => env.frail.payment(ACCOUNT, paymentId)),
          () => records.map((record) => recordOf(env.frail, record.order)),
        ];
        for (const read of reads) {
          await env.failNext(ending);
          for (const result of await Promise.allSettled(read()))
            expect(result).toMatchObject({ status: 'rejected', reason: BROKEN });
          expect(await Promise.all(read())).toEqual(records);
        }
        expect(await env.failures()).toBe(2);
      },
    );

    test.each(BREAKS)(
      '%s: a lost write that cannot read the winner is not made, now or when repeated',
      async (ending) => {
        const held = await accepted(env.store, 'one');
        const standing = await done(env.store, release(held, 0));
        await env.failNext(ending, 1);
        await expect(env.frail.advance(complete(held))).rejects.toMatchObject(BROKEN);
        expect(await env.failures()).toBe(1);
        expect(await recordOf(env.other, held.order)).toEqual(standing);
        expect(await env.frail.advance(complete(held))).toEqual({ kind: 'lost', record: standing });
      },
    );

    test.each(BREAKS)('%s: an empty page of events is no proof that there is no payment', async (ending) => {
      const { paymentId } = paymentKey(await accepted(env.store, 'one'));
      const query = { accountId: ACCOUNT, paymentId, after: 99, limit: 10 };
      await env.failNext(ending, 1);
      await expect(env.frail.events(query)).rejects.toMatchObject(BROKEN);
      expect(await env.failures()).toBe(1);
      expect(await env.frail.events(query)).toEqual([]);
    });
  });
}
