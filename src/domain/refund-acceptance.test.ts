import { describe, expect, it } from 'vitest';
import { decideFollowUp, type FollowedPayment, type KnownFollowUp } from './follow-up-acceptance.ts';
import { PAYMENT_STATUSES } from './payment.ts';
import { admitRefund } from './refund-acceptance.ts';

const sums = { capturedMinor: 1000, refundingMinor: 0, refundedMinor: 0, elsewhereMinor: 0 };
const payment = (changes: Partial<FollowedPayment> = {}): FollowedPayment => ({
  status: 'COMPLETED',
  sums,
  authorizedMinor: 1000,
  offered: true,
  canAsk: true,
  ...changes,
});
const refund = (changes: Partial<KnownFollowUp> = {}): KnownFollowUp => ({
  isOther: false,
  askedMinor: 70,
  status: 'PROCESSING',
  accepted: false,
  answer: null,
  ...changes,
});
type Request = readonly [asked: Parameters<typeof decideFollowUp>[0], ...known: Known];
type Known = [{ readonly fingerprint: string } | null, KnownFollowUp | null, FollowedPayment | null];
const decideRefund = (...request: Request) => decideFollowUp(...request, admitRefund);
const asked = { amountMinor: 70, fingerprint: 'f1' };
const key = { fingerprint: 'f1' };

describe('a key that was seen', () => {
  it('with another request is refused before anything else', () => {
    const other = { fingerprint: 'f2' };
    expect(decideRefund(asked, other, null, null)).toEqual({ kind: 'key_reused' });
    expect(decideRefund(asked, other, refund({ answer: 'true' }), payment())).toEqual({ kind: 'key_reused' });
  });

  it('gets the frozen answer of its refund, or the truth where later proof refuted it', () => {
    const over = { status: 'FAILED' } as const;
    expect(decideRefund(asked, key, refund({ ...over, answer: 'true' }), payment())).toEqual({
      kind: 'replay',
    });
    expect(decideRefund(asked, key, refund({ ...over, answer: 'stale' }), payment())).toEqual({
      kind: 'superseded',
    });
  });
});

describe('a refund that is there', () => {
  it('is joined by whoever asks for the same', () => {
    expect(decideRefund(asked, null, refund(), payment())).toEqual({ kind: 'wait' });
    expect(decideRefund(asked, key, refund({ status: 'UNRESOLVED' }), payment())).toEqual({ kind: 'wait' });
  });

  it.each([
    ['accepted by the gateway', refund({ accepted: true })],
    ['in REVIEW', refund({ status: 'REVIEW' })],
    ['completed, its answer expired', refund({ status: 'COMPLETED' })],
    ['failed, its answer expired', refund({ status: 'FAILED' })],
  ])('is shown as it is: %s', (_what, known) => {
    expect(decideRefund(asked, null, known, payment())).toEqual({ kind: 'stands' });
  });

  it('keeps its amount: absent is another amount than all that was left', () => {
    expect(decideRefund({ ...asked, amountMinor: 71 }, null, refund(), payment())).toEqual({
      kind: 'conflict',
    });
    expect(decideRefund({ ...asked, amountMinor: null }, null, refund(), payment())).toEqual({
      kind: 'conflict',
    });
    const all = refund({ askedMinor: null });
    expect(decideRefund({ ...asked, amountMinor: null }, null, all, payment())).toEqual({ kind: 'wait' });
    expect(decideRefund({ ...asked, amountMinor: 1000 }, null, all, payment())).toEqual({ kind: 'conflict' });
  });
});

describe('a new refund', () => {
  it('is opened if it fits', () => {
    expect(decideRefund(asked, null, null, payment())).toEqual({
      kind: 'open',
      amountMinor: 70,
      verifyFirst: false,
    });
    const rest = payment({ sums: { ...sums, refundedMinor: 400, refundingMinor: 100 } });
    expect(decideRefund({ ...asked, amountMinor: null }, null, null, rest)).toEqual({
      kind: 'open',
      amountMinor: 500,
      verifyFirst: false,
    });
  });

  it('is verified first if only what somebody else refunded stands against it', () => {
    const taken = { ...sums, refundedMinor: 400, elsewhereMinor: 600 };
    expect(decideRefund(asked, null, null, payment({ sums: taken }))).toEqual({
      kind: 'open',
      amountMinor: 70,
      verifyFirst: true,
    });
    expect(decideRefund(asked, null, null, payment({ sums: taken, canAsk: false }))).toEqual({
      kind: 'refused',
      why: 'exceeds',
    });
  });

  it('is refused if it does not fit', () => {
    const rest = payment({ sums: { ...sums, refundedMinor: 950 } });
    expect(decideRefund(asked, null, null, rest)).toEqual({ kind: 'refused', why: 'exceeds' });
    const over = payment({ sums: { ...sums, refundedMinor: 1050 } });
    expect(decideRefund({ ...asked, amountMinor: null }, null, null, over)).toEqual({
      kind: 'refused',
      why: 'exceeds',
    });
  });

  it.each(PAYMENT_STATUSES.filter((status) => status !== 'COMPLETED'))(
    'of a payment in %s is refused',
    (status) => {
      expect(decideRefund(asked, null, null, payment({ status }))).toEqual({
        kind: 'refused',
        why: 'not_refundable',
      });
    },
  );

  it('of a payment that is not there, or at a gateway that takes none, is refused', () => {
    expect(decideRefund(asked, null, null, null)).toEqual({ kind: 'payment_not_found' });
    expect(decideRefund(asked, null, null, payment({ offered: false }))).toEqual({
      kind: 'refused',
      why: 'not_offered',
    });
  });
});
