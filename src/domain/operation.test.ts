import { describe, expect, it } from 'vitest';
import { isSettled, openOperation } from './operation.ts';

describe('a charge that was just opened', () => {
  const opened = (calling: boolean, verifyFirst: boolean) =>
    openOperation({ kind: 'charge', n: 3, openedAtMs: 7, calling, verifyFirst });
  const fresh = {
    kind: 'charge',
    n: 3,
    status: 'PROCESSING',
    step: 'call',
    attempts: 0,
    doubt: { kind: 'none' },
    openedAtMs: 7,
    giveUpAfterS: null,
    firstSentAtMs: null,
    declineCode: null,
    lookups: 0,
    unresolvedSinceMs: null,
    failureCode: null,
    gatewayRef: null,
  };

  it('counts the call that is sent under the claim that opens it', () => {
    expect(opened(true, false)).toEqual({ ...fresh, attempts: 1, firstSentAtMs: 7 });
  });

  it('counts no call if none may start yet', () => {
    expect(opened(false, false)).toEqual(fresh);
  });

  it.each([true, false])('sends nothing before earlier charges were looked up (claimed: %s)', (calling) => {
    expect(opened(calling, true)).toEqual({ ...fresh, step: 'verify' });
  });
});

it('only COMPLETED and FAILED are settled', () => {
  const statuses = ['PROCESSING', 'UNRESOLVED', 'REVIEW', 'COMPLETED', 'FAILED'] as const;
  expect(statuses.map(isSettled)).toEqual([false, false, false, true, true]);
});
