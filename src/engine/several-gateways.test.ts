/** One process at several gateways: each account is charged at its own, and trouble at one holds up no other. */
import { beforeEach, describe, expect, it } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import {
  createScriptedGateway,
  decline,
  error500,
  type ScriptedGateway,
} from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';
import type { ChargeOptions } from './api.ts';

let a: ScriptedGateway;
let b: ScriptedGateway;
beforeEach(() => {
  a = createScriptedGateway({}, 'stripe:a');
  b = createScriptedGateway({}, 'stripe:b');
});

/** At `a` for one account, and at `b` for another. */
async function start(settings: VirtualSettings = {}) {
  const replica = await world.replica(a, {
    accounts: ['ours'],
    others: [{ gateway: b, accounts: ['theirs'] }],
    ...settings,
  });
  const charge = async (accountId: string, orderId = 'o1', options: ChargeOptions = KEYLESS) =>
    told(await world.ended(replica.engine.charge(order(orderId, { accountId }), options)));
  return { ...replica, charge };
}

/** The same, after `ours` has moved to `b`. */
const startMoved = () => start({ accounts: [], others: [{ gateway: b, accounts: ['ours', 'theirs'] }] });

const sizes = (): number[] => [a.ledger.size, b.ledger.size];

describe('an account', () => {
  it('is charged at its own gateway', async () => {
    const { charge } = await start();
    expect([await charge('ours'), await charge('theirs')]).toEqual(['completed 201', 'completed 201']);
    expect([a, b].map(({ calls }) => calls.map(({ accountId }) => accountId))).toEqual([
      ['ours'],
      ['theirs'],
    ]);
    expect(world.database.row('theirs', 'o1')?.payment.gateway).toBe('stripe:b');
  });

  it('without a gateway is charged nowhere, and nothing is stored; what it has already is told', async () => {
    const { charge, engine } = await start();
    await charge('ours', 'o1', keyed('k'));
    await world.ended(engine.stop());
    const without = await start({ accounts: [] });
    expect(await without.charge('ours', 'o2')).toBe('order_not_chargeable');
    expect(world.database.row('ours', 'o2')).toBeUndefined();
    expect(await without.charge('ours', 'o1', keyed('k'))).toBe('completed 201');
    expect(await without.charge('ours', 'o1', keyed('another'))).toBe('completed 200');
    const answer = await world.ended(without.engine.charge(order('o2', { accountId: 'ours' }), KEYLESS));
    expect(answer).toMatchObject({ detail: expect.stringMatching(/account "ours".*Nothing was stored/) });
    expect(sizes()).toEqual([1, 0]);
  });

  it('is charged while the gateway of another one refuses its key', async () => {
    a.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    const { charge, engine } = await start();
    for (const id of ['x1', 'x2', 'x3'])
      await world.ended(engine.charge(order(id, { accountId: 'ours' }), { waitMs: 100 }));
    const calls = a.calls.length;
    expect(await charge('ours', 'x4', { waitMs: 100 })).toBe('202 PROCESSING');
    expect(a.calls).toHaveLength(calls);
    expect(await charge('theirs')).toBe('completed 201');
  });

  it('that has moved: what is under way is ended where it was begun, and its client is told', async () => {
    a.play = ({ charge }) => {
      charge();
      return { kind: 'pending', ref: 'ch' };
    };
    const before = await start();
    expect(await before.charge('ours', 'o1', keyed('k', 100))).toBe('202 PROCESSING');
    await world.ended(before.engine.stop());
    const after = await startMoved();
    expect(await after.charge('ours', 'o1', keyed('k', 120_000))).toBe('completed 201');
    expect([b.calls, b.lookups]).toEqual([[], []]);
    expect(await after.charge('ours', 'o2')).toBe('completed 201');
    expect(b.calls).toHaveLength(1);
  });

  it('that has moved: a declined order is charged where the account is now', async () => {
    const before = await start();
    a.play = decline;
    expect(await before.charge('ours', 'o1', keyed('one'))).toBe('card_declined');
    await world.ended(before.engine.stop());
    const after = await startMoved();
    expect(await after.charge('ours', 'o1', keyed('two'))).toBe('completed 201');
    expect([a.calls.length, b.calls.length]).toEqual([1, 1]);
  });

  it('that has moved: an order that failed without a decline stays where it can be looked up', async () => {
    const before = await start();
    a.play = () => error500;
    expect(await before.charge('ours', 'o1', keyed('one'))).toBe('gateway_failed');
    await world.ended(before.engine.stop());
    a.play = ({ charge }) => charge();
    const looked = a.lookups.length;
    const after = await startMoved();
    expect(await after.charge('ours', 'o1', keyed('two'))).toBe('completed 201');
    expect(a.lookups.length).toBeGreaterThan(looked);
    expect(sizes()).toEqual([1, 0]);
  });

  it('that has moved: the old gateway is asked whether it takes the next charge', async () => {
    const before = await start();
    a.play = () => error500;
    expect(await before.charge('ours', 'o1', keyed('one'))).toBe('gateway_failed');
    await world.ended(before.engine.stop());
    Object.assign(a, { refuses: () => 'It takes no such order' });
    const calls = a.calls.length;
    const after = await startMoved();
    expect(await after.charge('ours', 'o1', keyed('two'))).toBe('order_not_chargeable');
    expect([a.calls.length, b.calls.length]).toEqual([calls, 0]);
  });

  it('that has moved: a charge that was opened at the old gateway, and was reported as lost, is begun there', async () => {
    const before = await start();
    a.play = () => error500;
    expect(await before.charge('ours', 'o1', keyed('one'))).toBe('gateway_failed');
    await world.ended(before.engine.stop());
    a.play = ({ charge }) => charge();
    const after = await startMoved();
    const { openNextCharge } = after.store;
    // It is stored, the answer is lost, and its repetition finds that somebody was faster: itself.
    after.store.openNextCharge = async (opening) => {
      await openNextCharge(opening);
      return { kind: 'lost' };
    };
    expect(await after.charge('ours', 'o1', keyed('two'))).toBe('completed 201');
    expect([b.calls, b.lookups]).toEqual([[], []]);
    expect(sizes()).toEqual([1, 0]);
  });
});

describe('gateways that do not go together', () => {
  const refused = (settings: VirtualSettings) => expect(start(settings)).rejects;

  it.each([
    [
      'two of one name',
      () => ({ others: [{ gateway: a, accounts: ['theirs'] }] }),
      /have the name "stripe:a"/,
    ],
    ['an account at two', () => ({ others: [{ gateway: b, accounts: ['ours'] }] }), /account "ours" has two/],
    [
      'real money and test money',
      () => ({ others: [{ gateway: { ...b, livemode: false }, accounts: ['theirs'] }] }),
      /"stripe:a" moves real money, and the gateway "stripe:b" does not/,
    ],
  ] as const)('%s', async (_, settings, words) => {
    await refused(settings()).toThrow(words);
    await refused(settings()).toThrow(/Nothing was started/);
  });

  it('one that serves all accounts beside another', async () => {
    await expect(world.replica(a, { others: [{ gateway: b, accounts: ['theirs'] }] })).rejects.toThrow(
      /"stripe:a" names no accounts/,
    );
  });
});

it('payments of both are at none of them "elsewhere"', async () => {
  b.play = () => ({ kind: 'pending', ref: 'ch' });
  const { charge, engine } = await start();
  await charge('theirs', 'o1', { waitMs: 10 });
  await world.ended(engine.stop());
  expect((await start()).logged).toEqual([]);
});
