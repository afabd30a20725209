import { describe, expect, test } from 'vitest';
import type { Environment } from './environment.ts';
import {
  ACCOUNT,
  accepted,
  complete,
  done,
  everythingAbout,
  GATEWAY,
  intent,
  key,
  LEASE_MS,
  numbers,
  recordOf,
  release,
} from './fixtures.ts';

export function modeTests(env: Environment): void {
  describe('the mode', () => {
    test('nobody has claimed it at first', async () => {
      expect(await env.store.mode()).toEqual({ livemode: null, final: false });
    });

    test.each([true, false])('the first claim decides: livemode %s', async (ours) => {
      const claimed = { livemode: ours, final: false };
      expect(await env.store.claimMode(ours)).toEqual(claimed);
      expect(await env.other.mode()).toEqual(claimed);
      expect(await env.other.claimMode(ours)).toEqual(claimed);
    });

    test.each([true, false])(
      'a later claim prevails while there is no payment: livemode %s',
      async (ours) => {
        await env.store.claimMode(!ours);
        expect(await env.other.claimMode(ours)).toEqual({ livemode: ours, final: false });
        expect(await env.store.mode()).toEqual({ livemode: ours, final: false });
      },
    );

    test.each([true, false])('from the first payment on it stays for good: livemode %s', async (ours) => {
      await env.store.claimMode(ours);
      await accepted(env.store, intent('first', { livemode: ours }));
      const stays = { livemode: ours, final: true };
      expect(await env.other.claimMode(!ours)).toEqual(stays);
      expect(await env.other.claimMode(ours)).toEqual(stays);
      expect(await env.store.mode()).toEqual(stays);
    });

    test.each([true, false])('a payment claims what nobody has claimed: livemode %s', async (livemode) => {
      await accepted(env.store, intent('unclaimed', { livemode }));
      expect(await env.other.mode()).toEqual({ livemode, final: true });
      expect(await env.other.claimMode(!livemode)).toEqual({ livemode, final: true });
    });

    test.each([true, false])(
      'a process that has lost an empty database stores nothing in it, with or without payments: livemode %s',
      async (ours) => {
        await env.store.claimMode(ours);
        await env.other.claimMode(!ours);
        const late = intent('late', { livemode: ours, key: key('late') });
        expect(await env.store.accept(late)).toEqual({ kind: 'mode_lost' });
        expect(await everythingAbout(env.other, late.order, key('late').hash)).toEqual({
          payment: null,
          bound: null,
        });
        expect(await env.other.mode()).toEqual({ livemode: !ours, final: false });
        const theirs = await accepted(env.other, intent('theirs', { livemode: !ours }));
        for (const orderId of ['theirs', 'another'])
          expect(await env.store.accept(intent(orderId, { livemode: ours }))).toEqual({ kind: 'mode_lost' });
        expect(await recordOf(env.other, theirs.order)).toEqual(theirs);
        expect(await env.other.payments({ accountId: ACCOUNT, limit: 10 })).toHaveLength(1);
      },
    );

    test('of many of both kinds that store at once, all of one kind are stored and none of the other', async () => {
      const wanted = numbers(40).map((n) => intent(`o${n}`, { livemode: n % 2 === 0 }));
      const told = await Promise.all(wanted.map((one, n) => (n % 4 < 2 ? env.store : env.other).accept(one)));
      const { livemode } = await env.store.mode();
      expect(told.map(({ kind }) => kind)).toEqual(
        wanted.map((one) => (one.livemode === livemode ? 'accepted' : 'mode_lost')),
      );
    });

    test('many that claim at once, where there are payments, all get the same answer', async () => {
      await accepted(env.store, 'first');
      const told = await Promise.all(
        numbers(20).map((n) => (n % 2 === 0 ? env.store : env.other).claimMode(n % 3 === 0)),
      );
      expect(new Set(told.map(({ livemode }) => livemode)).size).toBe(1);
      expect(await env.store.mode()).toEqual(told[0]);
    });

    test.each(['lost', 'lost_committed', 'late'] as const)(
      'a claim whose answer is lost (%s) can be repeated',
      async (ending) => {
        await env.failNext(ending);
        await expect(env.frail.claimMode(true)).rejects.toMatchObject({ name: 'StoreError' });
        if (ending === 'late') await env.arrive();
        expect(await env.frail.claimMode(true)).toEqual({ livemode: true, final: false });
        expect(await env.other.mode()).toEqual({ livemode: true, final: false });
      },
    );
  });

  describe('open payments of other gateways', () => {
    const theirs = (orderId: string, gateway = 'theirs') => accepted(env.store, intent(orderId, { gateway }));

    test('none where there are none, and our own are not among them', async () => {
      await accepted(env.store, 'ours');
      await done(env.store, release(await accepted(env.store, 'ours, waiting'), 1000));
      expect(await env.store.openElsewhere(GATEWAY)).toEqual([]);
      expect(await env.store.openElsewhere('another')).toEqual([{ gateway: GATEWAY, count: 2 }]);
    });

    test('what is held, waits, or is looked up daily counts; what is settled or rests does not', async () => {
      await theirs('held');
      await done(env.store, release(await theirs('waits'), 60_000));
      await done(env.store, release(await theirs('review'), 86_400_000, { operation: { status: 'REVIEW' } }));
      await done(env.store, release(await theirs('rests'), null));
      await done(env.store, complete(await theirs('settled')));
      await accepted(env.store, 'ours');
      expect(await env.other.openElsewhere(GATEWAY)).toEqual([{ gateway: 'theirs', count: 3 }]);
    });

    test('each gateway has its own count, in the order of their names', async () => {
      for (const [n, gateway] of ['b', 'a', 'b', 'C'].entries()) await theirs(`${n}`, gateway);
      expect(await env.store.openElsewhere(GATEWAY)).toEqual([
        { gateway: 'C', count: 1 },
        { gateway: 'a', count: 1 },
        { gateway: 'b', count: 2 },
      ]);
    });

    test('what nobody has taken up after its first lease still counts, once', async () => {
      await theirs('abandoned');
      await env.advanceClock(LEASE_MS + 1);
      expect(await env.store.openElsewhere(GATEWAY)).toEqual([{ gateway: 'theirs', count: 1 }]);
      await env.other.due({ gateway: 'theirs', limit: 10, calls: true });
      expect(await env.store.openElsewhere(GATEWAY)).toEqual([{ gateway: 'theirs', count: 1 }]);
    });
  });

  describe('the address of a gateway', () => {
    const A = { gateway: GATEWAY, from: null, to: 'https://a' };
    const addressNow = async () => (await env.other.gatewayAddress(GATEWAY)).address;

    test('is not known at first; each gateway has its own', async () => {
      expect(await env.store.gatewayAddress(GATEWAY)).toEqual({ address: null, open: 0 });
      expect(await env.store.keepGatewayAddress(A)).toBe('kept');
      expect(await addressNow()).toBe('https://a');
      expect(await env.store.gatewayAddress('another')).toEqual({ address: null, open: 0 });
    });

    test('changes only from the one that was read', async () => {
      await env.store.keepGatewayAddress(A);
      expect(await env.other.keepGatewayAddress({ ...A, to: 'https://b' })).toBe('lost');
      expect(await env.other.keepGatewayAddress({ ...A, from: 'https://c', to: 'https://b' })).toBe('lost');
      expect(await addressNow()).toBe('https://a');
      expect(await env.other.keepGatewayAddress({ ...A, from: 'https://a', to: 'https://b' })).toBe('kept');
      expect(await addressNow()).toBe('https://b');
    });

    test('of many that change it at once, one does', async () => {
      await env.store.keepGatewayAddress(A);
      const told = await Promise.all(
        numbers(10).map((n) =>
          (n % 2 === 0 ? env.store : env.other).keepGatewayAddress({
            ...A,
            from: 'https://a',
            to: `https://b${n}`,
          }),
        ),
      );
      expect(told.filter((one) => one === 'kept')).toHaveLength(1);
      expect(await addressNow()).toBe(`https://b${told.indexOf('kept')}`);
    });

    test('comes with what is open there, and nothing else', async () => {
      await accepted(env.store, 'held');
      await done(env.store, release(await accepted(env.store, 'waits'), 60_000));
      await done(env.store, complete(await accepted(env.store, 'settled')));
      await accepted(env.store, intent('theirs', { gateway: 'theirs' }));
      expect(await env.other.gatewayAddress(GATEWAY)).toEqual({ address: null, open: 2 });
      expect(await env.other.gatewayAddress('theirs')).toEqual({ address: null, open: 1 });
    });

    test.each(['lost', 'lost_committed', 'late'] as const)(
      'a change whose answer is lost (%s) shows when it is read again',
      async (ending) => {
        await env.failNext(ending);
        await expect(env.frail.keepGatewayAddress(A)).rejects.toMatchObject({ name: 'StoreError' });
        if (ending === 'late') await env.arrive();
        if (ending === 'lost') expect(await env.frail.keepGatewayAddress(A)).toBe('kept');
        expect(await addressNow()).toBe('https://a');
      },
    );
  });
}
