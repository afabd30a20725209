import { describe, expect, it } from 'vitest';
import {
  judgeRefundCall,
  judgeRefundLookup,
  type RefundRequest,
  type ReportedRefund,
} from './refund-outcomes.ts';

const request: RefundRequest = {
  key: 'key',
  reference: 'order',
  orderId: 'o1',
  accountId: 'default',
  installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
  chargeRef: 'ch',
  amountMinor: 400,
  currency: 'USD',
};
const reported = (changes: Partial<ReportedRefund> = {}): ReportedRefund => ({
  id: 're',
  status: 'succeeded',
  amountMinor: 400,
  currency: 'USD',
  reference: 'order',
  key: 'key',
  chargeRef: 'ch',
  ...changes,
});
/** All statuses of a refund that gives no money back, now or ever. */
const UNDONE = ['pending', 'failed', 'canceled'] as const;
/** The first difference counts. */
const DIFFERENCES: [string, Partial<ReportedRefund>][] = [
  ['reference_mismatch', { reference: 'other', chargeRef: 'other', amountMinor: 1 }],
  ['charge_mismatch', { chargeRef: 'other', amountMinor: 1, currency: 'EUR' }],
  ['amount_mismatch', { amountMinor: 401, currency: 'EUR' }],
  ['currency_mismatch', { currency: 'EUR' }],
];

describe('the refund in the answer to a call', () => {
  it('is believed if it equals the request exactly', () => {
    expect(judgeRefundCall(request, reported())).toEqual({ kind: 'approved', ref: 're' });
    expect(judgeRefundCall(request, reported({ status: 'pending' }))).toEqual({ kind: 'pending', ref: 're' });
  });

  it.each(['failed', 'canceled'] as const)('that %s is declined, with its code or its status', (status) => {
    const declined = { kind: 'declined', ref: 're' };
    const refund = reported({ status });
    expect(judgeRefundCall(request, refund)).toEqual({ ...declined, code: status });
    expect(judgeRefundCall(request, { ...refund, code: 'no_funds' })).toEqual({
      ...declined,
      code: 'no_funds',
    });
  });

  it('with another key says nothing, not even that the call was answered', () => {
    for (const status of ['succeeded', ...UNDONE] as const) {
      expect(judgeRefundCall(request, reported({ status, key: 'other' }))).toEqual({
        kind: 'unknown',
        answered: false,
        reason: 'answer_about_another_key',
      });
    }
  });

  it.each(DIFFERENCES)('with a %s is a mismatch if it succeeded, and unknown otherwise', (reason, other) => {
    expect(judgeRefundCall(request, reported(other))).toEqual({ kind: 'mismatch', ref: 're', reason });
    for (const status of UNDONE) {
      const outcome = judgeRefundCall(request, reported({ ...other, status }));
      expect(outcome).toEqual({ kind: 'unknown', answered: true, reason });
    }
  });
});

/** As an adapter in plain JavaScript may pass it on. The first three are words of charges. */
const WORDS = ['declined', 'refunded', 'voided', 'requires_action', 'SUCCEEDED', '', undefined, null];
const worded = (status: unknown) => reported({ status: status as 'succeeded' });

describe('a status that a refund cannot have', () => {
  it.each(WORDS)('%s: no answer to a call', (status) => {
    expect(judgeRefundCall(request, worded(status))).toEqual({
      kind: 'unknown',
      answered: false,
      reason: 'status_unknown',
    });
  });

  it.each(WORDS)('%s: no answer to a lookup, whatever else it found', (status) => {
    for (const others of [[], [reported()], [reported({ status: 'failed' })]]) {
      expect(judgeRefundLookup(request, [...others, worded(status)])).toEqual({
        kind: 'unavailable',
        reason: 'status_unknown',
      });
    }
  });
});

describe('the mode of a refund', () => {
  it.each([true, false])('that differs from the gateway’s (%s) is a mismatch', (livemode) => {
    const other = reported({ livemode: !livemode });
    const reason = 'livemode_mismatch';
    expect(judgeRefundCall(request, other, livemode)).toEqual({ kind: 'mismatch', ref: 're', reason });
    expect(judgeRefundLookup(request, [other], livemode)).toEqual({ kind: 'mismatch', ref: 're', reason });
    for (const status of UNDONE) {
      expect(judgeRefundCall(request, { ...other, status }, livemode)).toMatchObject({
        kind: 'unknown',
        reason,
      });
      expect(judgeRefundLookup(request, [{ ...other, status }], livemode)).toEqual({
        kind: 'unavailable',
        reason,
      });
    }
  });

  it.each([true, false])('is accepted if it is absent or the gateway’s own (%s)', (livemode) => {
    for (const refund of [reported(), reported({ livemode })]) {
      expect(judgeRefundCall(request, refund, livemode)).toMatchObject({ kind: 'approved' });
      expect(judgeRefundLookup(request, [refund], livemode)).toMatchObject({ kind: 'succeeded' });
    }
  });
});

describe('what a lookup of a refund found', () => {
  it('nothing', () => {
    expect(judgeRefundLookup(request, [])).toEqual({ kind: 'absent' });
  });

  it.each([{ key: 'other' }, { reference: 'other' }])(
    'with another refund in it is no answer: %j',
    (other) => {
      for (const found of [[reported(other)], [reported(), reported(other)]]) {
        expect(judgeRefundLookup(request, found)).toEqual({
          kind: 'unavailable',
          reason: 'answer_about_another_refund',
        });
      }
    },
  );

  it('one that succeeded: ours, or one with other terms', () => {
    expect(judgeRefundLookup(request, [reported()])).toEqual({ kind: 'succeeded', ref: 're' });
    for (const [reason, other] of DIFFERENCES.slice(1)) {
      expect(judgeRefundLookup(request, [reported(other)])).toEqual({ kind: 'mismatch', ref: 're', reason });
    }
  });

  it.each(DIFFERENCES.slice(1))(
    'one that gave nothing back, with a %s: it says nothing about ours',
    (reason, other) => {
      for (const status of UNDONE) {
        const theirs = reported({ ...other, status });
        for (const found of [[theirs], [reported({ status: 'failed' }), theirs]]) {
          expect(judgeRefundLookup(request, found)).toMatchObject({ kind: 'unavailable', reason });
        }
        expect(judgeRefundLookup(request, [theirs, reported()])).toMatchObject({ kind: 'succeeded' });
      }
    },
  );

  it('several that succeeded: all their ids', () => {
    const found = [reported({ id: 'a' }), reported({ id: 'p', status: 'pending' }), reported({ id: 'b' })];
    expect(judgeRefundLookup(request, found)).toEqual({ kind: 'duplicated', refs: ['a', 'b'] });
  });

  it('one that succeeded counts before a pending one, a pending one before one that failed', () => {
    const failed = reported({ id: 'f', status: 'failed', code: 'no_funds' });
    const canceled = reported({ id: 'c', status: 'canceled' });
    const pending = reported({ id: 'p', status: 'pending' });
    expect(judgeRefundLookup(request, [failed, pending, reported()])).toEqual({
      kind: 'succeeded',
      ref: 're',
    });
    expect(judgeRefundLookup(request, [failed, pending])).toEqual({ kind: 'pending', ref: 'p' });
    expect(judgeRefundLookup(request, [failed, canceled])).toEqual({
      kind: 'declined',
      code: 'no_funds',
      ref: 'f',
    });
    expect(judgeRefundLookup(request, [canceled])).toEqual({ kind: 'declined', code: 'canceled', ref: 'c' });
  });
});
