/** A charge whose caller says how long it is tried. Only that time ends its calls, and only proof ends the charge. */
import { describe, expect, it } from 'vitest';
import { CONTRACT as contract, POLICY as policy } from '../../../test/support/contract.ts';
import type { ClockTrust } from '../clock-trust.ts';
import type { GatewayContract } from '../contract.ts';
import { type Operation, openOperation } from '../operation.ts';
import type { CallOutcome } from '../outcomes.ts';
import { type Context, endingInTime, mayCallNow, onCallEnded, onClaim, onLookupEnded } from './index.ts';
import { leftToTryMs } from './limits.ts';

const START = 1_000_000;
const HOUR = 3_600_000;
const RELEASED = { expiredAtMs: null, evidence: 0 };
const refused: CallOutcome = { kind: 'refused', reason: 'connection_refused' };
const error500: CallOutcome = { kind: 'unknown', answered: true, reason: 'http_500' };
const silent: CallOutcome = { kind: 'unknown', answered: false, reason: 'timeout' };

/** How long after the charge was opened. */
function at(ageMs: number, changes: Partial<Context> = {}, terms: Partial<GatewayContract> = {}): Context {
  const context = { policy: { ...policy, contract: { ...contract, ...terms } }, nowMs: START + ageMs };
  return { ...context, roll: 0.999, ...changes };
}

/** Called many times, as in a long outage. */
function charge(giveUpAfterS: number | null, changes: Partial<Operation> = {}): Operation {
  const opened = openOperation({
    kind: 'charge',
    n: 1,
    openedAtMs: START,
    calling: true,
    verifyFirst: false,
    giveUpAfterS,
  });
  return { ...opened, attempts: 30, ...changes };
}

/** What the engine does when a call has ended: the decision, limited to the caller's time. */
function ended(one: Operation, outcome: CallOutcome, context: Context) {
  return endingInTime(onCallEnded(one, outcome, context), context);
}

describe('while its time lasts', () => {
  it.each([refused, error500, silent, { kind: 'busy' } as const])(
    'it is called again, however many calls there were and however late it is: %j',
    (outcome) => {
      const context = at(2 * HOUR);
      const { next, waitMs } = ended(charge(3 * 3600), outcome, context);
      expect([next.status, next.step]).toEqual(['PROCESSING', 'call']);
      // The ceiling of every backoff.
      expect(waitMs).toBe(9990);
      expect(onClaim(next, RELEASED, at(2 * HOUR + 9990)).action).toBe('call');
    },
  );

  it('without such a time its calls end as the policy says', () => {
    expect(ended(charge(null, { attempts: 4 }), refused, at(700)).next.status).toBe('FAILED');
    expect(ended(charge(null, { attempts: 1 }), refused, at(15 * 60_000)).next.status).toBe('FAILED');
    expect(ended(charge(null, { attempts: 3 }), refused, at(700)).next.step).toBe('call');
  });

  it('a longer wait ends with it', () => {
    expect(ended(charge(60), refused, at(55_000)).waitMs).toBe(5000);
    expect(ended(charge(60), { kind: 'forbidden', reason: 'http_403' }, at(55_000)).waitMs).toBe(5000);
    expect(ended(charge(60), { ...refused, retryAfterMs: 60_000 }, at(59_999)).waitMs).toBe(1);
  });

  it('an unknown call is resent only while its key protects it, then looked up', () => {
    const late = charge(48 * 3600, { firstSentAtMs: START });
    expect(ended(late, silent, at(23 * HOUR)).next.step).toBe('call');
    expect(ended(late, silent, at(24 * HOUR)).next.step).toBe('lookup');
  });

  it.each(['kept', 'none'] as const)('it is called again if it is proved absent (keys %s)', (keys) => {
    const doubt = { kind: 'answered', untilMs: START } as const;
    const asked = charge(3600, { step: 'lookup', doubt });
    const context = at(60_000, {}, { keys });
    const decision = onLookupEnded(asked, { kind: 'absent' }, context.nowMs, context);
    expect(decision).toMatchObject({
      next: { step: 'call', doubt: { kind: 'none' } },
      event: { type: 'lookup.absent' },
    });
  });

  it('it fails if its error is stored under the key, because another call would only repeat it', () => {
    const asked = charge(3600, { step: 'lookup', doubt: { kind: 'answered', untilMs: START } });
    const context = at(60_000, {}, { cachesErrors: true });
    expect(onLookupEnded(asked, { kind: 'absent' }, context.nowMs, context).next.status).toBe('FAILED');
    const unanswered = { ...asked, doubt: { kind: 'open', untilMs: START - 70_000 } } as const;
    expect(onLookupEnded(unanswered, { kind: 'absent' }, context.nowMs, context).next.step).toBe('call');
  });

  it('is not called again to get an error that is stored under its key, whatever was sent before', () => {
    const tried = charge(3600, { doubt: { kind: 'open', untilMs: START + 500 } });
    const kept = { kind: 'unknown', answered: true, reason: 'http_500' } as const;
    const { next } = onCallEnded(tried, kept, at(1000, {}, { cachesErrors: true }));
    expect(next).toMatchObject({ step: 'lookup', doubt: { kind: 'open' } });
    expect(onCallEnded(tried, kept, at(1000)).next.step).toBe('call');
  });

  it('gets an error that is stored under its key twice at most: once more after the absence of an unanswered call', () => {
    const kept = { kind: 'unknown', answered: true, reason: 'http_500' } as const;
    let [operation, nowMs, calls] = [
      charge(48 * 3600, { doubt: { kind: 'open', untilMs: START } }),
      START,
      0,
    ];
    while (operation.status !== 'FAILED') {
      const context = at(nowMs - START, {}, { cachesErrors: true });
      const { next, action } = onClaim(operation, RELEASED, context);
      if (action === 'call') calls += 1;
      const { next: after, waitMs } =
        action === 'call'
          ? onCallEnded(next, kept, context)
          : onLookupEnded(next, { kind: 'absent' }, nowMs, context);
      [operation, nowMs] = [after, nowMs + (waitMs ?? 0) + 1];
    }
    expect(calls).toBe(2);
    // Most of the time it waits for what may still land, and looks.
    expect(nowMs - START).toBeLessThan(HOUR);
  });

  it('a decline ends it at once', () => {
    const declined = onCallEnded(charge(3600), { kind: 'declined', code: 'no_funds' }, at(1000));
    expect(declined.next).toMatchObject({ status: 'FAILED', failureCode: 'no_funds' });
    const asked = charge(3600, { step: 'lookup', declineCode: 'no_funds' });
    expect(onLookupEnded(asked, { kind: 'absent' }, START + 1000, at(1000)).settled?.problem).toBe(
      'card_declined',
    );
  });
});

describe('when its time is over', () => {
  it('what was never executed fails to the millisecond, and is not called', () => {
    const waiting = charge(60);
    expect(onClaim(waiting, RELEASED, at(59_999)).action).toBe('call');
    expect(onClaim(waiting, RELEASED, at(60_000))).toMatchObject({
      action: 'none',
      next: { status: 'FAILED', failureCode: 'deadline_exceeded' },
      settled: { problem: 'gateway_failed', byAbsence: true },
    });
    const claimed = onClaim(waiting, RELEASED, at(59_999)).next;
    expect([mayCallNow(claimed, at(59_999)), mayCallNow(claimed, at(60_000))]).toEqual([true, false]);
  });

  it('what was never called fails too', () => {
    const never = charge(60, { attempts: 0, firstSentAtMs: null });
    expect(onClaim(never, RELEASED, at(60_000)).next.status).toBe('FAILED');
    expect(onClaim({ ...never, giveUpAfterS: null }, RELEASED, at(HOUR)).action).toBe('call');
  });

  it('the other charges of its order are verified first, because its failure says that nothing was charged', () => {
    const verifying = charge(60, { n: 2, step: 'verify', attempts: 0 });
    expect(onClaim(verifying, RELEASED, at(60_000)).action).toBe('verify');
    expect(onClaim({ ...verifying, step: 'call' }, RELEASED, at(60_000)).next.status).toBe('FAILED');
  });

  it.each([error500, silent])(
    'what is in doubt is looked up, and never fails without proof: %j',
    (outcome) => {
      const decision = ended(charge(60), outcome, at(60_000));
      expect(decision.next).toMatchObject({ status: 'PROCESSING', step: 'lookup' });
      const before = ended(charge(60), outcome, at(59_000));
      expect(onClaim(before.next, RELEASED, at(60_000)).action).toBe('lookup');
    },
  );

  it('what is proved absent fails', () => {
    const asked = charge(60, { step: 'lookup', doubt: { kind: 'answered', untilMs: START } });
    expect(onLookupEnded(asked, { kind: 'absent' }, START + 60_000, at(60_000)).next).toMatchObject({
      status: 'FAILED',
      failureCode: 'gateway_error',
    });
  });

  it('counts from when the charge was opened, not from its last call', () => {
    const claimed = onClaim(charge(60), RELEASED, at(40_000));
    expect(onClaim(claimed.next, RELEASED, at(60_000)).action).toBe('none');
  });
});

describe('a decision that waits', () => {
  const decisionOf = (next: Operation, waitMs: number | null) =>
    ({ next, event: { type: 'call.refused', detail: null }, waitMs }) as const;
  const waitOf = (next: Operation, ageMs: number) => endingInTime(decisionOf(next, 9000), at(ageMs)).waitMs;

  it('is due at the end of its time at the latest', () => {
    expect([waitOf(charge(60), 51_000), waitOf(charge(60), 51_001), waitOf(charge(60), 70_000)]).toEqual([
      9000, 8999, 0,
    ]);
    expect(waitOf(charge(null), 70_000)).toBe(9000);
  });

  it('keeps its pace if it does not wait for a call', () => {
    expect(waitOf(charge(60, { step: 'lookup' }), 55_000)).toBe(9000);
    expect(waitOf(charge(60, { status: 'REVIEW', step: 'verify' }), 55_000)).toBe(9000);
    expect(waitOf(charge(60, { step: 'verify' }), 55_000)).toBe(5000);
    expect(waitOf(charge(60, { step: 'verify' }), 60_000)).toBe(9000);
    const settled = decisionOf(charge(60, { status: 'FAILED', step: 'none' }), null);
    expect(endingInTime(settled, at(55_000))).toBe(settled);
  });
});

describe('a clock that was set', () => {
  /** Set back by an hour, just before now. */
  const trust: ClockTrust = {
    agreedSinceMs: START + 1000,
    countFromMs: START + 1000,
    writtenFromMs: START + 1000,
    setBackMs: HOUR,
    aheadMs: 10_000,
    toleranceMs: 100,
  };

  it.each([1, 2])('makes charge %i as old as it is by our own clock', (n) => {
    const left = (wallAgeMs: number) => leftToTryMs(charge(600, { n }), at(1000, { trust, wallAgeMs }));
    expect([300_000, -300_000, 10 * HOUR].map(left)).toEqual([300_000, 599_000, 0]);
  });

  it('does not count while the database’s clock is believed', () => {
    expect(leftToTryMs(charge(600), at(1000, { wallAgeMs: HOUR }))).toBe(599_000);
  });
});
