/**
 * For contracts and stories by chance: what the engine derives from a contract that it starts with is safe. What was sent is kept here, and judged by the
 * contract's words as they were declared, without the domain's own reading of them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EffectContract, GatewayContract } from './contract.ts';
import { contractProblems } from './contract-check.ts';
import type { EffectKind } from './effects.ts';
import { openOperation } from './operation.ts';
import type { CallOutcome, LookupOutcome } from './outcomes.ts';
import { DEFAULT_POLICY, type Policy, policiesFor } from './policy.ts';
import {
  type Context,
  type Decision,
  NO_EVIDENCE,
  onCallEnded,
  onClaim,
  onLookupEnded,
  onReleasedLookedUp,
  onVerified,
} from './transition/index.ts';

const START = 1_000_000_000_000;
const KINDS: readonly EffectKind[] = ['charge', 'refund', 'capture', 'void'];

/** Small enough that walks of a few minutes pass every limit. */
const DURATION = fc.constantFrom(0, 500, 5000, 60_000);
const WORDS = {
  keys: fc.constantFrom('kept' as const, 'none' as const),
  keyWindowMs: fc.constantFrom(0, 20_000, 100_000, 86_400_000),
  cachesErrors: fc.boolean(),
  declines: fc.constantFrom('final' as const, 'forgotten' as const),
  lookup: fc.constantFrom(true, true, true, false),
  lookupLagMs: DURATION,
  landsWithinMs: DURATION,
  errorsLandWithinMs: DURATION,
};
const anyEffect: fc.Arbitrary<Partial<EffectContract>> = fc.record(WORDS, { requiredKeys: [] });
const anyContract: fc.Arbitrary<GatewayContract> = fc
  .record({
    steps: fc.constant('one' as const),
    ...WORDS,
    effects: fc.record(
      { charge: anyEffect, refund: anyEffect, capture: anyEffect, void: anyEffect },
      { requiredKeys: [] },
    ),
  })
  .filter((contract) => contractProblems({ contract, twoSteps: false, offered: KINDS }).length === 0);

const anyCall = fc.constantFrom<CallOutcome>(
  { kind: 'declined', code: 'no' },
  { kind: 'refused', reason: 'rate_limited' },
  { kind: 'busy' },
  { kind: 'unknown', answered: true, reason: 'http_500' },
  { kind: 'unknown', answered: true, reason: 'http_500' },
  { kind: 'unknown', answered: false, reason: 'timeout' },
  { kind: 'unknown', answered: false, reason: 'timeout' },
  { kind: 'forbidden', reason: 'http_401' },
);
const anyLookup = fc.constantFrom<LookupOutcome>(
  { kind: 'absent' },
  { kind: 'absent' },
  { kind: 'absent' },
  { kind: 'declined', code: 'no', ref: 'one' },
  { kind: 'unavailable', reason: 'http_500' },
);
const anyStory = fc.record({
  kind: fc.constantFrom(...KINDS),
  giveUpAfterS: fc.constantFrom(null, 600),
  turns: fc.array(
    fc.record({ call: anyCall, lookup: anyLookup, expires: fc.boolean(), laterMs: fc.nat(40_000) }),
    { minLength: 1, maxLength: 14 },
  ),
});
type Story = typeof anyStory extends fc.Arbitrary<infer T> ? T : never;

/** A call that may have moved money, or may still. */
interface Sent {
  readonly untilMs: number;
  readonly isAnswered: boolean;
}

/** What happened. `broken`: what must never happen. */
interface Walk {
  readonly broken: readonly string[];
  readonly seen: ReadonlySet<string>;
}

function walk(contract: GatewayContract, { kind, giveUpAfterS, turns }: Story): Walk {
  const word = <Word extends keyof EffectContract>(name: Word): EffectContract[Word] =>
    (contract.effects?.[kind]?.[name] ?? contract[name]) as EffectContract[Word];
  const common: Policy = { ...DEFAULT_POLICY, leaseMs: 15_000, contract };
  const policy = policiesFor(common)[kind];
  const patience = kind === 'charge' ? giveUpAfterS : null;
  let operation = openOperation({
    ...{ kind, n: 1, openedAtMs: START, calling: false, verifyFirst: false },
    giveUpAfterS: patience,
  });
  let nowMs = START;
  let firstSentMs = Number.POSITIVE_INFINITY;
  let expiredAtMs: number | null = null;
  let inDoubt: readonly Sent[] = [];
  const broken: string[] = [];
  const seen = new Set<string>();
  const context = (): Context => ({ policy, nowMs, roll: 0.5 });

  function isGuarded(): boolean {
    if (word('keys') === 'none') return false;
    return nowMs + policy.leaseMs + word('landsWithinMs') < firstSentMs + word('keyWindowMs');
  }

  /** What a lookup that found no money, asked at `askedMs`, leaves in doubt. */
  function leftAfter(askedMs: number): readonly Sent[] {
    return inDoubt.filter(({ untilMs, isAnswered }) => {
      const landsMs = isAnswered ? (word('errorsLandWithinMs') ?? 0) : word('landsWithinMs');
      const hiddenMs = landsMs + word('lookupLagMs');
      return hiddenMs === 0 && isAnswered ? false : askedMs <= untilMs + hiddenMs;
    });
  }

  function take({ next }: Decision): void {
    operation = next;
    if (next.status !== 'FAILED') return;
    if (inDoubt.length > 0) broken.push('failed without proof');
    seen.add(next.failureCode === 'gateway_error' ? 'failed by absence' : 'failed');
  }

  for (const turn of turns) {
    const claim = onClaim(operation, { expiredAtMs, evidence: 0 }, context());
    expiredAtMs = null;
    take(claim);
    if (claim.action === 'none') break;
    if (claim.action === 'call') {
      if (inDoubt.length > 0 && !isGuarded()) broken.push('sent again without a kept key or proof');
      if (inDoubt.length > 0) seen.add('sent again under a kept key');
      else if (firstSentMs < nowMs) seen.add('sent again after proof');
      // The gateway keeps no key for what it has not executed.
      const { call } = turn;
      if (turn.expires || (call.kind !== 'refused' && call.kind !== 'forbidden'))
        firstSentMs = Math.min(firstSentMs, nowMs);
      if (turn.expires) {
        expiredAtMs = nowMs + policy.leaseMs;
        inDoubt = [...inDoubt, { untilMs: expiredAtMs, isAnswered: false }];
        nowMs = expiredAtMs + 1;
        continue;
      }
      nowMs += turn.laterMs % policy.leaseMs;
      const isOver = call.kind === 'refused' || call.kind === 'forbidden' || call.kind === 'declined';
      const isAnswered = call.kind === 'unknown' && call.answered;
      if (!isOver) inDoubt = [...inDoubt, { untilMs: nowMs, isAnswered }];
      take(onCallEnded(operation, call, context()));
    } else if (claim.action === 'lookup') {
      const askedMs = nowMs;
      nowMs += turn.laterMs % policy.leaseMs;
      const isFinal =
        turn.lookup.kind === 'declined' &&
        word('keys') === 'kept' &&
        word('keyWindowMs') > 0 &&
        (word('declines') ?? 'final') === 'final';
      if (isFinal) inDoubt = [];
      else if (turn.lookup.kind !== 'unavailable') inDoubt = leftAfter(askedMs);
      take(onLookupEnded(operation, turn.lookup, askedMs, context()));
    } else {
      const clear = { kind: 'clear', own: NO_EVIDENCE } as const;
      take(
        kind === 'charge'
          ? onVerified(operation, clear, context())
          : onReleasedLookedUp(operation, clear, context()),
      );
    }
    if (operation.step === 'none') break;
    nowMs += turn.laterMs;
  }
  return { broken, seen };
}

describe('with every contract that starts', () => {
  it('nothing is sent again without a kept key or proof, and nothing fails without proof', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyContract, anyStory, (contract, story) => {
        const { broken, seen: here } = walk(contract, story);
        for (const one of here) seen.add(`${story.kind}: ${one}`);
        expect(broken).toEqual([]);
      }),
      { numRuns: 5000, seed: 11 },
    );
    const ways = (kind: EffectKind) =>
      ['failed', 'failed by absence', 'sent again after proof', 'sent again under a kept key'].map(
        (way) => `${kind}: ${way}`,
      );
    expect([...seen].sort()).toEqual(KINDS.flatMap(ways).sort());
  });
});
