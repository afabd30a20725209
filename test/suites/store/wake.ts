/** Making one row due for a lookup: only its timer changes, and only if nobody works on it and it waits for no call. */
import { describe, expect, test } from 'vitest';
import type { FollowUpRecord, PaymentRecord, Wake } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  accepted,
  advance,
  complete,
  done,
  eventsOf,
  fail,
  GATEWAY,
  ofEveryKind,
  paymentKey,
  recordOf,
  release,
  take,
} from './fixtures.ts';
import { aRefund, claim, trailOf, write, written } from './follow-up-fixtures.ts';

const HOUR = 3_600_000;

export function wakeTests(env: Environment): void {
  const of = (record: PaymentRecord, changes: Partial<Wake> = {}): Wake => ({
    payment: paymentKey(record),
    followUpId: 'followUp' in record ? (record as FollowUpRecord).followUp.id : null,
    expected: { seq: record.seq },
    waitMs: 0,
    ...changes,
  });
  const dueNow = async () => {
    const query = { gateway: GATEWAY, limit: 100, calls: true } as const;
    const [{ payments }, { followUps }] = [
      await env.store.due(query),
      await env.store.dueFollowUps({ ...query, calls: ofEveryKind(true) }),
    ];
    return [...payments, ...followUps].map(({ order }) => order.orderId);
  };
  const lookup = { operation: { status: 'UNRESOLVED', step: 'lookup' } } as const;
  const waiting = async (orderId = 'one') =>
    done(env.store, release(await accepted(env.store, orderId), HOUR, lookup));

  describe('wake', () => {
    test('makes due what waits for a lookup, and changes nothing but the time', async () => {
      const before = await waiting();
      expect(await env.store.wake(of(before))).toBe('woken');
      expect(await dueNow()).toEqual(['one']);
      const after = await recordOf(env.store, before.order);
      expect({ ...after, dueAtMs: null }).toEqual({ ...before, dueAtMs: null });
      expect((await eventsOf(env.store, before)).at(-1)?.seq).toBe(before.seq);
    });

    test('waits as long as it is told', async () => {
      await env.store.wake(of(await waiting(), { waitMs: 10_000 }));
      expect(await dueNow()).toEqual([]);
      await env.advanceClock(10_001);
      expect(await dueNow()).toEqual(['one']);
    });

    test.each([
      ['failed', fail],
      ['succeeded', complete],
    ])('makes due what has %s', async (_how, end) => {
      const record = await done(env.store, end(await accepted(env.store, 'one')));
      expect(await env.store.wake(of(record))).toBe('woken');
      expect(await dueNow()).toEqual(['one']);
    });

    test('never brings a call forward', async () => {
      const record = await done(env.store, release(await accepted(env.store, 'one'), HOUR));
      expect(record.operation.step).toBe('call');
      expect(await env.store.wake(of(record))).toBe('lost');
      expect(await recordOf(env.store, record.order)).toEqual(record);
    });

    test('leaves alone what a worker holds, what has changed, and what is due sooner', async () => {
      const held = await accepted(env.store, 'held');
      expect(await env.store.wake(of(held))).toBe('lost');
      const looking = await done(
        env.store,
        take(await done(env.store, release(await accepted(env.store, 'looking'), 0, lookup))),
      );
      expect(await env.store.wake(of(looking))).toBe('lost');
      const old = await waiting('changed');
      await done(
        env.store,
        advance(old, { ...lookup, lease: { kind: 'pass', claimId: old.paymentId, waitMs: HOUR } }),
      );
      expect(await env.store.wake(of(old))).toBe('lost');
      const soon = await waiting('soon');
      expect(await env.store.wake(of(soon, { waitMs: 2 * HOUR }))).toBe('lost');
      expect(await recordOf(env.store, soon.order)).toEqual(soon);
      expect(await dueNow()).toEqual([]);
    });

    test('leaves another payment alone, whatever its order is', async () => {
      const [one, other] = [await waiting('one'), await waiting('other')];
      const payment = { ...paymentKey(one), paymentId: other.paymentId };
      expect(await env.store.wake(of(one, { payment }))).toBe('lost');
      expect(await dueNow()).toEqual([]);
    });

    test('makes a refund due, and not its payment', async () => {
      const opened = await aRefund(env.store, 'one');
      expect(await env.store.wake(of(opened))).toBe('lost');
      const before = await written(
        env.store,
        write(opened, { ...lookup, lease: { kind: 'release', waitMs: HOUR } }),
      );
      expect(await env.store.wake(of(before, { expected: { seq: before.seq - 1 } }))).toBe('lost');
      expect(await dueNow()).toEqual([]);
      expect(await env.store.wake(of(before))).toBe('woken');
      const { followUps } = await env.store.dueFollowUps({
        gateway: GATEWAY,
        limit: 10,
        calls: ofEveryKind(true),
      });
      expect(followUps).toEqual([{ ...before, dueAtMs: expect.any(Number), answer: null }]);
      expect((await env.store.due({ gateway: GATEWAY, limit: 10, calls: true })).payments).toEqual([]);
      expect((await trailOf(env.store, before)).length).toBe(before.seq);
      const held = await written(env.store, claim(before));
      expect(await env.store.wake(of(held))).toBe('lost');
    });
  });

  describe('followUpAtGateway', () => {
    test('finds a refund by its key, or without one by the gateway’s id of it', async () => {
      const opened = await aRefund(env.store, 'one');
      const { operation } = await written(env.store, write(opened, { operation: { gatewayRef: 're_1' } }));
      expect(operation.gatewayRef).toBe('re_1');
      const { order, paymentId, gatewayKey } = opened;
      const find = async (key: string | null, ref: string | null, payment = paymentId) => {
        const name = { accountId: order.accountId, paymentId: payment, kind: 'refund' } as const;
        return (await env.other.followUpAtGateway({ ...name, gatewayKey: key, gatewayRef: ref }))?.followUp
          .id;
      };
      const { id } = opened.followUp;
      expect(await find(gatewayKey, null)).toBe(id);
      expect(await find(gatewayKey, 're_2')).toBe(id);
      expect(await find(null, 're_1')).toBe(id);
      for (const missing of [
        await find(null, null),
        await find(null, 're_2'),
        await find(paymentId, 're_1'),
        await find('no key of ours', 're_1'),
        await find(gatewayKey, null, id),
      ])
        expect(missing).toBeUndefined();
    });
  });
}
