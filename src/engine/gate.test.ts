import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import { createGate } from './gate.ts';

const silent: CallOutcome = { kind: 'unknown', answered: false, reason: 'reset' };
const error: CallOutcome = { kind: 'unknown', answered: true, reason: 'http_500' };
const approved: CallOutcome = { kind: 'approved', chargeId: 'ch' };

function setUp() {
  const clock = createVirtualClock();
  return { clock, gate: createGate({ clock, maxCalls: 2, maxLookups: 1 }) };
}

describe('the breaker', () => {
  function afterOutage() {
    const { clock, gate } = setUp();
    for (let call = 0; call < 50; call += 1) gate.callEnded(silent, 0);
    return { clock, gate };
  }

  it('stops calls when nothing is answered any more', () => {
    const { gate } = afterOutage();
    expect(gate.reserve('first_call')).toEqual({ kind: 'ask_again', inMs: 1000 });
    expect(gate.callsStoppedMs()).toBe(1000);
  });

  it('leaves lookups alone', () => {
    expect(afterOutage().gate.reserve('lookup')).toEqual({ kind: 'go', inMs: 0 });
  });

  it('only slows down for errors, with which a payment can be proved to have failed', () => {
    const { clock, gate } = setUp();
    for (let call = 0; call < 50; call += 1) gate.callEnded(error, 0);
    for (let round = 0; round < 5; round += 1) {
      expect(gate.callsStoppedMs()).toBe(500);
      clock.advance(500);
      gate.reserve('first_call');
      gate.callEnded(error, 0);
    }
  });

  it('does not stop for a gateway that serves one call in five', () => {
    const { gate } = setUp();
    for (let call = 0; call < 500; call += 1) gate.callEnded(call % 5 === 0 ? approved : error, 0);
    expect(gate.callsStoppedMs()).toBe(0);
  });

  it('does not stop for a few silent calls', () => {
    const { gate } = setUp();
    for (let call = 0; call < 49; call += 1) gate.callEnded(silent, 0);
    expect(gate.callsStoppedMs()).toBe(0);
  });

  it('lets ten probes through after the pause, and all after the first answer', () => {
    const { clock, gate } = afterOutage();
    clock.advance(1000);
    for (let probe = 0; probe < 10; probe += 1) expect(gate.reserve('first_call').kind).toBe('go');
    expect(gate.reserve('first_call').kind).toBe('ask_again');
    gate.callEnded(approved, 0);
    expect(gate.reserve('first_call')).toEqual({ kind: 'go', inMs: 0 });
  });

  it('pauses twice as long after a failed probe', () => {
    const { clock, gate } = afterOutage();
    clock.advance(1000);
    gate.reserve('first_call');
    gate.callEnded(silent, 0);
    expect(gate.reserve('first_call')).toEqual({ kind: 'ask_again', inMs: 2000 });
  });

  it('sends new probes when the old ones never came back', () => {
    const { clock, gate } = afterOutage();
    clock.advance(1000);
    for (let probe = 0; probe < 10; probe += 1) gate.reserve('first_call');
    clock.advance(10_000);
    expect(gate.reserve('first_call').kind).toBe('go');
  });

  it('pauses for as long as it is told after refused credentials', () => {
    const { gate } = setUp();
    gate.callEnded({ kind: 'forbidden', reason: 'http_401' }, 30_000);
    expect(gate.callsStoppedMs()).toBe(30_000);
  });
});

describe('the retry budget', () => {
  it('spreads a crowd of retries over time once the reserve is spent', () => {
    const { gate } = setUp();
    const waits = Array.from({ length: 1100 }, () => gate.reserve('retry').inMs);
    expect(waits.slice(0, 1000).every((wait) => wait === 0)).toBe(true);
    expect(waits[1000]).toBe(20);
    expect(waits[1099]).toBe(2000);
  });

  it('is earned by first calls, and given back when not used', () => {
    const { gate } = setUp();
    for (let retry = 0; retry < 1000; retry += 1) gate.reserve('retry');
    gate.reserve('first_call');
    expect(gate.reserve('retry').inMs).toBe(0);
    gate.reserve('retry');
    gate.giveBack('retry');
    expect(gate.reserve('retry').inMs).toBe(20);
  });
});

describe('what a worker began and did not end', () => {
  it('goes on without a retry’s place, however many there are, and earns none', () => {
    const { gate } = setUp();
    for (let retry = 0; retry < 1000; retry += 1) gate.reserve('retry');
    const resumed = Array.from({ length: 10_000 }, () => gate.reserve('resumed').inMs);
    expect(resumed.every((wait) => wait === 0)).toBe(true);
    expect(gate.reserve('retry').inMs).toBe(20);
  });

  it('waits for a stopped gateway as any other call', () => {
    const { gate } = setUp();
    gate.callEnded({ kind: 'forbidden', reason: 'http_401' }, 10);
    expect(gate.reserve('resumed')).toEqual({ kind: 'ask_again', inMs: 10 });
  });
});

describe('the lookup budget', () => {
  it('spreads lookups after the first thousand, and is given back when not used', () => {
    const { gate } = setUp();
    const waits = Array.from({ length: 1100 }, () => gate.reserve('lookup').inMs);
    expect([waits[999], waits[1000], waits[1099]]).toEqual([0, 5, 500]);
    gate.giveBack('lookup');
    expect(gate.reserve('lookup').inMs).toBe(500);
  });

  it('is its own: neither calls nor retries are counted against it, nor it against them', () => {
    const { gate } = setUp();
    for (let lookup = 0; lookup < 1001; lookup += 1) gate.reserve('lookup');
    expect(gate.reserve('retry').inMs).toBe(0);
    gate.giveBack('first_call');
    gate.giveBack('retry');
    expect(gate.reserve('lookup').inMs).toBe(10);
  });
});

describe('what the end of a call says about the gateway', () => {
  it.each<[CallOutcome, number]>([
    [{ kind: 'refused', reason: 'dns' }, 1000],
    [silent, 1000],
    [error, 500],
    [{ kind: 'declined', code: 'no' }, 0],
    [{ kind: 'busy' }, 0],
    [{ kind: 'pending', chargeId: 'ch' }, 0],
    [{ kind: 'mismatch', chargeId: 'ch', reason: 'amount_mismatch' }, 0],
  ])('%j fifty times stops calls for %i ms', (outcome, stoppedMs) => {
    const { gate } = setUp();
    for (let call = 0; call < 50; call += 1) gate.callEnded(outcome, 30_000);
    expect(gate.callsStoppedMs()).toBe(stoppedMs);
  });

  it('a retry at a stopped gateway takes nothing from the retry budget', () => {
    const { clock, gate } = setUp();
    for (let retry = 0; retry < 999; retry += 1) gate.reserve('retry');
    gate.callEnded({ kind: 'forbidden', reason: 'http_401' }, 10);
    expect(gate.reserve('retry')).toEqual({ kind: 'ask_again', inMs: 10 });
    clock.advance(10);
    expect(gate.reserve('retry')).toEqual({ kind: 'go', inMs: 0 });
  });
});

describe('slots', () => {
  it('of calls and of lookups are counted apart', () => {
    const { gate } = setUp();
    gate.lookupSlots.take();
    expect([gate.callSlots.free(), gate.lookupSlots.free()]).toEqual([2, 0]);
  });

  it('are all closed with the gate', () => {
    const { gate } = setUp();
    gate.close();
    expect([gate.callSlots.take(), gate.lookupSlots.take()]).toEqual([null, null]);
  });
});
