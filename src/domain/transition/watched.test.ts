/** What a lookup of a refund that has ended leads to. */
import { describe, expect, it } from 'vitest';
import { CONTRACT as contract, POLICY } from '../../../test/support/contract.ts';
import type { GatewayContract } from '../contract.ts';
import { type Operation, openOperation } from '../operation.ts';
import type { LookupOutcome } from '../outcomes.ts';
import {
  type Context,
  NO_EVIDENCE,
  onCallEnded,
  onLookupEnded,
  onReleasedLookedUp,
  onWatched,
} from './index.ts';

const START = 1_000_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function refund(changes: Partial<Operation> = {}): Operation {
  const opened = openOperation({
    kind: 'refund',
    n: 1,
    openedAtMs: START,
    calling: true,
    verifyFirst: false,
  });
  return { ...opened, ...changes };
}

const succeeded = refund({ status: 'COMPLETED', step: 'lookup', gatewayRef: 're_1' });
const failed = refund({ status: 'FAILED', step: 'none', failureCode: 'gateway_error' });

function at(afterMs: number, promised: Partial<GatewayContract> = {}): Context {
  return { policy: { ...POLICY, contract: { ...contract, ...promised } }, nowMs: START + afterMs, roll: 0.5 };
}

interface News {
  readonly moneyAtMs: number | null;
  readonly moneyRef: string | null;
  readonly sentUntilMs: number | null;
}

function watched(
  operation: Operation,
  outcome: LookupOutcome,
  news: News | null = null,
  context = at(2 * HOUR),
) {
  const { decision, checked } = onWatched(operation, outcome, { news, askedAtMs: context.nowMs }, context);
  const { next, event, alarm, waitMs, settled } = decision;
  return { status: next.status, event: event.type, alarm, waitMs, problem: settled?.problem, checked };
}

const money: News = { moneyAtMs: START, moneyRef: 're_9', sentUntilMs: null };

describe('a refund that succeeded', () => {
  it('stands, and is looked up again later: at most once a day, and not after 30 days', () => {
    const alive = { kind: 'succeeded', ref: 're_1' } as const;
    expect(watched(succeeded, alive)).toMatchObject({
      status: 'COMPLETED',
      event: 'refund.confirmed',
      waitMs: 2 * HOUR,
    });
    expect(watched(succeeded, alive, null, at(10 * DAY)).waitMs).toBe(DAY);
    expect(watched(succeeded, alive, null, at(30 * DAY)).waitMs).toBeNull();
  });

  it.each([
    [
      { kind: 'declined', code: 'account_closed', ref: 're_1' },
      'FAILED',
      'refund_failed_late',
      'refund_declined',
    ],
    [{ kind: 'reversed', refs: ['re_1'] }, 'FAILED', 'refund_failed_late', 'refund_declined'],
    [{ kind: 'duplicated', refs: ['re_1', 're_2'] }, 'COMPLETED', 'duplicate_refund', undefined],
    [{ kind: 'mismatch', ref: 're_1', reason: 'amount_mismatch' }, 'REVIEW', 'needs_review', undefined],
    [{ kind: 'pending', ref: 're_1' }, 'COMPLETED', undefined, undefined],
    [{ kind: 'absent' }, 'COMPLETED', undefined, undefined],
    [{ kind: 'unavailable', reason: 'timeout' }, 'COMPLETED', undefined, undefined],
    [{ kind: 'forbidden', reason: 'http_401' }, 'COMPLETED', 'gateway_forbidden', undefined],
  ] as const)('that looks like %j is then %s', (outcome, status, alarm, problem) => {
    expect(watched(succeeded, outcome)).toMatchObject({
      status,
      ...(alarm === undefined ? {} : { alarm }),
      problem,
    });
  });
});

describe('a charge that was approved', () => {
  it('is final, also if the clock was set back since it was opened', () => {
    const charge = openOperation({
      kind: 'charge',
      n: 1,
      openedAtMs: START,
      calling: true,
      verifyFirst: false,
    });
    const { next, waitMs } = onCallEnded(charge, { kind: 'approved', ref: 'ch_1' }, at(-30_000));
    expect({ step: next.step, waitMs }).toEqual({ step: 'none', waitMs: null });
  });
});

describe('a refund that succeeded, and of which a worker reported another id', () => {
  it.each([
    [{ kind: 'succeeded', ref: 're_1' }, at(HOUR)],
    [{ kind: 'absent' }, at(HOUR)],
    [{ kind: 'unavailable', reason: 'no_lookup' }, at(HOUR, { lookup: false })],
  ] as const)('was made twice, even if its lookup says %j', (outcome, context) => {
    expect(watched(succeeded, outcome, money, context)).toMatchObject({
      status: 'COMPLETED',
      event: 'verify.duplicate_found',
      alarm: 'duplicate_refund',
      checked: true,
    });
  });

  it('and that has failed since, has failed: that is what a person must learn', () => {
    const dead = { kind: 'declined', code: 'account_closed', ref: 're_1' } as const;
    expect(watched(succeeded, dead, money)).toMatchObject({ status: 'FAILED', alarm: 'refund_failed_late' });
  });

  it('was made once if the lookup shows that id, or if it is the same', () => {
    expect(watched(succeeded, { kind: 'succeeded', ref: 're_9' }, money).alarm).toBeUndefined();
    const same = { ...money, moneyRef: 're_1' };
    expect(watched(succeeded, { kind: 'succeeded', ref: 're_1' }, same).alarm).toBeUndefined();
  });
});

describe('a refund that counted as failed', () => {
  it.each([
    [{ kind: 'succeeded', ref: 're_1' }, 'COMPLETED', 'refund_landed_late'],
    [{ kind: 'pending', ref: 're_1' }, 'PROCESSING', 'refund_landed_late'],
    [{ kind: 'duplicated', refs: ['re_1', 're_2'] }, 'REVIEW', 'duplicate_refund'],
    [{ kind: 'declined', code: 'no', ref: 're_1' }, 'FAILED', undefined],
    [{ kind: 'reversed', refs: ['re_1'] }, 'FAILED', undefined],
    [{ kind: 'absent' }, 'FAILED', undefined],
  ] as const)('that looks like %j is then %s', (outcome, status, alarm) => {
    const result = watched(failed, outcome);
    expect(result).toMatchObject({ status, checked: true });
    expect(result.alarm).toBe(alarm);
  });

  it('keeps its evidence until the gateway answers', () => {
    const silent = { kind: 'unavailable', reason: 'timeout' } as const;
    const result = watched(failed, silent, money);
    expect(result).toMatchObject({ status: 'FAILED', checked: false });
    expect(result.waitMs).not.toBeNull();
  });

  it('is looked up again soon if an event had it looked up, and the gateway gives no answer', () => {
    const silent = { kind: 'unavailable', reason: 'timeout' } as const;
    const soon = { status: 'FAILED', waitMs: POLICY.lookupBaseMs };
    expect(watched(failed, silent)).toMatchObject(soon);
    expect(watched(failed, silent, null, at(40 * DAY))).toMatchObject(soon);
  });

  it('alarms a person if the gateway gives no answer about its evidence for too long', () => {
    const silent = { kind: 'unavailable', reason: 'timeout' } as const;
    expect(watched(failed, silent, money, at(POLICY.resolveForMs - 1)).alarm).toBeUndefined();
    expect(watched(failed, silent, money, at(POLICY.resolveForMs))).toMatchObject({
      status: 'FAILED',
      alarm: 'evidence_waits',
      waitMs: POLICY.reviewLookupMs,
      checked: false,
    });
  });

  it('is for a person if it was reported and is not found', () => {
    expect(watched(failed, { kind: 'absent' }, money)).toMatchObject({
      status: 'REVIEW',
      alarm: 'needs_review',
    });
  });

  it.each([{ kind: 'absent' }, { kind: 'declined', code: 'closed', ref: 're_1' }] as const)(
    'waits until what a worker may have sent after its lease can no longer land: $kind',
    (shown) => {
      const sent: News = { moneyAtMs: null, moneyRef: null, sentUntilMs: START };
      const promised = { landsWithinMs: 180_000, lookupLagMs: 0, declines: 'forgotten' } as const;
      const early = watched(failed, shown, sent, at(1000, promised));
      expect(early).toMatchObject({ status: 'FAILED', checked: false, waitMs: 179_001 });
      const late = watched(failed, shown, sent, at(180_001, promised));
      expect(late).toMatchObject({ status: 'FAILED', checked: true, waitMs: null });
    },
  );

  it('stands at once by a decline that is final', () => {
    const sent: News = { moneyAtMs: null, moneyRef: null, sentUntilMs: START };
    const shown = { kind: 'declined', code: 'closed', ref: 're_1' } as const;
    expect(watched(failed, shown, sent, at(1000))).toMatchObject({ status: 'FAILED', checked: true });
  });

  it('is for a person at once if the gateway cannot be asked', () => {
    const silent = { kind: 'unavailable', reason: 'no_lookup' } as const;
    const sent: News = { moneyAtMs: null, moneyRef: null, sentUntilMs: START };
    for (const news of [money, sent])
      expect(watched(failed, silent, news, at(HOUR, { lookup: false })).status).toBe('REVIEW');
    expect(watched(succeeded, silent, money, at(HOUR, { lookup: false }))).toMatchObject({
      status: 'COMPLETED',
      waitMs: null,
    });
  });
});

describe('a refund behind one that counts as failed', () => {
  it('ends if that one was made and nothing is left', () => {
    const waiting = refund({ step: 'verify', attempts: 0 });
    const { next, settled } = onReleasedLookedUp(waiting, { kind: 'exceeded', own: NO_EVIDENCE }, at(1000));
    expect(next).toMatchObject({ status: 'FAILED', failureCode: 'refund_exceeds_captured' });
    expect(settled).toEqual({ problem: 'refund_exceeds_captured', byAbsence: false });
  });

  it('ends if that one was made, also if it would fit: it may be the same refund once more', () => {
    const waiting = refund({ step: 'verify', attempts: 0 });
    const { next, settled } = onReleasedLookedUp(waiting, { kind: 'made', own: NO_EVIDENCE }, at(1000));
    expect(next).toMatchObject({ status: 'FAILED', failureCode: 'earlier_refund_found' });
    expect(settled).toEqual({ problem: 'earlier_refund_found', byAbsence: false });
  });

  it('is looked up, and not sent again, if it may have been sent itself', () => {
    const sent = refund({ step: 'verify', doubt: { kind: 'open', untilMs: START } });
    const { next } = onReleasedLookedUp(sent, { kind: 'exceeded', own: NO_EVIDENCE }, at(1000));
    expect(next).toMatchObject({ status: 'PROCESSING', step: 'lookup' });
  });

  it('is looked up if another worker may have sent it, for as long as that may land', () => {
    const waiting = refund({ step: 'verify', attempts: 0 });
    const own = { sentUntilMs: START + 5000, gatewayRef: null };
    const { next } = onReleasedLookedUp(waiting, { kind: 'exceeded', own }, at(1000));
    expect(next).toMatchObject({ step: 'lookup', doubt: { kind: 'open', untilMs: START + 5000 } });
  });

  it('is looked up before the one after it, if it was sent itself and proved absent', () => {
    const absent = refund({ step: 'verify', attempts: 1 });
    const { settled } = onReleasedLookedUp(absent, { kind: 'made', own: NO_EVIDENCE }, at(1000));
    expect(settled).toEqual({ problem: 'earlier_refund_found', byAbsence: true });
  });

  it('looks at that one again before it is sent again, if it was proved absent at a gateway without keys', () => {
    const sent = refund({ step: 'lookup', doubt: { kind: 'open', untilMs: START } });
    const later = at(70_000, { keys: 'none' });
    const { next, waitMs } = onLookupEnded(sent, { kind: 'absent' }, later.nowMs, later);
    expect(next).toMatchObject({ status: 'PROCESSING', step: 'verify', doubt: { kind: 'none' } });
    expect(waitMs).toBeGreaterThan(0);
  });
});
