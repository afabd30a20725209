import { describe, expect, test } from 'vitest';
import { AS_IT_STANDS } from '../../../src/domain/acceptance.ts';
import { type Environment, RETENTION_MS } from './environment.ts';
import {
  ACCOUNT,
  accepted,
  complete,
  done,
  everythingAbout,
  intent,
  key,
  numbers,
  order,
  paymentKey,
  seen,
} from './fixtures.ts';

export function keyTests(env: Environment): void {
  describe('bindKey', () => {
    test('a key is bound to a charge that exists, and changes nothing else', async () => {
      const record = await accepted(env.store, 'joined');
      const before = await everythingAbout(env.store, order('joined'));
      expect(await env.store.bindKey({ payment: paymentKey(record), chargeN: 1, key: key('k', 'fp') })).toBe(
        'bound',
      );
      expect(await everythingAbout(env.other, order('joined'))).toEqual(before);
      const { key: bound } = await seen(env.other, 'joined', key('k'));
      expect(bound).toEqual({ fingerprint: 'fp', chargeN: 1, started: false, answer: null, expired: false });
    });

    test('a key that is bound stays where it is', async () => {
      await accepted(env.store, intent('first', { key: key('k', 'of the first') }));
      const second = await accepted(env.store, 'second');
      const before = await everythingAbout(env.store, order('first'), key('k').hash);
      const binding = { payment: paymentKey(second), chargeN: 1, key: key('k', 'of the second') };
      expect(await env.other.bindKey(binding)).toBe('lost');
      expect(await everythingAbout(env.store, order('first'), key('k').hash)).toEqual(before);
    });

    test('binding the same key twice is lost the second time and harmless', async () => {
      const record = await accepted(env.store, 'joined');
      const binding = { payment: paymentKey(record), chargeN: 1, key: key('k') };
      expect(await env.store.bindKey(binding)).toBe('bound');
      expect(await env.store.bindKey(binding)).toBe('lost');
      const { key: bound } = await seen(env.store, 'joined', key('k'));
      expect(bound).toMatchObject({ fingerprint: key('k').fingerprint, started: false });
    });

    test('a key is not bound to a payment or a charge that is not there', async () => {
      const record = await accepted(env.store, 'joined');
      const payment = paymentKey(record);
      const gone = { ...payment, orderId: 'gone', paymentId: '01980000-0000-7000-8000-0000000000aa' };
      expect(await env.store.bindKey({ payment: gone, chargeN: 1, key: key('k') })).toBe('lost');
      expect(await env.store.bindKey({ payment, chargeN: 2, key: key('k') })).toBe('lost');
      const query = { accountId: ACCOUNT, orderId: 'joined', keyHash: key('k').hash };
      expect((await env.other.situation(query)).key).toBeNull();
    });

    test('of many that bind one key at once, one succeeds', async () => {
      const records = await Promise.all(numbers(20).map((n) => accepted(env.store, `order ${n}`)));
      const results = await Promise.all(
        records.map((record, n) =>
          (n % 2 === 0 ? env.store : env.other).bindKey({
            payment: paymentKey(record),
            chargeN: 1,
            key: key('wanted', `${n}`),
          }),
        ),
      );
      expect(results.filter((result) => result === 'bound')).toHaveLength(1);
      const { key: bound } = await seen(env.store, 'order 0', key('wanted'));
      expect(bound?.fingerprint).toBe(String(results.indexOf('bound')));
    });

    test('a key bound and an order accepted with it at once leave it with one of them', async () => {
      for (const round of numbers(20)) {
        const record = await accepted(env.store, `old ${round}`);
        const name = `both ${round}`;
        const fresh = intent(`new ${round}`, { key: key(name, 'accepted') });
        const [result, binding] = await Promise.all([
          env.store.accept(fresh),
          env.other.bindKey({ payment: paymentKey(record), chargeN: 1, key: key(name, 'bound') }),
        ]);
        expect(result.kind === 'accepted').toBe(binding === 'lost');
        const { key: bound, payment } = await seen(env.store, fresh.order.orderId, key(name));
        expect(bound?.fingerprint).toBe(binding === 'lost' ? 'accepted' : 'bound');
        expect(payment === null).toBe(binding === 'bound');
      }
    });

    test('a key bound after the end has the frozen answer at once', async () => {
      const record = await done(env.store, complete(await accepted(env.store, 'over'), 'the end'));
      await env.store.bindKey({ payment: paymentKey(record), chargeN: 1, key: key('late') });
      expect((await seen(env.other, 'over', key('late'))).key).toMatchObject({
        started: false,
        answer: { body: 'the end' },
        expired: false,
      });
      await env.advanceClock(RETENTION_MS + 1);
      expect((await seen(env.other, 'over', key('late'))).key).toMatchObject({ answer: null, expired: true });
    });

    test('a key bound to no charge has no answer, and none that could expire', async () => {
      const record = await done(env.store, complete(await accepted(env.store, 'over'), 'the end'));
      await env.advanceClock(RETENTION_MS + 1);
      const binding = { payment: paymentKey(record), chargeN: AS_IT_STANDS, key: key('late') };
      expect(await env.store.bindKey(binding)).toBe('bound');
      expect((await seen(env.other, 'over', key('late'))).key).toEqual({
        fingerprint: key('late').fingerprint,
        chargeN: AS_IT_STANDS,
        started: false,
        answer: null,
        expired: false,
      });
    });

    test('many keys bound to one charge at once are all bound, and one of two alike', async () => {
      const record = await accepted(env.store, 'crowd');
      const wanted = numbers(150).map((n) => key(`k${n % 100}`));
      const results = await Promise.all(
        wanted.map((one, n) =>
          (n % 2 === 0 ? env.store : env.other).bindKey({
            payment: paymentKey(record),
            chargeN: 1,
            key: one,
          }),
        ),
      );
      expect(results.filter((result) => result === 'bound')).toHaveLength(100);
      for (const { hash, fingerprint } of wanted) {
        const asked = { accountId: ACCOUNT, orderId: 'crowd', keyHash: hash };
        expect((await env.store.situation(asked)).key).toMatchObject({ fingerprint, chargeN: 1 });
      }
    });

    test('another account’s key of the same name is another key', async () => {
      const record = await accepted(env.store, 'mine');
      const theirs = await accepted(env.store, intent(order('theirs', { accountId: 'globex' })));
      for (const payment of [record, theirs].map(paymentKey)) {
        expect(await env.store.bindKey({ payment, chargeN: 1, key: key('k', payment.accountId) })).toBe(
          'bound',
        );
      }
      for (const { accountId, orderId } of [record, theirs].map(paymentKey)) {
        const { key: bound } = await env.store.situation({ accountId, orderId, keyHash: key('k').hash });
        expect(bound?.fingerprint).toBe(accountId);
      }
    });
  });
}
