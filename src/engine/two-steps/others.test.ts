/** Charges in two steps that are looked at again: an order's earlier charges, what a restored database has forgotten, and what operators say. */
import { beforeEach, describe, expect, it } from 'vitest';
import { chargingReplica, later } from '../../../test/support/charging.ts';
import { world } from '../../../test/support/fresh-world.ts';
import { FAILED, isPaid, operator, said } from '../../../test/support/operating.ts';
import { createTwoStepGateway, LOST, type TwoStepGateway } from '../../../test/support/two-step-gateway.ts';
import {
  DATABASE_ORIGIN_MS,
  keyed,
  order,
  told,
  type VirtualSettings,
} from '../../../test/support/virtual-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let gateway: TwoStepGateway;
beforeEach(() => {
  gateway = createTwoStepGateway();
});

/** The sweep is slow, so that hours pass fast. */
const start = (settings: VirtualSettings = {}) =>
  chargingReplica(world, gateway, { limits: { sweepMs: 5000 }, ...settings });
const status = (): string => world.stored('o1').operation.status;
const restoredNow = (): VirtualSettings => ({
  policy: { restoredAtMs: DATABASE_ORIGIN_MS + world.nowMs },
});

describe('a charge that failed without the gateway’s word', () => {
  /** It was prepared, and never confirmed. */
  async function failed() {
    gateway.onConfirm = () => ({ kind: 'refused', reason: 'dns' });
    const replica = await start();
    expect(told(await replica.charge(keyed('a')))).toBe('gateway_failed');
    expect([world.stored('o1').absences, gateway.seals.length]).toEqual([1, 0]);
    gateway.onConfirm = ({ act }) => act();
    return replica;
  }

  it('is sealed before the next charge is called', async () => {
    const { charge } = await failed();
    const before = gateway.said.length;
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    expect(gateway.said.slice(before)).toEqual([
      'read pi_1',
      'seal pi_1',
      'read pi_1',
      'prepare',
      'confirm pi_2',
    ]);
  });

  it('blocks the next charge as long as the seal does not work', async () => {
    const { charge } = await failed();
    gateway.onSeal = ({ nth, act }) => (nth === 1 ? undefined : act());
    void charge(keyed('b'));
    await world.pass(5000);
    expect(world.stored('o1').operation).toMatchObject({ n: 2, step: 'verify', attempts: 0 });
    expect(world.trail('o1')).toContain('verify.unavailable not_sealed');
    await world.pass(MINUTE);
    expect([status(), gateway.seals.length]).toEqual(['COMPLETED', 2]);
  });

  it('was paid after all: the next charge is not called', async () => {
    const { charge } = await failed();
    Object.assign(gateway.objects.get('pi_1') ?? {}, { state: 'paid' });
    expect(told(await charge(keyed('b')))).toBe('202 REVIEW');
    expect([gateway.objects.size, gateway.seals.length]).toEqual([1, 0]);
  });
});

describe('a charge without a stored handle', () => {
  it('fails by absence once nothing can be under way, even if the gateway cannot list', async () => {
    gateway.onPrepare = () => new Promise(() => {});
    gateway.onRead = () => ({ kind: 'unavailable', reason: 'no_list' });
    const first = await start({ policy: { maxAttempts: 1 } });
    void first.charge({ waitMs: 0 });
    await world.pass(10);
    first.store.goDown();
    await start({ policy: { maxAttempts: 1 } });
    await world.pass(5 * MINUTE);
    expect(world.stored('o1')).toMatchObject({
      absences: 1,
      operation: { status: 'FAILED', failureCode: 'gateway_error' },
    });
    expect([gateway.confirms.length, gateway.seals.length]).toEqual([0, 0]);
  });

  it('takes up what the gateway lists: one object is stored, and read by its handle from then on', async () => {
    gateway.onPrepare = ({ nth, act }) => {
      const made = act();
      return nth === 1 ? new Promise(() => {}) : made;
    };
    const first = await start({ policy: { maxAttempts: 1 } });
    void first.charge({ waitMs: 0 });
    await world.pass(10);
    first.store.goDown();
    await start({ policy: { maxAttempts: 1 } });
    await world.pass(5 * MINUTE);
    expect(status()).toBe('FAILED');
    expect(gateway.said).toEqual(['prepare', 'read by key', 'seal pi_1', 'read pi_1']);
  });
});

describe('a restored database', () => {
  /** The order is accepted, the backup is taken, and then `end` happens to its charge. */
  async function forgotten(end: TwoStepGateway['card']) {
    gateway.onPrepare = () => ({ kind: 'forbidden', reason: 'http_401' });
    const first = await start();
    await first.charge({ waitMs: 0 });
    await world.pass(1000);
    const backup = world.database.snapshot();
    gateway.onPrepare = ({ act }) => act();
    gateway.card = end;
    await world.pass(2 * MINUTE);
    await world.ended(first.engine.stop());
    world.database.restore(backup);
    gateway.said.length = 0;
  }

  it('finds a charge that it has forgotten, with its handle: nothing is prepared or confirmed', async () => {
    await forgotten('approve');
    await start(restoredNow());
    await world.pass(2 * MINUTE);
    expect(status()).toBe('COMPLETED');
    expect(gateway.said).toEqual(['read by key']);
  });

  it('finds that it was sealed: the order fails', async () => {
    await forgotten('decline');
    await start(restoredNow());
    await world.pass(5 * MINUTE);
    expect(status()).toBe('FAILED');
    expect(gateway.said.filter((line) => /prepare|confirm/.test(line))).toEqual([]);
  });

  it('sends nothing while the gateway cannot list', async () => {
    await forgotten('approve');
    gateway.onRead = () => ({ kind: 'unavailable', reason: 'no_list' });
    await start(restoredNow());
    await world.pass(HOUR);
    expect(status()).toBe('PROCESSING');
    expect(gateway.said.filter((line) => line !== 'read by key')).toEqual([]);
  });

  it('does not end the next charge, if that is opened while a failed one is looked at', async () => {
    gateway.onConfirm = () => ({ kind: 'refused', reason: 'dns' });
    const first = await start();
    await first.charge(keyed('a'));
    expect(status()).toBe('FAILED');
    await world.ended(first.engine.stop());
    gateway.onConfirm = ({ act }) => act();
    gateway.card = 'act';
    const { engine } = await start(restoredNow());
    const ahead = later<void>();
    let asks = false;
    // Before that, what the backup has forgotten may still land.
    const provesFromMs = world.nowMs + gateway.contract.landsWithinMs + 16_000;
    gateway.onRead = async ({ request, act }) => {
      if (!asks && request.handle === undefined && world.nowMs >= provesFromMs) {
        asks = true;
        await ahead.promise;
      }
      return act();
    };
    for (let turns = 0; !asks && turns < 1000; turns += 1) await world.pass(1000);
    void engine.charge(order('o1'), { ...keyed('b'), waitMs: 0 });
    await world.pass(1000);
    expect(gateway.objects.get('pi_2')?.state).toBe('acting');
    await ahead.come();
    await world.pass(1000);
    expect(gateway.seals.map(({ handle }) => handle)).toEqual(['pi_1']);
    expect(gateway.objects.get('pi_2')?.state).toBe('acting');
    gateway.act('pi_2');
    await world.pass(MINUTE);
    expect([status(), gateway.paid()]).toEqual(['COMPLETED', 1]);
  });

  it('confirms what is prepared and not paid', async () => {
    gateway.onConfirm = () => ({ kind: 'refused', reason: 'dns' });
    await forgotten('approve');
    expect([status(), gateway.objects.size]).toEqual(['PROCESSING', 1]);
    gateway.onConfirm = ({ act }) => act();
    await start(restoredNow());
    await world.pass(5 * MINUTE);
    expect([status(), gateway.objects.size, gateway.paid()]).toEqual(['COMPLETED', 1, 1]);
  });
});

describe('an operator', () => {
  /** The gateway does not know the handle, for so long that a person is asked. */
  async function inReview() {
    gateway.onConfirm = () => LOST;
    gateway.onRead = () => ({ kind: 'absent' });
    const replica = await start({ policy: { maxAttempts: 1, resolveForMs: HOUR } });
    void replica.charge({ waitMs: 0 });
    await world.pass(3 * HOUR);
    expect(status()).toBe('REVIEW');
    return replica;
  }

  it.each([
    ['failed', FAILED, 'FAILED'],
    ['paid', isPaid(), 'FAILED'],
  ] as const)(
    'says that it is %s, and it is open: it is sealed, and that is what counts',
    async (_what, wish, end) => {
      const replica = await inReview();
      gateway.onRead = ({ act }) => act();
      Object.assign(gateway.objects.get('pi_1') ?? {}, { state: 'acting' });
      expect(said(await operator(world, replica).resolve(wish))).toBe('payment REVIEW');
      await world.pass(MINUTE);
      expect([status(), gateway.objects.get('pi_1')?.state]).toEqual([end, 'sealed']);
    },
  );

  it('waits while the seal does not work', async () => {
    const replica = await inReview();
    gateway.onRead = ({ act }) => act();
    gateway.onSeal = ({ nth, act }) => (nth < 3 ? undefined : act());
    await operator(world, replica).resolve(FAILED);
    await world.pass(5000);
    expect(status()).toBe('REVIEW');
    await world.pass(5 * MINUTE);
    expect([status(), gateway.seals.length]).toEqual(['FAILED', 3]);
  });
});
