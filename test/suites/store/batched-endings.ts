/**
 * Many writes at once share a statement, so they share its ending: every caller learns that nothing is known, and
 * each write, when it is repeated, gets its own true result.
 */
import { describe, expect, test } from 'vitest';
import type { Advance, Intent, PaymentRecord } from '../../../src/ports/store.ts';
import { UNKNOWN } from './endings.ts';
import type { Environment } from './environment.ts';
import {
  accepted,
  complete,
  done,
  eventsOf,
  fail,
  intent,
  key,
  newClaim,
  numbers,
  recordOf,
  release,
  take,
} from './fixtures.ts';

const COUNT = 40;

export function batchedEndingTests(env: Environment): void {
  /** Makes all the calls at once with one fault among them, and asserts that every call failed with it. */
  async function unheard(ending: 'lost' | 'lost_committed', calls: () => readonly Promise<unknown>[]) {
    await env.failNext(ending);
    const results = await Promise.allSettled(calls());
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: UNKNOWN });
    expect(await env.failures()).toBe(1);
  }

  /** New orders, every third without a key. */
  const intents = (): readonly Intent[] =>
    numbers(COUNT).map((n) => intent(`o${n}`, { key: n % 3 === 0 ? null : key(`k${n}`, `f${n}`) }));

  async function expectAccepted(wanted: readonly Intent[]): Promise<void> {
    for (const one of wanted) {
      const { accountId, orderId } = one.order;
      const keyHash = one.key?.hash ?? null;
      const { payment, key: bound } = await env.other.situation({ accountId, orderId, keyHash });
      expect([payment?.paymentId, payment?.claimId, payment?.seq]).toEqual([one.paymentId, one.claimId, 1]);
      expect(bound?.fingerprint).toBe(one.key?.fingerprint);
      if (payment !== null) expect(await eventsOf(env.other, payment)).toHaveLength(1);
    }
    expect(await env.other.payments({ accountId: 'acme', limit: 1000 })).toHaveLength(wanted.length);
  }

  /** Payments in every state that a worker's write may find, and a write to each that applies. */
  async function writes(): Promise<readonly { readonly record: PaymentRecord; readonly write: Advance }[]> {
    const held = await Promise.all(numbers(COUNT).map((n) => accepted(env.store, `o${n}`)));
    return Promise.all(
      held.map(async (record, n) => {
        if (n % 4 === 0) return { record, write: complete(record, `answer ${n}`) };
        if (n % 4 === 1) return { record, write: fail(record, { byAbsence: true }) };
        if (n % 4 === 2) return { record, write: release(record, n) };
        const free = await done(env.store, release(record, 0));
        return { record: free, write: take(free, newClaim()) };
      }),
    );
  }

  async function expectAdvanced(made: Awaited<ReturnType<typeof writes>>): Promise<void> {
    for (const { record, write } of made) {
      const after = await recordOf(env.other, record.order);
      const { lease, settlement } = write;
      expect(after.seq).toBe(record.seq + 1);
      expect(after.claimId).toBe(lease.kind === 'take' ? lease.claim.claimId : record.claimId);
      expect(after.fence).toBe(record.fence + (lease.kind === 'take' ? 1 : 0));
      expect(after.absences).toBe(settlement?.byAbsence === true ? 1 : 0);
      expect([after.operation.status, after.answer?.body]).toEqual([
        write.operation.status,
        settlement?.body,
      ]);
      const events = await eventsOf(env.other, record);
      expect(events.map((event) => event.seq)).toEqual(numbers(after.seq).map((n) => n + 1));
      expect(events.at(-1)?.type).toBe(write.event.type);
    }
  }

  describe('the ending of many writes at once', () => {
    test('orders whose acceptance is lost are all free, and accepted when repeated', async () => {
      const wanted = intents();
      await unheard('lost', () => wanted.map((one) => env.frail.accept(one)));
      await expectAccepted([]);
      const again = await Promise.all(wanted.map((one) => env.frail.accept(one)));
      expect(new Set(again.map((result) => result.kind))).toEqual(new Set(['accepted']));
      await expectAccepted(wanted);
    });

    test('orders whose acceptance is not acknowledged are all accepted, and each finds its own row', async () => {
      const wanted = intents();
      await unheard('lost_committed', () => wanted.map((one) => env.frail.accept(one)));
      await expectAccepted(wanted);
      const again = await Promise.all(wanted.map((one) => env.frail.accept(one)));
      expect(new Set(again.map((result) => result.kind))).toEqual(new Set(['exists']));
      await expectAccepted(wanted);
    });

    test.each(['lost', 'lost_committed'] as const)(
      'an acceptance that is %s does not touch what others own',
      async (ending) => {
        const wanted = intents();
        const owners = wanted.filter((_one, n) => n % 2 === 0).map((one) => intent(one.order));
        await Promise.all(owners.map((one) => env.store.accept(one)));
        await unheard(ending, () => wanted.map((one) => env.frail.accept(one)));
        await Promise.all(wanted.map((one) => env.frail.accept(one)));
        await expectAccepted(owners.concat(wanted.filter((_one, n) => n % 2 === 1)));
      },
    );

    test('workers’ writes that are lost change nothing, and are made when repeated', async () => {
      const made = await writes();
      await unheard('lost', () => made.map(({ write }) => env.frail.advance(write)));
      for (const { record } of made) expect(await recordOf(env.other, record.order)).toEqual(record);
      const again = await Promise.all(made.map(({ write }) => env.frail.advance(write)));
      expect(new Set(again.map((result) => result.kind))).toEqual(new Set(['done']));
      await expectAdvanced(made);
    });

    test('workers’ writes that are not acknowledged are made, and each finds its own row', async () => {
      const made = await writes();
      await unheard('lost_committed', () => made.map(({ write }) => env.frail.advance(write)));
      await expectAdvanced(made);
      const again = await Promise.all(made.map(({ write }) => env.frail.advance(write)));
      for (const [n, result] of again.entries()) {
        const { record, write } = made[n] ?? {};
        const claimId = write?.lease.kind === 'take' ? write.lease.claim.claimId : record?.claimId;
        expect(result).toMatchObject({ kind: 'lost', record: { claimId, seq: (record?.seq ?? 0) + 1 } });
      }
      await expectAdvanced(made);
    });

    test('what is rolled back with leave to repeat is made once, each with its own verdict', async () => {
      const wanted = intents();
      const owner = intent('o1');
      await env.store.accept(owner);
      await env.failNext('serialization');
      const results = await Promise.all(wanted.map((one) => env.frail.accept(one)));
      expect(results.map((result) => result.kind)).toEqual(
        numbers(COUNT).map((n) => (n === 1 ? 'exists' : 'accepted')),
      );
      await expectAccepted(wanted.map((one, n) => (n === 1 ? owner : one)));
      const held = await Promise.all(wanted.map((one) => recordOf(env.store, one.order)));
      await env.failNext('serialization');
      const advanced = await Promise.all(
        held.map((record, n) =>
          env.frail.advance(complete(n === 2 ? { ...record, fence: 9 } : record, `answer ${n}`)),
        ),
      );
      expect(advanced.map((result) => result.kind)).toEqual(
        numbers(COUNT).map((n) => (n === 2 ? 'lost' : 'done')),
      );
      expect(await env.failures()).toBe(2);
      for (const [n, { order }] of held.entries()) {
        const after = await recordOf(env.other, order);
        expect([after.seq, after.answer?.body]).toEqual(n === 2 ? [1, undefined] : [2, `answer ${n}`]);
      }
    });
  });
}
