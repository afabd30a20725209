import { describe, expect, test } from 'vitest';
import { openOperation } from '../../../src/domain/operation.ts';
import type { Accepted, Intent } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  ACCOUNT,
  about,
  accepted,
  complete,
  done,
  eventsOf,
  everythingAbout,
  GATEWAY,
  intent,
  key,
  LEASE_MS,
  newClaim,
  numbers,
  order,
  recordOf,
  seen,
} from './fixtures.ts';

/** Awkward for SQL, for arrays as text, for collations, and for anything that trims or normalises. */
const AWKWARD_ORDERS = [
  'a',
  'A',
  'a ',
  ' a',
  '\u00e4',
  'a\u0308',
  'NULL',
  '{}',
  '{"a","b"}',
  'a,b',
  '"quoted"',
  "o'clock",
  'back\\slash',
  'line\nbreak\ttab',
  '%_$1',
  '\u{1f600}',
  'x'.repeat(255),
  '\uffff',
];

export function acceptTests(env: Environment): void {
  describe('accept', () => {
    test('a new order has its key, its charge and its first event', async () => {
      const wanted = intent(order('one', { method: 'tok', metadata: { note: 'x' } }), { key: key('k') });
      const result = await env.store.accept(wanted);
      if (result.kind !== 'accepted') throw new Error('The order was not new.');
      const { nowMs } = result;
      const situation = await seen(env.other, 'one', key('k'));
      expect(situation.nowMs).toBeGreaterThanOrEqual(nowMs);
      expect(situation.payment).toEqual({
        order: wanted.order,
        paymentId: wanted.paymentId,
        gateway: GATEWAY,
        operation: openOperation({
          kind: 'charge',
          n: 1,
          openedAtMs: nowMs,
          calling: true,
          verifyFirst: false,
        }),
        gatewayKey: wanted.chargeKey,
        seq: 1,
        fence: 1,
        claimId: wanted.claimId,
        held: true,
        dueAtMs: about(nowMs + LEASE_MS),
        evidence: 0,
        absences: 0,
        problem: null,
        answer: null,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      });
      expect(situation.key).toEqual({
        fingerprint: 'fingerprint of k',
        chargeN: 1,
        started: true,
        answer: null,
        expired: false,
      });
      expect(await eventsOf(env.store, await recordOf(env.store, wanted.order))).toEqual([
        {
          seq: 1,
          type: 'payment.created',
          status: 'PROCESSING',
          chargeN: 1,
          attempts: 1,
          detail: null,
          atMs: nowMs,
        },
      ]);
    });

    test('an order that waits is held by nobody and has no call counted', async () => {
      const wanted = intent('waits', { start: { kind: 'waiting', waitMs: 250 } });
      const result = await env.store.accept(wanted);
      const nowMs = result.kind === 'accepted' ? result.nowMs : 0;
      const record = await recordOf(env.store, wanted.order);
      expect(record).toMatchObject({ held: false, dueAtMs: about(nowMs + 250), fence: 1, seq: 1 });
      expect(record.claimId).toBe(wanted.claimId);
      expect(record.operation).toEqual(
        openOperation({ kind: 'charge', n: 1, openedAtMs: nowMs, calling: false, verifyFirst: false }),
      );
      expect(await eventsOf(env.store, record)).toMatchObject([{ attempts: 0 }]);
    });

    test('how long an order is tried is kept with its charge', async () => {
      await env.store.accept(intent('patient', { giveUpAfterS: 259_200 }));
      const wanted = order('patient');
      const { paymentId, operation } = await recordOf(env.other, wanted);
      expect(operation.giveUpAfterS).toBe(259_200);
      expect((await env.other.payment(ACCOUNT, paymentId))?.operation.giveUpAfterS).toBe(259_200);
      await env.store.accept(intent('as the policy says'));
      expect((await recordOf(env.other, order('as the policy says'))).operation.giveUpAfterS).toBeNull();
    });

    test('nothing is stored under a name of another installation', async () => {
      const installationId = await env.store.installationId();
      const [ours, theirs] = [
        intent('ours', { installationId }),
        intent('theirs', { installationId: newClaim() }),
      ];
      const results = await Promise.all([env.store.accept(ours), env.store.accept(theirs)]);
      expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'other_installation']);
      const { accountId, orderId } = theirs.order;
      expect((await env.store.situation({ accountId, orderId, keyHash: null })).payment).toBeNull();
    });

    test('orders that look alike are different orders, and come back unchanged', async () => {
      const wanted = AWKWARD_ORDERS.map((text) =>
        intent(order(text, { method: text, metadata: { [text]: text } }), { key: key(text, text) }),
      );
      const results = await Promise.all(wanted.map((one) => env.store.accept(one)));
      expect(results.map((result) => result.kind)).toEqual(wanted.map(() => 'accepted'));
      for (const one of wanted) {
        const { accountId, orderId } = one.order;
        const keyHash = one.key?.hash ?? null;
        const { payment, key: bound } = await env.store.situation({ accountId, orderId, keyHash });
        expect([payment?.paymentId, payment?.order]).toEqual([one.paymentId, one.order]);
        expect(bound?.fingerprint).toBe(orderId);
      }
    });

    test('the largest amount that is exact stays exact', async () => {
      const amountMinor = Number.MAX_SAFE_INTEGER;
      const record = await accepted(env.store, intent(order('dear', { amountMinor })));
      expect(record.order.amountMinor).toBe(amountMinor);
    });

    test('an order that exists is left as it is, and the new key is not taken', async () => {
      await accepted(env.store, intent('twice', { key: key('first') }));
      const before = await everythingAbout(env.store, order('twice'), key('second').hash);
      const again = intent(order('twice', { amountMinor: 5 }), { key: key('second') });
      expect(await env.other.accept(again)).toEqual({ kind: 'exists' });
      expect(await everythingAbout(env.store, order('twice'), key('second').hash)).toEqual(before);
    });

    test('an order whose key is taken leaves no row', async () => {
      await accepted(env.store, intent('owner', { key: key('taken') }));
      const late = intent('late', { key: key('taken', 'another fingerprint') });
      expect(await env.other.accept(late)).toEqual({ kind: 'exists' });
      const { payment, key: bound } = await seen(env.store, 'late', key('taken'));
      expect(payment).toBeNull();
      expect(bound?.fingerprint).toBe('fingerprint of taken');
      expect(await env.store.payment(ACCOUNT, late.paymentId)).toBeNull();
      expect(await env.store.payments({ accountId: ACCOUNT, limit: 10 })).toHaveLength(1);
      expect(
        await env.store.events({ accountId: ACCOUNT, paymentId: late.paymentId, after: 0, limit: 1 }),
      ).toBe(null);
      // The order itself is still free.
      expect(await env.store.accept(intent('late', { key: key('free') }))).toMatchObject({
        kind: 'accepted',
      });
    });

    test('the same intent again changes nothing, and the row shows whose it is', async () => {
      const wanted = intent('repeated', { key: key('r') });
      const record = await accepted(env.store, wanted);
      expect(await env.store.accept(wanted)).toEqual({ kind: 'exists' });
      const { key: bound, payment } = await seen(env.store, 'repeated', key('r'));
      expect(payment).toEqual(record);
      expect(payment?.claimId).toBe(wanted.claimId);
      expect(bound).toMatchObject({ chargeN: 1, started: true });
    });

    test('the same intent twice at once is stored once', async () => {
      for (const round of numbers(10)) {
        const wanted = intent(`both ${round}`, { key: key(`both ${round}`) });
        const results = await Promise.all([
          env.store.accept(wanted),
          env.other.accept(wanted),
          env.store.accept(wanted),
        ]);
        expect(results.filter((result) => result.kind === 'accepted')).toHaveLength(1);
        expect(await eventsOf(env.store, await recordOf(env.store, wanted.order))).toHaveLength(1);
      }
    });

    test('many orders at once are all accepted, each with its own content', async () => {
      const wanted = numbers(600).map((n) =>
        intent(order(`many ${n}`, { amountMinor: n + 1, metadata: { n: String(n) } }), {
          ...(n % 3 === 0 ? {} : { key: key(`many ${n}`) }),
        }),
      );
      const results = await Promise.all(wanted.map((one) => env.store.accept(one)));
      expect(new Set(results.map((result) => result.kind))).toEqual(new Set(['accepted']));
      const records = await Promise.all(wanted.map((one) => recordOf(env.other, one.order)));
      expect(records.map((record) => [record.paymentId, record.claimId, record.order])).toEqual(
        wanted.map((one) => [one.paymentId, one.claimId, one.order]),
      );
    });

    test('old and new orders at once are distinguished', async () => {
      const old = numbers(20).map((n) => intent(`old ${n}`));
      await Promise.all(old.map((one) => env.store.accept(one)));
      const wanted = numbers(40).map((n) => intent(n % 2 === 0 ? `old ${n / 2}` : `new ${n}`));
      const results = await Promise.all(wanted.map((one) => env.store.accept(one)));
      expect(results.map((result) => result.kind)).toEqual(
        numbers(40).map((n) => (n % 2 === 0 ? 'exists' : 'accepted')),
      );
    });

    test('one order wanted fifty times at once is accepted once, and only the winner’s key is bound', async () => {
      for (const round of numbers(5)) {
        const wanted = numbers(50).map((n) => intent(`hot ${round}`, { key: key(`hot ${round} ${n}`) }));
        const results = await acceptFromBoth(env, wanted);
        const winners = wanted.filter((_one, index) => results[index]?.kind === 'accepted');
        expect(winners).toHaveLength(1);
        expect((await recordOf(env.store, order(`hot ${round}`))).paymentId).toBe(winners[0]?.paymentId);
        expect(await boundKeys(env, wanted)).toEqual(winners.map((one) => one.key));
      }
    });

    test('one key on many orders at once accepts one order, and belongs to that one', async () => {
      const wanted = numbers(50).map((n) => intent(`rival ${n}`, { key: key('shared', `order ${n}`) }));
      const results = await acceptFromBoth(env, wanted);
      const winners = wanted.filter((_one, index) => results[index]?.kind === 'accepted');
      expect(winners).toHaveLength(1);
      const stored = await env.store.payments({ accountId: ACCOUNT, limit: 100 });
      expect(stored.map((record) => record.paymentId)).toEqual(winners.map((one) => one.paymentId));
      const winner = await recordOf(env.store, stored[0]?.order ?? order('none'));
      await done(env.store, complete(winner, 'the winner’s answer'));
      const { key: bound } = await seen(env.store, winner.order.orderId, key('shared'));
      expect(bound).toMatchObject({ answer: { body: 'the winner’s answer' } });
      expect(bound?.fingerprint).toBe(winners[0]?.key?.fingerprint);
    });

    test('in a crowd of orders and keys every row belongs to an accepted intent, and each of them is whole', async () => {
      const wanted = numbers(400).map((n) => {
        // Small prime cycles, so that orders and keys meet in always new pairs.
        const orderId = `crowd ${(n * 7) % 31}`;
        const bound = n % 4 === 0 ? null : key(`crowd ${(n * 5) % 37}`, `${n}`);
        return intent(orderId, { key: bound });
      });
      const results = await acceptFromBoth(env, wanted);
      const winners = wanted.filter((_one, index) => results[index]?.kind === 'accepted');
      const stored = await env.store.payments({ accountId: ACCOUNT, limit: 500 });
      expect(stored.map((record) => record.paymentId).sort()).toEqual(
        winners.map((one) => one.paymentId).sort(),
      );
      expect(new Set(winners.map((one) => one.order.orderId)).size).toBe(winners.length);
      const fingerprints = (await boundKeys(env, wanted)).map((bound) => bound?.fingerprint);
      const expected = winners.flatMap((one) => (one.key === null ? [] : [one.key.fingerprint]));
      expect(fingerprints.sort()).toEqual(expected.sort());
      for (const one of winners) {
        const record = await recordOf(env.store, one.order);
        expect(record.claimId).toBe(one.claimId);
        expect(await eventsOf(env.store, record)).toHaveLength(1);
      }
    });

    test('two accounts may use the same order id and the same key', async () => {
      const wanted = ['acme', 'globex'].map((accountId, index) =>
        intent(order('shared', { accountId, amountMinor: index + 1 }), {
          key: key('shared', `of ${accountId}`),
        }),
      );
      const results = await acceptFromBoth(env, wanted);
      expect(results.map((result) => result.kind)).toEqual(['accepted', 'accepted']);
      for (const one of wanted) {
        const { accountId, orderId } = one.order;
        const keyHash = key('shared').hash;
        const { payment, key: bound } = await env.store.situation({ accountId, orderId, keyHash });
        expect([payment?.paymentId, payment?.order]).toEqual([one.paymentId, one.order]);
        expect(bound?.fingerprint).toBe(`of ${accountId}`);
      }
    });

    test('an order that lost to a taken key can be accepted with another claim later', async () => {
      const wanted = intent('later', { key: key('mine') });
      await accepted(env.store, intent('before', { key: key('mine') }));
      expect(await env.store.accept(wanted)).toEqual({ kind: 'exists' });
      const again = { ...wanted, key: key('not taken'), claimId: newClaim() };
      expect((await accepted(env.store, again)).claimId).toBe(again.claimId);
    });
  });
}

function acceptFromBoth(env: Environment, wanted: readonly Intent[]): Promise<Accepted[]> {
  return Promise.all(wanted.map((one, index) => (index % 2 === 0 ? env.store : env.other).accept(one)));
}

/** The keys of these intents that are bound now, as far as their fingerprints are theirs. */
async function boundKeys(env: Environment, wanted: readonly Intent[]): Promise<Intent['key'][]> {
  const found = await Promise.all(
    wanted.map(async ({ order: { accountId, orderId }, key: asked }) => {
      const { key: bound } = await env.store.situation({ accountId, orderId, keyHash: asked?.hash ?? null });
      return bound !== null && bound.fingerprint === asked?.fingerprint ? asked : null;
    }),
  );
  return found.filter((one) => one !== null);
}
