/** Money that is authorised first at a gateway of two steps: the seal must never let go of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { atOrder } from '../../../test/support/capturing.ts';
import { chargingReplica } from '../../../test/support/charging.ts';
import { world } from '../../../test/support/fresh-world.ts';
import { createTwoStepGateway, LOST, type TwoStepGateway } from '../../../test/support/two-step-gateway.ts';
import { order, told } from '../../../test/support/virtual-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let gateway: TwoStepGateway;
beforeEach(() => {
  gateway = createTwoStepGateway({ authorizedForMs: DAY });
});

async function authorized() {
  const replica = await chargingReplica(world, gateway, { limits: { sweepMs: 60_000 } });
  const wanted = order('o1', { amountMinor: 1000, captureMethod: 'manual' });
  await world.ended(replica.engine.charge(wanted, { waitMs: 5000 }));
  return atOrder(world, replica);
}

describe('a charge that is authorised first in two steps', () => {
  it('says so when its object is made, and is AUTHORIZED', async () => {
    const { standing } = await authorized();
    expect(gateway.prepares).toMatchObject([{ captureMethod: 'manual' }]);
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1']);
    expect(await standing()).toBe('AUTHORIZED 0/0');
  });

  it('is AUTHORIZED although the answer was lost, and is not sealed', async () => {
    gateway.onConfirm = ({ act }) => {
      act();
      return LOST;
    };
    const { standing } = await authorized();
    await world.pass(HOUR);
    expect(await standing()).toBe('AUTHORIZED 0/0');
    expect(gateway.seals).toEqual([]);
  });

  it('is told at once if it is AUTHORIZED while its client only reads what to tell the customer', async () => {
    gateway = createTwoStepGateway({ authorizedForMs: 30_000 });
    // It waits here for the end of its authorisation.
    const { engine, store } = await chargingReplica(world, gateway, { limits: { localWaitMs: MINUTE } });
    const clientReads = () => new Promise<void>((read) => void world.clock.after(5000, read));
    gateway.onConfirm = ({ act }) => {
      act();
      store.before('handle', clientReads);
      return { kind: 'pending', ref: 'pi_1' };
    };
    const answer = await world.ended(
      engine.charge(order('o1', { captureMethod: 'manual' }), { waitMs: MINUTE }),
    );
    expect([told(answer), world.stored('o1').operation.status]).toEqual(['completed 201', 'AUTHORIZED']);
    expect(world.nowMs).toBeLessThan(10_000);
  });

  it('is looked at when its time is over, and never sealed, whatever the gateway shows', async () => {
    const { standing } = await authorized();
    await world.pass(DAY + HOUR);
    expect(gateway.said).toContain('read pi_1');
    gateway.onRead = () => ({ kind: 'open', ref: 'pi_1' });
    await world.pass(DAY);
    expect(await standing()).toBe('AUTHORIZED 0/0');
    expect(gateway.seals).toEqual([]);
    expect(gateway.objects.get('pi_1')?.state).toBe('held');
  });

  it('is VOIDED if it was cancelled at the gateway', async () => {
    const { standing } = await authorized();
    Object.assign(gateway.objects.get('pi_1') ?? {}, { state: 'sealed' });
    await world.pass(DAY + HOUR);
    expect(await standing()).toBe('VOIDED 0/0');
    expect(world.stored('o1').operation.failureCode).toBe('authorization_expired');
  });

  it('is captured', async () => {
    const { capture, standing } = await authorized();
    await capture();
    expect(await standing()).toBe('COMPLETED 1000/0');
    expect(gateway.said.at(-1)).toBe('captured pi_1');
  });

  it('is let go by a void of ours, and a look before the void has ended leaves it to the void', async () => {
    const { void: letGo, standing, paymentId, engine } = await authorized();
    let reads = 0;
    gateway.onEnd = ({ act }) => {
      act();
      return LOST;
    };
    const { lookup } = gateway.captures?.void ?? {};
    if (gateway.captures !== undefined && lookup !== undefined)
      Object.assign(gateway.captures.void, {
        lookup: async (...args: Parameters<typeof lookup>) => {
          reads += 1;
          return reads < 20 ? { kind: 'unavailable', reason: 'timeout' } : lookup(...args);
        },
      });
    await letGo();
    const target = { accountId: 'default', paymentId, followUp: null, actor: 'amira' };
    await world.ended(engine.lookNow(target));
    await world.pass(1000);
    expect(await standing()).toBe('AUTHORIZED 0/0');
    await world.pass(2 * DAY);
    expect(await standing()).toBe('VOIDED 0/0');
    expect(world.stored('o1').operation.failureCode).toBeNull();
  });
});
