import { describe, expect, it } from 'vitest';
import { pauseCalls } from '../../test/support/pause-calls.ts';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import type { EffectKind } from '../domain/effects.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import { createGate, type Gate } from './gate.ts';

const silent: CallOutcome = { kind: 'unknown', answered: false, reason: 'reset' };
const error: CallOutcome = { kind: 'unknown', answered: true, reason: 'http_500' };
const approved: CallOutcome = { kind: 'approved', ref: 'ch' };

const forbidden: CallOutcome = { kind: 'forbidden', reason: 'http_403' };

/** Unless the test says when, the call left just now. */
function end(gate: Gate, outcome: CallOutcome, paymentId = 'p1', leftAtMs = Number.POSITIVE_INFINITY): void {
  gate.callEnded({ unit: paymentId, outcome, leftAtMs, pauseMs: 30_000 });
}

function setUp() {
  const clock = createVirtualClock();
  return { clock, gate: createGate({ clock, maxCalls: 2, maxLookups: 1 }) };
}

describe('the breaker', () => {
  function afterOutage() {
    const { clock, gate } = setUp();
    for (let call = 0; call < 50; call += 1) end(gate, silent);
    return { clock, gate };
  }

  it('stops calls when nothing is answered', () => {
    const { gate } = afterOutage();
    expect(gate.reserve('first_call')).toEqual({ kind: 'ask_again', inMs: 1000 });
    expect(gate.callsStoppedMs()).toBe(1000);
  });

  it('leaves lookups alone', () => {
    expect(afterOutage().gate.reserve('lookup')).toEqual({ kind: 'go', inMs: 0 });
  });

  it('only slows down for errors, which can prove that a payment failed', () => {
    const { clock, gate } = setUp();
    for (let call = 0; call < 50; call += 1) end(gate, error);
    for (let round = 0; round < 5; round += 1) {
      expect(gate.callsStoppedMs()).toBe(500);
      clock.advance(500);
      gate.reserve('first_call');
      end(gate, error);
    }
  });

  it('does not stop for a gateway that serves one call in five', () => {
    const { gate } = setUp();
    for (let call = 0; call < 500; call += 1) end(gate, call % 5 === 0 ? approved : error);
    expect(gate.callsStoppedMs()).toBe(0);
  });

  it('stops after ten silent calls in a row, however few calls there are, and not after nine', () => {
    const { clock, gate } = setUp();
    for (let call = 0; call < 9; call += 1) {
      end(gate, silent);
      clock.advance(60_000);
    }
    expect(gate.callsStoppedMs()).toBe(0);
    end(gate, silent);
    expect(gate.callsStoppedMs()).toBe(1000);
  });

  it.each([error, approved, forbidden])('does not stop after ten with an answer in between: %j', (answer) => {
    const { clock, gate } = setUp();
    for (let call = 0; call < 19; call += 1) {
      end(gate, call === 9 ? answer : silent);
      clock.advance(60_000);
    }
    expect(gate.callsStoppedMs()).toBe(0);
  });

  it('does not stop after ten silent calls in a row among many that are answered', () => {
    const { clock, gate } = setUp();
    end(gate, approved);
    clock.advance(249);
    for (let call = 0; call < 20; call += 1) end(gate, silent);
    expect(gate.callsStoppedMs()).toBe(0);
    clock.advance(1);
    end(gate, silent);
    expect(gate.callsStoppedMs()).toBe(1000);
  });

  it('lets ten probes through after the pause, and all after the first answer', () => {
    const { clock, gate } = afterOutage();
    clock.advance(1000);
    for (let probe = 0; probe < 10; probe += 1) expect(gate.reserve('first_call').kind).toBe('go');
    expect(gate.reserve('first_call').kind).toBe('ask_again');
    end(gate, approved);
    expect(gate.reserve('first_call')).toEqual({ kind: 'go', inMs: 0 });
  });

  it('pauses twice as long after a failed probe', () => {
    const { clock, gate } = afterOutage();
    clock.advance(1000);
    gate.reserve('first_call');
    end(gate, silent);
    expect(gate.reserve('first_call')).toEqual({ kind: 'ask_again', inMs: 2000 });
  });

  it('sends new probes if the old ones never returned', () => {
    const { clock, gate } = afterOutage();
    clock.advance(1000);
    for (let probe = 0; probe < 10; probe += 1) gate.reserve('first_call');
    clock.advance(10_000);
    expect(gate.reserve('first_call').kind).toBe('go');
  });

  it('pauses for the given time after refused credentials', () => {
    const { gate } = setUp();
    pauseCalls(gate, 30_000);
    expect(gate.callsStoppedMs()).toBe(30_000);
  });
});

describe('a refused call', () => {
  it('of one order stops no other order, however often it is refused', () => {
    const { gate } = setUp();
    for (let call = 0; call < 100; call += 1) end(gate, forbidden, 'p1');
    expect(gate.callsStoppedMs()).toBe(0);
    expect(gate.reserve('first_call')).toEqual({ kind: 'go', inMs: 0 });
  });

  it('of a second order stops all', () => {
    const { gate } = setUp();
    end(gate, forbidden, 'p1');
    end(gate, silent, 'p3');
    end(gate, forbidden, 'p2');
    expect(gate.callsStoppedMs()).toBe(30_000);
  });

  it.each([approved, error])('of a second order stops nothing with an answer in between: %j', (answer) => {
    const { gate } = setUp();
    end(gate, forbidden, 'p1');
    end(gate, answer, 'p3');
    end(gate, forbidden, 'p2');
    expect(gate.callsStoppedMs()).toBe(0);
  });

  it('stops all until a call under way succeeds that left after the first refusal', () => {
    const { clock, gate } = setUp();
    const refusedAtMs = clock.monotonicMs();
    end(gate, forbidden, 'p1');
    clock.advance(10);
    end(gate, forbidden, 'p2');
    end(gate, silent, 'p3');
    end(gate, error, 'p3');
    end(gate, approved, 'p4', refusedAtMs - 1);
    expect(gate.callsStoppedMs()).toBe(30_000);
    end(gate, approved, 'p4', refusedAtMs);
    expect(gate.callsStoppedMs()).toBe(0);
    expect(gate.reserve('first_call')).toEqual({ kind: 'go', inMs: 0 });
  });

  it('of one order leaves the probes to the others', () => {
    const { clock, gate } = setUp();
    for (let call = 0; call < 10; call += 1) end(gate, silent, 'p1');
    clock.advance(1000);
    gate.reserve('retry');
    end(gate, forbidden, 'p1');
    for (let probe = 1; probe < 10; probe += 1) expect(gate.reserve('first_call').kind).toBe('go');
    expect(gate.reserve('first_call').kind).toBe('ask_again');
  });

  it('of a second order stops all even while probes are under way', () => {
    const { clock, gate } = setUp();
    pauseCalls(gate, 10);
    clock.advance(10);
    gate.reserve('first_call');
    end(gate, forbidden, 'p3');
    expect(gate.callsStoppedMs()).toBe(30_000);
  });

  it('of the same two orders, again and again, stops the others only once', () => {
    const { clock, gate } = setUp();
    pauseCalls(gate, 30_000);
    clock.advance(30_000);
    for (let turn = 0; turn < 4; turn += 1) {
      for (const paymentId of ['refused_1', 'refused_2']) {
        expect(gate.reserve('retry').kind).toBe('go');
        end(gate, forbidden, paymentId);
      }
    }
    expect(gate.reserve('first_call').kind).toBe('go');
    end(gate, approved, 'p3');
    for (const paymentId of ['refused_1', 'refused_2']) end(gate, forbidden, paymentId);
    expect(gate.callsStoppedMs()).toBe(0);
  });

  it('of ten orders that probe stops all again', () => {
    const { clock, gate } = setUp();
    pauseCalls(gate, 30_000);
    clock.advance(30_000);
    for (let probe = 0; probe < 10; probe += 1) {
      gate.reserve('retry');
      end(gate, forbidden, 'refused_1');
    }
    expect(gate.callsStoppedMs()).toBe(30_000);
  });

  it('counts again if the order got another answer in between', () => {
    const { gate } = setUp();
    end(gate, forbidden, 'p1');
    end(gate, error, 'p1');
    end(gate, forbidden, 'p2');
    expect(gate.callsStoppedMs()).toBe(0);
    end(gate, forbidden, 'p1');
    expect(gate.callsStoppedMs()).toBe(30_000);
  });

  it('lets the only order of a gateway go on as soon as it is no longer refused', () => {
    const { clock, gate } = setUp();
    for (let call = 0; call < 50; call += 1) {
      expect(gate.reserve('retry').kind).toBe('go');
      end(gate, forbidden, 'p1');
      clock.advance(30_000);
    }
    end(gate, approved, 'p1');
    expect(gate.callsStoppedMs()).toBe(0);
  });
});

describe('the retry budget', () => {
  it('spreads many retries over time once the reserve is used up', () => {
    const { gate } = setUp();
    const waits = Array.from({ length: 1100 }, () => gate.reserve('retry').inMs);
    expect(waits.slice(0, 1000).every((wait) => wait === 0)).toBe(true);
    expect(waits[1000]).toBe(20);
    expect(waits[1099]).toBe(2000);
  });

  it('is earned by first calls, and given back if not used', () => {
    const { gate } = setUp();
    for (let retry = 0; retry < 1000; retry += 1) gate.reserve('retry');
    gate.reserve('first_call');
    expect(gate.reserve('retry').inMs).toBe(0);
    gate.reserve('retry');
    gate.giveBack('retry');
    expect(gate.reserve('retry').inMs).toBe(20);
  });
});

describe('a call that a worker started and did not finish', () => {
  it('continues without the retry budget, and earns nothing for it', () => {
    const { gate } = setUp();
    for (let retry = 0; retry < 1000; retry += 1) gate.reserve('retry');
    const resumed = Array.from({ length: 10_000 }, () => gate.reserve('resumed').inMs);
    expect(resumed.every((wait) => wait === 0)).toBe(true);
    expect(gate.reserve('retry').inMs).toBe(20);
  });

  it('waits for a stopped gateway like any other call', () => {
    const { gate } = setUp();
    pauseCalls(gate, 10);
    expect(gate.reserve('resumed')).toEqual({ kind: 'ask_again', inMs: 10 });
  });
});

describe('the lookup budget', () => {
  it('spreads lookups after the first thousand, and is given back if not used', () => {
    const { gate } = setUp();
    const waits = Array.from({ length: 1100 }, () => gate.reserve('lookup').inMs);
    expect([waits[999], waits[1000], waits[1099]]).toEqual([0, 5, 500]);
    gate.giveBack('lookup');
    expect(gate.reserve('lookup').inMs).toBe(500);
  });

  it('is separate: neither calls nor retries count against it, nor lookups against theirs', () => {
    const { gate } = setUp();
    for (let lookup = 0; lookup < 1001; lookup += 1) gate.reserve('lookup');
    expect(gate.reserve('retry').inMs).toBe(0);
    gate.giveBack('first_call');
    gate.giveBack('retry');
    expect(gate.reserve('lookup').inMs).toBe(10);
  });
});

it('budgets can be given, each for its own kind of request', () => {
  const budgets = {
    retries: { capacity: 1, initial: 0, perSecond: 2 },
    lookups: { capacity: 1, initial: 1, perSecond: 4 },
  };
  const gate = createGate({ clock: createVirtualClock(), maxCalls: 2, maxLookups: 1, budgets });
  const requests = ['retry', 'retry', 'lookup', 'lookup'] as const;
  expect(requests.map((request) => gate.reserve(request).inMs)).toEqual([500, 1000, 0, 250]);
});

describe('the budgets of follow-ups', () => {
  const reserveMany = (gate: Gate, request: 'retry' | 'lookup', kind: EffectKind) =>
    Array.from({ length: 1001 }, () => gate.reserve(request, kind).inMs);

  it.each(['retry', 'lookup'] as const)(
    'take nothing from those of charges, and the reverse (%s)',
    (request) => {
      const { gate } = setUp();
      const refunds = reserveMany(gate, request, 'refund');
      expect([refunds[499], (refunds[500] ?? 0) > 0]).toEqual([0, true]);
      const charges = reserveMany(gate, request, 'charge');
      expect([charges[999], (charges[1000] ?? 0) > 0]).toEqual([0, true]);
    },
  );

  it.each(['retry', 'lookup'] as const)('fill up half as fast (%s)', (request) => {
    const { gate } = setUp();
    const [charge, refund] = (['charge', 'refund'] as const).map((kind) => reserveMany(gate, request, kind));
    expect(refund?.[500]).toBe(2 * (charge?.[1000] ?? 0));
  });

  it('are earned by their own first calls, and given back to them', () => {
    const { gate } = setUp();
    for (let retry = 0; retry < 500; retry += 1) gate.reserve('retry', 'refund');
    gate.reserve('first_call', 'charge');
    expect(gate.reserve('retry', 'refund').inMs).toBe(40);
    gate.giveBack('retry', 'refund');
    gate.reserve('first_call', 'refund');
    expect(gate.reserve('retry', 'refund').inMs).toBe(0);
    for (let lookup = 0; lookup < 501; lookup += 1) gate.reserve('lookup', 'refund');
    gate.giveBack('lookup', 'refund');
    expect(gate.reserve('lookup', 'refund').inMs).toBe(10);
  });

  it('let one go on even if there is hardly a budget at all', () => {
    const least = { capacity: 1, initial: 1, perSecond: 1 };
    const clock = createVirtualClock();
    const gate = createGate({
      clock,
      maxCalls: 1,
      maxLookups: 1,
      budgets: { retries: least, lookups: least },
    });
    expect(gate.reserve('lookup', 'refund').inMs).toBe(2000);
    clock.advance(4000);
    expect(gate.reserve('lookup', 'refund').inMs).toBe(0);
  });
});

describe('what a call’s outcome says about the gateway', () => {
  it.each<[CallOutcome, number]>([
    [{ kind: 'refused', reason: 'dns' }, 1000],
    [silent, 1000],
    [error, 500],
    [{ kind: 'declined', code: 'no' }, 0],
    [{ kind: 'busy' }, 0],
    [{ kind: 'pending', ref: 'ch' }, 0],
    [{ kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' }, 0],
  ])('%j fifty times stops calls for %i ms', (outcome, stoppedMs) => {
    const { gate } = setUp();
    for (let call = 0; call < 50; call += 1) end(gate, outcome);
    expect(gate.callsStoppedMs()).toBe(stoppedMs);
  });

  it('a retry at a stopped gateway takes nothing from the retry budget', () => {
    const { clock, gate } = setUp();
    for (let retry = 0; retry < 999; retry += 1) gate.reserve('retry');
    pauseCalls(gate, 10);
    expect(gate.reserve('retry')).toEqual({ kind: 'ask_again', inMs: 10 });
    clock.advance(10);
    expect(gate.reserve('retry')).toEqual({ kind: 'go', inMs: 0 });
  });
});

describe('the breaker of each kind of effect', () => {
  it('stops its own calls only, at the reserve, at the send and for readers', () => {
    const { gate } = setUp();
    for (const unit of ['r1', 'r2'])
      gate.callEnded({ unit, outcome: forbidden, leftAtMs: 0, pauseMs: 30_000, kind: 'refund' });
    expect([gate.leave('refund'), gate.callsStoppedMs('refund')]).toEqual([30_000, 30_000]);
    expect([gate.leave('charge'), gate.callsStoppedMs('charge')]).toEqual([0, 0]);
    expect([gate.reserve('first_call', 'refund').kind, gate.reserve('first_call').kind]).toEqual([
      'ask_again',
      'go',
    ]);
  });
});

describe('slots', () => {
  it('of calls and of lookups are counted separately', () => {
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
