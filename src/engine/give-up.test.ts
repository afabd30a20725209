/** An outage that the caller wants to wait for: how long, with how many calls, and what is shown meanwhile. */
import { beforeEach, describe, expect, it } from 'vitest';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { approve, error500, type Play, reset } from '../../test/support/scripted-gateway.ts';
import { keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';
import type { ChargeOptions } from './api.ts';

const away: Play = () => ({ kind: 'refused', reason: 'connection_refused' });

let callsAtMs: number[];
beforeEach(() => {
  callsAtMs = [];
  play(away);
});

function play(what: Play): void {
  gateway.play = (call) => {
    callsAtMs.push(world.nowMs);
    return what(call);
  };
}

async function start(settings: VirtualSettings = {}) {
  const { engine, store } = await world.replica(gateway, settings);
  const charge = (orderId: string, options: ChargeOptions, terms = {}) =>
    world.ended(engine.charge(order(orderId, terms), options));
  return { engine, store, charge };
}

const NOW: ChargeOptions = { waitMs: 0 };
const statusOf = (orderId = 'o1'): string => world.stored(orderId).operation.status;

describe('an order with a time to give up', () => {
  it('waits for an outage that ends before it, with few calls', async () => {
    const { charge } = await start();
    await charge('o1', { ...NOW, giveUpAfterS: 600 });
    await world.pass(300_000);
    expect(statusOf()).toBe('PROCESSING');
    play(approve);
    await world.pass(15_000);
    expect(statusOf()).toBe('COMPLETED');
    // Ten calls until the breaker opens, then a probe every ten seconds.
    expect(callsAtMs.length).toBeLessThan(60);
  });

  it('fails exactly when it is over, and is never called again', async () => {
    const { charge } = await start();
    await charge('o1', { ...NOW, giveUpAfterS: 100 });
    await world.pass(99_900);
    expect(statusOf()).toBe('PROCESSING');
    await world.pass(200);
    expect(world.stored('o1')).toMatchObject({
      problem: 'gateway_failed',
      operation: { status: 'FAILED', failureCode: 'deadline_exceeded' },
    });
    play(approve);
    await world.pass(3_600_000);
    expect(Math.max(...callsAtMs)).toBeLessThan(100_000);
    expect(gateway.ledger.size).toBe(0);
  });

  it('fails even if it was never called, because calls were stopped', async () => {
    const { charge } = await start();
    for (let n = 0; n < 4; n += 1) await charge(`other-${n}`, { ...NOW, giveUpAfterS: 600 });
    await world.pass(60_000);
    const called = callsAtMs.length;
    const answer = await charge('o1', { waitMs: 10_000, giveUpAfterS: 1 });
    expect([told(answer), world.stored('o1').operation.attempts]).toEqual(['gateway_failed', 0]);
    expect([callsAtMs.length - called < 4, world.nowMs - 60_000]).toEqual([true, 1000]);
  });

  it('fails even if there never was a place for its call', async () => {
    const { charge } = await start({ gate: { maxCalls: 1 } });
    play(() => new Promise(() => {}));
    await charge('o1', NOW);
    await charge('o2', { ...NOW, giveUpAfterS: 2 });
    await world.pass(1900);
    expect(statusOf('o2')).toBe('PROCESSING');
    await world.pass(200);
    expect(statusOf('o2')).toBe('FAILED');
    expect(callsAtMs).toHaveLength(1);
  });

  it('fails even if calls were stopped when it was due again', async () => {
    play(({ request }) =>
      request.orderId === 'o1'
        ? { kind: 'refused', reason: 'http_429', retryAfterMs: 1000 }
        : { kind: 'forbidden', reason: 'http_401' },
    );
    const { charge } = await start({ policy: { forbiddenPauseMs: 10_000 } });
    await charge('o1', { ...NOW, giveUpAfterS: 3 });
    for (const orderId of ['o2', 'o3']) await charge(orderId, NOW);
    await world.pass(2900);
    expect(statusOf()).toBe('PROCESSING');
    await world.pass(200);
    expect([statusOf(), callsAtMs.length]).toEqual(['FAILED', 3]);
  });

  it('counts from its opening, however often it was called', async () => {
    play(() => error500);
    const { charge } = await start();
    await charge('o1', { ...NOW, giveUpAfterS: 60 });
    await world.pass(59_000);
    expect([statusOf(), callsAtMs.length > 4]).toEqual(['PROCESSING', true]);
    await world.pass(1100);
    expect(statusOf()).toBe('FAILED');
    expect(world.trail('o1').at(-1)).toBe('payment.failed gateway_error');
  });

  it('that is in doubt is looked up after it, and fails only on proof', async () => {
    play(() => reset);
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'timeout' });
    const { charge } = await start();
    await charge('o1', { ...NOW, giveUpAfterS: 30 });
    await world.pass(120_000);
    expect([statusOf(), gateway.lookups.length > 0]).toEqual(['UNRESOLVED', true]);
    gateway.lookupPlay = null;
    await world.pass(600_000);
    expect([statusOf(), Math.max(...callsAtMs) < 30_000]).toEqual(['FAILED', true]);
  });

  it('whose money moved is paid, however late that is learnt', async () => {
    play(({ charge }) => {
      charge();
      return reset;
    });
    const { charge } = await start();
    await charge('o1', { ...NOW, giveUpAfterS: 5 });
    await world.pass(60_000);
    expect(statusOf()).toBe('COMPLETED');
  });

  it('sends nothing when its connection comes up too late', async () => {
    const asked: boolean[] = [];
    gateway.play = async ({ options, charge }) => {
      await new Promise<void>((resolve) => void world.clock.after(2000, resolve));
      asked.push(options.mayLeave());
      return asked.at(-1) === true ? charge() : { kind: 'refused', reason: 'not_allowed' };
    };
    const { charge } = await start();
    expect(told(await charge('o1', { waitMs: 10_000, giveUpAfterS: 2 }))).toBe('gateway_failed');
    expect(asked).toEqual([false]);
    expect(world.trail('o1').slice(1)).toEqual([
      'call.not_sent too_late',
      'payment.failed deadline_exceeded',
    ]);
    expect(told(await charge('o2', { waitMs: 10_000, giveUpAfterS: 3 }))).toBe('completed 201');
  });

  it('is tried for as long as its own request says, whatever joins it; the next charge has its own time', async () => {
    const { charge } = await start();
    await charge('o1', { ...keyed('a', 0), giveUpAfterS: 60 });
    await charge('o1', { ...keyed('b', 0), giveUpAfterS: 5 });
    await world.pass(30_000);
    expect([statusOf(), world.stored('o1').operation.giveUpAfterS]).toEqual(['PROCESSING', 60]);
    await world.pass(31_000);
    expect(statusOf()).toBe('FAILED');
    await charge('o1', { ...keyed('c', 0), giveUpAfterS: 20 });
    expect(world.stored('o1').operation).toMatchObject({ n: 2, giveUpAfterS: 20, status: 'PROCESSING' });
    await world.pass(19_000);
    expect(statusOf()).toBe('PROCESSING');
    await world.pass(1500);
    expect(world.stored('o1').operation).toMatchObject({ n: 2, status: 'FAILED' });
  });

  it('is another request under the same key if it has another time', async () => {
    play(approve);
    const { charge } = await start();
    expect(told(await charge('o1', { ...keyed('k'), giveUpAfterS: 60 }))).toBe('completed 201');
    expect(told(await charge('o1', { ...keyed('k'), giveUpAfterS: 61 }))).toBe('idempotency_key_reused');
    expect(told(await charge('o1', keyed('k')))).toBe('idempotency_key_reused');
    expect((await charge('o1', { ...keyed('k'), giveUpAfterS: 60 })).replayed).toBe(true);
  });
});

describe('a time to give up by the policy', () => {
  it('counts for requests that say none, and not for those that do', async () => {
    const { charge } = await start({ policy: { giveUpAfterS: 60 } });
    await charge('o1', NOW);
    await charge('o2', { ...NOW, giveUpAfterS: 10 });
    expect(
      [world.stored('o1'), world.stored('o2')].map(({ operation: { giveUpAfterS } }) => giveUpAfterS),
    ).toEqual([60, 10]);
    await world.pass(11_000);
    expect([statusOf('o1'), statusOf('o2')]).toEqual(['PROCESSING', 'FAILED']);
  });

  it('is not part of a request, so a key stays bound when it changes', async () => {
    const { charge } = await start({ policy: { giveUpAfterS: 60 } });
    await charge('o1', keyed('k', 0));
    const other = await start({ policy: { giveUpAfterS: 0 } });
    expect(told(await other.charge('o1', keyed('k', 0)))).toBe('202 PROCESSING');
    expect(world.stored('o1').operation.giveUpAfterS).toBe(60);
  });

  it('is none by default: three retries', async () => {
    const { charge } = await start();
    expect(told(await charge('o1', { waitMs: 10_000 }))).toBe('gateway_failed');
    expect([world.stored('o1').operation.giveUpAfterS, callsAtMs.length]).toEqual([null, 4]);
  });
});

describe('a waiting payment shows when it is tried next', () => {
  const shown = async (engine: Awaited<ReturnType<typeof start>>['engine'], orderId = 'o1') =>
    (await world.ended(engine.payments('default', { orderId, limit: 1 })))[0];

  it('by its backoff, and nothing once it is settled', async () => {
    gateway.play = () => ({ kind: 'refused', reason: 'http_429', retryAfterMs: 5000 });
    const { engine, charge } = await start();
    const answer = await charge('o1', { waitMs: 100, giveUpAfterS: 60 });
    const due = world.stored('o1').dueAtMs;
    expect(answer).toMatchObject({ kind: 'unsettled', payment: { nextAttemptAtMs: due } });
    gateway.play = approve;
    await world.pass(6000);
    expect(await shown(engine)).toMatchObject({ status: 'COMPLETED', nextAttemptAtMs: null });
  });

  it('not before calls go on if they are stopped', async () => {
    const { engine, charge } = await start();
    for (let n = 0; n < 4; n += 1) await charge(`other-${n}`, { ...NOW, giveUpAfterS: 600 });
    await world.pass(60_000);
    const answer = await charge('o1', { ...NOW, giveUpAfterS: 600 });
    const { createdAtMs } = world.stored('o1');
    const next = answer.kind === 'unsettled' ? answer.payment.nextAttemptAtMs : null;
    expect(next).toBeGreaterThan(createdAtMs);
    expect(next).toBeLessThanOrEqual(createdAtMs + 10_000);
    await world.pass(20_000);
    // Its own time has long passed, but the gateway's pause has not.
    expect((await shown(engine))?.nextAttemptAtMs).toBeGreaterThanOrEqual(createdAtMs + 20_000);
  });

  it('nothing while it is being called', async () => {
    gateway.play = () => new Promise(() => {});
    const { charge } = await start();
    expect(await charge('o1', { waitMs: 100 })).toMatchObject({ payment: { nextAttemptAtMs: null } });
  });
});
