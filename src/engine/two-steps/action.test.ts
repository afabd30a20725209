/** A charge for which the customer must do something first: what they are told, and what becomes of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { chargingReplica } from '../../../test/support/charging.ts';
import { world } from '../../../test/support/fresh-world.ts';
import {
  ACTION,
  createTwoStepGateway,
  LOST,
  type TwoStepGateway,
} from '../../../test/support/two-step-gateway.ts';
import { keyed, told, type VirtualSettings } from '../../../test/support/virtual-world.ts';
import type { ChargeAnswer } from '../api.ts';

const MINUTE = 60_000;

let gateway: TwoStepGateway;
beforeEach(() => {
  gateway = createTwoStepGateway();
  gateway.card = 'act';
});

async function start(settings: VirtualSettings = {}) {
  const replica = await chargingReplica(world, gateway, { limits: { sweepMs: 5000 }, ...settings });
  const shown = async () =>
    (await replica.engine.payment('default', world.stored('o1').paymentId))?.nextAction ?? null;
  return { ...replica, shown };
}

const actionIn = (answer: ChargeAnswer): unknown =>
  answer.kind === 'unsettled' ? answer.payment.nextAction : answer.kind;

describe('a customer who must act', () => {
  it('is told at once, by the answer and by reads, and the payment goes on being processed', async () => {
    const { charge, shown, engine } = await start();
    const answer = await charge(keyed('k'));
    expect([told(answer), actionIn(answer)]).toEqual(['202 PROCESSING', ACTION]);
    expect(world.nowMs).toBeLessThan(1000);
    expect(await shown()).toEqual(ACTION);
    const [listed] = await engine.payments('default', { limit: 10 });
    expect(listed?.nextAction).toBeNull();
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.requires_action',
      'lookup.started',
      'lookup.requires_action',
    ]);
  });

  it('is told by every process, and by every repetition', async () => {
    const { charge } = await start();
    await charge(keyed('k'));
    const { charge: other } = await start();
    expect(actionIn(await other(keyed('k')))).toEqual(ACTION);
    expect(actionIn(await charge(keyed('k')))).toEqual(ACTION);
  });

  it('has acted just when they are to be told again: the request waits for what comes of it', async () => {
    const { charge } = await start();
    await charge(keyed('k'));
    const { charge: other, store } = await start();
    // Another process learns of it between the two reads of this one.
    const acted = async () => {
      gateway.act('pi_1');
      const { paymentId } = world.stored('o1');
      await store.keepAction({ accountId: 'default', paymentId, n: 1 }, null);
    };
    store.before('handle', async () => {}, acted);
    expect(told(await other(keyed('k', MINUTE)))).toBe('completed 201');
  });

  it('has acted: it is paid, and there is nothing to do any more', async () => {
    const { charge, shown } = await start();
    await charge(keyed('k'));
    gateway.act('pi_1');
    await world.pass(MINUTE);
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(await shown()).toBeNull();
    const body = world.stored('o1').answer?.body;
    expect(body).not.toContain('next_action');
    expect(gateway.confirms).toHaveLength(1);
  });

  it('has acted, and the bank works on it: there is nothing to do any more', async () => {
    const { charge, shown } = await start();
    await charge(keyed('k'));
    gateway.onRead = () => ({ kind: 'pending', ref: 'pi_1' });
    await world.pass(MINUTE);
    expect(await shown()).toBeNull();
    expect(world.stored('o1').operation.status).toBe('PROCESSING');
  });

  it('is still told what to do if a read has no answer', async () => {
    const { charge, shown } = await start();
    await charge(keyed('k'));
    gateway.onRead = () => ({ kind: 'unavailable', reason: 'http_503' });
    await world.pass(5 * MINUTE);
    expect(await shown()).toEqual(ACTION);
  });

  it('is not told what the database does not take, and that is no outage', async () => {
    const { charge, store, logged } = await start();
    store.fail('keepAction', 'unfit');
    await charge(keyed('k'));
    const { paymentId } = world.stored('o1');
    expect(logged.map(({ fields }) => fields.alarm)).not.toContain('database_unavailable');
    expect(logged).toContainEqual({
      level: 'error',
      fields: expect.objectContaining({ payment_id: paymentId, charge: 1 }),
      message: expect.stringContaining('what the customer has to do'),
    });
  });

  it('does not act: after an hour it is sealed and has failed', async () => {
    const { charge } = await start();
    await charge(keyed('k'));
    await world.pass(59 * MINUTE);
    expect([world.stored('o1').operation.status, gateway.seals.length]).toEqual(['PROCESSING', 0]);
    await world.pass(2 * MINUTE);
    expect(world.stored('o1')).toMatchObject({
      absences: 0,
      operation: { status: 'FAILED', failureCode: 'action_expired' },
    });
    expect(told(await charge(keyed('k')))).toBe('card_declined');
    expect(gateway.objects.get('pi_1')?.state).toBe('sealed');
  });

  it('acts just before it is sealed: it is paid', async () => {
    gateway.onSeal = ({ request, act }) => {
      gateway.act(request.handle);
      return act();
    };
    const { charge } = await start({ policy: { actionWithinMs: MINUTE } });
    await charge(keyed('k'));
    await world.pass(2 * MINUTE);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
  });

  it('fails at the bank: it is declined, and sealed', async () => {
    const { charge } = await start();
    await charge(keyed('k'));
    Object.assign(gateway.objects.get('pi_1') ?? {}, { state: 'open', code: 'authentication_failure' });
    await world.pass(MINUTE);
    expect(world.stored('o1').operation).toMatchObject({
      status: 'FAILED',
      failureCode: 'authentication_failure',
    });
    expect(gateway.confirms).toHaveLength(1);
  });

  it('has no longer than the caller gives them', async () => {
    const { charge } = await start();
    await charge({ ...keyed('k'), giveUpAfterS: 120 });
    await world.pass(119_000);
    expect(world.stored('o1').operation.status).toBe('PROCESSING');
    await world.pass(10_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'FAILED', failureCode: 'action_expired' });
  });
});

describe('the answer that the customer must act', () => {
  it('may be an old one, repeated after they have acted: what a read shows counts', async () => {
    gateway.onConfirm = ({ nth, act }) => {
      const answer = act();
      return nth === 1 ? LOST : answer;
    };
    // The first read is late, and the customer acts meanwhile.
    gateway.onRead = ({ nth, act }) => (nth === 1 ? { kind: 'open', ref: 'pi_1' } : act());
    const { charge, shown } = await start();
    const answer = charge(keyed('k'));
    const second = gateway.onConfirm;
    gateway.onConfirm = (exchange) => {
      const said = second(exchange);
      if (exchange.nth === 2) gateway.act('pi_1');
      return said;
    };
    expect(told(await answer)).toBe('completed 201');
    expect(world.trail('o1')).toContain('call.requires_action');
    expect(await shown()).toBeNull();
    expect(gateway.confirms).toHaveLength(2);
  });
});
