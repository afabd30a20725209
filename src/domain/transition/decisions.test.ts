/** Every decision in full: the next state, the line of the audit trail, when it is due again, and the alarm. */
import { describe, expect, it } from 'vitest';
import { CONTRACT, POLICY } from '../../../test/support/contract.ts';
import type { GatewayContract } from '../contract.ts';
import { type Doubt, type Operation, openOperation, worse } from '../operation.ts';
import type { CallOutcome, LookupOutcome } from '../outcomes.ts';
import type { Policy } from '../policy.ts';
import {
  type Context,
  type Decision,
  NO_EVIDENCE,
  onCallEnded,
  onClaim,
  onLookupEnded,
  onNotSent,
  onVerified,
} from './index.ts';
import { mayCall, outOfTime } from './limits.ts';

const START = 1_000_000;
const NOW = START + 200;
const DAY = 86_400_000;
const contract = { ...CONTRACT, lookupLagMs: 700 };
const policy: Policy = { ...POLICY, contract };
const none: Doubt = { kind: 'none' };
const open: Doubt = { kind: 'open', untilMs: START + 100 };
const answered: Doubt = { kind: 'answered', untilMs: START + 100 };

function at(nowMs: number, terms: Partial<GatewayContract> = {}): Context {
  return { policy: { ...policy, contract: { ...contract, ...terms } }, nowMs, roll: 0.5 };
}

function charge(changes: Partial<Operation> = {}): Operation {
  return {
    ...openOperation({ kind: 'charge', n: 1, openedAtMs: START, calling: true, verifyFirst: false }),
    ...changes,
  };
}

/** The charge with a decision's changes. */
function changed(before: Operation, { next, ...rest }: Decision): Record<string, unknown> {
  const names = new Set([...Object.keys(before), ...Object.keys(next)]) as Set<keyof Operation>;
  const entries = [...names].filter((name) => before[name] !== next[name]).map((name) => [name, next[name]]);
  return { ...rest, next: Object.fromEntries(entries) };
}

describe('the end of a call, in full', () => {
  function ended(outcome: CallOutcome, state: Partial<Operation> = {}, terms: Partial<GatewayContract> = {}) {
    const before = charge(state);
    return changed(before, onCallEnded(before, outcome, at(NOW, terms)));
  }

  it('approved: completed under the gateway’s id, and an older failure code is gone', () => {
    expect(ended({ kind: 'approved', ref: 'ch' }, { failureCode: 'outcome_unknown' })).toEqual({
      next: { status: 'COMPLETED', step: 'none', failureCode: null, gatewayRef: 'ch' },
      event: { type: 'payment.completed', detail: 'ch' },
      waitMs: null,
      settled: { problem: null, byAbsence: false },
    });
  });

  it('an approval of something else: an alarm, and a lookup once a day', () => {
    expect(ended({ kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' })).toEqual({
      next: {
        status: 'REVIEW',
        step: 'lookup',
        doubt: { kind: 'answered', untilMs: NOW },
        failureCode: 'amount_mismatch',
        gatewayRef: 'ch',
      },
      event: { type: 'payment.review', detail: 'amount_mismatch' },
      waitMs: DAY,
      alarm: 'needs_review',
    });
  });

  it('declined with no doubt: failed by the decline', () => {
    expect(ended({ kind: 'declined', code: 'no_funds' })).toEqual({
      next: { status: 'FAILED', step: 'none', failureCode: 'no_funds' },
      event: { type: 'payment.failed', detail: 'no_funds' },
      waitMs: null,
      settled: { problem: 'card_declined', byAbsence: false },
    });
  });

  it.each([open, answered])(
    'declined in doubt ($kind): the decline is kept, and looked up after the lag',
    (doubt) => {
      expect(ended({ kind: 'declined', code: 'no_funds' }, { doubt })).toEqual({
        next: { step: 'lookup', declineCode: 'no_funds' },
        event: { type: 'call.declined_in_doubt', detail: 'no_funds' },
        waitMs: 700,
      });
    },
  );

  it('refused: the same key again, with no doubt added', () => {
    expect(ended({ kind: 'refused', reason: 'dns' })).toEqual({
      next: {},
      event: { type: 'call.refused', detail: 'dns' },
      waitMs: 50,
    });
  });

  it('refused for the last time with no doubt: failed, and looked up before the next charge', () => {
    const failed = {
      next: { status: 'FAILED', step: 'none', failureCode: 'gateway_unavailable' },
      event: { type: 'payment.failed', detail: 'gateway_unavailable' },
      waitMs: null,
      settled: { problem: 'gateway_failed', byAbsence: true },
    };
    expect(ended({ kind: 'refused', reason: 'dns' }, { attempts: 4 })).toEqual(failed);
    expect(ended({ kind: 'refused', reason: 'dns' }, { attempts: 4 }, { lookup: false })).toEqual(failed);
  });

  it('refused for the last time in doubt: looked up, or given to a person if there are no lookups', () => {
    expect(ended({ kind: 'refused', reason: 'dns' }, { attempts: 4, doubt: open })).toEqual({
      next: { step: 'lookup' },
      event: { type: 'call.refused', detail: 'dns' },
      waitMs: 700,
    });
    expect(
      ended({ kind: 'refused', reason: 'dns' }, { attempts: 4, doubt: open }, { lookup: false }),
    ).toEqual({
      next: { status: 'REVIEW', step: 'none', failureCode: 'outcome_unknown' },
      event: { type: 'payment.review', detail: 'outcome_unknown' },
      waitMs: null,
      alarm: 'needs_review',
    });
  });

  it('busy: an earlier call is open from now on, and Retry-After is followed', () => {
    expect(ended({ kind: 'busy', retryAfterMs: 3000 })).toEqual({
      next: { doubt: { kind: 'open', untilMs: NOW } },
      event: { type: 'call.busy', detail: null },
      waitMs: 3050,
    });
  });

  it.each([
    [true, 'answered'],
    [false, 'open'],
  ] as const)('unknown (answered: %s): the call is %s from now on', (wasAnswered, kind) => {
    expect(ended({ kind: 'unknown', answered: wasAnswered, reason: 'http_500', retryAfterMs: 20 })).toEqual({
      next: { doubt: { kind, untilMs: NOW } },
      event: { type: 'call.unknown', detail: 'http_500' },
      waitMs: 70,
    });
  });

  it('pending: the gateway’s id is kept, the call stays open, and it is polled', () => {
    expect(ended({ kind: 'pending', ref: 'ch' })).toEqual({
      next: { step: 'lookup', doubt: { kind: 'open', untilMs: NOW }, gatewayRef: 'ch' },
      event: { type: 'call.pending', detail: null },
      waitMs: 1000,
    });
  });

  it('forbidden: not counted, paused, and an alarm', () => {
    expect(ended({ kind: 'forbidden', reason: 'http_401' }, { attempts: 3 })).toEqual({
      next: { attempts: 2 },
      event: { type: 'call.forbidden', detail: 'http_401' },
      waitMs: 30_000,
      alarm: 'gateway_forbidden',
    });
  });
});

describe('a call that was not sent', () => {
  it.each([
    [3, 2, START],
    [2, 1, START],
    [1, 0, null],
    [0, 0, null],
  ])('of %i counted leaves %i; at none, the key was never used', (attempts, left, firstSentAtMs) => {
    const { next, ...rest } = onNotSent(charge({ attempts }), 'no_free_slot', 30);
    expect([next.attempts, next.firstSentAtMs]).toEqual([left, firstSentAtMs]);
    expect(rest).toEqual({ event: { type: 'call.not_sent', detail: 'no_free_slot' }, waitMs: 30 });
  });
});

describe('a claim, in full', () => {
  function claimed(
    state: Partial<Operation>,
    terms: Partial<GatewayContract> = {},
    { expiredAtMs = null as number | null, evidence = 0, nowMs = NOW } = {},
  ) {
    const before = charge(state);
    return changed(before, onClaim(before, { expiredAtMs, evidence }, at(nowMs, terms)));
  }

  const call = { event: { type: 'call.started', detail: null }, waitMs: 15_000, action: 'call' };
  const lookup = { event: { type: 'lookup.started', detail: null }, waitMs: 15_000, action: 'lookup' };
  const verify = { event: { type: 'verify.started', detail: null }, waitMs: 15_000, action: 'verify' };
  const person = { waitMs: null, alarm: 'needs_review', action: 'none' };
  const idle = { event: { type: 'verify.clear', detail: null }, waitMs: null, action: 'none' };

  it('for a first call counts it, and starts the key’s window', () => {
    expect(claimed({ attempts: 0, firstSentAtMs: null })).toEqual({
      next: { attempts: 1, firstSentAtMs: NOW },
      ...call,
    });
  });

  it('for a further call counts it, and the key’s window continues', () => {
    expect(claimed({ attempts: 1 })).toEqual({ next: { attempts: 2 }, ...call });
  });

  it('after an expired lease says so, for a call, a lookup and a verification', () => {
    const expired = { expiredAtMs: START + 90 };
    expect(claimed({}, {}, expired).event).toEqual({ type: 'call.started', detail: 'lease_expired' });
    expect(claimed({ step: 'lookup' }, {}, expired).event).toEqual({
      type: 'lookup.started',
      detail: 'lease_expired',
    });
    expect(claimed({ step: 'verify' }, {}, expired).event).toEqual({
      type: 'verify.started',
      detail: 'lease_expired',
    });
  });

  it.each(['lookup', 'verify'] as const)(
    'after a %s whose lease expired adds no doubt: it sent no call',
    (step) => {
      expect(claimed({ step }, {}, { expiredAtMs: START + 90 }).next).toEqual({});
    },
  );

  it('that may not call looks up instead', () => {
    expect(claimed({ doubt: open, attempts: 4 })).toEqual({ next: { step: 'lookup' }, ...lookup });
  });

  it('for a lookup that the gateway does not offer goes to a person', () => {
    expect(claimed({ step: 'lookup', doubt: open }, { lookup: false })).toEqual({
      next: { status: 'REVIEW', step: 'none', failureCode: 'outcome_unknown' },
      event: { type: 'payment.review', detail: 'outcome_unknown' },
      ...person,
    });
  });

  it.each(['COMPLETED', 'FAILED'] as const)('of a %s charge checks late evidence', (status) => {
    expect(claimed({ status, step: 'none' }, {}, { evidence: 1 })).toEqual({ next: {}, ...verify });
  });

  it.each(['COMPLETED', 'FAILED'] as const)(
    'of a %s charge checks late evidence even if the gateway has no lookups',
    (status) => {
      expect(claimed({ status, step: 'none' }, { lookup: false }, { evidence: 1 })).toEqual({
        next: {},
        ...verify,
      });
    },
  );

  it('of a charge with nothing left to do is idle', () => {
    expect(claimed({ status: 'REVIEW', step: 'none' }, { lookup: false })).toEqual({ next: {}, ...idle });
  });

  it('of a charge in review without lookups continues once there are lookups', () => {
    expect(claimed({ status: 'REVIEW', step: 'none' })).toEqual({ next: { step: 'verify' }, ...verify });
    expect(claimed({ status: 'REVIEW', step: 'none', doubt: open })).toEqual({
      next: { step: 'lookup' },
      ...lookup,
    });
  });

  it('of a charge in review verifies or looks up, however old it is', () => {
    const old = { nowMs: START + policy.resolveForMs * 2 };
    expect(claimed({ status: 'REVIEW', step: 'verify' }, {}, old)).toEqual({ next: {}, ...verify });
    expect(claimed({ status: 'REVIEW', step: 'lookup' }, {}, old)).toEqual({ next: {}, ...lookup });
  });

  it('of a charge in review that was due for a call never calls', () => {
    expect(claimed({ status: 'REVIEW', step: 'call' })).toEqual({ next: {}, ...verify });
  });

  it('in time calls, and a millisecond too late fails what was never executed', () => {
    const deadlineMs = START + policy.callDeadlineMs;
    expect(claimed({}, {}, { nowMs: deadlineMs - 1 }).action).toBe('call');
    expect(claimed({}, {}, { nowMs: deadlineMs })).toEqual({
      next: { status: 'FAILED', step: 'none', failureCode: 'deadline_exceeded' },
      event: { type: 'payment.failed', detail: 'deadline_exceeded' },
      waitMs: null,
      settled: { problem: 'gateway_failed', byAbsence: true },
      action: 'none',
    });
  });

  it('past the deadline looks up a charge that is in doubt', () => {
    expect(claimed({ doubt: open }, {}, { nowMs: START + policy.callDeadlineMs })).toEqual({
      next: { step: 'lookup' },
      ...lookup,
    });
  });

  it('verifies until resolving ends, and then fails, because nothing was sent', () => {
    const endMs = START + policy.resolveForMs;
    const waiting = { step: 'verify', attempts: 0 } as const;
    expect(claimed(waiting, {}, { nowMs: endMs - 1 }).action).toBe('verify');
    expect(claimed(waiting, {}, { nowMs: endMs }).next).toEqual({
      status: 'FAILED',
      step: 'none',
      failureCode: 'deadline_exceeded',
    });
  });

  it.each([1, 2])('of an unsettled charge %i checks evidence before anything is sent or proved', (n) => {
    const fresh = { n, attempts: 0, firstSentAtMs: null };
    expect(claimed(fresh, {}, { evidence: 1 })).toEqual({ next: { step: 'verify' }, ...verify });
    expect(claimed(fresh, {}, { evidence: 0 }).action).toBe('call');
    expect(claimed({ ...fresh, attempts: 1 }, {}, { evidence: 1 }).action).toBe('verify');
    expect(claimed({ ...fresh, step: 'lookup' }, {}, { evidence: 1 })).toEqual({ next: {}, ...verify });
  });

  it('past the deadline does not fail the charge while evidence waits', () => {
    const late = { nowMs: START + policy.callDeadlineMs, evidence: 1 };
    expect(claimed({ attempts: 1 }, {}, late).action).toBe('verify');
  });
});

describe('the end of a lookup, in full', () => {
  function looked(
    outcome: LookupOutcome,
    state: Partial<Operation> = {},
    terms: Partial<GatewayContract> = {},
    { askedAtMs = START + 90_000, nowMs = START + 90_100 } = {},
  ) {
    const before = charge({ step: 'lookup', attempts: 4, doubt: open, ...state });
    return changed(before, onLookupEnded(before, outcome, askedAtMs, at(nowMs, terms)));
  }
  const absent: LookupOutcome = { kind: 'absent' };
  const declined: LookupOutcome = { kind: 'declined', code: 'no_funds', ref: 'ch' };
  const early = { askedAtMs: START + 150, nowMs: START + 200 };

  it('succeeded: completed', () => {
    expect(looked({ kind: 'succeeded', ref: 'ch' })).toEqual({
      next: { status: 'COMPLETED', step: 'none', gatewayRef: 'ch' },
      event: { type: 'payment.completed', detail: 'ch' },
      waitMs: null,
      settled: { problem: null, byAbsence: false },
    });
  });

  it('a mismatch: a person gets its id', () => {
    expect(looked({ kind: 'mismatch', ref: 'ch', reason: 'currency_mismatch' })).toEqual({
      next: { status: 'REVIEW', failureCode: 'currency_mismatch', gatewayRef: 'ch' },
      event: { type: 'payment.review', detail: 'currency_mismatch' },
      waitMs: DAY,
      alarm: 'needs_review',
    });
  });

  it('several live charges: the alarm names the duplicate', () => {
    const expected = {
      next: { status: 'REVIEW', failureCode: 'duplicate_charge', gatewayRef: 'a' },
      event: { type: 'payment.review', detail: 'duplicate_charge' },
      waitMs: DAY,
      alarm: 'duplicate_charge',
    };
    expect(looked({ kind: 'duplicated', refs: ['a', 'b'] })).toEqual(expected);
    expect(looked({ kind: 'duplicated', refs: [] })).toEqual({
      ...expected,
      next: { status: 'REVIEW', failureCode: 'duplicate_charge' },
    });
  });

  it('declined with keys kept: failed by the decline', () => {
    expect(looked(declined)).toEqual({
      next: { status: 'FAILED', step: 'none', failureCode: 'no_funds', gatewayRef: 'ch' },
      event: { type: 'payment.failed', detail: 'no_funds' },
      waitMs: null,
      settled: { problem: 'card_declined', byAbsence: false },
    });
  });

  it('declined without keys, and nothing can land any more: failed by absence, with the declined charge’s id', () => {
    expect(looked(declined, {}, { keys: 'none' })).toEqual({
      next: {
        status: 'FAILED',
        step: 'none',
        failureCode: 'no_funds',
        declineCode: 'no_funds',
        gatewayRef: 'ch',
      },
      event: { type: 'payment.failed', detail: 'no_funds' },
      waitMs: null,
      settled: { problem: 'card_declined', byAbsence: true },
    });
  });

  it('declined without keys while a call may land: the decline is kept, but not its id', () => {
    expect(looked(declined, {}, { keys: 'none' }, early)).toEqual({
      next: {
        status: 'UNRESOLVED',
        lookups: 1,
        unresolvedSinceMs: START + 200,
        declineCode: 'no_funds',
      },
      event: { type: 'lookup.not_found_yet', detail: null },
      waitMs: 10_000,
    });
  });

  it('declined without keys is never sent again, even with calls left', () => {
    expect(looked(declined, { attempts: 1 }, { keys: 'none' }).next).toMatchObject({ status: 'FAILED' });
  });

  it('pending: looked up again soon, and the status stays', () => {
    expect(looked({ kind: 'pending', ref: 'ch' }, { lookups: 2 })).toEqual({
      next: { lookups: 3, unresolvedSinceMs: START + 90_100, gatewayRef: 'ch' },
      event: { type: 'lookup.pending', detail: null },
      waitMs: 4000,
    });
    expect(looked({ kind: 'pending', ref: 'ch' }, { status: 'UNRESOLVED' }).next).not.toHaveProperty(
      'status',
    );
  });

  it('absent and proved: failed by absence, as an error or with the decline that was received', () => {
    expect(looked(absent)).toEqual({
      next: { status: 'FAILED', step: 'none', failureCode: 'gateway_error' },
      event: { type: 'payment.failed', detail: 'gateway_error' },
      waitMs: null,
      settled: { problem: 'gateway_failed', byAbsence: true },
    });
    expect(looked(absent, { declineCode: 'no_funds' })).toEqual({
      next: { status: 'FAILED', step: 'none', failureCode: 'no_funds' },
      event: { type: 'payment.failed', detail: 'no_funds' },
      waitMs: null,
      settled: { problem: 'card_declined', byAbsence: true },
    });
  });

  it('absent and proved without keys: sent again with no doubt left', () => {
    expect(looked(absent, { attempts: 1 }, { keys: 'none' })).toEqual({
      next: { step: 'call', doubt: none },
      event: { type: 'lookup.absent', detail: null },
      waitMs: 50,
    });
  });

  it('absent and proved, with keys or in review: never sent again', () => {
    expect(looked(absent, { attempts: 1 }).next).toMatchObject({ status: 'FAILED' });
    expect(looked(absent, { attempts: 1, status: 'REVIEW' }, { keys: 'none' }).next).toMatchObject({
      status: 'FAILED',
    });
  });

  it('absent when the time to resolve is over: never sent, not even for the first time', () => {
    const endedAtMs = START + policy.resolveForMs;
    const first = looked(
      absent,
      { attempts: 0, doubt: { kind: 'none' } },
      { keys: 'none' },
      {
        askedAtMs: endedAtMs,
        nowMs: endedAtMs,
      },
    );
    expect(first.next).toMatchObject({ status: 'FAILED' });
  });

  it('absent, but named earlier: no proof', () => {
    expect(looked(absent, { gatewayRef: 'ch' })).toEqual({
      next: { status: 'UNRESOLVED', lookups: 1, unresolvedSinceMs: START + 90_100 },
      event: { type: 'lookup.not_found_yet', detail: null },
      waitMs: 10_000,
    });
  });

  it('absent too early: looked up again a millisecond after it would be proof, if that is sooner', () => {
    const provableAtMs = START + 100 + 700;
    expect(looked(absent, { doubt: answered }, {}, early)).toEqual({
      next: { status: 'UNRESOLVED', lookups: 1, unresolvedSinceMs: START + 200 },
      event: { type: 'lookup.not_found_yet', detail: null },
      waitMs: provableAtMs + 1 - early.nowMs,
    });
    const late = { askedAtMs: provableAtMs, nowMs: provableAtMs + 5000 };
    expect(looked(absent, { doubt: answered }, {}, late).waitMs).toBe(1);
  });

  it('no answer: slower the longer it lasts, and the lookups after it are no slower', () => {
    const silent = { kind: 'unavailable', reason: 'http_500' } as const;
    const later = { askedAtMs: START + 80_000, nowMs: START + 80_000 };
    expect(looked(silent, { lookups: 3, unresolvedSinceMs: START }, {}, later)).toEqual({
      next: { status: 'UNRESOLVED' },
      event: { type: 'lookup.unavailable', detail: 'http_500' },
      waitMs: 20_000,
    });
  });

  it('forbidden: as no answer, with an alarm about the credentials', () => {
    expect(looked({ kind: 'forbidden', reason: 'http_401' })).toEqual({
      next: { status: 'UNRESOLVED', unresolvedSinceMs: START + 90_100 },
      event: { type: 'lookup.unavailable', detail: 'http_401' },
      waitMs: 10_000,
      alarm: 'gateway_forbidden',
    });
  });

  it('unresolved for the longest allowed time: a person is asked, not a millisecond sooner', () => {
    const nowMs = START + policy.resolveForMs;
    const since = (unresolvedSinceMs: number) =>
      looked(
        { kind: 'forbidden', reason: 'http_401' },
        { unresolvedSinceMs },
        {},
        { askedAtMs: nowMs, nowMs },
      );
    expect(since(START + 1).next).toEqual({ status: 'UNRESOLVED' });
    expect(since(START)).toEqual({
      next: { status: 'REVIEW', failureCode: 'unresolved_too_long' },
      event: { type: 'payment.review', detail: 'unresolved_too_long' },
      waitMs: DAY,
      alarm: 'needs_review',
    });
  });

  it('in review: looked up once a day, and it stays there', () => {
    expect(
      looked({ kind: 'unavailable', reason: 'dns' }, { status: 'REVIEW', unresolvedSinceMs: 0 }),
    ).toEqual({
      next: {},
      event: { type: 'lookup.unavailable', detail: 'dns' },
      waitMs: DAY,
    });
  });
});

describe('the end of a verification, in full', () => {
  function verified(
    outcome: Parameters<typeof onVerified>[1],
    state: Partial<Operation> = {},
    terms: Partial<GatewayContract> = {},
  ) {
    const before = charge({ n: 2, step: 'verify', attempts: 0, ...state });
    return changed(before, onVerified(before, outcome, at(NOW, terms)));
  }
  const unavailable = {
    kind: 'unavailable',
    reason: 'http_500',
    waitMs: null,
    contested: false,
    evidenceAtMs: null,
    forbidden: false,
  } as const;
  const found = { kind: 'found', ref: 'ch', reason: 'late_success', own: NO_EVIDENCE } as const;
  const clear = { kind: 'clear', own: NO_EVIDENCE } as const;

  it('unavailable: slower the longer it lasts, slower every time if it has ended, and once a day in review', () => {
    const event = { type: 'verify.unavailable', detail: 'http_500' };
    const opened = { openedAtMs: NOW - 80_000, lookups: 1 };
    expect(verified(unavailable, opened)).toEqual({ next: { lookups: 2 }, event, waitMs: 20_000 });
    const ended = { status: 'FAILED', step: 'none', lookups: 2 } as const;
    expect(verified(unavailable, ended)).toEqual({ next: { lookups: 3 }, event, waitMs: 40_000 });
    expect(verified(unavailable, { status: 'REVIEW' })).toEqual({ next: { lookups: 1 }, event, waitMs: DAY });
  });

  it('found: a person must decide, and it goes on verifying', () => {
    expect(verified(found, { step: 'none', status: 'FAILED' })).toEqual({
      next: { status: 'REVIEW', step: 'verify', failureCode: 'late_success', gatewayRef: 'ch' },
      event: { type: 'payment.review', detail: 'late_success' },
      waitMs: DAY,
      alarm: 'needs_review',
    });
  });

  it('found besides a completed charge: an alarm, and nothing else changes', () => {
    expect(verified(found, { status: 'COMPLETED', step: 'none', gatewayRef: 'own' })).toEqual({
      next: {},
      event: { type: 'verify.duplicate_found', detail: 'ch' },
      waitMs: null,
      alarm: 'duplicate_charge',
    });
  });

  it('clear, in review: this very charge decides, and is looked up at once', () => {
    const event = { type: 'verify.clear', detail: null };
    const review = { status: 'REVIEW', failureCode: 'unresolved_too_long' } as const;
    expect(verified(clear, review)).toEqual({ next: { step: 'lookup' }, event, waitMs: 0 });
    // The charge that was named may have been this one, so its absence needs new proof.
    const late = { ...review, failureCode: 'late_success', gatewayRef: 'ch_late' };
    expect(verified(clear, late)).toEqual({
      next: {
        step: 'lookup',
        failureCode: 'outcome_unknown',
        gatewayRef: null,
        doubt: { kind: 'open', untilMs: NOW },
      },
      event,
      waitMs: 0,
    });
  });

  it('clear, in review without lookups: nothing changes', () => {
    const event = { type: 'verify.clear', detail: null };
    const review = { status: 'REVIEW', failureCode: 'late_evidence', gatewayRef: 'ch_late' } as const;
    expect(verified(clear, { ...review, step: 'none' }, { lookup: false })).toEqual({
      next: {},
      event,
      waitMs: null,
    });
    expect(verified(clear, review, { lookup: false })).toEqual({ next: {}, event, waitMs: DAY });
  });

  it('clear: the charge is sent now, or stays where it is', () => {
    const event = { type: 'verify.clear', detail: null };
    expect(verified(clear)).toEqual({ next: { step: 'call' }, event, waitMs: 0 });
    for (const status of ['COMPLETED', 'FAILED'] as const) {
      expect(verified(clear, { status, step: 'none' })).toEqual({ next: {}, event, waitMs: null });
    }
  });
});

describe('two doubts', () => {
  const doubt = (kind: 'open' | 'answered', untilMs: number) => ({ kind, untilMs });

  it('are as bad as the worse one, and last as long as the longer one', () => {
    expect(worse(none, doubt('answered', 5))).toEqual(doubt('answered', 5));
    expect(worse(none, doubt('open', 5))).toEqual(doubt('open', 5));
    expect(worse(doubt('answered', 3), doubt('answered', 5))).toEqual(doubt('answered', 5));
    expect(worse(doubt('open', 3), doubt('answered', 5))).toEqual(doubt('open', 5));
    expect(worse(doubt('answered', 7), doubt('open', 5))).toEqual(doubt('open', 7));
  });
});

describe('one more call', () => {
  const may = (state: Partial<Operation>, terms: Partial<GatewayContract> = {}, waitMs = 0, nowMs = NOW) =>
    mayCall(charge(state), waitMs, at(nowMs, terms));

  it('is allowed up to the last attempt', () => {
    expect([may({ attempts: 3 }), may({ attempts: 4 }), may({ attempts: 5 })]).toEqual([true, false, false]);
  });

  it('is allowed if it would be sent before the deadline, including its wait', () => {
    const leftMs = policy.callDeadlineMs - 200;
    expect([may({}, {}, leftMs - 1), may({}, {}, leftMs)]).toEqual([true, false]);
  });

  it('has no deadline if it is the first', () => {
    expect(may({ attempts: 0 }, {}, policy.callDeadlineMs * 2)).toBe(true);
  });

  it('with no doubt is allowed without keys, after a decline, and outside the key’s window', () => {
    expect(may({ declineCode: 'no' }, { keys: 'none', cachesErrors: true, keyWindowMs: 0 })).toBe(true);
  });

  it('in doubt is forbidden without keys and after a decline', () => {
    expect(may({ doubt: open })).toBe(true);
    expect(may({ doubt: open }, { keys: 'none' })).toBe(false);
    expect(may({ doubt: open, declineCode: 'no' })).toBe(false);
  });

  it('is useless if its error is cached, but not if no answer came', () => {
    expect(may({ doubt: answered }, { cachesErrors: true })).toBe(false);
    expect(may({ doubt: open }, { cachesErrors: true })).toBe(true);
    expect(may({ doubt: answered })).toBe(true);
  });

  it('in doubt must land inside the key’s window, which starts with the first send', () => {
    const needMs = policy.leaseMs + contract.landsWithinMs;
    const window = (keyWindowMs: number, firstSentAtMs: number | null) =>
      may({ doubt: open, firstSentAtMs }, { keyWindowMs }, 30);
    expect([window(needMs + 230, START), window(needMs + 231, START)]).toEqual([false, true]);
    // Without the time of the first send, the time of its opening counts.
    expect([window(needMs + 230, null), window(needMs + 231, null)]).toEqual([false, true]);
  });
});

describe('it is too late', () => {
  const late = (state: Partial<Operation>, ageMs: number) => outOfTime(charge(state), at(START + ageMs));

  it('for a retry at the deadline, but never for a first call', () => {
    expect([late({}, policy.callDeadlineMs - 1), late({}, policy.callDeadlineMs)]).toEqual([false, true]);
    expect(late({ attempts: 0 }, policy.callDeadlineMs * 1000)).toBe(false);
  });

  it('for a verification when resolving ends, whatever was called before', () => {
    const verifying = { step: 'verify', attempts: 1 } as const;
    expect(late(verifying, policy.resolveForMs - 1)).toBe(false);
    expect(late({ ...verifying, attempts: 0 }, policy.resolveForMs)).toBe(true);
  });
});
