/** Refunds as their callers see them: at most once, never more than was captured, and a true answer. */
import { beforeEach, describe, expect, it } from 'vitest';
import { world } from '../../../test/support/fresh-world.ts';
import {
  createRefundingGateway,
  type RefundingGateway,
  refundingReplica,
  wantedOf,
} from '../../../test/support/refunding.ts';
import { error500, reset } from '../../../test/support/scripted-gateway.ts';
import { INSTALLATION_ID, order } from '../../../test/support/virtual-world.ts';
import { followUpKey, orderReference, requestKeyHash } from '../../domain/ids.ts';
import type { RefundAnswer } from '../api.ts';
import type { Driver } from '../drive.ts';
import { waitTurn } from '../follow-ups/waiting.ts';
import { createWaiters } from '../waiters.ts';
import { REFUND_REQUESTS } from './refund.ts';

let gateway: RefundingGateway;
beforeEach(() => {
  gateway = createRefundingGateway();
});

const KEY = { route: 'POST /refunds', key: 'k1' };

/** What a client is told: the kind, whether it started the refund, and the body. */
function told(answer: RefundAnswer): Record<string, unknown> {
  if (answer.kind !== 'settled') return { ...answer };
  return {
    ...(JSON.parse(answer.frozen.body) as object),
    started: answer.started,
    replayed: answer.replayed,
  };
}

describe('a refund', () => {
  it('gives back all that is left if no amount is named', async () => {
    const { refund, sums, paymentId } = await refundingReplica(world, gateway);
    expect(told(await refund({ reason: 'broken' }))).toMatchObject({
      refund_id: 'r1',
      payment_id: paymentId,
      amount: 1000,
      currency: 'USD',
      status: 'SUCCEEDED',
      reason: 'broken',
      gateway_ref: 're_1',
      started: true,
      replayed: false,
    });
    expect(await sums()).toBe('1000/0/1000/0');
  });

  it('is made once for its refund_id: whoever asks again joins it', async () => {
    const { engine, paymentId } = await refundingReplica(world, gateway);
    const all = Array.from({ length: 50 }, () =>
      engine.refund(wantedOf(paymentId, { amountMinor: 70 }), { waitMs: 5000 }),
    );
    const answers = (await world.ended(Promise.all(all))).map(told);
    expect(gateway.refundCalls).toHaveLength(1);
    expect(answers.filter(({ started }) => started)).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));
  });

  it('is never more than what is left, however many are asked for at once', async () => {
    const { engine, paymentId, sums } = await refundingReplica(world, gateway);
    const all = Array.from({ length: 100 }, (_, index) =>
      engine.refund(wantedOf(paymentId, { amountMinor: 70, refundId: `r${index}` }), { waitMs: 60_000 }),
    );
    const answers = await world.ended(Promise.all(all));
    expect(answers.filter(({ kind }) => kind === 'settled')).toHaveLength(14);
    expect(
      answers.filter((answer) => answer.kind === 'problem' && answer.code === 'refund_exceeds_captured'),
    ).toHaveLength(86);
    expect(await sums()).toBe('1000/0/980/0');
    expect(gateway.refundLedger.size).toBe(14);
  });

  it('keeps its terms: the same refund_id with another amount is a conflict', async () => {
    const { refund } = await refundingReplica(world, gateway);
    await refund({ amountMinor: 100 });
    expect(await refund({ amountMinor: 200 })).toMatchObject({
      code: 'refund_conflict',
      shown: { amountMinor: 100 },
    });
  });

  it('whose key belongs to the refund of another payment is told nothing of that one, whatever the database does', async () => {
    // It reads the mode with its first request.
    const other = await world.replica(gateway);
    const { engine, refund } = await refundingReplica(world, gateway);
    gateway.refundPlay = ({ book }) => book('pending');
    await refund({ refundId: null, amountMinor: 100 }, { key: KEY });
    await world.ended(engine.charge(order('o2', { amountMinor: 1000 }), { waitMs: 5000 }));
    other.store.fail('mode', 'lost');
    const wanted = wantedOf(world.stored('o2').paymentId, { refundId: null, amountMinor: 100 });
    expect(await world.ended(other.engine.refund(wanted, { waitMs: 100, key: KEY }))).toMatchObject({
      kind: 'problem',
      code: 'store_outcome_unknown',
    });
  });

  it('is named by its key if it has no refund_id, and the key gets the same answer again', async () => {
    const { refund } = await refundingReplica(world, gateway);
    const first = await refund({ refundId: null, amountMinor: 100 }, { key: KEY });
    const second = await refund({ refundId: null, amountMinor: 100 }, { key: KEY });
    expect(second).toEqual({ ...first, replayed: true });
    expect(await refund({ refundId: null, amountMinor: 300 }, { key: KEY })).toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect(gateway.refundCalls).toHaveLength(1);
  });

  it('that cannot have the name of its key, because another one has it, is refused at once', async () => {
    const { refund, store } = await refundingReplica(world, gateway);
    const keyHash = requestKeyHash(KEY.route, KEY.key);
    const refundId = followUpKey(orderReference(INSTALLATION_ID, 'default', 'o1'), 'refund', { keyHash });
    await refund({ refundId, amountMinor: 400 });
    const before = store.used.length;
    const named = await refund({ refundId: null, amountMinor: 400 }, { key: KEY });
    expect(named).toMatchObject({ code: 'refund_conflict', shown: { refundId, status: 'SUCCEEDED' } });
    expect(store.used.length - before).toBeLessThan(10);
    expect(gateway.refundCalls).toHaveLength(1);
  });

  it('needs a COMPLETED payment that is there, at a gateway that refunds', async () => {
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    const { refund, engine } = await refundingReplica(world, gateway);
    expect(await refund()).toMatchObject({ code: 'payment_not_refundable' });
    expect(await refund({ paymentId: '01936b1e-7f2a-7c3d-8e4f-0123456789ab' })).toMatchObject({
      code: 'payment_not_found',
    });
    gateway.play = ({ charge }) => charge();
    Object.assign(gateway, { refunds: undefined });
    await world.ended(engine.charge(order('o2'), { waitMs: 5000 }));
    const { paymentId } = world.stored('o2');
    expect(await refund({ paymentId })).toMatchObject({
      code: 'payment_not_refundable',
      detail: expect.stringContaining('no refunds'),
    });
  });
});

describe('a gateway that fails', () => {
  it('that loses its answer is asked again under the same key', async () => {
    gateway.refundPlay = ({ call, book }) => {
      const reported = book();
      return call === 1 ? reset : reported;
    };
    const { refund, sums } = await refundingReplica(world, gateway);
    expect(told(await refund())).toMatchObject({ status: 'SUCCEEDED' });
    const key = followUpKey(orderReference(INSTALLATION_ID, 'default', 'o1'), 'refund', { name: 'r1' });
    expect(gateway.refundCalls.map((request) => request.key)).toEqual([key, key]);
    expect(gateway.refundLedger.size).toBe(1);
    expect(await sums()).toBe('1000/0/1000/0');
  });

  it('that declines it ends it with 422, and its money can be refunded again', async () => {
    gateway.refundPlay = () => ({ kind: 'declined', code: 'charge_disputed' });
    const { refund, sums } = await refundingReplica(world, gateway);
    expect(told(await refund())).toMatchObject({
      code: 'refund_declined',
      status: 422,
      failure_code: 'charge_disputed',
      refund_status: 'FAILED',
    });
    expect(await sums()).toBe('1000/0/0/0');
    gateway.refundPlay = ({ book }) => book();
    expect(told(await refund({ refundId: 'r2' }))).toMatchObject({ status: 'SUCCEEDED', amount: 1000 });
  });

  it('that made it somewhere else says how much: it counts from then on', async () => {
    const { refund, sums } = await refundingReplica(world, gateway);
    await refund({ refundId: 'r0', amountMinor: 100 });
    gateway.elsewhereMinor = 600;
    gateway.refundPlay = () => ({ kind: 'declined', code: 'amount_exceeds_charge' });
    await refund({ amountMinor: 900 });
    expect(await sums()).toBe('1000/0/100/600');
    const calls = gateway.refundCalls.length;
    expect(told(await refund({ refundId: 'r2', amountMinor: 301 }))).toMatchObject({
      code: 'refund_exceeds_captured',
      refund_status: 'FAILED',
    });
    expect([await sums(), gateway.refundCalls.length]).toEqual(['1000/0/100/600', calls]);
  });

  it('that fails another of ours meanwhile is not taken for somebody else who refunded', async () => {
    const { refund, sums } = await refundingReplica(world, gateway, { policy: { pendingPollMs: 500 } });
    gateway.refundPlay = ({ book }) => book('pending');
    await refund({ amountMinor: 300 });
    expect(await sums()).toBe('1000/300/0/0');
    gateway.refundPlay = () => ({ kind: 'declined', code: 'charge_disputed' });
    let asked = 0;
    gateway.refunds.refunded = () => {
      asked += 1;
      if (asked > 1) return Promise.resolve({ kind: 'refunded', amountMinor: 0 });
      for (const [key, one] of gateway.refundLedger)
        gateway.refundLedger.set(key, { ...one, status: 'failed' });
      return new Promise((resolve) => {
        world.clock.after(5000, () => resolve({ kind: 'refunded', amountMinor: 300 }));
      });
    };
    expect(told(await refund({ refundId: 'r2', amountMinor: 100 }, { waitMs: 20_000 }))).toMatchObject({
      code: 'refund_declined',
    });
    expect(await sums()).toBe('1000/0/0/0');
  });

  it('that accepts it as pending is answered at once, and not with a frozen answer', async () => {
    gateway.refundPlay = ({ book }) => book('pending');
    const { refund, sums } = await refundingReplica(world, gateway);
    expect(await refund({}, { key: KEY })).toMatchObject({
      kind: 'accepted',
      shown: { status: 'PENDING' },
      started: true,
    });
    expect(await sums()).toBe('1000/1000/0/0');
    for (const [key, one] of gateway.refundLedger)
      gateway.refundLedger.set(key, { ...one, status: 'succeeded' });
    await world.pass(3_600_000);
    expect(told(await refund({}, { key: KEY }))).toMatchObject({
      status: 'SUCCEEDED',
      started: true,
      replayed: true,
    });
    expect(await sums()).toBe('1000/0/1000/0');
  });

  it('that fails it while it is pending ends it', async () => {
    gateway.refundPlay = ({ book }) => book('pending');
    const { refund, sums } = await refundingReplica(world, gateway);
    await refund();
    for (const [key, one] of gateway.refundLedger)
      gateway.refundLedger.set(key, { ...one, status: 'failed' });
    await world.pass(3_600_000);
    expect(told(await refund())).toMatchObject({ code: 'refund_declined', refund_status: 'FAILED' });
    expect(await sums()).toBe('1000/0/0/0');
  });

  it('keeps its money reserved until it is proved that nothing was refunded', async () => {
    gateway.refundPlay = () => reset;
    gateway.refundLookup = () => ({ kind: 'unavailable', reason: 'timeout' });
    const { refund, sums } = await refundingReplica(world, gateway, { limits: { sweepMs: 60_000 } });
    expect(await refund()).toMatchObject({ kind: 'unsettled', shown: { status: 'PENDING' } });
    await world.pass(80 * 3_600_000);
    expect(await refund()).toMatchObject({
      kind: 'unsettled',
      shown: { status: 'REVIEW', failureCode: 'unresolved_too_long' },
    });
    expect(await sums()).toBe('1000/1000/0/0');
    expect(await refund({ refundId: 'r2', amountMinor: 1 })).toMatchObject({
      code: 'refund_exceeds_captured',
    });
  });

  it('that never made it is proved by lookups to have made nothing', async () => {
    gateway.refundPlay = () => error500;
    const { refund, sums } = await refundingReplica(world, gateway);
    expect(told(await refund({}, { waitMs: 600_000 }))).toMatchObject({
      code: 'gateway_failed',
      status: 502,
      safe_to_retry_with_new_key: true,
    });
    expect(await sums()).toBe('1000/0/0/0');
  });
});

describe('recovery', () => {
  it('takes a refund up whose process has died', async () => {
    gateway.refundPlay = ({ book }) => {
      book();
      return new Promise(() => {});
    };
    const { engine, paymentId } = await refundingReplica(world, gateway);
    const waiting = engine.refund(wantedOf(paymentId), { waitMs: 100 });
    expect(await world.ended(waiting)).toMatchObject({ kind: 'unsettled' });
    gateway.refundPlay = ({ book }) => book();
    const other = await world.replica(gateway);
    await world.pass(60_000);
    expect(await world.ended(other.engine.findRefund('default', paymentId, 'r1'))).toMatchObject({
      status: 'SUCCEEDED',
    });
    expect(gateway.refundLedger.size).toBe(1);
  });

  it('leaves a refund as it is if the adapter cannot make it any more, says so once, and does not stop charges', async () => {
    gateway.refundPlay = () => new Promise(() => {});
    const { engine, paymentId } = await refundingReplica(world, gateway);
    for (const refundId of ['r1', 'r2'])
      await world.ended(engine.refund(wantedOf(paymentId, { refundId, amountMinor: 10 }), { waitMs: 1 }));
    void engine.stop(0);
    Object.assign(gateway, { refunds: undefined });
    const other = await world.replica(gateway);
    await world.pass(120_000);
    expect(other.logged.filter(({ fields }) => fields.alarm === 'not_offered')).toHaveLength(1);
    const charged = await world.ended(other.engine.charge(order('o2'), { waitMs: 5000 }));
    expect(charged).toMatchObject({ kind: 'settled', frozen: { problem: null } });
    const left = await world.ended(other.engine.findRefund('default', paymentId, 'r1'));
    expect(left?.status).toBe('PENDING');
  });

  it('gives the frozen answer to a client that waits, also if an operator’s look has read the row without it', async () => {
    const { engine, store, paymentId } = await refundingReplica(world, gateway);
    gateway.refundPlay = ({ book }) =>
      new Promise((resolve) => void world.clock.after(1000, () => resolve(book())));
    const frozen = await world.ended(engine.refund(wantedOf(paymentId), { waitMs: 5000 }));
    const settled = await store.followUp({ accountId: 'default', paymentId, kind: 'refund', name: 'r1' });
    if (settled === null) throw new Error('the refund is gone');
    const { refundId: name, ...wanted } = wantedOf(paymentId);
    const request = {
      wanted: { ...wanted, name },
      key: null,
      untilMs: Number.POSITIVE_INFINITY,
      turnAtMs: 0,
      opened: [],
      boundHere: false,
      keySeen: false,
      perhapsStored: false,
      seen: null,
    };
    const { engine: at } = world.parts(gateway);
    const waiters = createWaiters(world.clock);
    const driver = { known: () => undefined } as unknown as Driver;
    const open = { ...settled, seq: settled.seq - 1 };
    const parts = { engine: at, driver, waiters, traits: REFUND_REQUESTS };
    const waiting = waitTurn(parts, request, open, { turn: 9, started: false });
    waiters.changed(settled);
    expect(settled.answer).toBeNull();
    expect(await world.ended(waiting)).toBe('again');
    expect(frozen.kind).toBe('settled');
  });

  it('starts a refund whose confirmation was lost, once', async () => {
    const { refund, store, sums } = await refundingReplica(world, gateway);
    store.fail('openFollowUp', 'ack_lost');
    expect(told(await refund())).toMatchObject({ status: 'SUCCEEDED', started: true });
    expect(gateway.refundCalls).toHaveLength(1);
    expect(await sums()).toBe('1000/0/1000/0');
  });
});
