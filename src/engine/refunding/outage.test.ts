/** A gateway whose refunds fail, and whose charges work. */
import { describe, expect, it } from 'vitest';
import { world } from '../../../test/support/fresh-world.ts';
import {
  createRefundingGateway,
  type RefundPlay,
  refundingReplica,
  wantedOf,
} from '../../../test/support/refunding.ts';
import { error500, never, reset } from '../../../test/support/scripted-gateway.ts';
import { order } from '../../../test/support/virtual-world.ts';

const forbidden = { kind: 'forbidden', reason: 'http_403' } as const;

describe('a gateway that makes no refunds', () => {
  it.each([
    ['is silent', () => reset],
    ['answers with errors', () => error500],
    ['refuses our credentials', () => forbidden],
  ] satisfies [string, RefundPlay][])('and %s holds up no charge', async (_how, play) => {
    const gateway = createRefundingGateway();
    const { engine, paymentId, logged } = await refundingReplica(world, gateway);
    gateway.refundPlay = play;
    for (let n = 0; n < 100; n += 1)
      void engine.refund(wantedOf(paymentId, { refundId: `r${n}`, amountMinor: 1 }), { waitMs: 10 });
    for (let n = 0; n < 20; n += 1) {
      await world.pass(n * 1000);
      const beganMs = world.nowMs;
      const charged = await world.ended(engine.charge(order(`next-${n}`), { waitMs: 60_000 }));
      expect(charged).toMatchObject({ kind: 'settled', frozen: { problem: null } });
      expect(world.nowMs - beganMs).toBe(0);
    }
    const stops = logged.filter(({ fields }) => fields.alarm === 'calls_stopped');
    expect(stops.map(({ fields }) => fields.of)).toContain('refund');
  });
});

describe('refunds that hang', () => {
  const settings = { gate: { maxCalls: 8, maxLookups: 4 } } as const;
  const hang = () => new Promise<never>(() => {});

  /** Of 1 each, all at once. */
  async function withRefunds(count: number, play: RefundPlay) {
    const gateway = createRefundingGateway();
    const { engine, paymentId } = await refundingReplica(world, gateway, settings);
    gateway.refundPlay = play;
    const refund = (refundId: string) =>
      engine.refund(wantedOf(paymentId, { refundId, amountMinor: 1 }), { waitMs: 10 });
    for (let n = 0; n < count; n += 1) void refund(`r${n}`);
    await world.pass(0);
    return { engine, gateway, refund };
  }

  it('use half of the places for calls, and charges find the others free', async () => {
    const { engine, gateway } = await withRefunds(100, hang);
    expect(gateway.refundCalls).toHaveLength(4);
    gateway.play = never;
    for (const orderId of ['a', 'b', 'c', 'd']) void engine.charge(order(orderId), { waitMs: 0 });
    await world.pass(0);
    expect(gateway.calls.map(({ orderId }) => orderId)).toEqual(['o1', 'a', 'b', 'c', 'd']);
  });

  it('in their lookups hold up no lookup of a charge', async () => {
    const { engine, gateway } = await withRefunds(100, ({ book }) => book('pending'));
    const hanging: string[] = [];
    gateway.refunds.lookup = ({ key }) => {
      hanging.push(key);
      return hang();
    };
    await world.pass(2000);
    expect(hanging).toHaveLength(2);
    gateway.play = ({ charge }) => {
      charge();
      return { kind: 'pending', ref: 'ch_2' };
    };
    void engine.charge(order('slow'), { waitMs: 0 });
    await world.pass(1200);
    expect(world.stored('slow').operation.status).toBe('COMPLETED');
  });

  it('are called in their turn while charges want every place', async () => {
    const { engine, gateway, refund } = await withRefunds(0, ({ book }) => book());
    let came = 0;
    const come = (): void => {
      came += 1;
      void engine.charge(order(`new-${came}`), { waitMs: 0 });
    };
    gateway.play = ({ charge }) => {
      come();
      return new Promise((resolve) => {
        world.clock.after(1000, () => resolve(charge()));
      });
    };
    for (let n = 0; n < 20; n += 1) come();
    await world.pass(10);
    void refund('r1');
    await world.pass(5000);
    expect([gateway.refundCalls.length, came > 40]).toEqual([1, true]);
  });
});
