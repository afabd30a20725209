/** Events decide nothing: whatever order they come in, however often, and however many are lost, a payment and its refund end in the same state. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  createRefundingGateway,
  type RefundingGateway,
  refundingReplica,
} from '../../../test/support/refunding.ts';
import { reset } from '../../../test/support/scripted-gateway.ts';
import { createVirtualWorld, order, type VirtualWorld } from '../../../test/support/virtual-world.ts';
import { type Sender, sender, withWebhooks } from '../../../test/support/webhooks.ts';
import type { GatewayNote } from '../../domain/gateway-note.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SETTINGS = { policy: { maxAttempts: 1 }, limits: { sweepMs: 600_000 } };

/** What the gateway makes of the charge or the refund after a while; `absent`: the request was lost. */
type Fate = 'live' | 'declined' | 'absent';

interface Story {
  readonly charge: Fate;
  readonly refund: Fate;
}

/** An event that comes in: about which of the two, what it says, and how long after the one before. */
interface Incoming {
  readonly about: 'charge' | 'refund';
  readonly says: GatewayNote['says'];
  readonly afterMs: number;
}

const fate = fc.constantFrom<Fate>('live', 'declined', 'absent');
const stories: fc.Arbitrary<Story> = fc.record({ charge: fate, refund: fate });
const incoming: fc.Arbitrary<Incoming> = fc.record({
  about: fc.constantFrom('charge' as const, 'refund' as const),
  says: fc.constantFrom('live' as const, 'pending' as const, 'declined' as const, 'reversed' as const),
  afterMs: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 60_000 }), fc.nat({ max: 8 * HOUR })),
});

/** The order `o1` is charged before the story begins, and refunded in it; the order `o2` is charged in it. */
interface Stage {
  readonly world: VirtualWorld;
  readonly gateway: RefundingGateway;
  readonly events: Sender;
  readonly read: () => Promise<string>;
}

async function begin(story: Story): Promise<Stage> {
  const world = createVirtualWorld();
  const gateway = withWebhooks(createRefundingGateway());
  const replica = await refundingReplica(world, gateway, SETTINGS);
  gateway.play = ({ charge }) => {
    if (story.charge !== 'absent') charge();
    return reset;
  };
  gateway.refundPlay = ({ book }) => {
    if (story.refund !== 'absent') book('pending');
    return reset;
  };
  await world.ended(replica.engine.charge(order('o2'), { waitMs: 10 }));
  await replica.refund({ amountMinor: 400 }, { waitMs: 10 });
  decide(gateway, story);
  const read = async (): Promise<string> => {
    const refund = await world.ended(replica.engine.findRefund('default', replica.paymentId, 'r1'));
    const { operation } = world.stored('o2');
    return JSON.stringify([operation.status, operation.failureCode, refund?.status, await replica.sums()]);
  };
  return { world, gateway, events: sender(world, replica), read };
}

function decide({ ledger, refundLedger, calls, refundCalls }: RefundingGateway, story: Story): void {
  const charge = ledger.get(calls.at(-1)?.key ?? '');
  if (charge !== undefined && story.charge === 'declined')
    ledger.set(charge.key, { ...charge, status: 'declined' });
  const refund = refundLedger.get(refundCalls[0]?.key ?? '');
  if (refund !== undefined)
    refundLedger.set(refund.key, { ...refund, status: story.refund === 'live' ? 'succeeded' : 'failed' });
}

async function deliver({ world, gateway, events }: Stage, all: readonly Incoming[]): Promise<void> {
  for (const { about, says, afterMs } of all) {
    await world.pass(afterMs);
    const key = (about === 'charge' ? gateway.calls.at(-1) : gateway.refundCalls[0])?.key ?? null;
    const orderId = about === 'charge' ? 'o2' : 'o1';
    await events.send(says, { kind: about, orderId, key, ref: about === 'charge' ? 'ch_2' : 're_1' });
  }
}

it('ends in the same state, with no call more', async () => {
  await fc.assert(
    fc.asyncProperty(stories, fc.array(incoming, { maxLength: 12 }), async (story, all) => {
      const [silent, told] = [await begin(story), await begin(story)];
      await deliver(told, all);
      for (const { world } of [silent, told]) await world.pass(6 * DAY);
      expect(await told.read()).toBe(await silent.read());
      expect(told.gateway.calls).toHaveLength(silent.gateway.calls.length);
      expect(told.gateway.refundCalls).toHaveLength(silent.gateway.refundCalls.length);
    }),
    { numRuns: 40, seed: 1 },
  );
});
