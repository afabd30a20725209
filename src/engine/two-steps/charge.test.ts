/** A charge at a gateway of two steps, from the first request to its end, with answers that are lost and workers that die on the way. */
import { beforeEach, describe, expect, it } from 'vitest';
import { chargingReplica, later } from '../../../test/support/charging.ts';
import { world } from '../../../test/support/fresh-world.ts';
import { createTwoStepGateway, LOST, type TwoStepGateway } from '../../../test/support/two-step-gateway.ts';
import { keyed, told, type VirtualSettings } from '../../../test/support/virtual-world.ts';
import type { StoredHandle } from '../../ports/store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let gateway: TwoStepGateway;
beforeEach(() => {
  gateway = createTwoStepGateway();
});

/** Hours pass fast. */
const SLOW = { limits: { sweepMs: 10_000 } };

const start = (settings: VirtualSettings = {}) => chargingReplica(world, gateway, settings);

function kept(orderId = 'o1', n = 1): StoredHandle | null {
  const { paymentId } = world.stored(orderId);
  return world.database.read('handle', { accountId: 'default', paymentId, n });
}

const status = (): string => world.stored('o1').operation.status;
const neverEnds = () => new Promise<never>(() => {});

/** The process dies: from now on it writes nothing, and what it has sent stays unanswered. */
function die({ store }: Awaited<ReturnType<typeof start>>): void {
  store.goDown();
}

describe('a charge in two steps', () => {
  it('is confirmed once, on the handle that is stored by then', async () => {
    const seen: unknown[] = [];
    gateway.onConfirm = ({ request, act }) => {
      seen.push(kept()?.handle === request.handle);
      return act();
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1']);
    expect(seen).toEqual([true]);
    expect(kept()).toEqual({ handle: 'pi_1', prepares: 0, action: null });
    expect(world.stored('o1').operation).toMatchObject({ attempts: 1, gatewayRef: 'pi_1' });
  });

  it('has a key of its own for each request, and one for all its confirms', async () => {
    gateway.onConfirm = ({ nth, act }) => (nth === 1 ? LOST : act());
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    const [first, second] = gateway.confirms;
    expect(second).toEqual(first);
    expect(first?.key).toBe(world.stored('o1').gatewayKey);
    expect(gateway.prepares[0]).toMatchObject({ key: first?.key, reference: first?.reference });
    expect(gateway.prepares[0]?.prepareKey).not.toBe(first?.key);
  });
});

describe('what it is confirmed on', () => {
  it('is asked for again under the same key if the answer was lost, so it is made once', async () => {
    gateway.onPrepare = ({ nth, act }) => {
      const made = act();
      return nth === 1 ? { kind: 'failed', reason: 'timeout' } : made;
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(gateway.said).toEqual(['prepare', 'prepare', 'confirm pi_1']);
    expect([gateway.objects.size, new Set(gateway.prepares.map((one) => one.prepareKey)).size]).toEqual([
      1, 1,
    ]);
  });

  it('is asked for under the next key after an error that the gateway keeps, and that key is stored first', async () => {
    const stored: unknown[] = [];
    gateway.onPrepare = ({ nth, act }) => {
      stored.push(world.database.row('default', 'o1') === undefined ? null : (kept()?.prepares ?? 0));
      return nth === 1 ? { kind: 'failed_for_good', reason: 'http_500' } : act();
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(stored).toEqual([0, 1]);
    expect(new Set(gateway.prepares.map((one) => one.prepareKey)).size).toBe(2);
  });

  it('is not confirmed if its handle cannot be stored: the next claim makes it again, and stores it', async () => {
    const { charge, store } = await start();
    store.fail('keepHandle', 'unavailable');
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(gateway.said).toEqual(['prepare', 'prepare', 'confirm pi_1']);
    expect(world.stored('o1').operation.attempts).toBe(1);
  });

  it('is confirmed all the same if only the acknowledgement of its handle was lost', async () => {
    const { charge, store } = await start();
    store.fail('keepHandle', 'ack_lost');
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1']);
  });

  it('is refused for good: the charge is declined, and there is nothing to seal', async () => {
    gateway.onPrepare = () => ({ kind: 'declined', code: 'amount_too_small' });
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('card_declined');
    expect(gateway.said).toEqual(['prepare']);
    expect(world.stored('o1').operation.failureCode).toBe('amount_too_small');
  });

  it('is never made: the charge fails as one that was not executed', async () => {
    gateway.onPrepare = () => ({ kind: 'failed', reason: 'http_503' });
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('gateway_failed');
    expect(world.stored('o1').operation).toMatchObject({ failureCode: 'gateway_unavailable', attempts: 4 });
    expect(gateway.confirms).toEqual([]);
  });

  it('is not asked for any more when the credentials are refused', async () => {
    gateway.onPrepare = ({ nth, act }) => (nth === 1 ? { kind: 'forbidden', reason: 'http_401' } : act());
    const { charge, logged } = await start();
    void charge(keyed('k'));
    await world.pass(MINUTE);
    expect(status()).toBe('COMPLETED');
    expect(world.trail('o1')).toContain('call.forbidden http_401');
    expect(logged.some(({ fields }) => fields.alarm === 'gateway_forbidden')).toBe(true);
  });

  it('takes so long that too little of the lease is left: the call waits for the next claim', async () => {
    gateway.onPrepare = ({ nth, act }) =>
      nth > 1 ? act() : new Promise((resolve) => void world.clock.after(900, () => resolve(act())));
    const { charge } = await start({ policy: { leaseMs: 1200 }, limits: { callTimeoutMs: 1000 } });
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(world.trail('o1')).toContain('call.not_sent lease_too_short');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1']);
    expect(world.stored('o1').operation.attempts).toBe(1);
  });
});

describe('a confirm whose answer was lost', () => {
  it('is read, and not sent again, if it was executed', async () => {
    gateway.onConfirm = ({ act }) => {
      act();
      return LOST;
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1', 'read pi_1']);
  });

  it('is sent again after a read that shows no money', async () => {
    gateway.onConfirm = ({ nth, act }) => (nth === 1 ? LOST : act());
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1', 'read pi_1', 'confirm pi_1']);
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.unknown connection_lost',
      'lookup.started',
      'lookup.open',
      'call.started',
      'payment.completed pi_1',
    ]);
  });

  it('lands after a read that showed nothing, and before the seal: it is paid', async () => {
    let land: () => unknown = () => {};
    gateway.onConfirm = ({ act }) => {
      land = act;
      return LOST;
    };
    gateway.onSeal = ({ act }) => {
      land();
      return act();
    };
    const { charge } = await start({ policy: { maxAttempts: 1 } });
    expect(told(await charge(keyed('k')))).toBe('completed 201');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1', 'read pi_1', 'seal pi_1', 'read pi_1']);
  });

  it('lands after the seal: it takes no money, and the order fails', async () => {
    let land: () => unknown = () => {};
    gateway.onConfirm = ({ act }) => {
      land = act;
      return LOST;
    };
    const { charge } = await start({ policy: { maxAttempts: 1 } });
    expect(told(await charge(keyed('k')))).toBe('gateway_failed');
    land();
    expect(gateway.paid()).toBe(0);
    expect(world.stored('o1')).toMatchObject({
      absences: 0,
      operation: {
        status: 'FAILED',
        failureCode: 'gateway_error',
        doubt: { kind: 'none' },
        gatewayRef: 'pi_1',
      },
    });
  });

  it('is an error that the gateway keeps: it is not sent again, and sealed', async () => {
    gateway = createTwoStepGateway({ cachesErrors: true });
    gateway.card = 'break';
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('gateway_failed');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1', 'read pi_1', 'seal pi_1', 'read pi_1']);
  });

  it('is an error that the gateway has kept since a call whose answer was lost', async () => {
    gateway = createTwoStepGateway({ cachesErrors: true });
    gateway.card = 'break';
    gateway.onConfirm = ({ nth, act }) => {
      const answer = act();
      return nth === 1 ? LOST : answer;
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('gateway_failed');
    expect(gateway.confirms).toHaveLength(2);
  });

  it('is about an object that the gateway does not know: that is no answer, and never absence', async () => {
    gateway.onConfirm = () => LOST;
    gateway.onRead = () => ({ kind: 'absent' });
    const { charge } = await start({ ...SLOW, policy: { maxAttempts: 1, resolveForMs: 2 * HOUR } });
    expect(told(await charge(keyed('k')))).toBe('202 UNRESOLVED');
    await world.pass(HOUR);
    expect(status()).toBe('UNRESOLVED');
    expect(world.trail('o1')).toContain('lookup.unavailable handle_unknown');
    await world.pass(2 * HOUR);
    expect(status()).toBe('REVIEW');
    expect(gateway.seals).toEqual([]);
  });
});

describe('a decline', () => {
  it('is sealed before the order fails, and its code is stored before that', async () => {
    gateway.card = 'decline';
    const codes: unknown[] = [];
    gateway.onSeal = ({ act }) => {
      codes.push(world.stored('o1').operation.declineCode);
      return act();
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('card_declined');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1', 'read pi_1', 'seal pi_1', 'read pi_1']);
    expect(codes).toEqual(['no_funds']);
    expect(world.stored('o1')).toMatchObject({
      absences: 0,
      operation: { failureCode: 'no_funds', doubt: { kind: 'none' } },
    });
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.declined no_funds',
      'lookup.started',
      'payment.failed no_funds',
    ]);
  });

  it('that only a read shows is stored first, and sealed by the next claim', async () => {
    gateway.card = 'decline';
    gateway.onConfirm = ({ act }) => {
      act();
      return LOST;
    };
    const codes: unknown[] = [];
    gateway.onSeal = ({ act }) => {
      codes.push(world.stored('o1').operation.declineCode);
      return act();
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('card_declined');
    expect(codes).toEqual(['no_funds']);
    expect(gateway.confirms).toHaveLength(1);
  });

  it('is not final: whoever pays before the seal has paid', async () => {
    gateway.card = 'decline';
    gateway.onSeal = ({ request, act }) => {
      const object = gateway.objects.get(request.handle);
      if (object !== undefined) object.state = 'paid';
      return act();
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('completed 201');
  });

  it('is sealed again, under another key, after a seal that did not work', async () => {
    gateway.card = 'decline';
    gateway.onSeal = ({ nth, act }) => (nth === 1 ? undefined : act());
    const { charge } = await start();
    void charge(keyed('k'));
    await world.pass(MINUTE);
    expect(status()).toBe('FAILED');
    const [first, second] = gateway.seals;
    expect([gateway.seals.length, first?.sealKey === second?.sealKey]).toEqual([2, false]);
    expect(world.stored('o1').operation.failureCode).toBe('no_funds');
  });

  it('whose seal has no answer is read all the same', async () => {
    gateway.card = 'decline';
    gateway.onSeal = ({ act }) => {
      act();
      throw new Error('the answer was lost');
    };
    const { charge } = await start();
    expect(told(await charge(keyed('k')))).toBe('card_declined');
    expect(gateway.seals).toHaveLength(1);
  });

  it('stays open if the gateway says that the seal worked and the read does not', async () => {
    gateway.card = 'decline';
    gateway.onSeal = () => undefined;
    const { charge } = await start(SLOW);
    void charge(keyed('k'));
    await world.pass(HOUR);
    expect(status()).toBe('UNRESOLVED');
    expect(gateway.objects.get('pi_1')?.state).toBe('open');
  });

  it('is followed by the next charge, with an object of its own', async () => {
    gateway.card = 'decline';
    const { charge } = await start();
    await charge(keyed('a'));
    gateway.card = 'approve';
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    // What was sealed needs no second look.
    expect(gateway.said.slice(5)).toEqual(['prepare', 'confirm pi_2']);
    expect([kept('o1', 1)?.handle, kept('o1', 2)?.handle]).toEqual(['pi_1', 'pi_2']);
  });
});

describe('a worker that dies', () => {
  it('while it prepares leaves one object, which the next one confirms', async () => {
    gateway.onPrepare = ({ nth, act }) => {
      const made = act();
      return nth === 1 ? neverEnds() : made;
    };
    const first = await start();
    void first.charge({ waitMs: 0 });
    await world.pass(10);
    die(first);
    await start();
    await world.pass(MINUTE);
    expect(status()).toBe('COMPLETED');
    expect([gateway.objects.size, gateway.paid(), gateway.confirms.length]).toEqual([1, 1, 1]);
  });

  it('after it has stored the handle: the next one reads and then confirms it', async () => {
    gateway.onConfirm = ({ nth, act }) => (nth === 1 ? neverEnds() : act());
    const first = await start();
    void first.charge({ waitMs: 0 });
    await world.pass(10);
    die(first);
    await start();
    await world.pass(MINUTE);
    expect(status()).toBe('COMPLETED');
    expect(gateway.said).toEqual(['prepare', 'confirm pi_1', 'read pi_1', 'confirm pi_1']);
  });

  it('after its confirm was executed: the next one reads that it is paid', async () => {
    gateway.onConfirm = ({ act }) => {
      act();
      return neverEnds();
    };
    const first = await start();
    void first.charge({ waitMs: 0 });
    await world.pass(10);
    die(first);
    await start();
    await world.pass(MINUTE);
    expect(status()).toBe('COMPLETED');
    expect(gateway.confirms).toHaveLength(1);
  });

  it('after its confirm was declined: the next one seals it, with the code that the gateway shows', async () => {
    gateway.card = 'decline';
    gateway.onConfirm = ({ act }) => {
      act();
      return neverEnds();
    };
    const first = await start();
    void first.charge({ waitMs: 0 });
    await world.pass(10);
    die(first);
    await start();
    await world.pass(MINUTE);
    expect([status(), world.stored('o1').operation.failureCode]).toEqual(['FAILED', 'no_funds']);
    expect(gateway.objects.get('pi_1')?.state).toBe('sealed');
  });

  it('while it seals: the next one reads that it is sealed, and knows why', async () => {
    gateway.card = 'decline';
    gateway.onSeal = ({ act }) => {
      act();
      return neverEnds();
    };
    const first = await start();
    void first.charge({ waitMs: 0 });
    await world.pass(10);
    die(first);
    await start();
    await world.pass(MINUTE);
    expect([status(), world.stored('o1').operation.failureCode]).toEqual(['FAILED', 'no_funds']);
  });
});

describe('two processes at once', () => {
  const settings = { policy: { leaseMs: 3000 }, limits: { callTimeoutMs: 1000 } };

  it('prepare two objects: the one that comes too late learns the stored handle, and confirms nothing', async () => {
    // The gateway has forgotten the key, so each of them gets an object of its own.
    gateway.onPrepare = ({ nth, act }) => {
      if (nth > 1) return act();
      gateway.objects.set('pi_slow', { key: 'not listed yet', prepareKey: 'forgotten', state: 'open' });
      return { kind: 'prepared', handle: 'pi_slow' };
    };
    const slow = later<null>();
    const first = await start(settings);
    first.store.before('keepHandle', () => slow.promise);
    void first.charge({ waitMs: 0 });
    await world.pass(10);
    await start(settings);
    await world.pass(10_000);
    expect([status(), kept()?.handle]).toEqual(['COMPLETED', 'pi_2']);
    await slow.come(null);
    await world.pass(10_000);
    expect([kept()?.handle, gateway.paid()]).toEqual(['pi_2', 1]);
    expect(gateway.confirms.map(({ handle }) => handle)).toEqual(['pi_2']);
  });

  it('store their handles at the same moment: both confirm the same one', async () => {
    const second = await start();
    const first = await start();
    const of = () => ({ accountId: 'default', paymentId: world.stored('o1').paymentId, n: 1 });
    first.store.before('keepHandle', () => second.store.keepHandle(of(), 'pi_other'));
    gateway.objects.set('pi_other', { key: 'k', prepareKey: 'p', state: 'open' });
    expect(told(await first.charge(keyed('k')))).toBe('completed 201');
    expect(gateway.confirms.map(({ handle }) => handle)).toEqual(['pi_other']);
    expect(kept()?.handle).toBe('pi_other');
  });

  it('one of them has lost its lease: it may not even prepare', async () => {
    const asked: boolean[] = [];
    gateway.onPrepare = ({ nth, options, act }) => {
      if (nth > 1) return act();
      world.suspendedMs += HOUR;
      asked.push(options.mayLeave());
      return { kind: 'failed', reason: 'too_late' };
    };
    const { charge } = await start(settings);
    void charge({ waitMs: 0 });
    await world.pass(10);
    expect([asked, gateway.confirms.length]).toEqual([[false], 0]);
  });
});
