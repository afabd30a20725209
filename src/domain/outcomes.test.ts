import { describe, expect, it } from 'vitest';
import { type ChargeRequest, judgeCall, judgeLookup, onAnyTerms, type ReportedCharge } from './outcomes.ts';

const request: ChargeRequest = {
  key: 'key',
  reference: 'ref',
  orderId: 'o1',
  accountId: 'default',
  installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
  amountMinor: 1000,
  currency: 'USD',
};
const reported = (changes: Partial<ReportedCharge> = {}): ReportedCharge => ({
  id: 'ch',
  status: 'succeeded',
  amountMinor: 1000,
  currency: 'USD',
  reference: 'ref',
  key: 'key',
  ...changes,
});
const DIFFERENCES: [string, Partial<ReportedCharge>][] = [
  ['reference_mismatch', { reference: 'other', amountMinor: 1, currency: 'EUR' }],
  ['amount_mismatch', { amountMinor: 1001, currency: 'EUR' }],
  ['currency_mismatch', { currency: 'EUR' }],
];

describe('the charge in the answer to a call', () => {
  it('with another key says nothing, not even that the call was answered', () => {
    for (const status of ['succeeded', 'pending', 'declined'] as const) {
      expect(judgeCall(request, reported({ status, key: 'other' }))).toEqual({
        kind: 'unknown',
        answered: false,
        reason: 'answer_about_another_key',
      });
    }
  });

  it('is believed if it equals the request exactly', () => {
    expect(judgeCall(request, reported())).toEqual({ kind: 'approved', ref: 'ch' });
    expect(judgeCall(request, reported({ status: 'pending' }))).toEqual({ kind: 'pending', ref: 'ch' });
    expect(judgeCall(request, reported({ status: 'declined', code: 'no_funds' }))).toEqual({
      kind: 'declined',
      code: 'no_funds',
      ref: 'ch',
    });
  });

  it('is declined with the code `declined` if none is given', () => {
    expect(judgeCall(request, reported({ status: 'declined' }))).toMatchObject({ code: 'declined' });
  });

  it('is a mismatch if it was to be captured at once and another sum was', () => {
    const mismatch = { kind: 'mismatch', ref: 'ch', reason: 'capture_mismatch' };
    for (const capturedMinor of [1, 999, 1001]) {
      expect(judgeCall(request, reported({ capturedMinor }))).toEqual(mismatch);
      expect(judgeLookup(request, [reported({ capturedMinor })])).toEqual(mismatch);
    }
    expect(judgeCall(request, reported({ capturedMinor: 1000 }))).toEqual({ kind: 'approved', ref: 'ch' });
    expect(judgeLookup(request, [reported({ status: 'declined', capturedMinor: 1 })])).toMatchObject({
      kind: 'declined',
    });
  });

  it.each(DIFFERENCES)('with a %s is a mismatch if approved, and unknown otherwise', (reason, other) => {
    expect(judgeCall(request, reported(other))).toEqual({ kind: 'mismatch', ref: 'ch', reason });
    for (const status of ['pending', 'declined'] as const) {
      expect(judgeCall(request, reported({ ...other, status }))).toEqual({
        kind: 'unknown',
        answered: true,
        reason,
      });
    }
  });
});

/** As an adapter in plain JavaScript may pass it on. */
const WORDS = ['captured', 'SUCCEEDED', 'processing', 'reversed', '', undefined, null];
const worded = (status: unknown) => reported({ status: status as 'succeeded' });

describe('a status that the protocol does not have', () => {
  it.each(WORDS)('%s: no answer to a call', (status) => {
    expect(judgeCall(request, worded(status))).toEqual({
      kind: 'unknown',
      answered: false,
      reason: 'status_unknown',
    });
  });

  it.each(WORDS)('%s: no answer to a lookup, whatever else it found', (status) => {
    for (const others of [[], [reported()], [reported({ status: 'declined' })]]) {
      expect(judgeLookup(request, [...others, worded(status)])).toEqual({
        kind: 'unavailable',
        reason: 'status_unknown',
      });
    }
  });
});

describe('a charge that was taken back', () => {
  const REVERSED = ['refunded', 'voided', 'canceled'] as const;
  const one = (status: (typeof REVERSED)[number], changes: Partial<ReportedCharge> = {}) =>
    reported({ id: 'back', status, ...changes });

  it.each(REVERSED)('(%s) is no answer to a call: a lookup must follow', (status) => {
    expect(judgeCall(request, one(status))).toEqual({
      kind: 'unknown',
      answered: false,
      reason: 'status_unknown',
    });
  });

  it.each(REVERSED)('(%s) is not live, whatever its terms were', (status) => {
    const back = { kind: 'reversed', refs: ['back'] };
    expect(judgeLookup(request, [one(status)])).toEqual(back);
    expect(judgeLookup(request, [one(status, { amountMinor: 7 })])).toEqual(back);
    expect(judgeLookup(request, [one(status, { currency: 'EUR' })])).toEqual(back);
    expect(judgeLookup(request, [one(status), reported({ id: 'no', status: 'declined' })])).toEqual(back);
  });

  it('was captured before, if it was authorised first and the gateway shows the sum', () => {
    const manual = { ...request, captureMethod: 'manual' } as const;
    const refunded = one('refunded', { capturedMinor: 40 });
    const captured = { ref: 'back', amountMinor: 40 };
    expect(judgeLookup(manual, [one('voided', { id: 'twin' }), refunded])).toEqual({
      kind: 'reversed',
      refs: ['twin', 'back'],
      captured,
    });
    for (const [asked, shown] of [
      [request, refunded],
      [manual, one('refunded')],
      [manual, one('voided', { capturedMinor: 40 })],
      [manual, one('refunded', { capturedMinor: 40, currency: 'EUR' })],
    ] as const)
      expect(judgeLookup(asked, [shown])).toEqual({ kind: 'reversed', refs: ['back'] });
  });

  it('does not hide one that is live, or that may become live', () => {
    expect(judgeLookup(request, [one('refunded'), reported()])).toEqual({
      kind: 'succeeded',
      ref: 'ch',
    });
    expect(judgeLookup(request, [one('refunded'), reported({ status: 'pending' })])).toEqual({
      kind: 'pending',
      ref: 'ch',
    });
    expect(judgeLookup(request, [one('refunded'), one('voided', { id: 'other' })])).toEqual({
      kind: 'reversed',
      refs: ['back', 'other'],
    });
  });

  it('in the other mode, or of another key, says nothing about ours', () => {
    expect(judgeLookup(request, [one('refunded', { livemode: false })], true)).toMatchObject({
      kind: 'unavailable',
    });
    expect(judgeLookup(request, [one('refunded', { key: 'other' })])).toMatchObject({ kind: 'unavailable' });
  });
});

describe('the mode of a charge', () => {
  it.each([true, false])('that differs from the gateway’s (%s) is a mismatch', (livemode) => {
    const other = reported({ livemode: !livemode });
    const reason = 'livemode_mismatch';
    expect(judgeCall(request, other, livemode)).toEqual({ kind: 'mismatch', ref: 'ch', reason });
    expect(judgeLookup(request, [other], livemode)).toEqual({ kind: 'mismatch', ref: 'ch', reason });
    for (const status of ['pending', 'declined'] as const) {
      expect(judgeCall(request, { ...other, status }, livemode)).toMatchObject({ kind: 'unknown', reason });
      expect(judgeLookup(request, [{ ...other, status }], livemode)).toEqual({
        kind: 'unavailable',
        reason,
      });
    }
  });

  it.each([true, false])('is accepted if it is absent or the gateway’s own (%s)', (livemode) => {
    for (const charge of [reported(), reported({ livemode })]) {
      expect(judgeCall(request, charge, livemode)).toMatchObject({ kind: 'approved' });
      expect(judgeLookup(request, [charge], livemode)).toMatchObject({ kind: 'succeeded' });
    }
  });
});

describe('what a lookup found', () => {
  it('nothing', () => {
    expect(judgeLookup(request, [])).toEqual({ kind: 'absent' });
  });

  it.each([{ key: 'other' }, { reference: 'other' }])(
    'with another charge in it is no answer: %j',
    (other) => {
      for (const found of [[reported(other)], [reported(), reported(other)]]) {
        expect(judgeLookup(request, found)).toEqual({
          kind: 'unavailable',
          reason: 'answer_about_another_charge',
        });
      }
    },
  );

  it('one live charge: ours, or one with other terms', () => {
    expect(judgeLookup(request, [reported()])).toEqual({ kind: 'succeeded', ref: 'ch' });
    expect(judgeLookup(request, [reported({ amountMinor: 1 })])).toEqual({
      kind: 'mismatch',
      ref: 'ch',
      reason: 'amount_mismatch',
    });
  });

  it.each([{ amountMinor: 1 }, { currency: 'EUR' }])(
    'a declined or pending charge with other terms (%j) says nothing about ours',
    (other) => {
      for (const status of ['declined', 'pending'] as const) {
        const theirs = reported({ ...other, status });
        for (const found of [[theirs], [reported({ status: 'declined' }), theirs]]) {
          expect(judgeLookup(request, found)).toMatchObject({ kind: 'unavailable' });
        }
        expect(judgeLookup(request, [theirs, reported()])).toMatchObject({ kind: 'succeeded' });
      }
    },
  );

  it.each([{ amountMinor: 1 }, { currency: 'EUR' }])(
    'a declined charge with other terms (%j): its id, for a charge whose terms are forgotten',
    (other) => {
      const theirs = reported({ ...other, id: 'd', status: 'declined' });
      for (const found of [[theirs], [reported({ status: 'declined' }), theirs]]) {
        const outcome = judgeLookup(request, found, true);
        expect(outcome).toMatchObject({ kind: 'unavailable', declinedRef: 'd' });
        expect(onAnyTerms(outcome)).toMatchObject({ kind: 'declined', ref: 'd' });
      }
      const open = [
        [theirs, reported({ status: 'pending' })],
        [reported({ ...other, status: 'pending' }), theirs],
        [{ ...theirs, livemode: false }],
      ];
      for (const found of open) {
        const outcome = judgeLookup(request, found, true);
        expect(outcome).toMatchObject({ kind: 'unavailable' });
        expect(onAnyTerms(outcome)).toBe(outcome);
      }
    },
  );

  it('several live charges: all their ids', () => {
    const pending = reported({ id: 'p', status: 'pending' });
    expect(judgeLookup(request, [reported({ id: 'a' }), pending, reported({ id: 'b' })])).toEqual({
      kind: 'duplicated',
      refs: ['a', 'b'],
    });
  });

  it('a live charge counts before a pending one, a pending one before a declined one', () => {
    const declined = reported({ id: 'd', status: 'declined', code: 'no_funds' });
    const pending = reported({ id: 'p', status: 'pending' });
    expect(judgeLookup(request, [declined, pending, reported()])).toEqual({
      kind: 'succeeded',
      ref: 'ch',
    });
    expect(judgeLookup(request, [declined, pending])).toEqual({ kind: 'pending', ref: 'p' });
    expect(judgeLookup(request, [declined])).toEqual({ kind: 'declined', code: 'no_funds', ref: 'd' });
    expect(judgeLookup(request, [reported({ status: 'declined' })])).toMatchObject({ code: 'declined' });
  });
});
