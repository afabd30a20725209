import { expect, it } from 'vitest';
import { capturingReplica, createCapturingGateway } from '../../test/support/capturing.ts';
import { world } from '../../test/support/fresh-world.ts';
import { createRefundingGateway, wantedOf as refundOf } from '../../test/support/refunding.ts';
import { createScriptedGateway, error500 } from '../../test/support/scripted-gateway.ts';
import { KEYLESS, order } from '../../test/support/virtual-world.ts';
import type { Engine } from './context.ts';
import { createShow } from './show-now.ts';

/** The engines at two gateways of one process: `a` makes no refunds, `b` does. */
function twoGateways(): { readonly a: Engine; readonly b: Engine } {
  const { engine: a } = world.parts(createScriptedGateway({}, 'a'));
  const { engine: b } = world.parts(createRefundingGateway({}, 'b'));
  return { a, b };
}

const showAt = ({ a, b }: ReturnType<typeof twoGateways>) =>
  createShow(a, (gateway) => (gateway === 'b' ? b : a));

it('a payment is shown with the actions of its own gateway', async () => {
  for (const gateway of [createScriptedGateway({}, 'a'), createRefundingGateway({}, 'b')])
    await world.ended((await world.replica(gateway)).engine.charge(order(`at ${gateway.name}`), KEYLESS));
  const records = [world.stored('at a'), world.stored('at b')];
  const shown = await world.ended(showAt(twoGateways()).payments('default', records));
  expect(shown.map(({ actions }) => actions)).toEqual([[], ['refund']]);
});

it('a payment whose gateway refuses all calls is called later, and one of another gateway is not', async () => {
  const engines = twoGateways();
  for (const gateway of [createScriptedGateway({}, 'a'), createScriptedGateway({}, 'b')]) {
    gateway.play = () => error500;
    const { engine } = await world.replica(gateway);
    await world.ended(engine.charge(order(`at ${gateway.name}`), { waitMs: 0 }));
    await world.pass(10);
  }
  const forbidden = { kind: 'forbidden', reason: 'http_401' } as const;
  for (const unit of ['one', 'two'])
    engines.b.gate.callEnded({
      unit,
      outcome: forbidden,
      leftAtMs: world.clock.monotonicMs(),
      pauseMs: 3_600_000,
    });
  const records = [world.stored('at a'), world.stored('at b')];
  const shown = await world.ended(showAt(engines).payments('default', records));
  const [atA, atB] = shown.map(
    ({ nextAttemptAtMs }) => (nextAttemptAtMs ?? 0) - engines.a.databaseClock.nowMs(),
  );
  expect(atA).toBeLessThan(60_000);
  expect(atB).toBeGreaterThan(60_000);
});

it('a payment that is captured while it is read is shown as it was before, and its sums too', async () => {
  const { engine, capture, paymentId, standing } = await capturingReplica(world, createCapturingGateway());
  const before = world.stored('o1');
  await capture(400);
  await world.ended(engine.refund(refundOf(paymentId, { amountMinor: 100 }), { waitMs: 5000 }));
  expect(await standing()).toBe('COMPLETED 400/100');
  // The payment was read before all this, and the sums after it.
  const { engine: parts } = world.parts(createCapturingGateway());
  const shown = await world.ended(createShow(parts, () => parts).payment(before));
  expect(shown).toMatchObject({ status: 'AUTHORIZED', sums: { capturedMinor: 0, refundedMinor: 0 } });
});
