import { describe, expect, it } from 'vitest';
import { type ChargeRequest, judgeCall, judgeLookup, type ReportedCharge } from './outcomes.ts';

const request: ChargeRequest = {
  key: 'key',
  reference: 'ref',
  orderId: 'o1',
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
  it('that names another key says nothing, not even that the call was answered', () => {
    for (const status of ['succeeded', 'pending', 'declined'] as const) {
      expect(judgeCall(request, reported({ status, key: 'other' }))).toEqual({
        kind: 'unknown',
        answered: false,
        reason: 'answer_about_another_key',
      });
    }
  });

  it('is believed where it is ours to the letter', () => {
    expect(judgeCall(request, reported())).toEqual({ kind: 'approved', chargeId: 'ch' });
    expect(judgeCall(request, reported({ status: 'pending' }))).toEqual({ kind: 'pending', chargeId: 'ch' });
    expect(judgeCall(request, reported({ status: 'declined', code: 'no_funds' }))).toEqual({
      kind: 'declined',
      code: 'no_funds',
      chargeId: 'ch',
    });
  });

  it('is declined without a reason where none is given', () => {
    expect(judgeCall(request, reported({ status: 'declined' }))).toMatchObject({ code: 'declined' });
  });

  it.each(DIFFERENCES)(
    'with a %s is money for something else, or else an unknown answer',
    (reason, other) => {
      expect(judgeCall(request, reported(other))).toEqual({ kind: 'mismatch', chargeId: 'ch', reason });
      for (const status of ['pending', 'declined'] as const) {
        expect(judgeCall(request, reported({ ...other, status }))).toEqual({
          kind: 'unknown',
          answered: true,
          reason,
        });
      }
    },
  );
});

describe('what a lookup found', () => {
  it('nothing', () => {
    expect(judgeLookup(request, [])).toEqual({ kind: 'absent' });
  });

  it.each([{ key: 'other' }, { reference: 'other' }])(
    'with anything foreign in it is no answer: %j',
    (other) => {
      for (const found of [[reported(other)], [reported(), reported(other)]]) {
        expect(judgeLookup(request, found)).toEqual({
          kind: 'unavailable',
          reason: 'answer_about_another_charge',
        });
      }
    },
  );

  it('one live charge: ours, or another than was asked for', () => {
    expect(judgeLookup(request, [reported()])).toEqual({ kind: 'succeeded', chargeId: 'ch' });
    expect(judgeLookup(request, [reported({ amountMinor: 1 })])).toEqual({
      kind: 'mismatch',
      chargeId: 'ch',
      reason: 'amount_mismatch',
    });
  });

  it('several live charges: all their ids', () => {
    const pending = reported({ id: 'p', status: 'pending' });
    expect(judgeLookup(request, [reported({ id: 'a' }), pending, reported({ id: 'b' })])).toEqual({
      kind: 'duplicated',
      chargeIds: ['a', 'b'],
    });
  });

  it('a live charge counts before a pending one, a pending one before a declined one', () => {
    const declined = reported({ id: 'd', status: 'declined', code: 'no_funds' });
    const pending = reported({ id: 'p', status: 'pending' });
    expect(judgeLookup(request, [declined, pending, reported()])).toEqual({
      kind: 'succeeded',
      chargeId: 'ch',
    });
    expect(judgeLookup(request, [declined, pending])).toEqual({ kind: 'pending', chargeId: 'p' });
    expect(judgeLookup(request, [declined])).toEqual({ kind: 'declined', code: 'no_funds', chargeId: 'd' });
    expect(judgeLookup(request, [reported({ status: 'declined' })])).toMatchObject({ code: 'declined' });
  });
});
