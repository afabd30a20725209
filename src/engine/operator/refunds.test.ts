/** What an operator can do about a refund. */
import { beforeEach, describe, expect, it } from 'vitest';
import { world } from '../../../test/support/fresh-world.ts';
import { FAILED, isPaid, operator, SILENT, said } from '../../../test/support/operating.ts';
import {
  createRefundingGateway,
  type RefundingGateway,
  refundingReplica,
} from '../../../test/support/refunding.ts';
import { reset } from '../../../test/support/scripted-gateway.ts';

const DAY = 86_400_000;
const SLOW_SWEEPS = { limits: { sweepMs: 60_000 }, policy: { maxAttempts: 1 } };

let gateway: RefundingGateway;
beforeEach(() => {
  gateway = createRefundingGateway();
});

/** A refund of 400 in REVIEW: its call got no answer, and lookups give none. */
async function inReview() {
  const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
  gateway.refundPlay = () => reset;
  gateway.refundLookup = () => SILENT;
  await replica.refund({ amountMinor: 400 }, { waitMs: 10 });
  await world.pass(5 * DAY);
  const { paymentId } = replica;
  const read = () => world.ended(replica.engine.findRefund('default', paymentId, 'r1'));
  expect(await read()).toMatchObject({ status: 'REVIEW', actions: ['look_now', 'resolve'] });
  const trail = async () => {
    const events = replica.engine.refundEvents('default', paymentId, 'r1', { after: 0, limit: 500 });
    return ((await world.ended(events)) ?? []).map(({ type, detail }) =>
      detail === null ? type : `${type} ${detail}`,
    );
  };
  return { ...replica, ...operator(world, replica), read, trail };
}

describe('an operator’s word about a refund', () => {
  it('that it was made counts it, and its watch begins', async () => {
    const { resolve, read, sums, trail } = await inReview();
    expect(said(await resolve(isPaid('re_seen', 400), 'r1'))).toBe('refund REVIEW');
    await world.pass(1000);
    expect(await read()).toMatchObject({ status: 'SUCCEEDED', gatewayRef: 're_seen', actions: ['look_now'] });
    expect(await sums()).toBe('1000/0/400/0');
    expect((await trail()).slice(-3)).toEqual([
      'operator.wished succeeded by amira',
      'verify.started',
      'operator.settled succeeded by amira',
    ]);
  });

  it('that it failed frees its amount, and the next refund asks for it first', async () => {
    const { resolve, read, sums, refund } = await inReview();
    await resolve(FAILED, 'r1');
    await world.pass(1000);
    expect(await read()).toMatchObject({
      status: 'FAILED',
      failureCode: 'resolved_by_operator',
      actions: [],
    });
    expect(await sums()).toBe('1000/0/0/0');
    const looks = gateway.refundLookups.length;
    gateway.refundLookup = null;
    gateway.refundPlay = ({ book }) => book();
    expect(await refund({ amountMinor: 1000, refundId: 'r2' })).toMatchObject({ kind: 'settled' });
    expect(gateway.refundLookups.length).toBeGreaterThan(looks);
  });

  it('that it failed is refuted by the gateway, also later', async () => {
    const { resolve, sums, refund } = await inReview();
    await resolve(FAILED, 'r1');
    await world.pass(1000);
    const [request] = gateway.refundCalls;
    if (request === undefined) throw new Error('Nothing was called.');
    gateway.refundLookup = null;
    gateway.refundLedger.set(request.key, { ...request, id: 're_late', status: 'succeeded' });
    expect(await refund({ amountMinor: 1000, refundId: 'r2' })).toMatchObject({
      frozen: { problem: 'refund_exceeds_captured' },
    });
    await world.pass(DAY);
    expect(await sums()).toBe('1000/0/400/0');
  });

  it('about another amount, or about the payment that it is of, is refused', async () => {
    const { resolve } = await inReview();
    expect(said(await resolve(isPaid('re_seen', 1000), 'r1'))).toBe('amount_differs');
    expect(said(await resolve(isPaid()))).toBe('not_in_review');
  });
});

describe('look now', () => {
  it('asks for a refund at once, also for one that has succeeded and may still fail', async () => {
    const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
    await replica.refund({ amountMinor: 400 });
    const looks = gateway.refundLookups.length;
    expect(said(await operator(world, replica).lookNow('r1'))).toBe('refund SUCCEEDED');
    await world.pass(1000);
    expect(gateway.refundLookups).toHaveLength(looks + 1);
  });
});

describe('the actions of a payment', () => {
  it('offer a refund while something is left', async () => {
    const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
    const actions = async () =>
      (await world.ended(replica.engine.payment('default', replica.paymentId)))?.actions;
    expect(await actions()).toEqual(['refund']);
    await replica.refund();
    expect(await actions()).toEqual([]);
  });
});
