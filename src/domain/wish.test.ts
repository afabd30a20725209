import { describe, expect, it } from 'vitest';
import { decideWish, type KnownWish, type Wish, type WishEnd, type WishedOperation } from './wish.ts';

const FAILED: Wish = { outcome: 'failed', actor: 'amira' };
const PAID: Wish = { outcome: 'completed', gatewayRef: 'ch_1', amountMinor: 100, actor: 'amira' };
const REVIEW: WishedOperation = { n: 2, status: 'REVIEW', amountMinor: 100, mayDiffer: false, held: false };

function earlier(wish: Wish, end: WishEnd | null, n = 2): KnownWish {
  return { wish, end, n, refutedBefore: false };
}

function verdict(wish: Wish, operation: Partial<WishedOperation>, last: KnownWish | null = null): string {
  return decideWish(wish, { ...REVIEW, ...operation }, last).kind;
}

describe('an operator’s word', () => {
  it.each(['PROCESSING', 'UNRESOLVED', 'COMPLETED', 'FAILED'] as const)('is not taken about %s', (status) => {
    expect(verdict(FAILED, { status })).toBe('not_in_review');
    expect(verdict(FAILED, { status }, earlier(FAILED, null))).toBe('not_in_review');
    expect(verdict(FAILED, { status }, earlier(FAILED, 'refuted'))).toBe('not_in_review');
    expect(verdict(FAILED, { status }, earlier(FAILED, 'carried_out', 1))).toBe('not_in_review');
  });

  it('is taken in REVIEW, for the amount that was asked for', () => {
    expect(verdict(FAILED, {})).toBe('make');
    expect(verdict(PAID, {})).toBe('make');
    expect(verdict(PAID, { amountMinor: 101 })).toBe('amount_differs');
    expect(verdict(FAILED, { amountMinor: 101 })).toBe('make');
  });

  it('is taken for another amount only where the gateway has shown another one', () => {
    expect(verdict({ ...PAID, amountMinor: 101 }, { mayDiffer: true })).toBe('make');
  });

  it('waits while a worker asks the gateway', () => {
    expect(verdict(FAILED, { held: true })).toBe('busy');
    expect(verdict({ ...PAID, amountMinor: 1 }, { held: true })).toBe('amount_differs');
  });

  it('joins an open one that says the same, whoever says it and even if it is being decided', () => {
    expect(verdict({ ...FAILED, actor: 'ben' }, { held: true }, earlier(FAILED, null))).toBe('join');
    expect(verdict(PAID, {}, earlier(PAID, null))).toBe('join');
  });

  it('conflicts with an open one that says something else', () => {
    expect(verdict(FAILED, {}, earlier(PAID, null))).toBe('conflict');
    expect(verdict(PAID, {}, earlier(FAILED, null))).toBe('conflict');
    expect(verdict({ ...PAID, gatewayRef: 'ch_2' }, {}, earlier(PAID, null))).toBe('conflict');
    expect(verdict({ ...PAID, amountMinor: 99 }, {}, earlier(PAID, null))).toBe('conflict');
  });

  it.each(['carried_out', 'confirmed'] as const)('joins or conflicts with one that was %s', (end) => {
    expect(verdict(FAILED, { status: 'FAILED' }, earlier(FAILED, end))).toBe('join');
    expect(verdict(PAID, { status: 'FAILED' }, earlier(FAILED, end))).toBe('conflict');
    expect(verdict(PAID, { status: 'COMPLETED' }, earlier(PAID, end))).toBe('join');
  });

  it('is taken again after one was refuted, in a new review, and about another charge', () => {
    expect(verdict(PAID, {}, earlier(FAILED, 'refuted'))).toBe('make');
    expect(verdict(PAID, {}, earlier(FAILED, 'carried_out'))).toBe('make');
    expect(verdict(PAID, {}, earlier(FAILED, null, 1))).toBe('make');
  });
});
