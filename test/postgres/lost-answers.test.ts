/** The server has committed, and nobody heard: what the same call finds when it is repeated. */
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/ports/store.ts';
import {
  accepted,
  complete,
  done,
  everythingAbout,
  fail,
  intent,
  key,
  newClaim,
  nextCharge,
  numbers,
  order,
  paymentKey,
  recordOf,
  release,
  take,
} from '../suites/store/fixtures.ts';
import { until } from '../support/until.ts';
import { openDatabase, openProxy } from './world.ts';

const UNKNOWN = { name: 'StoreError', kind: 'outcome_unknown' };

/** A store behind a proxy, with one connection that is ready, and one that nothing happens to. */
async function openBoth(options: { readonly timeoutMs?: number } = {}) {
  const database = await openDatabase();
  const { proxy, url } = await openProxy(database);
  const { store, pool } = database.open({ url, max: 1, ...options });
  await store.check();
  const direct = database.open().store;

  /** Runs the call, throws the server's answer to it away, and asserts that the caller knows that it does not know. */
  async function unheard(call: () => Promise<unknown>): Promise<void> {
    await store.check();
    const lost = proxy.loseNextAnswer();
    await expect(call()).rejects.toMatchObject(UNKNOWN);
    await lost;
  }
  return { database, proxy, store, pool, direct, unheard };
}

describe('when the answer to a committed statement is lost', () => {
  test('an accepted order finds its own row', async () => {
    const { store, unheard, database } = await openBoth();
    const wanted = intent('one', { key: key('k') });
    await unheard(() => store.accept(wanted));
    expect(await database.counts()).toMatchObject({ payments: 1, operations: 1, requests: 1, events: 1 });
    expect(await store.accept(wanted)).toEqual({ kind: 'exists' });
    const asked = { accountId: 'acme', orderId: 'one', keyHash: key('k').hash };
    expect(await store.situation(asked)).toMatchObject({
      payment: { paymentId: wanted.paymentId, claimId: wanted.claimId, seq: 1 },
      key: { started: true, chargeN: 1 },
    });
    expect(await database.counts()).toMatchObject({ payments: 1, operations: 1, requests: 1, events: 1 });
  });

  test('a batch of accepted orders finds all its rows', async () => {
    const { store, unheard, database } = await openBoth();
    const wanted = numbers(50).map((n) => intent(`o${n}`, { key: key(`k${n}`) }));
    await unheard(async () => {
      const results = await Promise.allSettled(wanted.map((one) => store.accept(one)));
      for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: UNKNOWN });
      throw new StoreError('outcome_unknown', 'all of them');
    });
    expect(await database.counts()).toMatchObject({ payments: 50 });
    const again = await Promise.all(wanted.map((one) => store.accept(one)));
    expect(new Set(again.map((result) => result.kind))).toEqual(new Set(['exists']));
    const found = await Promise.all(wanted.map((one) => recordOf(store, one.order)));
    expect(found.map((record) => record.claimId)).toEqual(wanted.map((one) => one.claimId));
    expect(await database.counts()).toMatchObject({ payments: 50, operations: 50, requests: 50, events: 50 });
  });

  test('a claim finds its own row', async () => {
    const { store, unheard } = await openBoth();
    const free = await done(store, release(await accepted(store, 'one'), 0));
    const claimId = newClaim();
    await unheard(() => store.advance(take(free, claimId)));
    const result = await store.advance(take(free, claimId));
    expect(result).toMatchObject({ kind: 'lost', record: { claimId, seq: free.seq + 1, held: true } });
  });

  test('a settled payment finds its own answer', async () => {
    const { store, unheard, database } = await openBoth();
    const held = await accepted(store, 'one');
    await unheard(() => store.advance(complete(held, 'mine')));
    expect(await store.advance(complete(held, 'mine'))).toMatchObject({
      kind: 'lost',
      record: { claimId: held.claimId, seq: held.seq + 1, answer: { body: 'mine' } },
    });
    expect(await database.counts()).toMatchObject({ events: 2 });
  });

  test('a bound key finds its own binding', async () => {
    const { store, unheard } = await openBoth();
    const record = await accepted(store, 'one');
    const binding = { payment: paymentKey(record), chargeN: 1, key: key('k', 'mine') };
    await unheard(() => store.bindKey(binding));
    expect(await store.bindKey(binding)).toBe('lost');
    const asked = { accountId: 'acme', orderId: 'one', keyHash: key('k').hash };
    expect((await store.situation(asked)).key).toMatchObject({ fingerprint: 'mine', chargeN: 1 });
  });

  test('an opened charge finds its own row', async () => {
    const { store, unheard, database } = await openBoth();
    const failed = await done(store, fail(await accepted(store, 'one')));
    const opening = nextCharge(failed);
    await unheard(() => store.openNextCharge(opening));
    expect(await store.openNextCharge(opening)).toEqual({ kind: 'lost' });
    expect(await recordOf(store, order('one'))).toMatchObject({
      claimId: opening.claimId,
      charge: { n: 2 },
      seq: failed.seq + 1,
    });
    expect(await database.counts()).toMatchObject({ operations: 2, requests: 1, events: 3 });
  });

  test('evidence is kept twice rather than not at all', async () => {
    const { store, unheard, database } = await openBoth();
    const held = await accepted(store, 'one');
    const outcome = { kind: 'approved', chargeId: 'ch' } as const;
    const evidence = { payment: paymentKey(held), chargeN: 1, outcome };
    await unheard(() => store.addEvidence(evidence));
    await store.addEvidence(evidence);
    expect((await recordOf(store, held.order)).evidence).toBe(2);
    expect(await database.query('SELECT outcome FROM payonce.evidence')).toEqual([{ outcome }, { outcome }]);
  });
});

describe('when a statement arrives after its sender gave up', () => {
  const SHORT_MS = 200;

  /** Sends the call into a network that holds it back until `arrive`, which resolves when the server has dealt with it. */
  async function openLate() {
    const parts = await openBoth({ timeoutMs: SHORT_MS });
    const { proxy, store } = parts;
    async function late(call: () => Promise<unknown>): Promise<{ arrive: () => Promise<unknown> }> {
      await store.check();
      proxy.hold('to_server');
      await expect(call()).rejects.toMatchObject(UNKNOWN);
      const before = proxy.answers();
      return {
        arrive: () => {
          proxy.deliver();
          return until('the server has answered', () => proxy.answers() > before);
        },
      };
    }
    return { ...parts, late };
  }

  test('an intent that somebody repeated meanwhile is stored once', async () => {
    const { direct, store, late, database } = await openLate();
    const wanted = intent('one', { key: key('k') });
    const { arrive } = await late(() => store.accept(wanted));
    expect(await direct.accept(wanted)).toMatchObject({ kind: 'accepted' });
    const before = await everythingAbout(direct, wanted.order, key('k').hash);
    await arrive();
    expect(await everythingAbout(direct, wanted.order, key('k').hash)).toEqual(before);
    expect(await database.counts()).toMatchObject({ payments: 1, operations: 1, requests: 1, events: 1 });
  });

  test('a write of a worker that was replaced meanwhile changes nothing', async () => {
    const { direct, store, late, database } = await openLate();
    const held = await accepted(store, 'one');
    const { arrive } = await late(() => store.advance(complete(held, 'stale')));
    await database.query(`UPDATE payonce.payments SET due_at = now() - interval '1 s'`);
    const taken = await done(direct, take(held));
    const settled = await done(direct, fail(taken, { body: 'true' }));
    const before = await everythingAbout(direct, held.order);
    await arrive();
    expect(await everythingAbout(direct, held.order)).toEqual(before);
    expect((await recordOf(direct, held.order)).answer?.body).toBe('true');
    expect(settled.charge.status).toBe('FAILED');
  });

  test('a write that nobody overtook still counts', async () => {
    const { direct, store, late } = await openLate();
    const held = await accepted(store, 'one');
    const { arrive } = await late(() => store.advance(complete(held, 'late but true')));
    expect((await recordOf(direct, held.order)).seq).toBe(1);
    await arrive();
    const after = await recordOf(direct, held.order);
    expect([after.seq, after.answer?.body]).toEqual([2, 'late but true']);
  });
});
