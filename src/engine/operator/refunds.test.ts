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
const NO_ON_OTHER_TERMS = {
  kind: 'unavailable',
  reason: 'currency_mismatch',
  declinedRef: 're_other',
} as const;
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

/** A refund of 400 in REVIEW, because the gateway has made it with another amount. */
async function withAnotherAmount(amountMinor = 450) {
  gateway.refundPlay = ({ request }) => {
    gateway.refundLedger.set(request.key, { ...request, amountMinor, id: 're_other', status: 'succeeded' });
    return { kind: 'mismatch', ref: 're_other', reason: 'amount_mismatch' };
  };
  const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
  await replica.refund({ amountMinor: 400 });
  gateway.refundPlay = ({ book }) => book();
  const read = () => world.ended(replica.engine.findRefund('default', replica.paymentId, 'r1'));
  expect(await read()).toMatchObject({ status: 'REVIEW', failureCode: 'amount_mismatch' });
  const alarms = () =>
    replica.logged.flatMap(({ fields: { alarm } }) => (alarm === undefined ? [] : [alarm]));
  return { ...replica, ...operator(world, replica), read, alarms };
}

describe('a refund that the gateway has made with another amount', () => {
  it('succeeds with that amount, if the gateway shows it once more', async () => {
    const { resolve, read, sums, refund } = await withAnotherAmount();
    expect(said(await resolve(isPaid('re_other', 450), 'r1'))).toBe('refund REVIEW');
    await world.pass(1000);
    expect(await read()).toMatchObject({
      status: 'SUCCEEDED',
      amountMinor: 400,
      refundedMinor: 450,
      gatewayRef: 're_other',
      failureCode: null,
    });
    expect(await sums()).toBe('1000/0/450/0');
    const replayed = await refund({ amountMinor: 400 });
    expect(replayed.kind === 'settled' && JSON.parse(replayed.frozen.body)).toMatchObject({
      status: 'SUCCEEDED',
      amount: 400,
      amount_refunded: 450,
    });
  });

  it('may exceed what was captured, and then nothing more is refunded', async () => {
    const { resolve, read, sums, refund } = await withAnotherAmount(1200);
    await resolve(isPaid('re_other', 1200), 'r1');
    await world.pass(1000);
    expect(await read()).toMatchObject({ status: 'SUCCEEDED', refundedMinor: 1200 });
    expect(await sums()).toBe('1000/0/1200/0');
    expect(await refund({ refundId: 'r2', amountMinor: 1 })).toMatchObject({
      code: 'refund_exceeds_captured',
    });
  });

  it('is watched with that amount, and freed as a whole if it fails later', async () => {
    const { resolve, read, sums, alarms } = await withAnotherAmount();
    await resolve(isPaid('re_other', 450), 'r1');
    await world.pass(3 * DAY);
    expect([await sums(), alarms()]).toEqual(['1000/0/450/0', ['needs_review']]);
    for (const [key, one] of gateway.refundLedger)
      gateway.refundLedger.set(key, { ...one, status: 'failed' });
    await world.pass(2 * DAY);
    expect([await sums(), alarms()]).toEqual(['1000/0/0/0', ['needs_review', 'refund_failed_late']]);
    expect(await read()).toMatchObject({ status: 'FAILED', refundedMinor: null });
  });

  it.each([
    ['a third amount', 500, null],
    ['nothing', 450, { kind: 'absent' }],
    ['that it is still under way', 450, { kind: 'pending', ref: 're_other' }],
    ['a no on other terms', 450, NO_ON_OTHER_TERMS],
  ] as const)('stays in REVIEW if the gateway shows %s', async (_shown, amountMinor, lookup) => {
    const { resolve, read, sums, alarms } = await withAnotherAmount();
    if (lookup !== null) gateway.refundLookup = () => lookup;
    await resolve(isPaid('re_other', amountMinor), 'r1');
    await world.pass(1000);
    expect([await sums(), alarms()]).toEqual(['1000/400/0/0', ['needs_review', 'operator_refuted']]);
    expect(await read()).toMatchObject({ status: 'REVIEW' });
  });

  it('is not taken for done while the gateway does not answer, and is as soon as it does', async () => {
    const { resolve, read, sums } = await withAnotherAmount();
    gateway.refundLookup = () => SILENT;
    await resolve(isPaid('re_other', 450), 'r1');
    await world.pass(DAY);
    expect(await read()).toMatchObject({ status: 'REVIEW' });
    gateway.refundLookup = null;
    await world.pass(DAY);
    expect([(await read())?.status, await sums()]).toEqual(['SUCCEEDED', '1000/0/450/0']);
  });

  it('ends as it was asked for if the gateway has corrected it, whatever was said', async () => {
    const { resolve, read, sums, alarms } = await withAnotherAmount();
    for (const [key, one] of gateway.refundLedger)
      gateway.refundLedger.set(key, { ...one, amountMinor: 400 });
    await resolve(isPaid('re_other', 450), 'r1');
    await world.pass(DAY + 60_000);
    expect(await read()).toMatchObject({ status: 'SUCCEEDED', refundedMinor: null });
    expect([await sums(), alarms()]).toEqual(['1000/0/400/0', ['needs_review', 'operator_refuted']]);
  });

  it('is the operator’s word alone where the gateway cannot be asked', async () => {
    gateway = createRefundingGateway({ lookup: false });
    const { resolve, read, sums } = await withAnotherAmount();
    await resolve(isPaid('re_other', 450), 'r1');
    await world.pass(1000);
    expect([(await read())?.refundedMinor, await sums()]).toEqual([450, '1000/0/450/0']);
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
