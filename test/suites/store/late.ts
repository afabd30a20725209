/** Statements that arrive after their sender gave up, when somebody else has acted meanwhile. */
import { describe, expect, test } from 'vitest';
import { UNKNOWN } from './endings.ts';
import type { Environment } from './environment.ts';
import {
  accepted,
  complete,
  done,
  everythingAbout,
  fail,
  intent,
  key,
  LEASE_MS,
  nextCharge,
  paymentKey,
  recordOf,
  release,
  seen,
  take,
} from './fixtures.ts';

export function lateTests(env: Environment): void {
  async function late(call: () => Promise<unknown>): Promise<void> {
    await env.failNext('late');
    await expect(call()).rejects.toMatchObject(UNKNOWN);
  }

  describe('a statement that arrives after its sender gave up', () => {
    test('a write of a worker that was replaced meanwhile changes nothing', async () => {
      const held = await accepted(env.store, 'one');
      await late(() => env.frail.advance(complete(held, 'stale')));
      await env.advanceClock(LEASE_MS + 1);
      const taken = await done(env.store, take(held));
      const settled = await done(env.store, fail(taken, { body: 'true' }));
      const before = await everythingAbout(env.store, held.order);
      await env.arrive();
      expect(await everythingAbout(env.store, held.order)).toEqual(before);
      expect((await recordOf(env.store, held.order)).answer?.body).toBe('true');
      expect(settled.operation.status).toBe('FAILED');
    });

    test('a claim counts its lease from when it arrives', async () => {
      const free = await done(env.store, release(await accepted(env.store, 'one'), 0));
      await late(() => env.frail.advance(take(free)));
      await env.advanceClock(3_600_000);
      await env.arrive();
      const { nowMs, payment } = await seen(env.store, 'one');
      expect(payment).toMatchObject({ held: true, fence: free.fence + 1 });
      expect((payment?.dueAtMs ?? 0) - nowMs).toBeGreaterThan(0);
    });

    test('an intent whose key somebody used meanwhile leaves no row', async () => {
      const wanted = intent('one', { key: key('k') });
      await late(() => env.frail.accept(wanted));
      await accepted(env.store, intent('two', { key: key('k', 'another') }));
      await env.arrive();
      expect(await everythingAbout(env.store, wanted.order, key('k').hash)).toMatchObject({
        payment: null,
        bound: { fingerprint: 'another' },
      });
    });

    test('a next charge is not opened where evidence of money came in meanwhile', async () => {
      const failed = await done(env.store, fail(await accepted(env.store, 'one')));
      await late(() => env.frail.openNextCharge(nextCharge(failed, { key: key('k') })));
      const outcome = { kind: 'approved', ref: 'ch_late' } as const;
      await env.store.addEvidence({ payment: paymentKey(failed), chargeN: 1, outcome });
      const before = await everythingAbout(env.store, failed.order, key('k').hash);
      await env.arrive();
      expect(await everythingAbout(env.store, failed.order, key('k').hash)).toEqual(before);
      expect(before).toMatchObject({ bound: null, payment: { operation: { n: 1 } } });
    });
  });
}
