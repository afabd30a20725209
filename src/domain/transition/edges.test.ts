/**
 * Decisions in rare cases: keys that the gateway may have dropped, databases that have forgotten, evidence, clocks
 * that were set.
 */
import { describe, expect, it } from 'vitest';
import { CONTRACT as contract, POLICY } from '../../../test/support/contract.ts';
import type { ClockTrust } from '../clock-trust.ts';
import type { GatewayContract } from '../contract.ts';
import { type Operation, openOperation } from '../operation.ts';
import type { LookupOutcome } from '../outcomes.ts';
import type { Policy } from '../policy.ts';
import {
  type Context,
  mayBeForgotten,
  mayCallNow,
  mustLookFirst,
  NO_EVIDENCE,
  onAhead,
  onAheadOfCall,
  onCallEnded,
  onClaim,
  onLookedFirst,
  onLookupEnded,
  onVerified,
} from './index.ts';

const START = 1_000_000_000;
const DAY = 86_400_000;
const LEASE = 15_000;

function policy(changes: Partial<Policy> = {}, promised: Partial<GatewayContract> = {}): Policy {
  return { ...POLICY, leaseMs: LEASE, contract: { ...contract, ...promised }, ...changes };
}

function charge(changes: Partial<Operation> = {}): Operation {
  return {
    ...openOperation({ kind: 'charge', n: 1, openedAtMs: START, calling: false, verifyFirst: false }),
    ...changes,
  };
}

function at(nowMs: number, of: Policy = policy(), trust?: ClockTrust): Context {
  return { policy: of, nowMs, roll: 0.5, ...(trust === undefined ? {} : { trust }) };
}

const QUIET = { expiredAtMs: null, evidence: 0 };
/** When the key no longer protects a first call: the rest of the call must fit into its window. */
const UNGUARDED = START + DAY - 60_000 - LEASE;

describe('the first use of a key', () => {
  it('is dated no later than the database’s clock can be, whatever our wall clock says', () => {
    const sentAtMs = (atLeastMs: number) =>
      onClaim(charge(), QUIET, { ...at(START + 1000), atLeastMs }).next.firstSentAtMs;
    expect([START + 900, START + 1000, START + 5000].map(sentAtMs)).toEqual([
      START + 900,
      START + 1000,
      START + 1000,
    ]);
  });
});

describe('a first call that is late', () => {
  it('is looked up first once its key may expire before it lands', () => {
    expect(mustLookFirst(charge(), at(UNGUARDED - 1))).toBe(false);
    expect(mustLookFirst(charge(), at(UNGUARDED))).toBe(true);
    expect(mustLookFirst(charge(), at(UNGUARDED, policy({}, { lookup: false })))).toBe(false);
    expect(mustLookFirst(charge({ doubt: { kind: 'open', untilMs: START } }), at(UNGUARDED))).toBe(false);
  });

  it('without keys is looked up first from the deadline on', () => {
    const none = policy({}, { keys: 'none' });
    expect(mustLookFirst(charge(), at(START + none.callDeadlineMs - 1, none))).toBe(false);
    expect(mustLookFirst(charge(), at(START + none.callDeadlineMs, none))).toBe(true);
  });

  it('is never looked up first during its first lease, however short the window', () => {
    const short = policy({}, { keyWindowMs: 1000 });
    expect(mustLookFirst(charge(), at(START + LEASE - 1, short))).toBe(false);
    expect(mustLookFirst(charge(), at(START + LEASE, short))).toBe(true);
  });

  it('goes to a person only if there are no lookups', () => {
    const blind = policy({}, { lookup: false });
    expect(onClaim(charge(), QUIET, at(UNGUARDED - 1, blind)).action).toBe('call');
    expect(onClaim(charge(), QUIET, at(UNGUARDED, blind)).next).toMatchObject({
      status: 'REVIEW',
      failureCode: 'outcome_unknown',
    });
    const keyless = policy({}, { lookup: false, keys: 'none' });
    expect(onClaim(charge(), QUIET, at(UNGUARDED, keyless)).action).toBe('call');
  });
});

describe('a restored database', () => {
  const RESTORED = START + 1000;
  const restored = policy({ restoredAtMs: RESTORED });

  it('may have forgotten something about old charges for ever, and about new ones for a month', () => {
    const later = charge({ openedAtMs: RESTORED + 1 });
    expect(mayBeForgotten(charge(), at(START, policy()))).toBe(false);
    expect(mayBeForgotten(charge({ openedAtMs: RESTORED }), at(RESTORED + 400 * DAY, restored))).toBe(true);
    expect(mayBeForgotten(later, at(RESTORED + 30 * DAY - 1, restored))).toBe(true);
    expect(mayBeForgotten(later, at(RESTORED + 30 * DAY, restored))).toBe(false);
    expect(mustLookFirst(later, at(RESTORED + 2, restored))).toBe(true);
  });

  it('looks up a charge that is out of time before it fails it', () => {
    const tried = charge({ attempts: 1 });
    const late = START + restored.callDeadlineMs;
    expect(onClaim(tried, QUIET, at(late, restored))).toMatchObject({
      action: 'lookup',
      next: { step: 'lookup' },
    });
    expect(onClaim(tried, QUIET, at(late, policy())).next.status).toBe('FAILED');
    const blind = policy({ restoredAtMs: RESTORED }, { lookup: false });
    expect(onClaim(tried, QUIET, at(late, blind)).next.status).toBe('FAILED');
  });

  it('looks up a charge whose last call was not sent before it fails it: a forgotten one may have been', () => {
    const tried = charge({ attempts: restored.maxAttempts });
    const refused = { kind: 'refused', reason: 'connection_refused' } as const;
    expect(onCallEnded(tried, refused, at(RESTORED + 1, restored))).toMatchObject({
      next: { status: 'PROCESSING', step: 'lookup' },
      event: { type: 'call.refused' },
    });
    expect(onCallEnded(tried, refused, at(RESTORED + 1, policy())).next.status).toBe('FAILED');
    const blind = policy({ restoredAtMs: RESTORED }, { lookup: false });
    expect(onCallEnded(tried, refused, at(RESTORED + 1, blind)).next.status).toBe('FAILED');
  });
});

describe('the lookup before a first call', () => {
  const counted = charge({ attempts: 1, firstSentAtMs: START });
  const looked = (outcome: Parameters<typeof onLookedFirst>[1]) =>
    onLookedFirst(counted, outcome, START + 5, at(START + 10));

  it('lets the call be sent if the gateway does not know the key', () => {
    expect(looked({ kind: 'absent' })).toBeNull();
  });

  it('settles the charge by what the gateway knows, and counts no call', () => {
    expect(looked({ kind: 'succeeded', ref: 'ch' })?.next).toMatchObject({
      status: 'COMPLETED',
      attempts: 0,
      gatewayRef: 'ch',
    });
    expect(looked({ kind: 'declined', code: 'no', ref: 'ch' })?.next.status).toBe('FAILED');
    expect(looked({ kind: 'pending', ref: 'ch' })?.next).toMatchObject({ step: 'lookup', attempts: 0 });
    expect(looked({ kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' })?.next.status).toBe('REVIEW');
  });

  it.each(['unavailable', 'forbidden'] as const)(
    'gives the claim back if it is %s, and is repeated',
    (kind) => {
      const decision = looked({ kind, reason: 'http_503' });
      expect(decision).toMatchObject({
        next: { step: 'call', attempts: 0, firstSentAtMs: null, lookups: 0 },
        event: { type: 'call.not_sent', detail: `looked_first_${kind}` },
        waitMs: 10_000,
      });
    },
  );
});

describe('what the gateway knows about later charges', () => {
  const failed = onLookupEnded(
    charge({ declineCode: 'no_funds' }),
    { kind: 'absent' },
    START + 5,
    at(START + 10),
  );
  const ahead = (outcome: Parameters<typeof onAhead>[2], decision = failed) =>
    onAhead(charge({ attempts: 1 }), decision, outcome, at(START + 10));

  it('nothing: the failure is written', () => {
    expect(failed.next.status).toBe('FAILED');
    expect(ahead({ kind: 'clear' })).toBe(failed);
  });

  it('a live one: a person must decide, and no failure is written', () => {
    expect(ahead({ kind: 'found', ref: 'ch' })).toMatchObject({
      next: { status: 'REVIEW', step: 'verify', failureCode: 'late_success', gatewayRef: 'ch' },
      alarm: 'needs_review',
    });
  });

  it('no answer because our credentials are refused: an alarm, both before a failure and before a call', () => {
    const outcome = { kind: 'unavailable', reason: 'http_401', forbidden: true } as const;
    expect(ahead(outcome).alarm).toBe('gateway_forbidden');
    expect(onAheadOfCall(charge(), outcome, at(START + 10))?.alarm).toBe('gateway_forbidden');
  });

  it('no answer: the lookup is repeated, and the decline is kept', () => {
    expect(ahead({ kind: 'unavailable', reason: 'http_503', forbidden: false }).alarm).toBeUndefined();
    expect(ahead({ kind: 'unavailable', reason: 'http_503', forbidden: false })).toMatchObject({
      next: { status: 'UNRESOLVED', step: 'lookup', declineCode: 'no_funds', lookups: 0 },
      event: { type: 'lookup.unavailable', detail: 'http_503' },
      waitMs: 10_000,
    });
    const absent = onLookupEnded(charge(), { kind: 'absent' }, START + 5, at(START + 10));
    expect(
      ahead({ kind: 'unavailable', reason: 'http_503', forbidden: false }, absent).next.declineCode,
    ).toBeNull();
  });
});

describe('evidence about the unsettled charge itself', () => {
  const clear = (of: Partial<Operation>, own: Partial<typeof NO_EVIDENCE>) =>
    onVerified(charge(of), { kind: 'clear', own: { ...NO_EVIDENCE, ...own } }, at(START + 10)).next;

  it('that it may have been sent becomes its doubt', () => {
    expect(clear({ step: 'verify' }, { sentUntilMs: START + 7 })).toMatchObject({
      step: 'call',
      doubt: { kind: 'open', untilMs: START + 7 },
    });
    const before = { kind: 'open', untilMs: START + 9 } as const;
    expect(clear({ step: 'lookup', doubt: before }, { sentUntilMs: START + 7 })).toMatchObject({
      step: 'lookup',
      doubt: before,
    });
  });

  it('that the gateway has named it makes “not found” no proof', () => {
    const named = clear({ step: 'verify' }, { gatewayRef: 'ch' });
    expect(named).toMatchObject({ gatewayRef: 'ch', doubt: { kind: 'answered' } });
    const looked = onLookupEnded(named, { kind: 'absent' }, START + DAY, at(START + DAY));
    expect(looked.next.status).toBe('UNRESOLVED');
  });

  it('is not lost when another charge’s money is found: this charge is looked up too', () => {
    const found = (of: Partial<Operation>, own: Partial<typeof NO_EVIDENCE>) =>
      onVerified(
        charge(of),
        { kind: 'found', ref: null, reason: 'late_success', own: { ...NO_EVIDENCE, ...own } },
        at(START + 10),
      ).next;
    expect(found({ step: 'verify' }, { sentUntilMs: START + 7 })).toMatchObject({
      status: 'REVIEW',
      step: 'lookup',
      doubt: { kind: 'open', untilMs: START + 7 },
    });
    expect(found({ step: 'verify' }, { gatewayRef: 'ch' })).toMatchObject({
      step: 'lookup',
      gatewayRef: 'ch',
      doubt: { kind: 'answered' },
    });
    expect(found({ status: 'FAILED', step: 'none' }, { sentUntilMs: START + 7 })).toMatchObject({
      step: 'verify',
      doubt: { kind: 'none' },
    });
  });

  it('in review changes what is known, but not that a person decides', () => {
    expect(clear({ status: 'REVIEW', step: 'lookup' }, { gatewayRef: 'ch' })).toMatchObject({
      status: 'REVIEW',
      step: 'lookup',
      gatewayRef: 'ch',
    });
    const none = charge({ status: 'REVIEW', step: 'none' });
    expect(onVerified(none, { kind: 'clear', own: NO_EVIDENCE }, at(START)).waitMs).toBeNull();
  });
});

describe('a verification that gets no answer', () => {
  const unavailable = (of: Partial<Operation>, nowMs: number, changes = {}) =>
    onVerified(
      charge(of),
      {
        kind: 'unavailable',
        reason: 'x',
        waitMs: null,
        contested: true,
        evidenceAtMs: null,
        forbidden: false,
        ...changes,
      },
      at(nowMs),
    );

  it('goes to a person when the time to resolve is over, if evidence waits', () => {
    const { resolveForMs } = policy();
    expect(unavailable({}, START + resolveForMs - 1).next.status).toBe('PROCESSING');
    expect(unavailable({}, START + resolveForMs).next).toMatchObject({
      status: 'REVIEW',
      failureCode: 'unresolved_too_long',
    });
    expect(unavailable({}, START + resolveForMs, { contested: false }).next.status).toBe('PROCESSING');
    expect(unavailable({ status: 'FAILED' }, START + resolveForMs).next.status).toBe('FAILED');
  });

  it('of a settled charge is repeated daily once its evidence is that old, with an alarm each time', () => {
    const { resolveForMs } = policy();
    for (const status of ['FAILED', 'COMPLETED'] as const) {
      const waiting = (ageMs: number, changes = {}) =>
        unavailable({ status, step: 'none', lookups: 1 }, START + ageMs, { evidenceAtMs: START, ...changes });
      expect(waiting(resolveForMs - 1)).toMatchObject({ next: { status }, waitMs: 20_000 });
      expect(waiting(resolveForMs - 1).alarm).toBeUndefined();
      expect(waiting(resolveForMs, { forbidden: true })).toMatchObject({
        next: { status },
        event: { type: 'verify.unavailable', detail: 'x' },
        waitMs: DAY,
        alarm: 'evidence_waits',
      });
      expect(waiting(resolveForMs, { evidenceAtMs: null }).alarm).toBeUndefined();
      // The gateway did answer, and this says when it will know more.
      expect(waiting(resolveForMs, { waitMs: 77 }).waitMs).toBe(77);
      expect(waiting(resolveForMs, { waitMs: 77 }).alarm).toBeUndefined();
    }
  });

  it('is repeated as soon as the same answer may say more', () => {
    expect(unavailable({}, START, { waitMs: 77 }).waitMs).toBe(77);
    expect(unavailable({}, START, { waitMs: DAY }).waitMs).toBe(10_000);
  });

  it('because our credentials are refused is an alarm, unless a stronger one is raised', () => {
    const forbidden = { forbidden: true };
    expect(unavailable({}, START, forbidden).alarm).toBe('gateway_forbidden');
    expect(unavailable({ status: 'COMPLETED', step: 'none' }, START, forbidden).alarm).toBe(
      'gateway_forbidden',
    );
    expect(unavailable({}, START, { ...forbidden, reason: 'other_gateway' }).alarm).toBe('other_gateway');
    expect(unavailable({}, START + policy().resolveForMs, forbidden).alarm).toBe('needs_review');
  });

  it('because it is about another gateway is an alarm, once', () => {
    expect(unavailable({}, START, { reason: 'other_gateway' }).alarm).toBe('other_gateway');
    expect(unavailable({ lookups: 1 }, START, { reason: 'other_gateway' }).alarm).toBeUndefined();
    expect(unavailable({}, START).alarm).toBeUndefined();
  });
});

describe('money that was found late', () => {
  const found = { kind: 'found', ref: null, reason: 'late_evidence', own: NO_EVIDENCE } as const;

  it('does not hide that this charge may have been sent too', () => {
    const doubt = { kind: 'open', untilMs: START } as const;
    const decide = (of: Partial<Operation>) => onVerified(charge(of), found, at(START)).next;
    expect(decide({ n: 2, doubt })).toMatchObject({ status: 'REVIEW', step: 'lookup' });
    expect(decide({ n: 2 })).toMatchObject({ status: 'REVIEW', step: 'verify', gatewayRef: null });
    expect(decide({ status: 'FAILED', doubt, gatewayRef: 'ch' })).toMatchObject({
      step: 'verify',
      gatewayRef: 'ch',
      failureCode: 'late_evidence',
    });
  });

  it('besides a completed charge is shown by its reason if its id is not known', () => {
    const done = charge({ status: 'COMPLETED', step: 'none', gatewayRef: 'own' });
    expect(onVerified(done, found, at(START))).toMatchObject({
      event: { type: 'verify.duplicate_found', detail: 'late_evidence' },
      alarm: 'duplicate_charge',
    });
  });
});

describe('a sign of money at another gateway', () => {
  const found = { kind: 'found', ref: null, reason: 'other_gateway', own: NO_EVIDENCE } as const;

  it('goes to a person, with one alarm', () => {
    const first = onVerified(charge({ status: 'FAILED', step: 'none' }), found, at(START));
    expect(first).toMatchObject({
      next: { status: 'REVIEW', step: 'verify', failureCode: 'other_gateway' },
      alarm: 'other_gateway',
    });
    const again = onVerified(first.next, found, at(START));
    expect(again).toMatchObject({ next: first.next, waitMs: DAY });
    expect(again.alarm).toBeUndefined();
  });

  it('besides a completed charge is one alarm, and then nothing is due', () => {
    const done = charge({ status: 'COMPLETED', step: 'none', gatewayRef: 'own' });
    expect(onVerified(done, found, at(START))).toMatchObject({
      next: done,
      waitMs: null,
      alarm: 'other_gateway',
    });
  });

  it('does not replace money that is known', () => {
    const known = charge({ status: 'REVIEW', step: 'verify', failureCode: 'late_success' });
    expect(onVerified(known, found, at(START)).next.failureCode).toBe('late_success');
  });
});

describe('the end of a charge while money of another one is known', () => {
  const known = (failureCode: string) =>
    charge({
      n: 2,
      status: 'REVIEW',
      step: 'lookup',
      failureCode,
      doubt: { kind: 'answered', untilMs: START },
    });
  const look = (failureCode: string, outcome: LookupOutcome) =>
    onLookupEnded(known(failureCode), outcome, START + 1, at(START + 1));

  it.each(['late_success', 'late_evidence', 'other_gateway'])('is no failure of the order: %s', (reason) => {
    for (const outcome of [{ kind: 'declined', code: 'no', ref: 'd' }, { kind: 'absent' }] as const) {
      const decision = look(reason, outcome);
      expect(decision).toMatchObject({
        next: { status: 'REVIEW', step: 'verify', failureCode: reason, doubt: { kind: 'none' } },
        waitMs: DAY,
      });
      expect(decision.settled).toBeUndefined();
    }
  });

  it('is one charge too many if this one is live too', () => {
    const live: LookupOutcome = { kind: 'succeeded', ref: 'ch_2' };
    expect(look('late_success', live)).toMatchObject({
      next: { status: 'COMPLETED' },
      alarm: 'duplicate_charge',
    });
    expect(look('late_evidence', live).alarm).toBe('duplicate_charge');
    // No money is known there, and a person has been alarmed already.
    expect(look('other_gateway', live)).toMatchObject({ next: { status: 'COMPLETED' } });
    expect(look('other_gateway', live).alarm).toBeUndefined();
    expect(look('unresolved_too_long', live).alarm).toBeUndefined();
  });

  it('does not hide that money behind another reason for a review', () => {
    const wrong: LookupOutcome = { kind: 'mismatch', ref: 'm', reason: 'amount_mismatch' };
    expect(look('late_success', wrong).next.failureCode).toBe('late_success');
    expect(look('unresolved_too_long', wrong).next.failureCode).toBe('amount_mismatch');
  });
});

describe('a clock that was set', () => {
  const trust: ClockTrust = {
    agreedSinceMs: START + 50_000,
    countFromMs: START + 65_000,
    writtenFromMs: START + 65_000,
    setBackMs: 3_600_000,
    aheadMs: 75_000,
    toleranceMs: 500,
  };

  it('proves absence only by time that both clocks have counted', () => {
    const doubted = charge({ doubt: { kind: 'open', untilMs: START } });
    const provedFrom = START + 65_000 + 60_000 + 500;
    const looked = (askedAtMs: number) =>
      onLookupEnded(doubted, { kind: 'absent' }, askedAtMs, at(askedAtMs, policy(), trust));
    expect(looked(provedFrom)).toMatchObject({ next: { status: 'UNRESOLVED' }, waitMs: 1 });
    expect(looked(provedFrom + 1).next.status).toBe('FAILED');
  });

  it('counts a lease that looks over until its real end', () => {
    const event = { expiredAtMs: START + 15_000, evidence: 0 };
    const { next } = onClaim(charge({ attempts: 1 }), event, at(START + 60_000, policy(), trust));
    expect(next.doubt).toEqual({ kind: 'open', untilMs: START + 65_000 });
  });

  it('counts what the last holder of an expired lease may have sent when a claim was granted late', () => {
    const short = policy({}, { keyWindowMs: 3_700_000 });
    const called = charge({ attempts: 1, firstSentAtMs: START, giveUpAfterS: 7200 });
    const event = { expiredAtMs: START + 15_000, evidence: 0 };
    const { next, action } = onClaim(called, event, at(START + 60_000, short));
    expect(action).toBe('call');
    const granted = (ms: number) => mayCallNow(next, at(START + ms, short));
    expect([granted(60_000), granted(3_690_000)]).toEqual([true, false]);
  });

  it('makes no key look younger than its payment is by our wall clock', () => {
    const resend = charge({ attempts: 2, firstSentAtMs: START, doubt: { kind: 'open', untilMs: START } });
    const short = policy({}, { keyWindowMs: 3_700_000 });
    const unseen = { ...trust, setBackMs: 0 };
    const aged = (wallAgeMs: number, of: Operation = resend, trusted: ClockTrust = unseen) =>
      mayCallNow(of, { ...at(START + 60_000, short, trusted), wallAgeMs });
    expect(aged(60_000)).toBe(true);
    expect(aged(3_660_000)).toBe(false);
    // Both clocks were set back together.
    expect(aged(60_000, resend, trust)).toBe(false);
    // Our process may have started after the step. Then it believes the date once the clock has caught up with it.
    const restarted = { ...unseen, agreedSinceMs: START - 1 };
    for (const n of [1, 2])
      expect([60_000, 3_660_000].map((ms) => aged(ms, { ...resend, n }, restarted))).toEqual([true, false]);
    const first = charge();
    expect(mustLookFirst(first, at(START + 60_000, short))).toBe(false);
    expect(mustLookFirst(first, { ...at(START + 60_000, short, trust), wallAgeMs: 3_660_000 })).toBe(true);
  });

  it('uses no key whose sending both clocks put in the future: it can be of any age', () => {
    const sent = charge({ attempts: 2, firstSentAtMs: START, doubt: { kind: 'open', untilMs: START } });
    const started = { ...trust, agreedSinceMs: START - 3_600_000, setBackMs: 0 };
    const resent = (nowMs: number, wallAgeMs: number) =>
      mayCallNow(sent, { ...at(nowMs, policy(), started), wallAgeMs });
    const beforeMs = (ms: number) => resent(START - ms, -ms);
    // A doubt may be dated a little ahead.
    expect([75_000, 75_001].map(beforeMs)).toEqual([true, false]);
    // Our own clock was not set.
    expect(resent(START - 75_001, 60_000)).toBe(true);
    // The database's clock was not set.
    expect(resent(START + 60_000, -75_001)).toBe(true);
    const first = { ...at(START - 75_001, policy(), started), wallAgeMs: -75_001 };
    expect(mustLookFirst(charge(), first)).toBe(true);
  });
});

describe('a charge that is authorised', () => {
  it('is looked at after 90 days at the latest, whatever time the gateway names', () => {
    const held = charge({ manual: true, step: 'lookup', doubt: { kind: 'open', untilMs: START } });
    const waitMs = (authorizedUntilMs: number) =>
      onLookupEnded(held, { kind: 'succeeded', ref: 'ch_1', authorizedUntilMs }, START, at(START)).waitMs;
    expect(waitMs(START + 30 * DAY)).toBe(30 * DAY + 1000);
    expect([START * 1000, Number.MAX_SAFE_INTEGER].map(waitMs)).toEqual([90 * DAY, 90 * DAY]);
  });
});
