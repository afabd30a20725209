/** A front that sends each request twice: one copy is answered, and the other one lands later. `errorsLandWithinMs` says how much later. */
import { describe, expect, it } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import { createRefundingGateway, refundingReplica } from '../../test/support/refunding.ts';
import { createScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { keyed, order, told } from '../../test/support/virtual-world.ts';
import type { EffectContract } from '../domain/contract.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LATE = { errorsLandWithinMs: MINUTE };
const SLOW_SWEEPS = { limits: { sweepMs: 10_000 } };

/** The first copy of a refund is declined. `land`: the second one is executed. */
async function declinedRefund(contract: Partial<EffectContract>, ref?: string) {
  const gateway = createRefundingGateway(contract);
  let land: () => unknown = () => {};
  gateway.refundPlay = ({ book }) => {
    land = book;
    return { kind: 'declined', code: 'amount_too_large', ...(ref === undefined ? {} : { ref }) };
  };
  const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
  await replica.refund({ amountMinor: 600 }, { waitMs: 1000 });
  const status = async () =>
    (await world.ended(replica.engine.findRefund('default', replica.paymentId, 'r1')))?.status;
  return { replica, land: () => void land(), status };
}

describe('a decline that the gateway does not keep', () => {
  it('says nothing of the other copy of a refund: it counts when it lands', async () => {
    const { replica, land, status } = await declinedRefund(LATE);
    await world.pass(5000);
    land();
    await world.pass(HOUR);
    expect([await status(), await replica.sums()]).toEqual(['SUCCEEDED', '1000/0/600/0']);
  });

  it('is believed when nothing can land any more', async () => {
    const { replica, status } = await declinedRefund(LATE);
    await world.pass(50_000);
    expect(await status()).not.toBe('FAILED');
    await world.pass(MINUTE);
    expect([await status(), await replica.sums()]).toEqual(['FAILED', '1000/0/0/0']);
  });

  it('says nothing of the other copy of a charge: the next charge waits for it', async () => {
    const gateway = createScriptedGateway({ ...LATE, declines: 'forgotten' });
    let land: () => unknown = () => {};
    gateway.play = ({ charge }) => {
      land = charge;
      return { kind: 'declined', code: 'no_funds', ref: 'ch_no' };
    };
    const { engine } = await world.replica(gateway, SLOW_SWEEPS);
    await world.ended(engine.charge(order('o1'), keyed('one', 1000)));
    await world.pass(5000);
    land();
    await world.ended(engine.charge(order('o1'), keyed('two', 1000)));
    await world.pass(HOUR);
    expect(told(await world.ended(engine.charge(order('o1'), keyed('three'))))).toBe('completed 200');
    expect([gateway.calls.length, gateway.ledger.size]).toEqual([1, 1]);
  });
});

describe('a decline is final at once', () => {
  it.each([
    ['if the gateway keeps it under the key', LATE, 'rf_no'],
    ['if errors never land late', {}, undefined],
  ])('%s', async (_what, contract, ref) => {
    const { status } = await declinedRefund(contract, ref);
    expect(await status()).toBe('FAILED');
  });
});
