/** When an engine refuses to start, and what it says. */
import { describe, expect, it, test } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import { createScriptedGateway, never, type ScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { createTwoStepGateway } from '../../test/support/two-step-gateway.ts';
import { KEYLESS, order, told, type VirtualReplica } from '../../test/support/virtual-world.ts';
import type { Gateway } from '../ports/gateway.ts';
import { tellOpenElsewhere } from './start-checks.ts';

const real = (): ScriptedGateway => createScriptedGateway({}, 'http');
const fake = (): ScriptedGateway => Object.assign(createScriptedGateway({}, 'fake'), { livemode: false });

const errorsOf = ({ logged }: Pick<VirtualReplica, 'logged'>) =>
  logged.filter(({ level }) => level === 'error');

/** Starts, pays one order, and stops. */
async function pays(gateway: ScriptedGateway, orderId = 'o1'): Promise<void> {
  const { engine } = await world.replica(gateway);
  expect(told(await world.ended(engine.charge(order(orderId), KEYLESS)))).toBe('completed 201');
  await world.ended(engine.stop());
}

describe('the time of a restore', () => {
  it('is refused if it is in the future, but not if two clocks differ a little', async () => {
    const nowMs = 1_750_000_000_000 + world.nowMs;
    const start = (restoredAtMs: number) => world.replica(real(), { policy: { restoredAtMs } });
    await expect(start(nowMs + 3_700_000)).rejects.toThrow(
      /is in the future.*Nothing was started.*Set RESTORED_AT/s,
    );
    await expect(start(nowMs + 60_000)).resolves.toBeDefined();
  });

  it('is refused if it is in seconds, or of a year in which there was nothing to restore', async () => {
    const start = (restoredAtMs: number) => world.replica(real(), { policy: { restoredAtMs } });
    for (const restoredAtMs of [0, 1_750_000_000, Date.UTC(2016, 5)])
      await expect(start(restoredAtMs)).rejects.toThrow(
        /is too long ago.*in milliseconds since 1970.*Nothing was started.*Set RESTORED_AT/s,
      );
    await expect(start(Date.UTC(2020, 0))).resolves.toBeDefined();
  });
});

describe('a database of test payments', () => {
  it('is refused by a gateway that moves real money, with an explanation, before anything is sent', async () => {
    await pays(fake());
    const gateway = real();
    await expect(world.replica(gateway)).rejects.toThrow(
      /^This database holds test payments.*"http" moves real money\. Nothing was started.*Use another database/s,
    );
    await world.pass(100_000);
    expect([gateway.calls, gateway.lookups]).toEqual([[], []]);
  });

  it('is accepted by the next test gateway, whatever its name', async () => {
    await pays(fake());
    await pays(Object.assign(createScriptedGateway({}, 'sandbox'), { livemode: false }), 'o2');
  });
});

describe('a database of real payments', () => {
  it('is refused by a gateway that moves no money, with an explanation', async () => {
    await pays(real());
    await expect(world.replica(fake())).rejects.toThrow(
      /^This database holds real payments.*"fake" moves no real money\. Nothing was started.*Use another database/s,
    );
  });

  it('is accepted by another real gateway, and one that does not say is real', async () => {
    await pays(real());
    await pays(Object.assign(createScriptedGateway({}, 'another'), { livemode: true }), 'o2');
  });
});

it('a database on which the fake gateway has started without a payment accepts real ones', async () => {
  const { engine } = await world.replica(fake());
  await world.ended(engine.stop());
  await pays(real());
});

describe('livemode', () => {
  it.each([
    ['real', real, true],
    ['test', fake, false],
  ] as const)('is in every answer about a %s payment', async (_kind, open, livemode) => {
    const gateway = open();
    const { engine } = await world.replica(gateway);
    const paid = await world.ended(engine.charge(order('paid'), KEYLESS));
    expect(JSON.parse(paid.kind === 'settled' ? paid.frozen.body : '{}')).toMatchObject({ livemode });
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    const declined = await world.ended(engine.charge(order('declined'), KEYLESS));
    expect(JSON.parse(declined.kind === 'settled' ? declined.frozen.body : '{}')).toMatchObject({ livemode });
    gateway.play = never;
    const open202 = await world.ended(engine.charge(order('open'), { waitMs: 10 }));
    expect(open202).toMatchObject({ kind: 'unsettled', payment: { livemode } });
    const conflict = await world.ended(engine.charge(order('paid', { amountMinor: 1 }), KEYLESS));
    expect(conflict).toMatchObject({ code: 'order_conflict', payment: { livemode } });
    const listed = await world.ended(engine.payments('default', { limit: 10 }));
    expect(listed.map((payment) => payment.livemode)).toEqual([livemode, livemode, livemode]);
    const [payment] = listed;
    const read = await world.ended(engine.payment('default', payment?.paymentId ?? ''));
    expect(read?.livemode).toBe(livemode);
  });
});

describe('payments that are open at another gateway', () => {
  it('raise an alarm at the start that says what to do, and stay visible', async () => {
    const before = real();
    before.play = () => ({ kind: 'pending', ref: 'ch', retryAfterMs: null });
    const { engine } = await world.replica(before);
    for (const id of ['o1', 'o2']) await world.ended(engine.charge(order(id), { waitMs: 10 }));
    await world.ended(engine.stop());
    const after = createScriptedGateway({}, 'another');
    const replica = await world.replica(after);
    expect(replica.logged).toEqual([
      {
        level: 'error',
        fields: { alarm: 'payments_elsewhere', gateway: 'http', count: 2 },
        message: expect.stringMatching(/this process does not look them up.*start an instance/),
      },
    ]);
    expect(await world.ended(replica.engine.payments('default', { limit: 10 }))).toHaveLength(2);
    await world.pass(100_000);
    expect(after.lookups).toEqual([]);
  });

  it('do not prevent the start, even if they cannot be counted', async () => {
    const { store } = world.parts(real());
    store.fail('openElsewhere', 'unavailable');
    const logged: unknown[] = [];
    const log = {
      info: () => {},
      error: () => {},
      warn: (_: unknown, line: string) => void logged.push(line),
    };
    const { engine } = world.parts(real());
    await tellOpenElsewhere({ ...engine, store, log }, new Set());
    expect(logged).toEqual([expect.stringMatching(/could not say whether/)]);
  });

  it('raise no alarm if this process works at their gateway too', async () => {
    const before = real();
    before.play = never;
    const { engine } = await world.replica(before);
    await world.ended(engine.charge(order('o1'), { waitMs: 0 }));
    const { engine: after, logged } = world.parts(createScriptedGateway({}, 'another'));
    await tellOpenElsewhere(after, new Set(['another', before.name]));
    expect(logged).toEqual([]);
    await tellOpenElsewhere(after, new Set(['another']));
    expect(logged).toHaveLength(1);
  });

  it('raise no alarm once they are settled, or if they are our own', async () => {
    await pays(real());
    const { logged } = await world.replica(createScriptedGateway({}, 'another'));
    expect(logged).toEqual([]);
  });
});

describe('the time of a restore', () => {
  const warningsOf = async (agoMs: number) => {
    const restoredAtMs = world.clock.wallMs() - agoMs;
    const { logged } = await world.replica(real(), { policy: { restoredAtMs } });
    return logged.filter(({ level }) => level === 'warn').map(({ message }) => message);
  };

  it('that is more than 30 days ago does not prevent the start, but logs a warning', async () => {
    expect(await warningsOf(30 * 86_400_000 + 1)).toEqual([
      expect.stringMatching(/RESTORED_AT.*more than 30 days ago.*unset it/),
    ]);
  });

  it('that is newer logs none', async () => {
    expect(await warningsOf(30 * 86_400_000)).toEqual([]);
  });
});

describe('two processes of different kinds on an empty database', () => {
  const LOST = {
    level: 'error',
    fields: { alarm: 'mode_lost', livemode: true },
    message: expect.stringMatching(/takes no more payments/),
  };

  it('the earlier one stores and sends nothing, says why, and stops for good', async () => {
    const gateway = real();
    const earlier = await world.replica(gateway);
    const later = await world.replica(fake());
    const charge = (engine: VirtualReplica['engine']) => world.ended(engine.charge(order('o1'), KEYLESS));
    expect(told(await charge(earlier.engine))).toBe('store_unavailable');
    expect(errorsOf(earlier)[0]).toEqual(LOST);
    expect(await world.ended(later.engine.payments('default', { limit: 10 }))).toEqual([]);
    expect(told(await charge(earlier.engine))).toBe('installation_changed');
    expect(await world.ended(earlier.engine.ready())).toBe(false);
    expect(told(await charge(later.engine))).toBe('completed 201');
    expect([gateway.calls, gateway.lookups, errorsOf(later)]).toEqual([[], [], []]);
  });

  it('the earlier one is not ready, and says why', async () => {
    const earlier = await world.replica(real());
    expect(await world.ended(earlier.engine.ready())).toBe(true);
    await world.replica(fake());
    expect(await world.ended(earlier.engine.ready())).toBe(false);
    expect(errorsOf(earlier)).toEqual([LOST]);
  });

  it('the earlier one does not show the other’s payments as its own', async () => {
    const earlier = await world.replica(real());
    const later = await world.replica(fake());
    await world.ended(later.engine.charge(order('o1'), KEYLESS));
    const { engine } = earlier;
    const { paymentId } = world.stored('o1');
    await expect(world.ended(engine.payments('default', { limit: 10 }))).rejects.toThrow(/other mode/);
    await expect(world.ended(engine.payment('default', paymentId))).rejects.toThrow(/other mode/);
    await expect(world.ended(engine.events('default', paymentId, { after: 0, limit: 10 }))).rejects.toThrow(
      /other mode/,
    );
  });

  it('the earlier one does not take up the other’s payments at a gateway of the same name', async () => {
    const gateway = real();
    const earlier = await world.replica(gateway);
    const theirs = Object.assign(createScriptedGateway({}, 'http'), { livemode: false });
    theirs.play = never;
    const later = await world.replica(theirs);
    void later.engine.charge(order('o1'), { waitMs: 10 });
    await world.pass(5);
    later.store.goDown();
    await world.pass(100_000);
    expect([gateway.calls, gateway.lookups]).toEqual([[], []]);
    expect(errorsOf(earlier)).toEqual([LOST]);
  });

  it('an acceptance whose answer was lost before the database was taken over is not reported as not stored', async () => {
    const earlier = await world.replica(real());
    earlier.store.before('accept', () => world.replica(fake()));
    earlier.store.fail('accept', 'lost');
    expect(told(await world.ended(earlier.engine.charge(order('o1'), KEYLESS)))).toBe(
      'store_outcome_unknown',
    );
  });

  it('the mode is no longer read once a payment was stored', async () => {
    const { engine, store, logged } = await world.replica(real());
    await world.ended(engine.charge(order('o1'), KEYLESS));
    store.used.length = 0;
    await world.ended(engine.payments('default', { limit: 10 }));
    await world.pass(10_000);
    expect([await world.ended(engine.ready()), errorsOf({ logged })]).toEqual([true, []]);
    expect(store.used.filter(({ method }) => method === 'mode')).toEqual([]);
  });

  it('no process is ready if the database does not say its mode', async () => {
    const { engine, store } = await world.replica(real());
    store.fail('mode', 'unavailable');
    expect(await world.ended(engine.ready())).toBe(false);
    expect(await world.ended(engine.ready())).toBe(true);
  });

  it('a process that finds payments at its start does not read the mode again', async () => {
    await pays(real());
    const { store } = await world.replica(real());
    await world.pass(10_000);
    expect(store.used.filter(({ method }) => method === 'mode')).toEqual([]);
  });
});

describe('an adapter that contradicts its own contract', () => {
  const twoSteps = createTwoStepGateway();
  const { twoSteps: steps, ...withoutThem } = twoSteps;
  test.each([
    ['declares two steps and has none', withoutThem, 'twoSteps must have prepare and seal'],
    ['has two steps and declares one', { ...real(), twoSteps: steps }, 'twoSteps must be left out'],
    [
      'declares two steps without kept keys',
      createTwoStepGateway({ keys: 'none' }),
      "contract.steps must be 'one'",
    ],
    [
      'declares two steps without lookups',
      createTwoStepGateway({ lookup: false }),
      "contract.steps must be 'one'",
    ],
  ])('and %s is not started', async (_what, adapter, complaint) => {
    await expect(world.replica(adapter as Gateway)).rejects.toThrow(complaint);
    await expect(world.replica(adapter as Gateway)).rejects.toThrow('Nothing was started, nothing was sent');
  });
});
