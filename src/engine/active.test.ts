import { describe, expect, it } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import { createRefundingGateway, refundingReplica } from '../../test/support/refunding.ts';
import type { FollowUpRecord, PaymentRecord } from '../ports/store.ts';
import { createActivePayments } from './active.ts';

async function records(): Promise<{ charge(id: string): PaymentRecord; refund(id: string): FollowUpRecord }> {
  const gateway = createRefundingGateway();
  const { refund, paymentId, store } = await refundingReplica(world, gateway);
  await refund({ refundId: 'r1' });
  const name = { accountId: 'default', paymentId, kind: 'refund', name: 'r1' } as const;
  const refunded = (await world.ended(store.followUp(name))) as FollowUpRecord;
  return {
    charge: (id) => ({ ...world.stored('o1'), paymentId: id }),
    refund: (id) => ({ ...refunded, followUp: { ...refunded.followUp, id } }),
  };
}

describe('the room in memory', () => {
  it('is for charges, and half of it for refunds', async () => {
    const { charge, refund } = await records();
    const active = createActivePayments(5);
    for (const id of ['r1', 'r2']) active.waiting(refund(id), () => {}, null);
    expect([active.hasRoomFor(refund('r3')), active.hasRoomFor(charge('c1'))]).toEqual([false, true]);
    for (const id of ['c1', 'c2', 'c3']) active.working(charge(id));
    expect(active.hasRoomFor(charge('c4'))).toBe(false);
  });

  it('is there for what is kept already, and free again for what is removed', async () => {
    const { charge, refund } = await records();
    const active = createActivePayments(2);
    active.working(refund('r1'));
    active.waiting(refund('r1'), () => {}, null);
    expect([active.hasRoomFor(refund('r1')), active.hasRoomFor(refund('r2'))]).toEqual([true, false]);
    active.remove('r1');
    expect(active.hasRoomFor(refund('r2'))).toBe(true);
    for (const id of ['c1', 'c2']) active.working(charge(id));
    expect([active.hasRoomFor(charge('c2')), active.hasRoomFor(refund('r2'))]).toEqual([true, false]);
  });
});
