import { describe, expect, it } from 'vitest';
import { CONTRACT as contract } from '../../test/support/contract.ts';
import { FULL_TRUST } from './clock-trust.ts';
import { type Doubt, type Operation, openOperation } from './operation.ts';
import type { Policy } from './policy.ts';
import { absenceProof, forgottenProof } from './proof.ts';

const proved = { kind: 'proved' };
const answered: Doubt = { kind: 'answered', untilMs: 1000 };
const open: Doubt = { kind: 'open', untilMs: 1000 };

function judge(
  doubt: Doubt,
  askedAtMs: number,
  lookupLagMs: number,
  changes: Partial<Operation> = {},
  terms: Partial<Policy> = {},
) {
  const fresh = openOperation({ kind: 'charge', n: 1, openedAtMs: 0, calling: true, verifyFirst: false });
  return absenceProof({ ...fresh, doubt, ...changes }, askedAtMs, {
    contract: { ...contract, lookupLagMs },
    restoredAtMs: null,
    leaseMs: 15_000,
    ...terms,
  });
}

describe('a lookup that finds nothing', () => {
  it('proves at once that nothing was charged if no call was executed', () => {
    expect(judge({ kind: 'none' }, 0, 500)).toEqual(proved);
  });

  it('proves it at once for answered calls if the lookup has no lag', () => {
    expect(judge(answered, 0, 0)).toEqual(proved);
  });

  it('proves it for answered calls only after the lag', () => {
    expect(judge(answered, 1500, 500)).toEqual({ kind: 'from', atMs: 1500 });
    expect(judge(answered, 1501, 500)).toEqual(proved);
  });

  it('proves it for open calls only when they can no longer land, and then after the lag', () => {
    expect(judge(open, 61_000, 0)).toEqual({ kind: 'from', atMs: 61_000 });
    expect(judge(open, 61_001, 0)).toEqual(proved);
    expect(judge(open, 61_500, 500)).toEqual({ kind: 'from', atMs: 61_500 });
    expect(judge(open, 61_501, 500)).toEqual(proved);
  });

  it('proves nothing after a restore while a forgotten call can land, which may have been sent under an old lease', () => {
    const none: Doubt = { kind: 'none' };
    const restored = { restoredAtMs: 1000 };
    expect(judge(none, 76_000, 0, {}, restored)).toEqual({ kind: 'from', atMs: 76_000 });
    expect(judge(none, 76_001, 0, {}, restored)).toEqual(proved);
    // What the database itself knows stays proof.
    const later: Doubt = { kind: 'answered', untilMs: 500_000 };
    expect(judge(later, 500_001, 0, {}, restored)).toEqual(proved);
    expect(judge({ ...open, untilMs: 90_000 }, 100_000, 0, {}, restored)).toEqual({
      kind: 'from',
      atMs: 150_000,
    });
  });

  it('does not wait again after each time without contact: nobody writes the time of the restore', () => {
    const terms = { contract: { ...contract, lookupLagMs: 0 }, restoredAtMs: 1000, leaseMs: 15_000 };
    const trust = { ...FULL_TRUST, agreedSinceMs: 50_000, countFromMs: 65_000, writtenFromMs: 200_000 };
    expect(forgottenProof(125_000, terms, trust)).toEqual({ kind: 'from', atMs: 125_000 });
    expect(forgottenProof(125_001, terms, trust)).toEqual(proved);
  });

  it('proves nothing about a charge that the gateway named', () => {
    expect(judge({ kind: 'none' }, 1e9, 0, { gatewayRef: 'ch' })).toEqual({ kind: 'never' });
  });
});
