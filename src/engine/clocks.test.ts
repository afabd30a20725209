/** Clocks that are set, stop, or fire timers too late: what they must never decide. */
import { describe, expect, it } from 'vitest';
import { chargingReplica, later } from '../../test/support/charging.ts';
import { declareContract, gateway, world } from '../../test/support/fresh-world.ts';
import { approve, createScriptedGateway, reset } from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';
import type { CallOutcome, LookupOutcome } from '../domain/outcomes.ts';
import type { WaitsQuery } from '../ports/store.ts';
import { momentOf } from './moment.ts';
import { createClockWatch } from './watch-clock.ts';

const HOUR = 3_600_000;
const LANDS_WITHIN_MS = 60_000;

const start = (settings: VirtualSettings = {}) => chargingReplica(world, gateway, settings);

/** One call, which gets no answer: the request may still land. */
const ONE_CALL: VirtualSettings = { policy: { maxAttempts: 1 } };

describe('a database clock that is set forward', () => {
  it('proves nothing: what may still land in twenty seconds does not count as absent', async () => {
    gateway.play = () => reset;
    const { charge, engine, logged } = await start(ONE_CALL);
    await charge({ waitMs: 1000 });
    await world.pass(40_000);
    world.databaseStepMs = 90_000;
    await world.pass(19_000);
    expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
    // It does land.
    gateway.play = approve;
    await gateway.call(gateway.calls[0] as never, { timeoutMs: 1000, mayLeave: () => true });
    await world.pass(2 * HOUR);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    expect(told(await world.ended(engine.charge(order('o1'), keyed('new'))))).toBe('completed 200');
    expect(logged.filter(({ fields }) => fields.alarm === 'clock_stepped')).toHaveLength(1);
  });

  it('delays the proof by no more than needed', async () => {
    gateway.play = () => reset;
    const { charge } = await start(ONE_CALL);
    await charge({ waitMs: 1000 });
    await world.pass(40_000);
    world.databaseStepMs = HOUR;
    // The lease that the step may have shortened, the time to land, and the lookup.
    await world.pass(15_000 + LANDS_WITHIN_MS + 5000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'FAILED', failureCode: 'gateway_error' });
  });

  it('while no process runs proves nothing to the next process', async () => {
    gateway.play = () => reset;
    const first = await start(ONE_CALL);
    await first.charge({ waitMs: 1000 });
    await world.pass(20_000);
    await world.ended(first.engine.stop());
    world.databaseStepMs = HOUR;
    await start(ONE_CALL);
    await world.pass(LANDS_WITHIN_MS);
    expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
    await world.pass(30_000);
    expect(world.stored('o1').operation.status).toBe('FAILED');
  });
});

describe('a process that starts after one with a longer lease', () => {
  it('waits for that lease, because a request may be sent until its end', async () => {
    gateway.play = () => reset;
    const first = await start({ policy: { maxAttempts: 1, leaseMs: 60_000 } });
    await first.charge({ waitMs: 1000 });
    await world.ended(first.engine.stop());
    await start(ONE_CALL);
    await world.pass(15_000 + LANDS_WITHIN_MS + 30_000);
    expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
    await world.pass(45_000);
    expect(world.stored('o1').operation.status).toBe('FAILED');
  });
});

describe('a step of the database’s clock', () => {
  it('just before a claim whose answer is lost proves nothing under that claim', async () => {
    gateway.play = () => reset;
    const { charge, store } = await start(ONE_CALL);
    await charge({ waitMs: 1000 });
    await world.pass(5000);
    // No sweep notices the step either: the claim of the second lookup is the first to see it.
    store.before('due', () => new Promise(() => {}));
    store.before('advance', () => {
      world.databaseStepMs = 90_000;
    });
    store.fail('advance', 'ack_lost');
    const asked = gateway.lookups.length;
    await world.pass(10_000);
    expect(gateway.lookups.length).toBeGreaterThan(asked);
    expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
  });

  it('by less than a call takes does not date the end of that call too early', async () => {
    const answer = later<CallOutcome>();
    gateway.play = () => answer.promise;
    const { charge } = await start(ONE_CALL);
    await world.pass(60_000);
    await charge({ waitMs: 100 });
    world.databaseStepMs = 9000;
    await world.pass(9600);
    await answer.come(reset);
    // What was abandoned just now may still land for as long.
    await world.pass(LANDS_WITHIN_MS);
    expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
    await world.pass(30_000);
    expect(world.stored('o1').operation.status).toBe('FAILED');
  });

  it('by less than a lease does not date the end of that lease too early', async () => {
    gateway.play = () => later<CallOutcome>().promise;
    await start(ONE_CALL);
    const holder = await start(ONE_CALL);
    await world.pass(60_000);
    await holder.charge({ waitMs: 100 });
    // It can send until its lease really ends, and the other process takes over before that.
    holder.store.goDown();
    world.databaseStepMs = 13_000;
    await world.pass(14_000 + LANDS_WITHIN_MS);
    expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
    await world.pass(30_000);
    expect(world.stored('o1').operation.status).toBe('FAILED');
  });

  it('that another process has seen is known to a process that starts later', async () => {
    gateway.play = () => reset;
    const first = await start(ONE_CALL);
    await first.charge({ waitMs: 1000 });
    await world.pass(10_000);
    world.databaseStepMs = HOUR;
    await world.pass(1000);
    await world.ended(first.engine.stop());
    const second = await start(ONE_CALL);
    await world.pass(40_000);
    expect(gateway.lookups.length).toBeGreaterThan(1);
    expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
    // The first process reported it.
    expect(second.logged).toEqual([]);
  });
});

describe('a database clock that is set back and forth while a process has no contact', () => {
  it.each([
    ['has just started', 1000],
    ['has run for longer than the clock was set back', 2 * HOUR],
  ])(
    'does not make it believe the date that another process wrote meanwhile, if it %s',
    async (_what, ranMs) => {
      const blind = await start(ONE_CALL);
      await world.pass(ranMs);
      blind.store.goDown();
      world.databaseStepMs = -HOUR;
      await world.pass(40_000);
      gateway.play = () => reset;
      const other = await start(ONE_CALL);
      await other.charge({ waitMs: 1000 });
      other.store.goDown();
      world.databaseStepMs = 0;
      await world.pass(10_000);
      blind.store.heal();
      // By its own start and its lease it would be over now, and the call of the other can still land.
      await world.pass(LANDS_WITHIN_MS - 20_000);
      expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
      await world.pass(60_000);
      expect(world.stored('o1').operation.status).toBe('FAILED');
    },
  );

  it('does not hide a request that another process sends under a longer lease', async () => {
    let landed = false;
    gateway.lookupPlay = () => (landed ? { kind: 'succeeded', ref: 'ch_1' } : { kind: 'absent' });
    const blind = await start(ONE_CALL);
    await world.pass(2 * HOUR);
    blind.store.goDown();
    world.databaseStepMs = -HOUR;
    await world.pass(40_000);
    const other = await start({
      policy: { maxAttempts: 1, leaseMs: 120_000 },
      limits: { callTimeoutMs: 110_000 },
    });
    // It is sent late in its lease, and lands within the time that the contract allows.
    gateway.play = ({ options }) =>
      new Promise((resolve) => {
        world.clock.after(100_000, () => {
          expect(options.mayLeave()).toBe(true);
          world.clock.after(LANDS_WITHIN_MS - 1000, () => {
            landed = true;
          });
          resolve(reset);
        });
      });
    other.engine.charge(order('o1'), keyed('k')).catch(() => {});
    await world.pass(1000);
    other.store.goDown();
    world.databaseStepMs = 0;
    await world.pass(10_000);
    blind.store.heal();
    await world.pass(10 * 60_000);
    expect(landed).toBe(true);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
  });
});

describe('a later charge, after the database’s clock was set back', () => {
  const STAY: VirtualSettings = { limits: { sweepMs: 10_000 } };
  const DOWN = { kind: 'refused', reason: 'ECONNREFUSED' } as const;

  /** The second charge of an order is sent to a gateway that then goes down. */
  async function secondCharge(giveUpAfterS: number, sent: CallOutcome) {
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'ECONNREFUSED' });
    const first = await start(STAY);
    await first.charge(keyed('one'));
    const calls = gateway.calls.length;
    gateway.play = () => (gateway.calls.length === calls + 1 ? sent : DOWN);
    await first.charge({ ...keyed('two', 1000), giveUpAfterS });
    return first;
  }

  it('is not sent again under a key that the gateway has pruned, by a process that started since', async () => {
    const first = await secondCharge(72 * 3600, reset);
    await world.pass(HOUR);
    await world.ended(first.engine.stop(0));
    world.databaseStepMs = -2 * HOUR;
    await start(STAY);
    await world.pass(23 * HOUR);
    const before = gateway.calls.length;
    gateway.play = approve;
    await world.pass(HOUR);
    expect(gateway.calls).toHaveLength(before);
    gateway.lookupPlay = () => ({ kind: 'succeeded', ref: 'ch_1' });
    await world.pass(2 * HOUR);
    expect(world.stored('o1').operation).toMatchObject({ n: 2, status: 'COMPLETED', gatewayRef: 'ch_1' });
    expect(gateway.calls).toHaveLength(before);
  });

  it.each(['the same process', 'another process'])('is given up in time by %s', async (who) => {
    const first = await secondCharge(600, DOWN);
    await world.pass(60_000);
    if (who !== 'the same process') await world.ended(first.engine.stop(0));
    world.databaseStepMs = -24 * HOUR;
    if (who !== 'the same process') await start(STAY);
    await world.pass(2 * HOUR);
    const before = gateway.calls.length;
    gateway.play = approve;
    await world.pass(60_000);
    expect(gateway.calls).toHaveLength(before);
    expect(world.stored('o1').operation).toMatchObject({ n: 2, status: 'FAILED' });
  });
});

describe('a database clock that is set back by an hour', () => {
  it('leaves no payment waiting for an hour', async () => {
    gateway.play = () => reset;
    const { charge } = await start(ONE_CALL);
    await charge({ waitMs: 1000 });
    await world.pass(5000);
    world.databaseStepMs = -HOUR;
    await world.pass(15_000 + LANDS_WITHIN_MS + 20_000);
    expect(world.stored('o1').operation.status).toBe('FAILED');
  });

  it('leaves no payment waiting at another gateway of the same process either', async () => {
    const { engine, store } = world.parts(gateway);
    const watches = [engine, { ...engine, gateway: createScriptedGateway({}, 'another') }].map(
      createClockWatch,
    );
    const shortened = async (): Promise<string[]> => {
      store.used.length = 0;
      for (const watch of watches) await watch(false);
      return store.used
        .filter(({ method }) => method === 'shortenWaits')
        .map(({ argument }) => (argument as { gateway: string }).gateway);
    };
    await shortened();
    expect(await shortened()).toEqual([]);
    world.databaseStepMs = -HOUR;
    const sent = momentOf(world.clock);
    engine.databaseClock.note((await store.noteLease(15_000)).nowMs, sent);
    expect(await shortened()).toEqual([gateway.name, 'another']);
    expect(await shortened()).toEqual([]);
  });

  it('does not keep a lease for an hour: the next process takes the payment up', async () => {
    const { promise } = later<CallOutcome>();
    gateway.play = () => promise;
    const first = await start();
    void first.engine.charge(order('o1'), KEYLESS);
    await world.pass(10);
    // It dies: nothing that it does from now on has an effect.
    first.store.goDown();
    world.databaseStepMs = -HOUR;
    gateway.play = approve;
    await start();
    await world.pass(40_000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
  });

  it.each([
    ['alone', 0],
    ['together with the machine’s wall clock', -HOUR],
  ])('%s does not make a key look younger than it is', async (_what, wallSetMs) => {
    // The window ends 100 s after the first send. By the clock that was set back, it never seems to end.
    declareContract({ keyWindowMs: 100_000, landsWithinMs: 10_000 });
    const calledAtMs: number[] = [];
    gateway.play = () => {
      calledAtMs.push(world.nowMs);
      return reset;
    };
    const { charge } = await start({
      policy: { maxAttempts: 50, backoffBaseMs: 30_000, backoffCapMs: 30_000 },
    });
    world.roll = 0.999;
    await charge({ waitMs: 1000 });
    await world.pass(35_000);
    world.databaseStepMs = -HOUR;
    world.wallSetMs = wallSetMs;
    await world.pass(200_000);
    // The lease and the time to land must fit into the window after the last call.
    expect(Math.max(...calledAtMs)).toBeLessThan(100_000 - 15_000 - 10_000);
  });
});

describe('a database clock that is set while the gateway is asked', () => {
  it('makes the answer no proof, because the time of asking came from the old clock', async () => {
    gateway.play = () => reset;
    const { charge } = await start(ONE_CALL);
    await charge({ waitMs: 1000 });
    await world.pass(5000);
    world.databaseStepMs = 90_000;
    await world.pass(5000);
    const answer = later<LookupOutcome>();
    gateway.lookupPlay = () => answer.promise;
    const asked = gateway.lookups.length;
    while (gateway.lookups.length === asked) await world.pass(500);
    world.databaseStepMs = 90_000 - HOUR;
    // The sweep notices it.
    await world.pass(3000);
    await answer.come({ kind: 'absent' });
    gateway.lookupPlay = null;
    await world.pass(100);
    expect(world.nowMs).toBeLessThan(LANDS_WITHIN_MS);
    expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
    await world.pass(15_000 + 2 * LANDS_WITHIN_MS);
    expect(world.stored('o1').operation.status).toBe('FAILED');
  });
});

describe('waits that the old clock may have dated', () => {
  it('are checked page by page, one page per sweep, until none is left', async () => {
    const { engine } = world.parts(gateway);
    const pages = [7, 9];
    const asked: (number | null)[] = [];
    const shortenWaits = async ({ after }: WaitsQuery) => {
      asked.push(after);
      return pages.shift() ?? null;
    };
    const sweep = createClockWatch({ ...engine, store: { ...engine.store, shortenWaits } });
    for (let n = 0; n < 5; n += 1) await sweep(false);
    expect(asked).toEqual([null, 7, 9]);
    // It may have lost what was written, and have the old waits again.
    for (const cameBack of [true, false, false]) await sweep(cameBack);
    expect(asked).toEqual([null, 7, 9, null]);
  });

  it('are checked if the clock is set back while an earlier step is being noted', async () => {
    const { engine } = world.parts(gateway);
    const asked: (number | null)[] = [];
    const shortenWaits = async ({ after }: WaitsQuery) => {
      asked.push(after);
      return null;
    };
    const noteLease = async () => {
      return { nowMs: engine.databaseClock.nowMs() - HOUR, longestLeaseMs: 1000 };
    };
    const sweep = createClockWatch({ ...engine, store: { ...engine.store, shortenWaits, noteLease } });
    await sweep(false);
    engine.databaseClock.note(engine.databaseClock.nowMs() + HOUR, momentOf(world.clock));
    expect(engine.databaseClock.unhandled()).toMatchObject({ backMs: 0 });
    await sweep(false);
    expect(asked).toEqual([null, null]);
    // A fail-over that nobody here noticed may have lost what was written, until the new clock is where the old one
    // was.
    for (const [waitMs, times] of [
      [119_000, 2],
      [1000, 3],
      [HOUR - 240_000, 4],
      [120_000, 4],
    ] as const) {
      await world.pass(waitMs);
      await sweep(false);
      expect(asked).toHaveLength(times);
    }
  });

  it('are checked again after a fail-over that has lost the shorter ones', async () => {
    const { engine, store } = await start();
    const answer = later<CallOutcome>();
    gateway.play = () => answer.promise;
    void engine.charge(order('o1'), KEYLESS);
    await world.pass(1000);
    const before = world.database.snapshot();
    world.databaseStepMs = -HOUR;
    await world.pass(1000);
    gateway.play = approve;
    await answer.come(reset);
    await world.pass(1000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    store.goDown();
    await world.pass(2000);
    world.database.restore(before);
    store.heal();
    await world.pass(120_000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
  });
});

describe('a machine that was suspended', () => {
  /** One call, held back while it connects, and what happens to the machine meanwhile. */
  async function connecting(meanwhile: () => void) {
    const connected = later<void>();
    let left = 0;
    gateway.play = async ({ options, charge }) => {
      await connected.promise;
      if (!options.mayLeave()) return { kind: 'refused', reason: 'lease_over_before_send' };
      left += 1;
      return charge();
    };
    const { engine } = await start();
    await world.ended(engine.charge(order('o1'), { waitMs: 0 }));
    meanwhile();
    await connected.come();
    return { left, charged: gateway.ledger.size };
  }

  it('sends nothing when it wakes after its lease, though its monotonic clock has not moved', async () => {
    const asleep = await connecting(() => {
      world.suspendedMs = 77_000;
    });
    expect(asleep).toEqual({ left: 0, charged: 0 });
    // Nothing was sent, so no call counts.
    await world.pass(30_000);
    expect(world.trail('o1').slice(1, 3)).toEqual(['call.not_sent lease_over_before_send', 'call.started']);
    expect(world.stored('o1').operation).toMatchObject({ status: 'COMPLETED', attempts: 1 });
  });

  it('sends nothing if its wall clock was set back, which hides how long it slept', async () => {
    const asleep = await connecting(() => {
      world.suspendedMs = 77_000;
      world.wallSetMs = -HOUR;
    });
    expect(asleep).toEqual({ left: 0, charged: 0 });
    await world.pass(30_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'COMPLETED', attempts: 1 });
  });

  it('sends if its wall clock was set back by less than the lease’s margin', async () => {
    const awake = await connecting(() => {
      world.wallSetMs = -250;
    });
    expect(awake).toEqual({ left: 1, charged: 1 });
  });

  it('retries nothing when a timer comes twenty minutes late: the deadline is over', async () => {
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused', retryAfterMs: 10_000 });
    const { engine } = await start();
    await world.ended(engine.charge(order('o1'), { waitMs: 0 }));
    await world.pass(5000);
    world.suspendedMs = 20 * 60_000;
    await world.pass(20_000);
    expect(gateway.calls).toHaveLength(1);
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.refused connection_refused',
      'payment.failed deadline_exceeded',
    ]);
  });

  it('resends nothing a day later, because the key may have expired', async () => {
    gateway.play = () => ({ ...reset, retryAfterMs: 10_000 });
    const { engine } = await start();
    await world.ended(engine.charge(order('o1'), { waitMs: 0 }));
    await world.pass(5000);
    world.suspendedMs = 25 * HOUR;
    gateway.play = approve;
    await world.pass(20_000);
    expect(gateway.calls).toHaveLength(1);
    expect(world.trail('o1')).toContain('lookup.started');
  });
});

describe('a machine whose clocks both stop', () => {
  it('notices when its claim is granted that the deadline is over, and sends nothing', async () => {
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused', retryAfterMs: 10_000 });
    const { engine, store } = await start();
    await world.ended(engine.charge(order('o1'), { waitMs: 0 }));
    await world.pass(5000);
    store.before('advance', () => {
      world.databaseStepMs = 20 * 60_000;
    });
    await world.pass(20_000);
    expect(gateway.calls).toHaveLength(1);
    expect(world.trail('o1')).toContain('call.not_sent too_late');
    expect(world.stored('o1').operation).toMatchObject({
      status: 'FAILED',
      failureCode: 'deadline_exceeded',
    });
  });
});

describe('a worker that lost its lease while it was calling', () => {
  it.each([
    ['and its write is refused', []],
    // Nobody can tell it that the lease was over when it sent: both clocks of its machine may have stood still.
    ['and its write does not reach the database', ['unavailable']],
  ] as const)(
    '%s, leaves evidence that it may have sent, and nothing more is charged until that can no longer land',
    async (_when, faults) => {
      const answers = [reset];
      gateway.play = () => answers.shift() ?? { kind: 'declined', code: 'no_funds' };
      const first = await start();
      const woken = later<void>();
      first.store.fail('advance', ...faults);
      // Its write is not sent before it wakes.
      first.store.before('advance', () => woken.promise);
      void first.engine.charge(order('o1'), keyed('k'));
      await world.pass(10);
      const second = await start();
      await world.pass(LANDS_WITHIN_MS + 120_000);
      expect(world.stored('o1').operation.status).toBe('FAILED');
      await woken.come();
      await world.pass(1000);
      expect(world.stored('o1').evidence).toBe(1);
      const next = second.engine.charge(order('o1'), keyed('next', 5000));
      expect(told(await world.ended(next))).toBe('202 FAILED');
      await world.pass(LANDS_WITHIN_MS + 20_000);
      expect(world.stored('o1')).toMatchObject({ evidence: 0, operation: { status: 'FAILED' } });
      gateway.play = approve;
      expect(told(await second.charge(keyed('next')))).toBe('completed 201');
    },
  );
});
