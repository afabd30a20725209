/** A shortage on this machine: no attempt, no failed order, nothing against the gateway, and one alarm. */
import { describe, expect, it } from 'vitest';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { KEYLESS, order, told } from '../../test/support/virtual-world.ts';

const SHORT = { kind: 'not_sent', reason: 'no_free_file' } as const;

describe('a call without a free file', () => {
  it('does not count, is tried again every second, and ends as the gateway says', async () => {
    gateway.play = ({ attempt, charge }) => (attempt <= 10 ? SHORT : charge());
    const { engine } = await world.replica(gateway);
    expect(told(await world.ended(engine.charge(order('o1'), { waitMs: 60_000 })))).toBe('completed 201');
    expect(world.nowMs).toBe(10_000);
    expect(world.stored('o1').operation.attempts).toBe(1);
    expect(world.trail('o1').slice(0, 3)).toEqual([
      'payment.created',
      'call.not_sent no_free_file',
      'call.started',
    ]);
  });

  it('raises one alarm, and another one after a minute without a shortage', async () => {
    let short = true;
    gateway.play = ({ charge }) => (short ? SHORT : charge());
    const { engine, logged } = await world.replica(gateway);
    const alarms = () => logged.filter(({ fields }) => fields.alarm === 'out_of_resources');
    for (const orderId of ['o1', 'o2', 'o3']) void engine.charge(order(orderId), { waitMs: 0 });
    await world.pass(100_000);
    expect(alarms()).toEqual([
      {
        level: 'error',
        message: expect.stringContaining('ulimit -n'),
        fields: {
          alarm: 'out_of_resources',
          reason: 'no_free_file',
          payment_id: world.stored('o1').paymentId,
        },
      },
    ]);
    short = false;
    await world.pass(62_000);
    short = true;
    void engine.charge(order('o4'), { waitMs: 0 });
    await world.pass(2000);
    expect(alarms().length).toBe(2);
  });

  it('does not stop calls to a healthy gateway', async () => {
    const { engine } = world.parts(gateway);
    gateway.play = () => SHORT;
    const replica = await world.replica(gateway);
    for (let one = 0; one < 60; one += 1) void replica.engine.charge(order(`o${one}`), { waitMs: 0 });
    await world.pass(5000);
    gateway.play = ({ charge }) => charge();
    expect(told(await world.ended(replica.engine.charge(order('new'), KEYLESS)))).toBe('completed 201');
    await world.pass(60_000);
    expect(gateway.ledger.size).toBe(61);
    expect(engine.gate.callsStoppedMs()).toBe(0);
  });

  it('slows down new calls: a hundred orders do not make a hundred tries a second', async () => {
    gateway.play = () => SHORT;
    const { engine } = await world.replica(gateway, { gate: { maxCalls: 100 } });
    for (let one = 0; one < 100; one += 1) void engine.charge(order(`o${one}`), { waitMs: 0 });
    await world.pass(60_000);
    expect(gateway.calls.length).toBeLessThan(100 + 2 * 60);
    gateway.play = ({ charge }) => charge();
    await world.pass(60_000);
    expect(gateway.ledger.size).toBe(100);
  });

  it('is no call if the lease is over, whatever the adapter says', async () => {
    gateway.play = ({ options }) =>
      new Promise((resolve) => {
        world.clock.after(9000, () => {
          world.suspendedMs += 60_000;
          options.mayLeave();
          resolve(SHORT);
        });
      });
    const { engine, logged } = await world.replica(gateway);
    void engine.charge(order('o1'), { waitMs: 0 });
    await world.pass(9000);
    expect(logged.filter(({ fields }) => fields.alarm === 'out_of_resources')).toEqual([]);
  });
});

describe('a lookup without a free file', () => {
  it('is no answer, and raises an alarm', async () => {
    gateway.play = () => ({ kind: 'unknown', answered: false, reason: 'connection_lost' });
    let asked = 0;
    gateway.lookupPlay = () => {
      asked += 1;
      return SHORT;
    };
    const { engine, logged } = await world.replica(gateway, { policy: { maxAttempts: 1 } });
    void engine.charge(order('o1'), { waitMs: 0 });
    await world.pass(5000);
    expect(asked).toBe(1);
    expect(world.trail('o1').at(-1)).toBe('lookup.unavailable not_sent_no_free_file');
    expect(logged.map(({ fields }) => fields.alarm)).toEqual(['out_of_resources']);
  });
});
