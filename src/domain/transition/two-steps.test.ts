/** Every decision about a charge at a gateway of two steps: its rows in the table, and what never happens. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTRACT, POLICY } from '../../../test/support/contract.ts';
import { FULL_TRUST } from '../clock-trust.ts';
import type { GatewayContract } from '../contract.ts';
import { type Doubt, type Operation, openOperation } from '../operation.ts';
import type { CallOutcome, LookupOutcome } from '../outcomes.ts';
import type { Policy } from '../policy.ts';
import {
  type CallEnd,
  type Context,
  type Decision,
  inTwoSteps,
  mayWaitForCustomer,
  mustSeal,
  NO_EVIDENCE,
  onCallEnded,
  onClaim,
  onLookedFirst,
  onLookupEnded,
  onVerified,
} from './index.ts';

const START = 1_000_000;
const NOW = START + 200;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const contract: GatewayContract = { ...CONTRACT, steps: 'two' };
const policy: Policy = { ...POLICY, contract };
const none: Doubt = { kind: 'none' };
const open: Doubt = { kind: 'open', untilMs: START + 100 };
const answered: Doubt = { kind: 'answered', untilMs: START + 100 };
const ACTION = { type: 'redirect' };

function at(nowMs: number, terms: Partial<GatewayContract> = {}): Context {
  return { policy: { ...policy, contract: { ...contract, ...terms } }, nowMs, roll: 0.5 };
}

/** One that was called, and is looked up now. */
function charge(changes: Partial<Operation> = {}): Operation {
  const opened = openOperation({
    kind: 'charge',
    n: 1,
    openedAtMs: START,
    calling: true,
    verifyFirst: false,
  });
  return { ...opened, step: 'lookup', doubt: open, ...changes };
}

const refund = (changes: Partial<Operation> = {}): Operation => ({ ...charge(changes), kind: 'refund' });

/** The charge with a decision's changes. */
function changed(before: Operation, { next, ...rest }: Decision): Record<string, unknown> {
  const names = new Set([...Object.keys(before), ...Object.keys(next)]) as Set<keyof Operation>;
  const entries = [...names].filter((name) => before[name] !== next[name]).map((name) => [name, next[name]]);
  return { ...rest, next: Object.fromEntries(entries) };
}

describe('the end of a call', () => {
  function ended(outcome: CallEnd, state: Partial<Operation> = {}, terms: Partial<GatewayContract> = {}) {
    const before = charge({ step: 'call', doubt: none, ...state });
    return changed(before, onCallEnded(before, outcome, at(NOW, terms)));
  }

  it.each([none, open])('declined (after doubt $kind): the code is kept, and a lookup follows', (doubt) => {
    const kind = doubt.kind === 'none' ? 'answered' : 'open';
    expect(ended({ kind: 'declined', code: 'no_funds' }, { doubt })).toEqual({
      next: { step: 'lookup', doubt: { kind, untilMs: NOW }, declineCode: 'no_funds' },
      event: { type: 'call.declined', detail: 'no_funds' },
      waitMs: 0,
    });
  });

  it.each<[CallOutcome, string, Doubt['kind']]>([
    [{ kind: 'unknown', answered: false, reason: 'timeout' }, 'call.unknown', 'open'],
    [{ kind: 'unknown', answered: true, reason: 'http_500' }, 'call.unknown', 'answered'],
    [{ kind: 'busy' }, 'call.busy', 'open'],
  ])('in doubt (%o): a lookup after the backoff, never a call', (outcome, type, kind) => {
    expect(ended(outcome)).toMatchObject({
      next: { step: 'lookup', doubt: { kind } },
      event: { type },
      waitMs: 50,
    });
  });

  it('refused with no doubt: the same call again', () => {
    expect(ended({ kind: 'refused', reason: 'dns' })).toEqual({
      next: {},
      event: { type: 'call.refused', detail: 'dns' },
      waitMs: 50,
    });
  });

  it('refused after an earlier doubt: a lookup first', () => {
    expect(ended({ kind: 'refused', reason: 'dns' }, { doubt: open })).toMatchObject({
      next: { step: 'lookup' },
      waitMs: 50,
    });
  });

  it('refused for the last time with no doubt: failed, and nothing needs to be sealed', () => {
    expect(ended({ kind: 'refused', reason: 'dns' }, { attempts: 4 })).toMatchObject({
      next: { status: 'FAILED', failureCode: 'gateway_unavailable' },
      settled: { byAbsence: true },
    });
  });

  it('an error that the gateway keeps: the end of every call so far', () => {
    const kept = ended(
      { kind: 'unknown', answered: true, reason: 'http_500' },
      { doubt: open },
      { cachesErrors: true },
    );
    expect(kept).toMatchObject({
      next: { step: 'lookup', doubt: { kind: 'answered', untilMs: NOW } },
      event: { type: 'call.unknown', detail: 'http_500' },
      waitMs: 0,
    });
  });

  it('the customer must act: a lookup at once, and their time begins', () => {
    expect(ended({ kind: 'requires_action', ref: 'pi', action: ACTION })).toEqual({
      next: {
        step: 'lookup',
        doubt: { kind: 'open', untilMs: NOW },
        gatewayRef: 'pi',
        unresolvedSinceMs: NOW,
      },
      event: { type: 'call.requires_action', detail: null },
      waitMs: 0,
    });
  });

  it('nothing could be prepared: declined without a seal if there is no doubt, else kept', () => {
    expect(ended({ kind: 'unprepared', code: 'amount_too_small' })).toMatchObject({
      next: { status: 'FAILED', failureCode: 'amount_too_small' },
      settled: { problem: 'card_declined', byAbsence: false },
    });
    expect(ended({ kind: 'unprepared', code: 'amount_too_small' }, { doubt: open })).toMatchObject({
      next: { step: 'lookup', declineCode: 'amount_too_small' },
      event: { type: 'call.declined_in_doubt' },
    });
  });

  it('of a refund is as in one step: a decline is final', () => {
    const before = { ...refund({ doubt: none }), step: 'call' } as const;
    const { next } = onCallEnded(before, { kind: 'declined', code: 'no' }, at(NOW));
    expect(next).toMatchObject({ status: 'FAILED', failureCode: 'no' });
  });
});

describe('a claim', () => {
  it('after a lease that ended during a call is for a lookup, not for another call', () => {
    const before = charge({ step: 'call', doubt: none });
    const claim = onClaim(before, { expiredAtMs: START + 15_000, evidence: 0 }, at(START + 15_001));
    expect(claim).toMatchObject({
      action: 'lookup',
      next: { step: 'lookup', doubt: { kind: 'open', untilMs: START + 15_000 } },
    });
  });

  it('after a lookup that permits the call is for the call', () => {
    const before = charge({ step: 'call', doubt: open });
    expect(onClaim(before, { expiredAtMs: null, evidence: 0 }, at(NOW))).toMatchObject({ action: 'call' });
  });

  it('when no call is allowed any more is for a lookup, which will seal', () => {
    const before = charge({ step: 'call', doubt: open, attempts: 4 });
    expect(onClaim(before, { expiredAtMs: null, evidence: 0 }, at(NOW))).toMatchObject({ action: 'lookup' });
  });
});

describe('evidence that something may have been sent', () => {
  it('leads to a lookup before the call', () => {
    const before = charge({ step: 'verify', doubt: none, attempts: 0 });
    const clear = (own = NO_EVIDENCE) => onVerified(before, { kind: 'clear', own }, at(NOW));
    expect(clear().next.step).toBe('call');
    expect(clear({ ...NO_EVIDENCE, sentUntilMs: START }).next.step).toBe('lookup');
  });
});

describe('a lookup', () => {
  function looked(
    outcome: LookupOutcome,
    state: Partial<Operation> = {},
    terms: Partial<GatewayContract> = {},
    nowMs = NOW,
  ) {
    const before = charge(state);
    return changed(before, onLookupEnded(before, outcome, nowMs, at(nowMs, terms)));
  }
  const isOpen: LookupOutcome = { kind: 'open', ref: 'pi' };

  it('open: the same call again, at once, and it has proved nothing', () => {
    const again = { next: { step: 'call' }, event: { type: 'lookup.open', detail: null }, waitMs: 0 };
    expect(looked(isOpen)).toEqual(again);
    expect(looked(isOpen, { doubt: none })).toEqual(again);
  });

  it.each<[string, Partial<Operation>, Partial<GatewayContract>]>([
    ['all calls are used up', { attempts: 4 }, {}],
    ['the caller’s time is over', { giveUpAfterS: 0 }, {}],
    ['the key is too old', {}, { keyWindowMs: 70_000 }],
    ['the gateway keeps its error', { doubt: answered }, { cachesErrors: true }],
    ['a decline is known', { declineCode: 'no_funds' }, {}],
  ])('open, and %s: looked up again', (_why, state, terms) => {
    const decision = looked(isOpen, state, terms);
    expect(decision).toMatchObject({
      next: { status: 'UNRESOLVED', lookups: 1, unresolvedSinceMs: NOW },
      event: { type: 'lookup.open' },
      waitMs: 10_000,
    });
    expect(mustSeal(charge(state), isOpen, at(NOW, terms))).toBe(true);
  });

  it.each([1, 10, 60, 600])('after an outage of %i minutes, read again within an eighth of it', (minutes) => {
    let [operation, nowMs, looks] = [charge({ giveUpAfterS: 86_400 }), NOW, 0];
    const backAtMs = NOW + minutes * MINUTE;
    while (nowMs < backAtMs) {
      const silent = { kind: 'unavailable', reason: 'timeout' } as const;
      const { next, waitMs } = onLookupEnded(operation, silent, nowMs, at(nowMs));
      [operation, nowMs, looks] = [next, nowMs + (waitMs ?? 0), looks + 1];
    }
    expect(nowMs - backAtMs).toBeLessThanOrEqual(10_000 + (minutes * MINUTE) / 8);
    expect(looks).toBeLessThan(60);
    // It is called again at once.
    expect(onLookupEnded(operation, isOpen, nowMs, at(nowMs))).toMatchObject({
      next: { step: 'call' },
      waitMs: 0,
    });
    // And what the customer must do is looked up as often as without an outage.
    const acts = { kind: 'requires_action', ref: 'pi', action: ACTION } as const;
    expect(onLookupEnded(operation, acts, nowMs, at(nowMs)).waitMs).toBe(policy.pendingPollMs);
  });

  it('open in REVIEW: looked up again, never called', () => {
    const decision = looked(isOpen, { status: 'REVIEW', failureCode: 'outcome_unknown' });
    expect(decision).toMatchObject({ next: { lookups: 1 }, waitMs: policy.reviewLookupMs });
    expect(mustSeal(charge({ status: 'REVIEW' }), isOpen, at(NOW))).toBe(true);
  });

  it.each<LookupOutcome>([
    { kind: 'open', ref: 'pi', code: 'no_funds' },
    { kind: 'declined', ref: 'pi', code: 'no_funds' },
  ])('$kind with a decline that is not stored yet: its code first, and the next claim seals', (outcome) => {
    expect(looked(outcome, { doubt: none })).toEqual({
      next: { declineCode: 'no_funds', doubt: { kind: 'answered', untilMs: NOW } },
      event: { type: 'lookup.open', detail: 'no_funds' },
      waitMs: 0,
    });
    const read = inTwoSteps(outcome, 'pi');
    expect(mustSeal(charge(), read, at(NOW))).toBe(false);
    expect(mustSeal(charge({ declineCode: 'no_funds' }), read, at(NOW))).toBe(true);
  });

  it('the customer must act: the payment is still being processed, and is looked up slowly', () => {
    const acts: LookupOutcome = { kind: 'requires_action', ref: 'pi', action: ACTION };
    expect(looked(acts)).toEqual({
      next: { gatewayRef: 'pi', unresolvedSinceMs: NOW, lookups: 1 },
      event: { type: 'lookup.requires_action', detail: null },
      waitMs: 1000,
    });
    const later = { gatewayRef: 'pi', unresolvedSinceMs: NOW, lookups: 20 };
    expect(looked(acts, later, {}, NOW + 59 * MINUTE)).toMatchObject({ waitMs: MINUTE + 1 });
    expect(mayWaitForCustomer(charge(later))).toBe(true);
    expect(mayWaitForCustomer(charge())).toBe(false);
  });

  it('is sealed when the customer’s time is over, or the caller’s', () => {
    const acts: LookupOutcome = { kind: 'requires_action', ref: 'pi', action: ACTION };
    const known = { gatewayRef: 'pi', unresolvedSinceMs: NOW };
    const seals = (state: Partial<Operation>, nowMs: number) => mustSeal(charge(state), acts, at(nowMs));
    expect([seals(known, NOW + HOUR - 1), seals(known, NOW + HOUR)]).toEqual([false, true]);
    // It was not known before that the customer must act.
    expect(seals({ unresolvedSinceMs: START }, NOW + HOUR)).toBe(false);
    const hurried = { ...known, giveUpAfterS: 60 };
    expect([seals(hurried, START + MINUTE - 1), seals(hurried, START + MINUTE)]).toEqual([false, true]);
    expect(looked(acts, known, {}, NOW + HOUR)).toMatchObject({ waitMs: 1000, next: { lookups: 1 } });
  });

  it('is sealed in time although the database’s clock was set back by hours since the customer was asked', () => {
    const acts: LookupOutcome = { kind: 'requires_action', ref: 'pi', action: ACTION };
    const setBackAtMs = NOW - 3 * HOUR;
    const trust = { ...FULL_TRUST, aheadMs: 16_000, writtenFromMs: setBackAtMs, agreedSinceMs: setBackAtMs };
    const seals = (state: Partial<Operation>, nowMs: number, wallAgeMs = 0) =>
      mustSeal(charge({ gatewayRef: 'pi', ...state }), acts, { ...at(nowMs), trust, wallAgeMs });
    const known = { unresolvedSinceMs: NOW };
    expect([seals(known, NOW - 1), seals(known, setBackAtMs + HOUR - 1)]).toEqual([false, false]);
    expect(seals(known, setBackAtMs + HOUR)).toBe(true);
    // The payment is older by our own clock than it seems by the database's.
    const hurried = { ...known, giveUpAfterS: 60 };
    expect(seals(hurried, setBackAtMs + MINUTE, MINUTE - 1)).toBe(false);
    expect(seals(hurried, setBackAtMs + MINUTE, MINUTE)).toBe(true);
  });

  it('money is never sealed, and neither is what has no answer', () => {
    const none: LookupOutcome[] = [
      { kind: 'succeeded', ref: 'pi' },
      { kind: 'pending', ref: 'pi' },
      { kind: 'sealed', ref: 'pi' },
      { kind: 'absent' },
      { kind: 'unavailable', reason: 'timeout' },
      { kind: 'forbidden', reason: 'http_401' },
    ];
    for (const outcome of none) expect(mustSeal(charge({ attempts: 4 }), outcome, at(NOW))).toBe(false);
  });

  it.each<[string, Partial<Operation>, string, string]>([
    ['after a decline', { declineCode: 'no_funds' }, 'no_funds', 'card_declined'],
    ['by whoever', {}, 'gateway_error', 'gateway_failed'],
    [
      'after the customer’s time',
      { gatewayRef: 'pi', unresolvedSinceMs: NOW - HOUR },
      'action_expired',
      'card_declined',
    ],
  ])('sealed %s: failed, as proof', (_when, state, failureCode, problem) => {
    const decision = looked({ kind: 'sealed', ref: 'pi' }, state);
    expect(decision).toMatchObject({
      next: { status: 'FAILED', step: 'none', failureCode, doubt: none },
      event: { type: 'payment.failed', detail: failureCode },
      waitMs: null,
      settled: { problem, byAbsence: false },
    });
  });

  it.each<[string, Partial<Operation>]>([
    ['after a decline', { declineCode: 'no_funds' }],
    ['after a pending answer', { gatewayRef: 'pi', unresolvedSinceMs: NOW - HOUR }],
    ['on other terms', { status: 'REVIEW', failureCode: 'amount_mismatch', gatewayRef: 'pi' }],
  ])('sealed %s, that was held and let go: failed, and nobody declined it', (_when, state) => {
    expect(looked({ kind: 'sealed', ref: 'pi', held: true }, state)).toMatchObject({
      next: { status: 'FAILED', failureCode: 'authorization_expired', doubt: none },
      settled: { problem: 'gateway_failed', byAbsence: false },
    });
  });

  it('absent, and no handle is stored: the same call again, which proves nothing', () => {
    expect(looked({ kind: 'absent' })).toEqual({
      next: { step: 'call' },
      event: { type: 'lookup.open', detail: 'no_handle' },
      waitMs: 0,
    });
  });

  it('absent, and no call is left: the rules of time', () => {
    const spent = { attempts: 4 };
    expect(looked({ kind: 'absent' }, spent)).toMatchObject({ event: { type: 'lookup.not_found_yet' } });
    const late = START + 100 + contract.landsWithinMs + 1;
    expect(looked({ kind: 'absent' }, spent, {}, late)).toMatchObject({
      next: { status: 'FAILED', failureCode: 'gateway_error' },
      settled: { problem: 'gateway_failed', byAbsence: true },
    });
  });

  it('absent, although the gateway has named it: no call, and never proof', () => {
    const named = { gatewayRef: 'pi' };
    const late = START + 100 + contract.landsWithinMs + 1;
    expect(looked({ kind: 'absent' }, named, {}, late)).toMatchObject({
      event: { type: 'lookup.not_found_yet' },
    });
  });

  it('of a stored handle that the gateway does not know is no answer', () => {
    expect(inTwoSteps({ kind: 'absent' }, 'pi')).toEqual({ kind: 'unavailable', reason: 'handle_unknown' });
    expect(inTwoSteps({ kind: 'absent' }, null)).toEqual({ kind: 'absent' });
  });

  it('with words of two steps says nothing about a refund, or at a gateway of one step', () => {
    const words: LookupOutcome[] = [
      isOpen,
      { kind: 'sealed', ref: 'pi' },
      { kind: 'requires_action', ref: 'pi', action: ACTION },
    ];
    for (const outcome of words) {
      expect(onLookupEnded(refund(), outcome, NOW, at(NOW)).event).toEqual({
        type: 'lookup.unavailable',
        detail: 'not_in_two_steps',
      });
      expect(looked(outcome, {}, { steps: 'one' })).toMatchObject({ event: { type: 'lookup.unavailable' } });
    }
  });
});

describe('a lookup before a call', () => {
  const calling = charge({ step: 'call', doubt: none, attempts: 4 });

  it('that shows nothing paid permits the call, also the last one', () => {
    const isOpen = { kind: 'open', ref: 'pi' } as const;
    expect(onLookedFirst(calling, isOpen, NOW, at(NOW))).toBeNull();
    expect(mustSeal(calling, isOpen, at(NOW))).toBe(false);
  });

  it('that shows a decline does not', () => {
    const declined = { kind: 'open', ref: 'pi', code: 'no_funds' } as const;
    expect(onLookedFirst(calling, declined, NOW, at(NOW))).toMatchObject({
      next: { step: 'lookup', attempts: 3, declineCode: 'no_funds', doubt: { kind: 'answered' } },
      waitMs: 0,
    });
  });

  it('that shows the seal ends it', () => {
    const sealed = { kind: 'sealed', ref: 'pi' } as const;
    expect(onLookedFirst(calling, sealed, NOW, at(NOW))).toMatchObject({ next: { status: 'FAILED' } });
  });
});

describe('whatever happens', () => {
  const anyCall = fc.constantFrom<CallEnd>(
    { kind: 'declined', code: 'no' },
    { kind: 'refused', reason: 'dns' },
    { kind: 'unknown', answered: false, reason: 'timeout' },
    { kind: 'unknown', answered: true, reason: 'http_500' },
    { kind: 'busy' },
    { kind: 'pending', ref: 'pi' },
    { kind: 'requires_action', ref: 'pi', action: ACTION },
    { kind: 'forbidden', reason: 'http_403' },
  );
  const anyLookup = fc.constantFrom<LookupOutcome>(
    { kind: 'open', ref: 'pi' },
    { kind: 'open', ref: 'pi', code: 'no' },
    { kind: 'requires_action', ref: 'pi', action: ACTION },
    { kind: 'pending', ref: 'pi' },
    { kind: 'unavailable', reason: 'timeout' },
  );
  const anyTurn = fc.record({
    call: anyCall,
    lookup: anyLookup,
    expires: fc.boolean(),
    laterMs: fc.nat(100_000),
  });

  it('after a call that may have been executed, only the seal fails it, and a call follows only a lookup', () => {
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 20 }), fc.boolean(), (turns, cachesErrors) => {
        let operation = charge({ step: 'call', attempts: 0, firstSentAtMs: null, doubt: none });
        let nowMs = START;
        let expiredAtMs: number | null = null;
        let wasRead = true;
        const context = (): Context => at(nowMs, { cachesErrors });
        for (const turn of turns) {
          const claim = onClaim(operation, { expiredAtMs, evidence: 0 }, context());
          operation = claim.next;
          expiredAtMs = null;
          if (claim.action === 'none' || claim.action === 'verify') break;
          if (claim.action === 'call') expect(wasRead || operation.doubt.kind === 'none').toBe(true);
          if (turn.expires) {
            wasRead = false;
            expiredAtMs = nowMs + policy.leaseMs;
            nowMs = expiredAtMs + 1;
            continue;
          }
          nowMs += turn.laterMs;
          const before = operation;
          const decision =
            claim.action === 'call'
              ? onCallEnded(operation, turn.call, context())
              : onLookupEnded(operation, turn.lookup, nowMs, context());
          // Credentials that are refused prove that nothing was executed.
          if (claim.action === 'lookup' || turn.call.kind !== 'forbidden')
            wasRead = claim.action === 'lookup';
          operation = decision.next;
          if (operation.status === 'FAILED') expect(before.doubt.kind).toBe('none');
          if (decision.waitMs === null) break;
          nowMs += decision.waitMs;
        }
      }),
      { numRuns: 500 },
    );
  });
});
