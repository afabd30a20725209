/** An order that the gateway's adapter refuses: nothing is started for it, and what is there already is answered as ever. */
import { describe, expect, it } from 'vitest';
import { chargingReplica } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { decline } from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, told } from '../../test/support/virtual-world.ts';

/** Refuses what is below 100 minor units, and from `again` on everything. */
const picky = () => {
  let refusesAll = false;
  return {
    refuseAll: () => {
      refusesAll = true;
    },
    gateway: {
      ...gateway,
      call: gateway.call.bind(gateway),
      lookup: gateway.lookup.bind(gateway),
      refuses: ({ amountMinor }: { readonly amountMinor: number }) =>
        refusesAll || amountMinor < 100 ? 'the amount is too small' : null,
    },
  };
};

describe('an order that the gateway never charges', () => {
  it.each([keyed('k'), KEYLESS])('is refused, and nothing is stored or sent for it', async (options) => {
    const { charge, uses } = await chargingReplica(world, picky().gateway);
    const answer = await charge(options, { amountMinor: 99 });
    expect(answer).toEqual({
      kind: 'problem',
      code: 'order_not_chargeable',
      detail: 'the amount is too small. Nothing was stored and nothing was sent for this request.',
      replayed: false,
    });
    expect([uses('accept'), gateway.calls.length]).toEqual([0, 0]);
  });

  it('is charged if only another amount is refused, and the same key may send it corrected', async () => {
    const { charge } = await chargingReplica(world, picky().gateway);
    expect(told(await charge(keyed('k'), { amountMinor: 99 }))).toBe('order_not_chargeable');
    expect(told(await charge(keyed('k'), { amountMinor: 100 }))).toBe('completed 201');
  });

  it('gets its stored answer if it was charged before the gateway refused such orders', async () => {
    const { gateway: choosy, refuseAll } = picky();
    const { charge } = await chargingReplica(world, choosy, { cacheEntries: 0 });
    await charge(keyed('k'));
    refuseAll();
    const replay = await charge(keyed('k'));
    expect([told(replay), replay.replayed]).toEqual(['completed 201', true]);
    expect(told(await charge(keyed('other')))).toBe('completed 200');
  });

  it('is not charged again after it failed', async () => {
    gateway.play = decline;
    const { gateway: choosy, refuseAll } = picky();
    const { charge, uses } = await chargingReplica(world, choosy);
    await charge(keyed('k'));
    refuseAll();
    const answer = await charge(keyed('next'));
    expect(answer).toMatchObject({ code: 'order_not_chargeable', payment: { status: 'FAILED' } });
    expect(uses('openNextCharge')).toBe(0);
  });
});
