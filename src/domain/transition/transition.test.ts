import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTRACT as contract, POLICY as policy } from '../../../test/support/contract.ts';
import type { GatewayContract } from '../contract.ts';
import { type Doubt, type Operation, openOperation, STATUS_MOVES } from '../operation.ts';
import type { CallOutcome, LookupOutcome } from '../outcomes.ts';
import type { PaymentStatus } from '../payment.ts';
import {
  type Context,
  type Decision,
  NO_EVIDENCE,
  onCallEnded,
  onClaim,
  onLookupEnded,
  onVerified,
} from './index.ts';

const START = 1_000_000;

function at(ms: number, changes: Partial<GatewayContract> = {}): Context {
  return { policy: { ...policy, contract: { ...contract, ...changes } }, nowMs: START + ms, roll: 0.5 };
}

function calling(changes: Partial<Operation> = {}): Operation {
  return {
    ...openOperation({ kind: 'charge', n: 1, openedAtMs: START, calling: true, verifyFirst: false }),
    ...changes,
  };
}

const open: Doubt = { kind: 'open', untilMs: START + 100 };
const answered: Doubt = { kind: 'answered', untilMs: START + 100 };
const unknownOpen: CallOutcome = { kind: 'unknown', answered: false, reason: 'reset' };
const unknownAnswered: CallOutcome = { kind: 'unknown', answered: true, reason: 'http_500' };
const absent: LookupOutcome = { kind: 'absent' };

function brief({ next, waitMs }: Decision): string {
  const when = waitMs === null ? 'idle' : `due in ${waitMs}`;
  return `${next.status} ${next.step} ${next.failureCode ?? '-'} ${when}`;
}

describe('the end of a call', () => {
  it.each<[string, CallOutcome, Partial<Operation>, Partial<GatewayContract>, string]>([
    [
      'a huge Retry-After is limited',
      { kind: 'refused', reason: 'http_429', retryAfterMs: 1e12 },
      {},
      {},
      'PROCESSING call - due in 60050',
    ],
    ['the last unknown call is looked up', unknownOpen, { attempts: 4 }, {}, 'PROCESSING lookup - due in 0'],
    [
      'the first lookup waits for the lag',
      unknownAnswered,
      { attempts: 4 },
      { lookupLagMs: 700 },
      'PROCESSING lookup - due in 700',
    ],
    [
      'without keys an unknown call is not resent without a lookup',
      unknownAnswered,
      {},
      { keys: 'none' },
      'PROCESSING lookup - due in 0',
    ],
    [
      'with neither keys nor lookup it goes to a person',
      unknownOpen,
      {},
      { keys: 'none', lookup: false },
      'REVIEW none outcome_unknown idle',
    ],
    [
      'outside the key window it is looked up',
      unknownOpen,
      {},
      { keyWindowMs: 10_000 },
      'PROCESSING lookup - due in 0',
    ],
    [
      'an error cached under the key is not called again',
      unknownAnswered,
      {},
      { cachesErrors: true },
      'PROCESSING lookup - due in 0',
    ],
  ])('%s', (_name, outcome, state, terms, expected) => {
    expect(brief(onCallEnded(calling(state), outcome, at(100, terms)))).toBe(expected);
  });
});

describe('a claim', () => {
  it('after an expired lease counts the old call as possibly sent, until the lease ended', () => {
    const decision = onClaim(calling(), { expiredAtMs: START + 15_000, evidence: 0 }, at(15_001));
    expect(decision.action).toBe('call');
    expect(decision.next.doubt).toEqual({ kind: 'open', untilMs: START + 15_000 });
  });

  it('after an expired lease without keys looks up instead of sending', () => {
    expect(
      onClaim(calling(), { expiredAtMs: START + 15_000, evidence: 0 }, at(15_001, { keys: 'none' })).action,
    ).toBe('lookup');
  });

  it('past the deadline still calls an order that was never called', () => {
    expect(
      onClaim(calling({ attempts: 0 }), { expiredAtMs: null, evidence: 0 }, at(policy.callDeadlineMs)).action,
    ).toBe('call');
  });
});

describe('the end of a lookup', () => {
  const lookup = (changes: Partial<Operation>): Operation =>
    calling({ step: 'lookup', attempts: 4, ...changes });

  it.each<[string, LookupOutcome, Partial<Operation>, number, Partial<GatewayContract>, string]>([
    [
      'absent fails at once when every call was answered',
      absent,
      { doubt: answered },
      200,
      {},
      'FAILED none gateway_error idle',
    ],
    [
      'absent after the lag fails',
      absent,
      { doubt: answered },
      601,
      { lookupLagMs: 500 },
      'FAILED none gateway_error idle',
    ],
    [
      'absent proves nothing while an unanswered call may land',
      absent,
      { doubt: open },
      60_100,
      {},
      'UNRESOLVED lookup - due in 1',
    ],
    [
      'absent fails once nothing can land any more',
      absent,
      { doubt: open },
      60_101,
      {},
      'FAILED none gateway_error idle',
    ],
    [
      'without keys and attempts a proved absence fails',
      absent,
      { doubt: answered },
      200,
      { keys: 'none' },
      'FAILED none gateway_error idle',
    ],
  ])('%s', (_name, outcome, state, askedMs, terms, expected) => {
    expect(brief(onLookupEnded(lookup(state), outcome, START + askedMs, at(askedMs, terms)))).toBe(expected);
  });

  it('slows down from 10 s to an hour, and after 72 h asks a person but goes on', () => {
    let operation = lookup({ doubt: open, gatewayRef: 'ch' });
    let nowMs = 200;
    const waits: number[] = [];
    for (let turn = 0; turn < 200 && operation.status !== 'REVIEW'; turn += 1) {
      const { next, waitMs } = onLookupEnded(operation, absent, START + nowMs, at(nowMs));
      operation = next;
      waits.push(waitMs ?? -1);
      nowMs += waitMs ?? 0;
    }
    expect(waits.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000]);
    expect(Math.max(...waits.slice(0, -1))).toBe(3_600_000);
    expect(nowMs).toBeGreaterThanOrEqual(72 * 3_600_000);
    expect([operation.status, operation.failureCode, waits.at(-1)]).toEqual([
      'REVIEW',
      'unresolved_too_long',
      86_400_000,
    ]);
    expect(brief(onLookupEnded(operation, { kind: 'succeeded', ref: 'ch' }, START, at(nowMs)))).toBe(
      'COMPLETED none - idle',
    );
  });
});

describe('lookups of earlier charges', () => {
  const second = openOperation({ kind: 'charge', n: 2, openedAtMs: START, calling: true, verifyFirst: true });

  it('come before the next charge is sent', () => {
    expect(onClaim(second, { expiredAtMs: null, evidence: 0 }, at(1)).action).toBe('verify');
    expect(brief(onVerified(second, { kind: 'clear', own: NO_EVIDENCE }, at(1)))).toBe(
      'PROCESSING call - due in 0',
    );
  });

  it('stop the next charge when an earlier one turns out to be live', () => {
    const decision = onVerified(
      second,
      { kind: 'found', ref: 'ch', reason: 'late_success', own: NO_EVIDENCE },
      at(1),
    );
    expect(brief(decision)).toBe('REVIEW verify late_success due in 86400000');
    expect(decision.next.attempts).toBe(0);
  });
});

// ── over everything that can happen ──────────────────────────────────────────────────────────────────────

const anyCallOutcome = fc.constantFrom<CallOutcome>(
  { kind: 'approved', ref: 'ch' },
  { kind: 'declined', code: 'no' },
  { kind: 'refused', reason: 'dns' },
  unknownOpen,
  unknownAnswered,
  { kind: 'busy' },
  { kind: 'pending', ref: 'ch' },
  { kind: 'forbidden', reason: 'http_403' },
  { kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' },
);
const anyLookupOutcome = fc.constantFrom<LookupOutcome>(
  { kind: 'succeeded', ref: 'ch' },
  { kind: 'declined', code: 'no', ref: 'ch' },
  { kind: 'pending', ref: 'ch' },
  { kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' },
  { kind: 'duplicated', refs: ['a', 'b'] },
  absent,
  { kind: 'unavailable', reason: 'http_500' },
  { kind: 'forbidden', reason: 'http_401' },
);
const anyContract = fc.record<GatewayContract>({
  steps: fc.constant('one'),
  keys: fc.constantFrom('kept', 'none'),
  keyWindowMs: fc.constantFrom(0, 20_000, 86_400_000),
  cachesErrors: fc.boolean(),
  lookup: fc.boolean(),
  lookupLagMs: fc.constantFrom(0, 500),
  landsWithinMs: fc.constantFrom(0, 60_000),
});
const anyTurn = fc.record({
  call: anyCallOutcome,
  lookup: anyLookupOutcome,
  expires: fc.boolean(),
  laterMs: fc.nat(100_000),
});

interface Walk {
  readonly charges: readonly Operation[];
  readonly decisions: readonly Decision[];
}

/** Drives one charge through the given turns as a worker would, until it is idle. */
function walk(
  terms: GatewayContract,
  turns: readonly { call: CallOutcome; lookup: LookupOutcome; expires: boolean; laterMs: number }[],
): Walk {
  let operation = calling({ attempts: 0, firstSentAtMs: null });
  let nowMs = START;
  let expiredAtMs: number | null = null;
  const charges = [operation];
  const decisions: Decision[] = [];
  const context = (): Context => ({ policy: { ...policy, contract: terms }, nowMs, roll: 0.5 });
  const take = (decision: Decision): void => {
    operation = decision.next;
    charges.push(operation);
    decisions.push(decision);
  };
  for (const turn of turns) {
    const claim = onClaim(operation, { expiredAtMs, evidence: 0 }, context());
    take(claim);
    const askedAtMs = nowMs;
    expiredAtMs = null;
    if (claim.action === 'none' || claim.action === 'verify') break;
    if (turn.expires) {
      expiredAtMs = nowMs + policy.leaseMs;
      nowMs = expiredAtMs + 1;
      continue;
    }
    nowMs += turn.laterMs;
    take(
      claim.action === 'call'
        ? onCallEnded(operation, turn.call, context())
        : onLookupEnded(operation, turn.lookup, askedAtMs, context()),
    );
    const { waitMs } = decisions.at(-1) ?? { waitMs: null };
    if (waitMs === null) break;
    nowMs += waitMs;
  }
  return { charges, decisions };
}

describe('whatever happens', () => {
  const walks = fc.tuple(anyContract, fc.array(anyTurn, { minLength: 1, maxLength: 12 }));

  it('only listed moves are made', () => {
    fc.assert(
      fc.property(walks, ([terms, turns]) => {
        const { charges } = walk(terms, turns);
        charges.slice(1).forEach((operation, index) => {
          const before = charges[index]?.status as PaymentStatus;
          expect(before === operation.status || STATUS_MOVES[before].includes(operation.status)).toBe(true);
        });
      }),
    );
  });

  it('there are never more calls than allowed', () => {
    fc.assert(
      fc.property(walks, ([terms, turns]) => {
        for (const operation of walk(terms, turns).charges)
          expect(operation.attempts).toBeLessThanOrEqual(policy.maxAttempts);
      }),
    );
  });

  it('a settled charge is idle, and an unsettled one is due again or in review', () => {
    fc.assert(
      fc.property(walks, ([terms, turns]) => {
        for (const { next, waitMs, settled } of walk(terms, turns).decisions) {
          const ended = next.status === 'COMPLETED' || next.status === 'FAILED';
          expect(ended).toBe(settled !== undefined);
          if (ended) expect([next.step, waitMs]).toEqual(['none', null]);
          else expect(waitMs !== null || next.status === 'REVIEW').toBe(true);
        }
      }),
    );
  });

  it('every status but those of manual capture is reached', () => {
    const seen = new Set<PaymentStatus>();
    fc.assert(
      fc.property(walks, ([terms, turns]) => {
        for (const operation of walk(terms, turns).charges) seen.add(operation.status);
      }),
      { numRuns: 2000, seed: 7 },
    );
    const { AUTHORIZED: _held, VOIDED: _free, ...automatic } = STATUS_MOVES;
    expect([...seen].sort()).toEqual(Object.keys(automatic).sort());
  });
});

describe('what simulated runs found', () => {
  it('without keys, a named charge that turned out declined does not wait for a charge that nobody can find', () => {
    const pending = calling({ step: 'lookup', doubt: open, gatewayRef: 'ch_1', attempts: 4 });
    const declined = (ref: string): LookupOutcome => ({ kind: 'declined', code: 'no_funds', ref });
    const late = at(200_000, { keys: 'none' });
    const found = onLookupEnded(pending, declined('ch_1'), START + 150_000, late);
    expect(brief(found)).toBe('FAILED none no_funds idle');
    expect(found.next.gatewayRef).toBe('ch_1');
    const other = onLookupEnded(pending, declined('ch_2'), START + 150_000, late);
    expect(other.next).toMatchObject({ status: 'UNRESOLVED', gatewayRef: 'ch_1' });
  });
});
