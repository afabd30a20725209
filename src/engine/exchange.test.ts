/** One exchange with the gateway: what is sent, when it is not sent, and how it is cut off. */
import { describe, expect, it } from 'vitest';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { pauseCalls } from '../../test/support/pause-calls.ts';
import { error500, reset } from '../../test/support/scripted-gateway.ts';
import { order, type VirtualSettings } from '../../test/support/virtual-world.ts';
import { chargeKey, orderReference } from '../domain/ids.ts';
import type { CallOptions } from '../ports/gateway.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { DEFAULT_BREAKER } from './breaker.ts';
import { callGateway, chargeRequest } from './exchange.ts';
import { databaseNowMs, type Held, usableMs } from './lease.ts';
import { momentOf } from './moment.ts';
import { type Need, takePlace } from './place.ts';

const LEASE_MS = 15_000;
const MARGIN_MS = 250;
const CALL_MS = 10_000;
const INSTALLATION = '00000000-0000-4000-8000-000000000001';
/** What the database's clock says at the beginning of every world here. */
const GRANTED_MS = 1_750_000_000_000;
const KEY = chargeKey(orderReference(INSTALLATION, 'default', 'o1'), 1);

function setUp(settings: VirtualSettings = {}) {
  const { engine, logged } = world.parts(gateway, settings);
  const operation = { kind: 'charge', n: 1, openedAtMs: GRANTED_MS, giveUpAfterS: null };
  const record = { paymentId: 'p', order: order('o1'), gatewayKey: KEY, operation } as PaymentRecord;
  const at = { record, grantedAtMs: GRANTED_MS, claimedAt: momentOf(world.clock) };
  const held: Held = { ...at, place: null };
  const inPlace = (need: Need): Held => ({ ...at, place: takePlace(engine, need, 'charge') });
  const request = chargeRequest(engine, record);
  return {
    engine,
    logged,
    held,
    request,
    inPlace,
    send: (options: CallOptions) => gateway.call(request, options),
    call: () => engine.rooms.charge.call(engine, inPlace('call')),
    lookup: (by = held) => engine.rooms.charge.lookup(engine, by),
  };
}

describe('the request to the gateway', () => {
  it('is made from the order, under the stored key', () => {
    const { engine } = setUp();
    const reference = orderReference(INSTALLATION, 'default', 'o1');
    const noted = order('o1', { metadata: { note: 'ours' } });
    expect(chargeRequest(engine, { order: noted, gatewayKey: KEY })).toEqual({
      key: KEY,
      reference,
      orderId: 'o1',
      accountId: 'default',
      installationId: INSTALLATION,
      amountMinor: 1000,
      currency: 'USD',
    });
    expect(chargeRequest(engine, { order: order('o1', { method: 'tok' }), gatewayKey: KEY }).method).toBe(
      'tok',
    );
  });
});

describe('a lease', () => {
  it('can be used up to its margin, and no longer', async () => {
    const { engine, held } = setUp();
    expect(usableMs(engine, held)).toBe(LEASE_MS - MARGIN_MS);
    await world.pass(LEASE_MS - MARGIN_MS - 1);
    expect(usableMs(engine, held)).toBe(1);
    await world.pass(100);
    expect(usableMs(engine, held)).toBe(0);
    expect(databaseNowMs(engine, held)).toBe(GRANTED_MS + LEASE_MS - MARGIN_MS + 99);
  });
});

describe('a lease of a machine whose clocks stopped', () => {
  it('is over as soon as the database says so', () => {
    const { engine, held } = setUp();
    engine.databaseClock.note(GRANTED_MS + LEASE_MS, momentOf(world.clock));
    expect(usableMs(engine, held)).toBe(0);
  });
});

describe('the database’s time under a lease', () => {
  it('goes on while the machine is suspended', () => {
    const { engine, held } = setUp();
    world.suspendedMs = 7000;
    expect(databaseNowMs(engine, held)).toBe(GRANTED_MS + 7000);
  });

  it('is over at its end, whatever the wall clock says', () => {
    const { engine, held } = setUp();
    world.suspendedMs = 86_400_000;
    expect(databaseNowMs(engine, held)).toBe(GRANTED_MS + LEASE_MS);
  });
});

describe('a call', () => {
  it('ends with what the gateway said, and frees its place', async () => {
    const { engine, call } = setUp({ gate: { maxCalls: 1 } });
    gateway.play = () => error500;
    expect(await world.ended(call())).toEqual({ kind: 'ended', outcome: error500 });
    expect(engine.gate.callSlots.free()).toBe(1);
  });

  it('that leaves after a stop is a probe, even if it got its place before: its silence stops calls again', async () => {
    const breaker = { ...DEFAULT_BREAKER, silencesInRow: 1, silentForMs: 0 };
    const { engine, call } = setUp({ gate: { breaker } });
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused' });
    await world.ended(call());
    await world.pass(engine.gate.callsStoppedMs());
    expect(engine.gate.callsStoppedMs()).toBe(0);
    await world.ended(call());
    expect(engine.gate.callsStoppedMs()).toBeGreaterThan(0);
  });

  it('may take its timeout, or the rest of its lease if that is less', async () => {
    const { call } = setUp();
    const allowed: CallOptions[] = [];
    gateway.play = ({ options }) => {
      allowed.push(options);
      return reset;
    };
    await world.ended(call());
    await world.pass(LEASE_MS - MARGIN_MS - CALL_MS);
    await world.ended(call());
    await world.pass(1);
    await world.ended(call());
    expect(allowed.map(({ timeoutMs }) => timeoutMs)).toEqual([CALL_MS, CALL_MS, CALL_MS - 1]);
  });

  it('is given up a moment after its time if the adapter does not end it', async () => {
    const { logged, call } = setUp();
    gateway.play = () => new Promise(() => {});
    expect(await world.ended(call())).toEqual({
      kind: 'ended',
      outcome: { kind: 'unknown', answered: false, reason: 'adapter_threw' },
    });
    expect(world.nowMs).toBe(CALL_MS + 100);
    expect(logged).toEqual([
      {
        level: 'error',
        message: 'the gateway adapter threw',
        fields: { err: new Error('the adapter did not end in time'), payment_id: 'p' },
      },
    ]);
  });

  it('that was given up can no longer be sent, though its lease goes on', async () => {
    const { engine, held, call } = setUp();
    let mayLeave = (): boolean => true;
    gateway.play = ({ options }) => {
      mayLeave = options.mayLeave;
      return new Promise(() => {});
    };
    await world.ended(call());
    expect(usableMs(engine, held)).toBeGreaterThan(0);
    expect(mayLeave()).toBe(false);
  });

  it('that the adapter ends in that moment counts', async () => {
    const { logged, call } = setUp();
    gateway.play = ({ options }) =>
      new Promise((resolve) => {
        world.clock.after(options.timeoutMs + 99, () => resolve(reset));
      });
    expect(await world.ended(call())).toEqual({ kind: 'ended', outcome: reset });
    expect(logged).toEqual([]);
  });

  it('through an adapter that throws is unknown and unanswered', async () => {
    const { engine, logged, call } = setUp();
    gateway.play = () => Promise.reject(new Error('a fault'));
    expect(await world.ended(call())).toEqual({
      kind: 'ended',
      outcome: { kind: 'unknown', answered: false, reason: 'adapter_threw' },
    });
    expect(logged[0]).toMatchObject({ level: 'error', fields: { payment_id: 'p' } });
    expect(engine.gate.callSlots.free()).toBe(50);
  });

  it('is not sent while the gateway is paused, and says how long that is', async () => {
    const { engine, call } = setUp({ gate: { maxCalls: 1 } });
    pauseCalls(engine.gate, 700);
    await world.pass(699);
    expect(await world.ended(call())).toEqual({ kind: 'not_sent', reason: 'gateway_paused', waitMs: 1 });
    expect([gateway.calls.length, engine.gate.callSlots.free()]).toEqual([0, 1]);
    await world.pass(1);
    expect((await world.ended(call())).kind).toBe('ended');
  });

  it('is not sent with less than a tenth of a second of its lease left', async () => {
    const { call } = setUp();
    await world.pass(LEASE_MS - MARGIN_MS - 100);
    expect((await world.ended(call())).kind).toBe('ended');
    await world.pass(1);
    expect(await world.ended(call())).toEqual({ kind: 'not_sent', reason: 'lease_too_short', waitMs: 0 });
    expect(gateway.calls.length).toBe(1);
  });

  it('reports its outcome and payment to the gate: a second refused payment pauses all calls', async () => {
    const { engine, held, send, call } = setUp();
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    await world.ended(call());
    await world.ended(call());
    expect(engine.gate.callsStoppedMs()).toBe(0);
    const second = { ...held, record: { ...held.record, paymentId: 'q' } };
    await world.ended(callGateway(engine, second, send));
    expect(engine.gate.callsStoppedMs()).toBe(30_000);
  });
});

describe('a lookup', () => {
  it('ends with what the gateway said, and frees its slot', async () => {
    const { engine, lookup } = setUp();
    expect(await world.ended(lookup())).toEqual({ kind: 'absent' });
    expect(engine.gate.lookupSlots.free()).toBe(20);
  });

  it('uses the place that was taken before the claim, one at a time if there is no other', async () => {
    const { engine, inPlace, lookup } = setUp({ gate: { maxLookups: 2 } });
    const ends: (() => void)[] = [];
    gateway.lookupPlay = () => new Promise((resolve) => void ends.push(() => resolve({ kind: 'absent' })));
    const [one, two] = [inPlace('lookup'), inPlace('lookup')];
    const all = Promise.all([one, one, one, two].map((held) => lookup(held)));
    for (const asked of [2, 3, 4]) {
      await world.pass(0);
      expect(gateway.lookups.length).toBe(asked);
      for (const end of ends.splice(0)) end();
    }
    expect(await world.ended(all)).toEqual(Array(4).fill({ kind: 'absent' }));
    for (const { place } of [one, two]) place?.free();
    expect(engine.gate.lookupSlots.free()).toBe(2);
  });

  it('without its own place waits for a slot for nearly its whole lease, and is then no answer', async () => {
    const { engine, lookup } = setUp({ gate: { maxLookups: 1 } });
    engine.gate.lookupSlots.take();
    expect(await world.ended(lookup())).toEqual({ kind: 'unavailable', reason: 'no_free_slot' });
    expect(world.nowMs).toBe(LEASE_MS - MARGIN_MS - 100);
    expect(gateway.lookups).toEqual([]);
  });

  it('is not sent with less than a tenth of a second of its lease left', async () => {
    const { engine, lookup } = setUp();
    await world.pass(LEASE_MS - MARGIN_MS - 100);
    expect(await world.ended(lookup())).toEqual({ kind: 'absent' });
    await world.pass(1);
    expect(await world.ended(lookup())).toEqual({ kind: 'unavailable', reason: 'lease_too_short' });
    expect([gateway.lookups.length, engine.gate.lookupSlots.free()]).toEqual([1, 20]);
  });

  it('through an adapter that throws or never ends is no answer', async () => {
    const { engine, logged, lookup } = setUp();
    gateway.lookupPlay = () => Promise.reject(new Error('a fault'));
    expect(await world.ended(lookup())).toEqual({ kind: 'unavailable', reason: 'adapter_threw' });
    gateway.lookupPlay = () => new Promise(() => {});
    expect(await world.ended(lookup())).toEqual({ kind: 'unavailable', reason: 'adapter_threw' });
    expect(world.nowMs).toBe(CALL_MS + 100);
    expect(logged.map(({ message, fields }) => [message, fields.payment_id])).toEqual([
      ['the gateway adapter threw', 'p'],
      ['the gateway adapter threw', 'p'],
    ]);
    expect(engine.gate.lookupSlots.free()).toBe(20);
  });
});
