import { describe, expect, test } from 'vitest';
import type { Situation } from '../../../src/ports/store.ts';
import { type Environment, RETENTION_MS } from './environment.ts';
import {
  ACCOUNT,
  accepted,
  complete,
  done,
  fail,
  intent,
  key,
  nextCharge,
  numbers,
  order,
  paymentKey,
  recordOf,
} from './fixtures.ts';

export function situationTests(env: Environment): void {
  const situation = (orderId: string, keyName: string | null, accountId = ACCOUNT): Promise<Situation> =>
    env.other.situation({ accountId, orderId, keyHash: keyName === null ? null : key(keyName).hash });

  describe('situation', () => {
    test('nothing is known of what was never seen', async () => {
      await accepted(env.store, intent('seen', { key: key('seen') }));
      expect(await situation('unseen', 'unseen')).toEqual({
        nowMs: expect.any(Number),
        key: null,
        payment: null,
      });
    });

    test('an order that is read without a key shows no key', async () => {
      const { paymentId } = await accepted(env.store, intent('seen', { key: key('seen') }));
      expect(await situation('seen', null)).toMatchObject({ key: null, payment: { paymentId } });
    });

    test('an unseen key on a known order shows the order only', async () => {
      const { paymentId } = await accepted(env.store, intent('seen', { key: key('seen') }));
      expect(await situation('seen', 'unseen')).toMatchObject({ key: null, payment: { paymentId } });
    });

    test('a known key on an unseen order shows the key only', async () => {
      await accepted(env.store, intent('seen', { key: key('seen', 'fp') }));
      expect(await situation('unseen', 'seen')).toMatchObject({ key: { fingerprint: 'fp' }, payment: null });
    });

    test('a known key on another known order shows each as it is', async () => {
      const settled = await done(
        env.store,
        complete(await accepted(env.store, intent('a', { key: key('k', 'fp') })), 'answer of a'),
      );
      const { paymentId } = await accepted(env.store, 'b');
      expect(settled.operation.status).toBe('COMPLETED');
      expect(await situation('b', 'k')).toMatchObject({
        key: { fingerprint: 'fp', answer: { body: 'answer of a' } },
        payment: { paymentId, answer: null },
      });
    });

    test('a key says whether its request started the operation or joined it', async () => {
      const record = await accepted(env.store, intent('joined', { key: key('starter') }));
      await env.store.bindKey({ payment: paymentKey(record), chargeN: 1, key: key('joiner') });
      expect((await situation('joined', 'starter')).key).toMatchObject({ started: true, chargeN: 1 });
      expect((await situation('joined', 'joiner')).key).toMatchObject({ started: false, chargeN: 1 });
    });

    test('every key of a settled operation has the one frozen answer', async () => {
      const record = await accepted(env.store, intent('settled', { key: key('starter') }));
      await env.store.bindKey({ payment: paymentKey(record), chargeN: 1, key: key('joiner') });
      const body = '{ "laid out":"as no serialiser would" , "€":"\\u20ac" }\n';
      await done(env.store, complete(record, body));
      for (const name of ['starter', 'joiner']) {
        const { key: bound, payment } = await situation('settled', name);
        expect(bound).toMatchObject({ answer: { problem: null, body }, expired: false });
        expect(payment?.answer).toMatchObject({ problem: null, body });
      }
    });

    test('a failed operation’s answer carries its problem', async () => {
      await done(env.store, fail(await accepted(env.store, intent('failed', { key: key('k') }))));
      const { key: bound, payment } = await situation('failed', 'k');
      expect(bound?.answer?.problem).toBe('gateway_failed');
      expect([payment?.problem, payment?.answer?.problem]).toEqual(['gateway_failed', 'gateway_failed']);
    });

    test('a key stays with its charge when the next one is opened', async () => {
      const failed = await done(
        env.store,
        fail(await accepted(env.store, intent('again', { key: key('first') })), { body: 'no' }),
      );
      await env.store.openNextCharge(nextCharge(failed, { key: key('second') }));
      expect(await situation('again', 'first')).toMatchObject({
        key: { chargeN: 1, answer: { body: 'no', problem: 'gateway_failed' } },
        payment: { operation: { n: 2, status: 'PROCESSING' }, problem: null, answer: null },
      });
      expect((await situation('again', 'second')).key).toMatchObject({
        chargeN: 2,
        started: true,
        answer: null,
        expired: false,
      });
    });

    test('an answer says how long it may still be given', async () => {
      await done(env.store, complete(await accepted(env.store, intent('fresh', { key: key('k') }))));
      const before = await situation('fresh', 'k');
      await env.advanceClock(1_000_000);
      const after = await situation('fresh', 'k');
      for (const { key: bound, payment } of [before, after]) {
        expect(bound?.answer?.freshForMs).toBe(payment?.answer?.freshForMs);
      }
      const [first = 0, second = 0] = [before, after].map(({ key: bound }) => bound?.answer?.freshForMs);
      expect(first).toBeLessThanOrEqual(RETENTION_MS);
      expect(first - second).toBeGreaterThanOrEqual(1_000_000);
      expect(second).toBeGreaterThan(0);
    });

    test('an answer past its retention is not given, though nobody has erased it', async () => {
      const record = await accepted(env.store, intent('old', { key: key('k', 'fp') }));
      await done(env.store, fail(record));
      await env.advanceClock(RETENTION_MS + 1);
      const { key: bound, payment } = await situation('old', 'k');
      expect(bound).toEqual({
        fingerprint: 'fp',
        chargeN: 1,
        started: true,
        answer: null,
        expired: true,
      });
      expect(payment).toMatchObject({
        problem: 'gateway_failed',
        answer: null,
        operation: { status: 'FAILED' },
      });
    });

    test('an unsettled operation does not expire', async () => {
      await accepted(env.store, intent('slow', { key: key('k') }));
      await env.advanceClock(RETENTION_MS * 2);
      expect((await situation('slow', 'k')).key).toMatchObject({ answer: null, expired: false });
    });

    test('time passes between two readings', async () => {
      const before = await situation('any', null);
      const record = await accepted(env.store, 'timed');
      const after = await situation('timed', null);
      expect(after.nowMs).toBeGreaterThan(before.nowMs);
      expect(record.createdAtMs).toBeGreaterThanOrEqual(before.nowMs);
      expect(record.createdAtMs).toBeLessThanOrEqual(after.nowMs);
      await env.advanceClock(60_000);
      const later = await situation('timed', null);
      const age = ({ nowMs, payment }: Situation) => nowMs - (payment?.createdAtMs ?? nowMs);
      expect(age(later) - age(after)).toBeGreaterThanOrEqual(60_000);
    });

    test('another account sees neither the order nor the key', async () => {
      await accepted(env.store, intent('mine', { key: key('k') }));
      expect(await situation('mine', 'k', 'globex')).toMatchObject({ key: null, payment: null });
    });

    test('many questions at once each get their own answer', async () => {
      await Promise.all(
        numbers(40).map((n) => env.store.accept(intent(`many ${n}`, { key: key(`many ${n}`, `${n}`) }))),
      );
      const found = await Promise.all(
        numbers(400).map((n) => situation(`many ${n % 50}`, n % 3 === 0 ? null : `many ${n % 45}`)),
      );
      found.forEach(({ key: bound, payment }, n) => {
        expect(payment?.order.orderId ?? null).toBe(n % 50 < 40 ? `many ${n % 50}` : null);
        expect(bound?.fingerprint ?? null).toBe(n % 3 !== 0 && n % 45 < 40 ? `${n % 45}` : null);
      });
    });

    test('a record read twice is the same record', async () => {
      const record = await accepted(env.store, 'still');
      expect(await recordOf(env.other, order('still'))).toEqual(record);
    });
  });
}
