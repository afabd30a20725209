/** Events of the gateway: what is looked up because of them, and what they never do. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createPlainStore } from '../../../sim/store/plain.ts';
import { chargingReplica, openCall } from '../../../test/support/charging.ts';
import { gateway, world } from '../../../test/support/fresh-world.ts';
import { SILENT } from '../../../test/support/operating.ts';
import { createRefundingGateway, refundingReplica } from '../../../test/support/refunding.ts';
import { decline, never, reset } from '../../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told, type VirtualSettings } from '../../../test/support/virtual-world.ts';
import { noteOf, sender, withWebhooks } from '../../../test/support/webhooks.ts';
import { type PaymentRecord, StoreError } from '../../ports/store.ts';
import { gatewayNamed } from '../routing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ONE_CALL: VirtualSettings = { policy: { maxAttempts: 1 }, limits: { sweepMs: 10_000 } };

const now = (): PaymentRecord => world.stored('o1');

beforeEach(() => {
  withWebhooks(gateway);
});

async function replicaThatReads(settings: VirtualSettings = ONE_CALL) {
  const replica = await chargingReplica(world, gateway, settings);
  return { ...replica, ...sender(world, replica) };
}

/** A payment whose call got no answer, and which waits for a lookup that is far away. */
async function unresolved() {
  const replica = await replicaThatReads();
  gateway.play = ({ charge }) => {
    charge();
    return reset;
  };
  gateway.lookupPlay = () => SILENT;
  await replica.charge(keyed('one', 10));
  await world.pass(5 * HOUR + 17 * MINUTE);
  expect(now()).toMatchObject({ operation: { status: 'UNRESOLVED' }, held: false });
  return { ...replica, looks: gateway.lookups.length };
}

/** A lookup that gets no answer until `end`, and then none that says anything. */
function openLookup() {
  let answer = (): void => {};
  const play = () =>
    new Promise<typeof SILENT>((resolve) => {
      answer = () => resolve(SILENT);
    });
  return { play, end: () => answer() };
}

describe('an event', () => {
  it('wakes what waits for a lookup, and the lookup decides', async () => {
    const { send, looks } = await unresolved();
    gateway.lookupPlay = null;
    const { seq } = now();
    expect(await send('declined')).toBe('taken');
    // The event itself is no event of the audit trail, and settles nothing.
    expect(now()).toMatchObject({ seq, operation: { status: 'UNRESOLVED' } });
    await world.pass(1000);
    expect(gateway.lookups).toHaveLength(looks + 1);
    expect(now().operation.status).toBe('COMPLETED');
    expect(world.trail('o1').slice(-2)).toEqual(['lookup.started', 'payment.completed ch_1']);
  });

  it('that says “paid” settles nothing if the gateway does not show it', async () => {
    const { send } = await unresolved();
    await send('live', { ref: 'ch_1' });
    await world.pass(20_000);
    expect(now()).toMatchObject({ evidence: 0, operation: { status: 'UNRESOLVED', gatewayRef: null } });
  });

  it('about what the row shows already writes nothing', async () => {
    const { send, charge, store } = await replicaThatReads();
    await charge(KEYLESS);
    const { answer: _answer, ...before } = now();
    expect(await send('live', { ref: 'ch_1' })).toBe('taken');
    for (const says of ['declined', 'reversed', 'pending'] as const) expect(await send(says)).toBe('taken');
    await world.pass(HOUR);
    expect(now()).toMatchObject(before);
    expect(store.used.filter(({ method }) => method === 'wake')).toEqual([]);
  });

  it('that comes before our own answer waits for it', async () => {
    const { deliver, engine, store } = await replicaThatReads();
    const { play, end } = openCall();
    gateway.play = play;
    const charged = engine.charge(order('o1'), keyed('one'));
    await world.pass(10);
    const taken = deliver({ kind: 'note', note: noteOf('live', { ref: 'ch_1' }) });
    await world.pass(500);
    await end();
    expect(await world.ended(taken)).toEqual({ kind: 'taken' });
    expect(told(await charged)).toBe('completed 201');
    expect(store.used.filter(({ method }) => method === 'wake')).toEqual([]);
  });

  it('is not taken while a worker holds the payment: the gateway sends it again', async () => {
    const { send, charge } = await replicaThatReads();
    gateway.play = never;
    await charge({ waitMs: 10 });
    const before = world.nowMs;
    expect(await send('live')).toBe('webhook_not_noted');
    expect(world.nowMs - before).toBeLessThan(5000);
    expect(now()).toMatchObject({ held: true, seq: 1 });
  });

  it('that comes during a lookup has it looked up again: that lookup may have asked too early', async () => {
    const { deliver, looks, engine } = await unresolved();
    const { play, end } = openLookup();
    gateway.lookupPlay = play;
    const { paymentId } = now();
    await world.ended(engine.lookNow({ accountId: 'default', paymentId, followUp: null, actor: null }));
    await world.pass(100);
    expect(now().held).toBe(true);
    const taken = deliver({ kind: 'note', note: noteOf('live') });
    await world.pass(500);
    gateway.lookupPlay = null;
    end();
    expect(await world.ended(taken)).toEqual({ kind: 'taken' });
    await world.pass(2000);
    expect(gateway.lookups).toHaveLength(looks + 2);
    expect(now().operation.status).toBe('COMPLETED');
  });

  it('never sends a call before its time', async () => {
    const { send, charge } = await replicaThatReads({
      policy: { backoffBaseMs: 10 * MINUTE, backoffCapMs: 10 * MINUTE },
    });
    gateway.play = () => reset;
    world.roll = 0.9;
    await charge({ waitMs: 10 });
    await world.pass(1000);
    const before = now();
    expect(before.operation.step).toBe('call');
    // A no will show by itself. A yes must not be forgotten.
    expect(await send('declined')).toBe('taken');
    expect(await send('live')).toBe('webhook_not_noted');
    await world.pass(MINUTE);
    expect(gateway.calls).toHaveLength(1);
    expect(now()).toEqual(before);
  });

  it('is carried out by the sweep, if another process has the payment in memory', async () => {
    const replica = await replicaThatReads({ ...ONE_CALL, limits: { sweepMs: 1000, localWaitMs: HOUR } });
    gateway.play = ({ charge }) => {
      charge();
      return reset;
    };
    gateway.lookupPlay = () => SILENT;
    await replica.charge(keyed('one', 10));
    await world.pass(10 * MINUTE);
    const looks = gateway.lookups.length;
    gateway.lookupPlay = null;
    const waitMs = (now().dueAtMs ?? 0) - now().updatedAtMs;
    expect(waitMs).toBeGreaterThan(MINUTE);
    const other = await chargingReplica(world, gateway, {
      ...ONE_CALL,
      limits: { sweepMs: HOUR, maxActive: 0 },
    });
    expect(await sender(world, other).send('live')).toBe('taken');
    await world.pass(3000);
    expect(gateway.lookups).toHaveLength(looks + 1);
    expect(now().operation.status).toBe('COMPLETED');
  });

  it('is not taken if the store cannot be reached, or if nobody knows whether the note is durable', async () => {
    const { deliver, store } = await unresolved();
    const due = now().dueAtMs;
    for (const fault of ['unavailable', 'lost'] as const) {
      store.fail('wake', fault);
      const taken = deliver({ kind: 'note', note: noteOf('live') });
      await expect(world.ended(taken)).rejects.toThrow(StoreError);
      expect(now().dueAtMs).toBe(due);
    }
    store.goDown();
    await expect(world.ended(deliver({ kind: 'note', note: noteOf('live') }))).rejects.toThrow(StoreError);
    store.heal();
    expect(await world.ended(deliver({ kind: 'note', note: noteOf('live') }))).toEqual({ kind: 'taken' });
    expect(now().dueAtMs).toBeLessThan(due ?? 0);
  });

  it('wakes the next look also if the wall clock was just set forward, so that everything seems to be due', async () => {
    const { send } = await unresolved();
    const due = now().dueAtMs;
    world.wallSetMs = HOUR;
    expect(await send('live')).toBe('taken');
    expect(now().dueAtMs).toBeLessThan(due ?? 0);
  });

  it('reads again if somebody else has written meanwhile', async () => {
    const { send, store, engine } = await unresolved();
    gateway.lookupPlay = null;
    store.before('wake', async () => {
      const { paymentId } = now();
      await engine.lookNow({ accountId: 'default', paymentId, followUp: null, actor: null });
    });
    expect(await send('live')).toBe('taken');
    await world.pass(1000);
    expect(now().operation.status).toBe('COMPLETED');
  });

  it('is taken also if another process wakes its row in the last moment', async () => {
    const { deliver, engine, store } = await unresolved();
    const { play, end } = openLookup();
    gateway.lookupPlay = play;
    const { paymentId } = now();
    await world.ended(engine.lookNow({ accountId: 'default', paymentId, followUp: null, actor: null }));
    await world.pass(100);
    expect(now().held).toBe(true);
    const taken = deliver({ kind: 'note', note: noteOf('live') });
    await world.pass(2900);
    end();
    store.before('wake', async () => {
      const { order, paymentId: id, seq } = now();
      const payment = { accountId: order.accountId, orderId: order.orderId, paymentId: id };
      await createPlainStore(world.database).wake({
        payment,
        followUpId: null,
        expected: { seq },
        waitMs: 100,
      });
    });
    expect(await world.ended(taken)).toEqual({ kind: 'taken' });
    expect(store.used.filter(({ method }) => method === 'wake')).toHaveLength(1);
  });

  it('is refused by a process that stops', async () => {
    const replica = await replicaThatReads();
    await world.ended(replica.engine.stop(0));
    expect(await replica.send('live')).toBe('shutting_down');
  });

  it('of a gateway that is not here, or that sends none, is not found', async () => {
    const { engine } = await replicaThatReads();
    const event = { accountId: 'default', body: Buffer.from(''), headers: {} };
    expect(await engine.gatewayWebhook({ ...event, gateway: 'another' })).toMatchObject({
      code: 'not_found',
    });
    const silent = await chargingReplica(world, createRefundingGateway());
    expect(await silent.engine.gatewayWebhook({ ...event, gateway: null })).toMatchObject({
      code: 'not_found',
    });
  });
});

it('an event finds its gateway by the part of the name before a colon, if there is only one', () => {
  const gateways = new Map([
    ['stripe:acct_1', 1],
    ['bank:a', 2],
    ['bank:b', 3],
    ['bank', 4],
  ]);
  const found = (name: string) => gatewayNamed(gateways, name);
  expect(['stripe', 'stripe:acct_1', 'bank', 'bank:b'].map(found)).toEqual([1, 1, 4, 3]);
  expect(['strip', 'stripe:', 'stripe:acct_2', ''].map(found)).toEqual(Array(4).fill(undefined));
  gateways.delete('bank');
  expect(found('bank')).toBeUndefined();
});

describe('an event about a charge that has failed', () => {
  const failed = async () => {
    const replica = await replicaThatReads();
    gateway.play = decline;
    await replica.charge(keyed('one'));
    expect(now().operation.status).toBe('FAILED');
    return replica;
  };

  it('changes nothing if it says no', async () => {
    const { send, store } = await failed();
    expect(await send('declined')).toBe('taken');
    expect(store.used.filter(({ method }) => method === 'wake')).toEqual([]);
  });

  it('has the charge looked up if money may have moved, and it stays failed if there is none', async () => {
    const { send } = await failed();
    expect(await send('live', { ref: 'ch_9' })).toBe('taken');
    await world.pass(1000);
    expect(gateway.lookups).toHaveLength(1);
    expect(now()).toMatchObject({ operation: { status: 'FAILED' }, evidence: 0, dueAtMs: null });
    expect(world.trail('o1').slice(-2)).toEqual(['verify.started', 'verify.clear']);
  });

  it('leads to a review and an alarm if the gateway shows it', async () => {
    const { send, logged } = await failed();
    const [request] = gateway.calls;
    if (request === undefined) throw new Error('Nothing was called.');
    gateway.ledger.set(request.key, { ...request, id: 'ch_late', status: 'succeeded' });
    await send('live', { ref: 'ch_late' });
    await world.pass(1000);
    expect(now().operation).toMatchObject({
      status: 'REVIEW',
      failureCode: 'late_success',
      gatewayRef: 'ch_late',
    });
    expect(logged.filter(({ fields }) => fields.alarm === 'needs_review')).toHaveLength(1);
  });

  it('is no evidence: it holds up no other charge of the order', async () => {
    const { send, charge } = await failed();
    gateway.lookupPlay = () => SILENT;
    await send('live');
    gateway.play = ({ charge: book }) => book();
    expect(told(await charge(keyed('two')))).toBe('completed 201');
    expect(gateway.calls).toHaveLength(2);
  });
});

it('about a second live charge of a completed order raises the alarm of the lookup', async () => {
  const { send, charge, logged } = await replicaThatReads();
  await charge(KEYLESS);
  gateway.lookupPlay = () => ({ kind: 'duplicated', refs: ['ch_1', 'ch_2'] });
  await send('live', { ref: 'ch_2' });
  await world.pass(1000);
  expect(now().operation).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_1' });
  expect(logged.filter(({ fields }) => fields.alarm === 'duplicate_charge')).toHaveLength(1);
});

describe('an event about a refund', () => {
  const refunded = async () => {
    const refunding = withWebhooks(createRefundingGateway());
    const replica = await refundingReplica(world, refunding, { limits: { sweepMs: 10_000 } });
    const read = () => world.ended(replica.engine.findRefund('default', replica.paymentId, 'r1'));
    const keyOf = () => refunding.refundCalls[0]?.key ?? '';
    return { ...replica, ...sender(world, replica), refunding, read, keyOf };
  };

  it('wakes the next look at a success, which may have failed since', async () => {
    const { refund, send, refunding, read, keyOf } = await refunded();
    await refund({ amountMinor: 400 });
    await world.pass(3 * DAY);
    const looks = refunding.refundLookups.length;
    const one = refunding.refundLedger.get(keyOf());
    if (one === undefined) throw new Error('Nothing was refunded.');
    refunding.refundLedger.set(keyOf(), { ...one, status: 'failed' });
    expect(await send('declined', { kind: 'refund', key: keyOf(), ref: 're_1' })).toBe('taken');
    await world.pass(1000);
    expect(refunding.refundLookups).toHaveLength(looks + 1);
    expect(await read()).toMatchObject({ status: 'FAILED' });
  });

  it('has a pending one looked up at once, also if it is named by the gateway’s id only', async () => {
    const { refund, send, refunding, read, keyOf } = await refunded();
    refunding.refundPlay = ({ book }) => book('pending');
    await refund({ amountMinor: 400 });
    await world.pass(2 * DAY);
    const one = refunding.refundLedger.get(keyOf());
    if (one === undefined) throw new Error('Nothing was refunded.');
    refunding.refundLedger.set(keyOf(), { ...one, status: 'succeeded' });
    expect(await send('live', { kind: 'refund', key: null, ref: 're_1' })).toBe('taken');
    await world.pass(1000);
    expect(await read()).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('that Payonce did not make changes nothing', async () => {
    const { send, store } = await refunded();
    expect(await send('live', { kind: 'refund', key: 'somebody', ref: 're_9' })).toBe('taken');
    expect(store.used.filter(({ method }) => method === 'wake')).toEqual([]);
  });
});

describe('many events', () => {
  it('about one payment buy few lookups and few writes', async () => {
    const { send, looks, store } = await unresolved();
    for (let n = 0; n < 2000; n += 1) {
      expect(await send('live')).toBe('taken');
      await world.pass(250);
    }
    const wakes = store.used.filter(({ method }) => method === 'wake').length;
    // 500 s hold waits of 1, 2, 4 … 256 s.
    expect(wakes).toBeLessThanOrEqual(10);
    expect(gateway.lookups.length - looks).toBeLessThanOrEqual(10);
    expect(gateway.lookups.length - looks).toBeGreaterThan(5);
    expect(gateway.calls).toHaveLength(1);
  });

  it('are taken by a process that finds the row due as soon as it asks for, but for the way to the database', async () => {
    const { engine } = await unresolved();
    const arrives = () => new Promise<void>((resolve) => world.clock.after(5, resolve));
    const idle: VirtualSettings = { ...ONE_CALL, limits: { sweepMs: HOUR, maxActive: 0 } };
    const processes = [];
    for (let n = 0; n < 2; n += 1) {
      const replica = await chargingReplica(world, gateway, idle);
      replica.store.before('wake', ...Array.from({ length: 100 }, () => arrives));
      processes.push({ ...replica, ...sender(world, replica) });
    }
    // Both are to wait for eight seconds.
    for (const { send } of processes) {
      for (let n = 0; n < 3; n += 1) {
        await send('live');
        await world.pass(30_000);
      }
    }
    const { paymentId } = now();
    await world.ended(engine.lookNow({ accountId: 'default', paymentId, followUp: null, actor: null }));
    await world.pass(100);
    const before = world.nowMs;
    for (const { send } of processes) expect(await send('live')).toBe('taken');
    expect(world.nowMs - before).toBeLessThan(200);
  });

  it('of the same content at once are read once', async () => {
    const { deliver, store } = await unresolved();
    const before = store.used.length;
    const all = Array.from({ length: 500 }, () => deliver({ kind: 'note', note: noteOf('live') }));
    for (const answer of await world.ended(Promise.all(all))) expect(answer).toEqual({ kind: 'taken' });
    expect(store.used.slice(before).filter(({ method }) => method === 'situation')).toHaveLength(1);
  });

  it('of many orders at once are bounded', async () => {
    const { deliver, charge } = await replicaThatReads();
    gateway.play = never;
    await charge({ waitMs: 10 });
    const all = Array.from({ length: 300 }, (_, n) =>
      deliver({ kind: 'note', note: noteOf('live', { ref: `ch_${n}` }) }),
    );
    // The last ones are answered at once.
    for (const answer of await Promise.all(all.slice(256)))
      expect(answer).toMatchObject({ code: 'webhook_not_noted', retryAfterMs: 1000 });
    await world.ended(Promise.all(all));
  });

  it('that are forged or foreign cost no query, and one line in the log a minute', async () => {
    const { deliver, store, logged } = await replicaThatReads();
    await world.pass(10);
    const [used, lines] = [store.used.length, logged.length];
    const foreign = noteOf('live', { reference: 'another installation' });
    for (let n = 0; n < 500; n += 1) {
      expect(await deliver({ kind: 'forged', reason: 'bad_signature' })).toMatchObject({
        code: 'webhook_refused',
      });
      expect(await deliver({ kind: 'foreign' })).toEqual({ kind: 'taken' });
      expect(await deliver({ kind: 'note', note: foreign })).toEqual({ kind: 'taken' });
    }
    // The adapter throws.
    expect(await deliver(undefined)).toMatchObject({ code: 'webhook_refused' });
    expect(store.used).toHaveLength(used);
    expect(logged).toHaveLength(lines);
    await world.pass(MINUTE + 1);
    expect(logged.slice(lines)).toMatchObject([
      {
        level: 'warn',
        fields: { gateway: 'scripted', events: { bad_signature: 500, foreign: 1000, unreadable: 1 } },
      },
    ]);
  });

  it('a stop logs what was counted', async () => {
    const replica = await replicaThatReads();
    await replica.deliver({ kind: 'foreign' });
    await world.ended(replica.engine.stop(0));
    expect(replica.logged.at(-1)).toMatchObject({ level: 'info', fields: { events: { foreign: 1 } } });
  });
});

it('an event about an order of ours that the database does not have raises an alarm, once', async () => {
  const { send, logged } = await replicaThatReads();
  expect(await send('live', { orderId: 'lost' })).toBe('taken');
  expect(await send('live', { kind: 'refund', orderId: 'lost' })).toBe('taken');
  const alarms = logged.filter(({ fields }) => fields.alarm === 'event_without_payment');
  expect(alarms).toHaveLength(1);
  expect(JSON.stringify(alarms)).not.toContain('lost"');
});

it('an event that names an account is about that account’s order', async () => {
  const { send, charge } = await replicaThatReads();
  await charge(KEYLESS, { accountId: 'acme' });
  expect(await send('live', { accountId: 'acme', ref: 'ch_1' })).toBe('taken');
  expect(await send('live', { accountId: 'acme', orderId: 'o2' })).toBe('taken');
});
