/** What a contract says of one kind of effect holds for that kind, and for no other. */
import { describe, expect, it } from 'vitest';
import { createCapturingGateway } from '../../test/support/capturing.ts';
import { world } from '../../test/support/fresh-world.ts';
import {
  createRefundingGateway,
  type RefundingReplica,
  refundingReplica,
} from '../../test/support/refunding.ts';
import { error500, reset } from '../../test/support/scripted-gateway.ts';
import { order } from '../../test/support/virtual-world.ts';

const MINUTE = 60_000;
const ONE_CALL = { policy: { maxAttempts: 1, lookupBaseMs: 1000, lookupCapMs: 1000 } };

async function refundIs({ engine, paymentId }: RefundingReplica): Promise<string | undefined> {
  const found = await world.ended(engine.findRefund('default', paymentId, 'r1'));
  return found?.status;
}

async function chargeIs({ engine }: RefundingReplica): Promise<string> {
  await world.ended(engine.charge(order('o2'), { waitMs: 0 }));
  await world.pass(10_000);
  return world.stored('o2').operation.status;
}

describe('a contract in which refunds differ', () => {
  it('that cannot be looked up: a person decides, and charges are looked up all the same', async () => {
    const gateway = createRefundingGateway({ effects: { refund: { lookup: false } } });
    const replica = await refundingReplica(world, gateway, ONE_CALL);
    gateway.refundPlay = () => reset;
    await replica.refund();
    await world.pass(2 * MINUTE);
    expect([await refundIs(replica), gateway.refundLookups]).toEqual(['REVIEW', []]);
    gateway.play = () => error500;
    expect(await chargeIs(replica)).toBe('FAILED');
  });

  it('whose errors land late: absence is no proof before that, and of a charge it is at once', async () => {
    const gateway = createRefundingGateway({ effects: { refund: { errorsLandWithinMs: MINUTE } } });
    const replica = await refundingReplica(world, gateway, ONE_CALL);
    gateway.refundPlay = () => error500;
    await replica.refund();
    await world.pass(30_000);
    expect([await refundIs(replica), gateway.refundLookups.length > 1]).toEqual(['PENDING', true]);
    await world.pass(MINUTE);
    expect(await refundIs(replica)).toBe('FAILED');
    gateway.play = () => error500;
    expect(await chargeIs(replica)).toBe('FAILED');
  });

  it('whose keys are not kept: what is in doubt is not sent again, and a charge is', async () => {
    const gateway = createRefundingGateway({ effects: { refund: { keys: 'none' } } });
    const replica = await refundingReplica(world, gateway);
    gateway.refundPlay = () => reset;
    await replica.refund();
    await world.pass(30_000);
    expect(gateway.refundCalls).toHaveLength(1);
    gateway.play = () => reset;
    await chargeIs(replica);
    expect(gateway.calls.filter(({ orderId }) => orderId === 'o2').length).toBeGreaterThan(1);
  });

  it('that may stay pending for an hour: then a person is asked', async () => {
    const gateway = createRefundingGateway({ effects: { refund: { pendingForMs: 60 * MINUTE } } });
    const replica = await refundingReplica(world, gateway, ONE_CALL);
    gateway.refundPlay = ({ book }) => book('pending');
    await replica.refund();
    await world.pass(50 * MINUTE);
    expect(await refundIs(replica)).toBe('PENDING');
    await world.pass(20 * MINUTE);
    expect(await refundIs(replica)).toBe('REVIEW');
  });
});

describe('an adapter does not start', () => {
  it('with a word that contradicts another one, and every such word is named', async () => {
    const effects = { capture: { lookup: false }, refund: { errorsLandWithinMs: 2 * MINUTE } };
    const start = () => world.replica(createCapturingGateway({ effects }));
    await expect(start()).rejects.toThrow('contract.effects.capture.lookup must be true');
    await expect(start()).rejects.toThrow('contract.effects.refund.errorsLandWithinMs must be at most');
    await expect(start()).rejects.toThrow('Nothing was started, nothing was sent');
  });

  it('with lookups that are of no use under the policy', async () => {
    const slow = createRefundingGateway({ lookupLagMs: MINUTE });
    await expect(world.replica(slow, { policy: { resolveForMs: MINUTE } })).rejects.toThrow(
      'contract.lookupLagMs must be shorter than policy.resolveForMs',
    );
  });
});
