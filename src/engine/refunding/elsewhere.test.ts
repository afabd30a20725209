/** What somebody else refunded at the gateway: it grows, and it falls as soon as the gateway shows less. */
import { beforeEach, describe, expect, it } from 'vitest';
import { world } from '../../../test/support/fresh-world.ts';
import {
  createRefundingGateway,
  type RefundingGateway,
  type RefundingReplica,
  refundingReplica,
} from '../../../test/support/refunding.ts';
import { reset } from '../../../test/support/scripted-gateway.ts';
import type { RefundAnswer } from '../api.ts';

const HOUR = 3_600_000;

let gateway: RefundingGateway;
beforeEach(() => {
  gateway = createRefundingGateway();
});

/** A payment of 1,000, of which somebody else refunded 600. That was learnt when a refund of 900 was declined. */
async function with600Elsewhere(): Promise<RefundingReplica> {
  const replica = await refundingReplica(world, gateway);
  gateway.elsewhereMinor = 600;
  gateway.refundPlay = () => ({ kind: 'declined', code: 'amount_exceeds_charge' });
  await replica.refund({ refundId: 'declined', amountMinor: 900 });
  expect(await replica.sums()).toBe('1000/0/0/600');
  gateway.refundPlay = ({ book }) => book();
  return replica;
}

/** `SUCCEEDED`, the code of a problem, or the kind of the answer. */
function said(answer: RefundAnswer): string {
  if (answer.kind === 'settled') return answer.frozen.problem ?? 'SUCCEEDED';
  return answer.kind === 'problem' ? answer.code : answer.kind;
}

/** A payment of 1,000 with a refund of 300 that failed because its absence was proved. */
async function withReleased(): Promise<RefundingReplica> {
  gateway.refundPlay = () => reset;
  const replica = await refundingReplica(world, gateway, { policy: { maxAttempts: 1 } });
  const answer = await replica.refund({ refundId: 'released', amountMinor: 300 }, { waitMs: HOUR });
  expect(said(answer)).toBe('gateway_failed');
  gateway.refundPlay = () => ({ kind: 'declined', code: 'amount_exceeds_charge' });
  return replica;
}

/** The gateway makes the refund whose absence was proved, against its contract. */
function lands(): void {
  const [request] = gateway.refundCalls;
  if (request === undefined) throw new Error('nothing was sent');
  gateway.refundLedger.set(request.key, { ...request, id: 're_late', status: 'succeeded' });
}

describe('what somebody else refunded', () => {
  it('is learnt although one of ours failed without the gateway’s word, because that one is looked up first', async () => {
    const { refund, sums } = await withReleased();
    gateway.elsewhereMinor = 600;
    const looks = gateway.refundLookups.length;
    expect(said(await refund({ amountMinor: 900 }))).toBe('refund_declined');
    expect(await sums()).toBe('1000/0/0/600');
    // Once before it was sent, and once with the question.
    expect(gateway.refundLookups).toHaveLength(looks + 2);
  });

  it('is not learnt from a sum that has one of ours in it, which counted as failed', async () => {
    const { refund, sums } = await withReleased();
    gateway.elsewhereMinor = 600;
    gateway.refundPlay = () => {
      lands();
      return { kind: 'declined', code: 'amount_exceeds_charge' };
    };
    expect(said(await refund({ amountMinor: 900 }))).toBe('refund_declined');
    expect(await sums()).toBe('1000/0/0/0');
    await world.pass(HOUR);
    expect(await sums()).toBe('1000/0/300/0');
  });

  it('is not learnt while one of ours that failed without the gateway’s word cannot be looked up', async () => {
    const { refund, sums } = await withReleased();
    gateway.elsewhereMinor = 600;
    gateway.refundPlay = () => {
      gateway.refundLookup = () => ({ kind: 'unavailable', reason: 'timeout' });
      return { kind: 'declined', code: 'amount_exceeds_charge' };
    };
    expect(said(await refund({ amountMinor: 900 }))).toBe('refund_declined');
    expect(await sums()).toBe('1000/0/0/0');
  });

  it('that failed since holds up no refund', async () => {
    const { refund, sums } = await with600Elsewhere();
    gateway.elsewhereMinor = 0;
    expect(said(await refund({ amountMinor: 1000 }))).toBe('SUCCEEDED');
    expect(await sums()).toBe('1000/0/1000/0');
  });

  it('is asked about only if it holds up a refund', async () => {
    const { refund, sums } = await with600Elsewhere();
    const looks = gateway.refundLookups.length;
    gateway.refunds.refunded = () => Promise.reject(new Error('not asked'));
    expect(said(await refund({ amountMinor: 400 }))).toBe('SUCCEEDED');
    expect([await sums(), gateway.refundLookups.length]).toEqual(['1000/0/400/600', looks]);
  });

  it('in part makes room for what fits now', async () => {
    const { refund, sums } = await with600Elsewhere();
    gateway.elsewhereMinor = 200;
    expect(said(await refund({ refundId: 'too much', amountMinor: 801 }))).toBe('refund_exceeds_captured');
    expect(await sums()).toBe('1000/0/0/200');
    expect(said(await refund({ amountMinor: null }))).toBe('SUCCEEDED');
    expect(await sums()).toBe('1000/0/800/200');
  });

  it('that took everything is asked about by a refund of all that is left', async () => {
    const { refund, sums } = await with600Elsewhere();
    await refund({ refundId: 'rest', amountMinor: 400 });
    expect(said(await refund({ refundId: 'none', amountMinor: null }))).toBe('refund_exceeds_captured');
    gateway.elsewhereMinor = 0;
    expect(said(await refund({ refundId: 'all', amountMinor: null }))).toBe('SUCCEEDED');
    expect(await sums()).toBe('1000/0/1000/0');
  });

  it('was a refund of ours that the database had forgotten: it is found, and counts once', async () => {
    const { refund, sums } = await with600Elsewhere();
    const calls = gateway.refundCalls.length;
    gateway.refundLookup = (request) => {
      gateway.elsewhereMinor = 0;
      gateway.refundLedger.set(request.key, { ...request, id: 're_old', status: 'succeeded' });
      return { kind: 'succeeded', ref: 're_old' };
    };
    expect(said(await refund({ refundId: 'forgotten', amountMinor: 600 }))).toBe('SUCCEEDED');
    expect(gateway.refundCalls).toHaveLength(calls);
    gateway.refundLookup = null;
    await world.pass(2 * HOUR);
    expect(await sums()).toBe('1000/0/600/0');
    expect(said(await refund({ refundId: 'rest', amountMinor: 400 }))).toBe('SUCCEEDED');
  });

  it('is not believed to be less while another refund of ours is under way', async () => {
    const { refund, sums } = await with600Elsewhere();
    gateway.refundPlay = ({ book }) => book('pending');
    await refund({ refundId: 'pending', amountMinor: 300 });
    gateway.elsewhereMinor = 0;
    expect(said(await refund({ amountMinor: 200 }))).toBe('refund_exceeds_captured');
    expect(await sums()).toBe('1000/300/0/600');
  });

  it('is not believed to be less by what one of ours that failed meanwhile was', async () => {
    const { refund, sums } = await with600Elsewhere();
    await refund({ refundId: 'returned', amountMinor: 400 });
    for (const [key, one] of gateway.refundLedger)
      gateway.refundLedger.set(key, { ...one, status: 'failed' });
    gateway.elsewhereMinor = 300;
    expect(said(await refund({ amountMinor: 100 }))).toBe('refund_exceeds_captured');
    expect(await sums()).toBe('1000/0/400/600');
  });

  it('is asked about again while the gateway does not answer, and nothing is sent', async () => {
    const { refund, sums } = await with600Elsewhere();
    const { refunded } = gateway.refunds;
    const calls = gateway.refundCalls.length;
    gateway.refunds.refunded = () => Promise.resolve({ kind: 'unavailable', reason: 'timeout' });
    expect(said(await refund({ amountMinor: 1000 }))).toBe('unsettled');
    await world.pass(HOUR);
    expect([await sums(), gateway.refundCalls.length]).toEqual(['1000/1000/0/600', calls]);
    Object.assign(gateway.refunds, { refunded });
    gateway.elsewhereMinor = 0;
    await world.pass(HOUR);
    expect(await sums()).toBe('1000/0/1000/0');
  });

  it('stands where the gateway cannot be asked', async () => {
    gateway = createRefundingGateway({ lookup: false });
    const { refund, sums } = await with600Elsewhere();
    gateway.elsewhereMinor = 0;
    const refused = await refund({ amountMinor: 401 });
    expect(refused).toMatchObject({ kind: 'problem', code: 'refund_exceeds_captured' });
    expect(await sums()).toBe('1000/0/0/600');
  });
});
