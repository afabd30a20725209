/** Decisions at the edges: keys that may be pruned, databases that have forgotten, evidence, clocks that were set. */
import { describe, expect, it } from 'vitest';
import { type Charge, openCharge } from '../charge.ts';
import type { ClockTrust } from '../clock-trust.ts';
import type { GatewayContract } from '../contract.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import {
  type Context,
  mayBeForgotten,
  mayCallNow,
  mustLookFirst,
  NO_EVIDENCE,
  onAhead,
  onAheadOfCall,
  onClaim,
  onLookedFirst,
  onLookupEnded,
  onVerified,
} from './index.ts';

const START = 1_000_000_000;
const DAY = 86_400_000;
const LEASE = 15_000;
const contract: GatewayContract = {
  keys: 'kept',
  keyWindowMs: DAY,
  cachesErrors: false,
  lookup: true,
  lookupLagMs: 0,
  landsWithinMs: 60_000,
};

function policy(changes: Partial<Policy> = {}, promised: Partial<GatewayContract> = {}): Policy {
  return { ...DEFAULT_POLICY, leaseMs: LEASE, contract: { ...contract, ...promised }, ...changes };
}

function charge(changes: Partial<Charge> = {}): Charge {
  return { ...openCharge({ n: 1, openedAtMs: START, calling: false, verifyFirst: false }), ...changes };
}

function at(nowMs: number, of: Policy = policy(), trust?: ClockTrust): Context {
  return { policy: of, nowMs, roll: 0.5, ...(trust === undefined ? {} : { trust }) };
}

const QUIET = { expiredAtMs: null, evidence: 0 };
/** When the key no longer guards a first call: what it may still take must fit into its window. */
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
  it('is looked up first from the moment on at which its key may be pruned before it lands', () => {
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

  it('is never looked up first while its lease is its first, however short the window', () => {
    const short = policy({}, { keyWindowMs: 1000 });
    expect(mustLookFirst(charge(), at(START + LEASE - 1, short))).toBe(false);
    expect(mustLookFirst(charge(), at(START + LEASE, short))).toBe(true);
  });

  it('goes to a person where nothing can be looked up, and only then', () => {
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

  it('may have forgotten what is from before, for ever, and for a month what comes after', () => {
    const later = charge({ openedAtMs: RESTORED + 1 });
    expect(mayBeForgotten(charge(), at(START, policy()))).toBe(false);
    expect(mayBeForgotten(charge({ openedAtMs: RESTORED }), at(RESTORED + 400 * DAY, restored))).toBe(true);
    expect(mayBeForgotten(later, at(RESTORED + 30 * DAY - 1, restored))).toBe(true);
    expect(mayBeForgotten(later, at(RESTORED + 30 * DAY, restored))).toBe(false);
    expect(mustLookFirst(later, at(RESTORED + 2, restored))).toBe(true);
  });

  it('asks before it fails a charge that is out of time', () => {
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
});

describe('the lookup before a first call', () => {
  const counted = charge({ attempts: 1, firstSentAtMs: START });
  const looked = (outcome: Parameters<typeof onLookedFirst>[1]) =>
    onLookedFirst(counted, outcome, START + 5, at(START + 10));

  it('lets the call leave where the gateway knows nothing of the key', () => {
    expect(looked({ kind: 'absent' })).toBeNull();
  });

  it('settles the charge by what the gateway knows, and counts no call', () => {
    expect(looked({ kind: 'succeeded', chargeId: 'ch' })?.next).toMatchObject({
      status: 'COMPLETED',
      attempts: 0,
      gatewayRef: 'ch',
    });
    expect(looked({ kind: 'declined', code: 'no', chargeId: 'ch' })?.next.status).toBe('FAILED');
    expect(looked({ kind: 'pending', chargeId: 'ch' })?.next).toMatchObject({ step: 'lookup', attempts: 0 });
    expect(looked({ kind: 'mismatch', chargeId: 'ch', reason: 'amount_mismatch' })?.next.status).toBe(
      'REVIEW',
    );
  });

  it.each(['unavailable', 'forbidden'] as const)(
    'gives the claim back where it is %s: it is asked again',
    (kind) => {
      const decision = looked({ kind, reason: 'http_503' });
      expect(decision).toMatchObject({
        next: { step: 'call', attempts: 0, firstSentAtMs: null, lookups: 1 },
        event: { type: 'call.not_sent', detail: `looked_first_${kind}` },
        waitMs: 10_000,
      });
    },
  );
});

describe('what the gateway knows of later charges', () => {
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

  it('a live one: a person must look, and it is no failure', () => {
    expect(ahead({ kind: 'found', chargeId: 'ch' })).toMatchObject({
      next: { status: 'REVIEW', step: 'verify', failureCode: 'late_success', gatewayRef: 'ch' },
      alarm: 'needs_review',
    });
  });

  it('no answer because our credentials are refused: an alarm, before a failure and before a call', () => {
    const outcome = { kind: 'unavailable', reason: 'http_401', forbidden: true } as const;
    expect(ahead(outcome).alarm).toBe('gateway_forbidden');
    expect(onAheadOfCall(charge(), outcome, at(START + 10))?.alarm).toBe('gateway_forbidden');
  });

  it('no answer: it is asked again, and the decline is kept', () => {
    expect(ahead({ kind: 'unavailable', reason: 'http_503', forbidden: false }).alarm).toBeUndefined();
    expect(ahead({ kind: 'unavailable', reason: 'http_503', forbidden: false })).toMatchObject({
      next: { status: 'UNRESOLVED', step: 'lookup', declineCode: 'no_funds', lookups: 1 },
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
  const clear = (of: Partial<Charge>, own: Partial<typeof NO_EVIDENCE>) =>
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

  it('that the gateway has named it cannot be argued away by not finding it', () => {
    const named = clear({ step: 'verify' }, { gatewayRef: 'ch' });
    expect(named).toMatchObject({ gatewayRef: 'ch', doubt: { kind: 'answered' } });
    const looked = onLookupEnded(named, { kind: 'absent' }, START + DAY, at(START + DAY));
    expect(looked.next.status).toBe('UNRESOLVED');
  });

  it('is not lost where money of another charge is found: this one is asked after, too', () => {
    const found = (of: Partial<Charge>, own: Partial<typeof NO_EVIDENCE>) =>
      onVerified(
        charge(of),
        { kind: 'found', chargeId: null, reason: 'late_success', own: { ...NO_EVIDENCE, ...own } },
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

  it('in review changes what is known, and leaves it to the person', () => {
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
  const unavailable = (of: Partial<Charge>, nowMs: number, changes = {}) =>
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

  it('goes to a person when it has taken as long as may be resolved, if evidence waits', () => {
    const { resolveForMs } = policy();
    expect(unavailable({}, START + resolveForMs - 1).next.status).toBe('PROCESSING');
    expect(unavailable({}, START + resolveForMs).next).toMatchObject({
      status: 'REVIEW',
      failureCode: 'unresolved_too_long',
    });
    expect(unavailable({}, START + resolveForMs, { contested: false }).next.status).toBe('PROCESSING');
    expect(unavailable({ status: 'FAILED' }, START + resolveForMs).next.status).toBe('FAILED');
  });

  it('of a settled charge is asked for daily once its evidence is as old as that, with an alarm each time', () => {
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
      // The gateway does answer, and this says when it will say more.
      expect(waiting(resolveForMs, { waitMs: 77 }).waitMs).toBe(77);
      expect(waiting(resolveForMs, { waitMs: 77 }).alarm).toBeUndefined();
    }
  });

  it('comes again as soon as the same answer may say more', () => {
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

  it('because it is another gateway’s is an alarm, once', () => {
    expect(unavailable({}, START, { reason: 'other_gateway' }).alarm).toBe('other_gateway');
    expect(unavailable({ lookups: 1 }, START, { reason: 'other_gateway' }).alarm).toBeUndefined();
    expect(unavailable({}, START).alarm).toBeUndefined();
  });
});

describe('money that was found late', () => {
  const found = { kind: 'found', chargeId: null, reason: 'late_evidence', own: NO_EVIDENCE } as const;

  it('does not hide that this charge may have been sent as well', () => {
    const doubt = { kind: 'open', untilMs: START } as const;
    const decide = (of: Partial<Charge>) => onVerified(charge(of), found, at(START)).next;
    expect(decide({ n: 2, doubt })).toMatchObject({ status: 'REVIEW', step: 'lookup' });
    expect(decide({ n: 2 })).toMatchObject({ status: 'REVIEW', step: 'verify', gatewayRef: null });
    expect(decide({ status: 'FAILED', doubt, gatewayRef: 'ch' })).toMatchObject({
      step: 'verify',
      gatewayRef: 'ch',
      failureCode: 'late_evidence',
    });
  });

  it('beside a completed charge is told by its reason where nobody knows its id', () => {
    const done = charge({ status: 'COMPLETED', step: 'none', gatewayRef: 'own' });
    expect(onVerified(done, found, at(START))).toMatchObject({
      event: { type: 'verify.duplicate_found', detail: 'late_evidence' },
      alarm: 'duplicate_charge',
    });
  });
});

describe('a sign of money at another gateway', () => {
  const found = { kind: 'found', chargeId: null, reason: 'other_gateway', own: NO_EVIDENCE } as const;

  it('is a matter for a person, who is told once', () => {
    const first = onVerified(charge({ status: 'FAILED', step: 'none' }), found, at(START));
    expect(first).toMatchObject({
      next: { status: 'REVIEW', step: 'verify', failureCode: 'other_gateway' },
      alarm: 'other_gateway',
    });
    const again = onVerified(first.next, found, at(START));
    expect(again).toMatchObject({ next: first.next, waitMs: DAY });
    expect(again.alarm).toBeUndefined();
  });

  it('beside a completed charge is told once, and then at rest', () => {
    const done = charge({ status: 'COMPLETED', step: 'none', gatewayRef: 'own' });
    expect(onVerified(done, found, at(START))).toMatchObject({
      next: done,
      waitMs: null,
      alarm: 'other_gateway',
    });
  });

  it('does not take the place of money that is known', () => {
    const known = charge({ status: 'REVIEW', step: 'verify', failureCode: 'late_success' });
    expect(onVerified(known, found, at(START)).next.failureCode).toBe('late_success');
  });
});

describe('the end of a charge beside which another one’s money is known', () => {
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
    for (const outcome of [{ kind: 'declined', code: 'no', chargeId: 'd' }, { kind: 'absent' }] as const) {
      const decision = look(reason, outcome);
      expect(decision).toMatchObject({
        next: { status: 'REVIEW', step: 'verify', failureCode: reason, doubt: { kind: 'none' } },
        waitMs: DAY,
      });
      expect(decision.settled).toBeUndefined();
    }
  });

  it('is one charge too many where it is live as well', () => {
    const live: LookupOutcome = { kind: 'succeeded', chargeId: 'ch_2' };
    expect(look('late_success', live)).toMatchObject({
      next: { status: 'COMPLETED' },
      alarm: 'duplicate_charge',
    });
    expect(look('late_evidence', live).alarm).toBe('duplicate_charge');
    // Nobody knows of money there, and a person has been told already.
    expect(look('other_gateway', live)).toMatchObject({ next: { status: 'COMPLETED' } });
    expect(look('other_gateway', live).alarm).toBeUndefined();
    expect(look('unresolved_too_long', live).alarm).toBeUndefined();
  });

  it('does not hide that money by another reason for a review', () => {
    const wrong: LookupOutcome = { kind: 'mismatch', chargeId: 'm', reason: 'amount_mismatch' };
    expect(look('late_success', wrong).next.failureCode).toBe('late_success');
    expect(look('unresolved_too_long', wrong).next.failureCode).toBe('amount_mismatch');
  });
});

describe('a clock that was set', () => {
  const trust: ClockTrust = {
    agreedSinceMs: START + 50_000,
    countFromMs: START + 65_000,
    setBackMs: 3_600_000,
    aheadMs: 75_000,
    toleranceMs: 500,
  };

  it('proves absence only by the time that both clocks have counted', () => {
    const doubted = charge({ doubt: { kind: 'open', untilMs: START } });
    const provedFrom = START + 65_000 + 60_000 + 500;
    const looked = (askedAtMs: number) =>
      onLookupEnded(doubted, { kind: 'absent' }, askedAtMs, at(askedAtMs, policy(), trust));
    expect(looked(provedFrom)).toMatchObject({ next: { status: 'UNRESOLVED' }, waitMs: 1 });
    expect(looked(provedFrom + 1).next.status).toBe('FAILED');
  });

  it('lets a lease that looks over count until its real end', () => {
    const event = { expiredAtMs: START + 15_000, evidence: 0 };
    const { next } = onClaim(charge({ attempts: 1 }), event, at(START + 60_000, policy(), trust));
    expect(next.doubt).toEqual({ kind: 'open', untilMs: START + 65_000 });
  });

  it('makes no key look younger than it can be: by our wall clock the payment is older', () => {
    const resend = charge({ attempts: 1, firstSentAtMs: START, doubt: { kind: 'open', untilMs: START } });
    const short = policy({}, { keyWindowMs: 3_700_000 });
    const aged = (paymentAgeMs: number, of: Charge = resend, trusted: ClockTrust = trust) =>
      mayCallNow(of, { ...at(START + 60_000, short, trusted), paymentAgeMs });
    expect(aged(60_000)).toBe(true);
    expect(aged(3_660_000)).toBe(false);
    // A later charge is younger than its payment, and its date is believed where nobody has set the clock.
    const later = { ...resend, n: 2 };
    expect(aged(3_660_000, later)).toBe(false);
    expect(aged(3_660_000, later, { ...trust, agreedSinceMs: START - 1, setBackMs: 0 })).toBe(true);
    const first = charge();
    expect(mustLookFirst(first, at(START + 60_000, short))).toBe(false);
    expect(mustLookFirst(first, { ...at(START + 60_000, short, trust), paymentAgeMs: 3_660_000 })).toBe(true);
  });
});
