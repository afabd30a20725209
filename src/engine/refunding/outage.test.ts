/** A gateway whose refunds fail, and whose charges work. */
import { describe, expect, it } from 'vitest';
import { world } from '../../../test/support/fresh-world.ts';
import {
  createRefundingGateway,
  type RefundPlay,
  refundingReplica,
  wantedOf,
} from '../../../test/support/refunding.ts';
import { error500, reset } from '../../../test/support/scripted-gateway.ts';
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
