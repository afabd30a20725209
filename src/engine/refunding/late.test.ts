/** Refunds that have ended, and whose end was not the last word. */
import { beforeEach, describe, expect, it } from 'vitest';
import { world } from '../../../test/support/fresh-world.ts';
import {
  createRefundingGateway,
  type RefundingGateway,
  type RefundingReplica,
  refundingReplica,
} from '../../../test/support/refunding.ts';
import { restoredNow } from '../../../test/support/restores.ts';
import { reset } from '../../../test/support/scripted-gateway.ts';
import type { CallOutcome } from '../../domain/outcomes.ts';
import type { ReportedRefund } from '../../domain/refund-outcomes.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Days pass in these tests, and nothing is due for most of them. */
const SLOW_SWEEPS = { limits: { sweepMs: 60_000 } };

let gateway: RefundingGateway;
beforeEach(() => {
  gateway = createRefundingGateway();
});

function becomes(status: ReportedRefund['status']): void {
  for (const [key, one] of gateway.refundLedger) gateway.refundLedger.set(key, { ...one, status });
}

function alarms({ logged }: RefundingReplica): unknown[] {
  return logged.flatMap(({ fields }) => (fields.alarm === undefined ? [] : [fields.alarm]));
}

/** What a worker without a lease has received about the refund named `r1`. */
async function lateNews({ store, paymentId }: RefundingReplica, outcome: CallOutcome): Promise<void> {
  const record = await store.followUp({ accountId: 'default', paymentId, kind: 'refund', name: 'r1' });
  const payment = { accountId: 'default', orderId: 'o1', paymentId };
  await world.ended(store.addFollowUpEvidence({ payment, id: record?.followUp.id ?? '', outcome }));
}

describe('a refund that succeeded', () => {
  it('and fails days later is reported, alarmed, and no longer counted', async () => {
    const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
    await replica.refund({ amountMinor: 400 });
    await world.pass(3 * DAY);
    expect(await replica.sums()).toBe('1000/0/400/0');
    becomes('failed');
    await world.pass(2 * DAY);
    expect(await replica.sums()).toBe('1000/0/0/0');
    expect(alarms(replica)).toEqual(['refund_failed_late']);
    expect(await replica.refund({ amountMinor: 400 })).toMatchObject({
      code: 'result_superseded',
      shown: { status: 'FAILED' },
    });
  });

  it('is looked up again at once if news of it came in during a look, and not a day later', async () => {
    const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
    await replica.refund();
    await world.pass(3 * DAY);
    const news = () => lateNews(replica, { kind: 'approved', ref: 're_other' });
    const claimed = () => {};
    replica.store.before('advanceFollowUp', claimed, news);
    const asked = gateway.refundLookups.length;
    while (gateway.refundLookups.length === asked) await world.pass(HOUR);
    await world.pass(5 * MINUTE);
    expect(alarms(replica)).toEqual(['duplicate_refund']);
  });

  it('is not looked up any more after 30 days', async () => {
    const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
    await replica.refund();
    await world.pass(31 * DAY);
    const asked = gateway.refundLookups.length;
    expect(asked).toBeGreaterThan(29);
    await world.pass(5 * DAY);
    expect(gateway.refundLookups).toHaveLength(asked);
  });

  it('stays so if the gateway does not answer, or does not show it', async () => {
    const replica = await refundingReplica(world, gateway, SLOW_SWEEPS);
    await replica.refund();
    gateway.refundLookup = () => ({ kind: 'unavailable', reason: 'timeout' });
    await world.pass(2 * DAY);
    gateway.refundLookup = () => ({ kind: 'absent' });
    await world.pass(2 * DAY);
    expect(await replica.sums()).toBe('1000/0/1000/0');
    expect(alarms(replica)).toEqual([]);
  });
});

describe('a refund that counted as failed', () => {
  /** Its call was lost, and its lookups show nothing, so it ends as failed. */
  async function released(amountMinor = 700, maxAttempts = 1): Promise<RefundingReplica> {
    gateway.refundPlay = () => reset;
    const replica = await refundingReplica(world, gateway, { ...SLOW_SWEEPS, policy: { maxAttempts } });
    const answer = await replica.refund({ amountMinor }, { waitMs: HOUR });
    expect(answer).toMatchObject({ kind: 'settled', frozen: { problem: 'gateway_failed' } });
    expect(await replica.sums()).toBe('1000/0/0/0');
    return replica;
  }

  /** The gateway made it all the same. */
  function madeAfterAll(): void {
    const [request] = gateway.refundCalls;
    if (request === undefined) throw new Error('nothing was sent');
    const { orderId: _, ...terms } = request;
    gateway.refundLedger.set(request.key, { id: 're_late', status: 'succeeded', ...terms });
  }

  it('and was made after all is written down, alarmed, and blocks what no longer fits', async () => {
    const replica = await released();
    madeAfterAll();
    await lateNews(replica, { kind: 'approved', ref: 're_late' });
    await world.pass(5 * 60_000);
    expect(await replica.sums()).toBe('1000/0/700/0');
    expect(alarms(replica)).toEqual(['refund_landed_late']);
    expect(await replica.refund({ amountMinor: 700 })).toMatchObject({
      code: 'result_superseded',
      shown: { status: 'SUCCEEDED' },
    });
    expect(await replica.refund({ refundId: 'r2', amountMinor: 301 })).toMatchObject({
      code: 'refund_exceeds_captured',
    });
  });

  it('and was made after all no longer holds up the next one, also if it fails later', async () => {
    const replica = await released();
    const absences = async () => {
      const [sums] = await world.ended(replica.store.sums('default', [replica.paymentId]));
      return sums?.absences;
    };
    expect(await absences()).toBe(1);
    madeAfterAll();
    await lateNews(replica, { kind: 'approved', ref: 're_late' });
    await world.pass(5 * 60_000);
    expect(await absences()).toBe(0);
    becomes('failed');
    await world.pass(2 * DAY);
    expect([await replica.sums(), await absences()]).toEqual(['1000/0/0/0', 0]);
    gateway.refundPlay = ({ book }) => book();
    await replica.refund({ refundId: 'r2', amountMinor: 100 });
    const trail = replica.engine.refundEvents('default', replica.paymentId, 'r2', { after: 0, limit: 10 });
    expect(((await world.ended(trail)) ?? []).map(({ type }) => type)).not.toContain('verify.started');
  });

  it('is looked up before each later one: a proof of absence is only as good as the gateway’s word', async () => {
    const replica = await released();
    gateway.refundPlay = ({ book }) => book();
    for (const refundId of ['r2', 'r3']) {
      await world.pass(2 * DAY);
      const looks = gateway.refundLookups.filter(({ amountMinor }) => amountMinor === 700).length;
      await replica.refund({ refundId, amountMinor: 100 });
      expect(gateway.refundLookups.filter(({ amountMinor }) => amountMinor === 700)).toHaveLength(looks + 1);
    }
  });

  it('is looked up before the next one is sent; if it was made, the next one ends without a call', async () => {
    const replica = await released();
    madeAfterAll();
    gateway.refundPlay = ({ book }) => book();
    const calls = gateway.refundCalls.length;
    expect(await replica.refund({ refundId: 'r2', amountMinor: 700 })).toMatchObject({
      frozen: { problem: 'refund_exceeds_captured' },
    });
    expect(gateway.refundCalls).toHaveLength(calls);
    await world.pass(5 * 60_000);
    expect(await replica.sums()).toBe('1000/0/700/0');
  });

  it('and was made after all keeps the next one from being sent, even if that would fit', async () => {
    const replica = await released(400);
    madeAfterAll();
    gateway.refundPlay = ({ book }) => book();
    const calls = gateway.refundCalls.length;
    const answer = await replica.refund({ refundId: 'r2', amountMinor: 400 });
    expect(answer).toMatchObject({ frozen: { problem: 'earlier_refund_found' } });
    expect(answer.kind === 'settled' && JSON.parse(answer.frozen.body)).toMatchObject({
      refund_status: 'FAILED',
      safe_to_retry_with_new_key: false,
    });
    expect(gateway.refundCalls).toHaveLength(calls);
    await world.pass(5 * 60_000);
    expect(await replica.sums()).toBe('1000/0/400/0');
    // Whoever asks for it all the same wants both.
    expect(await replica.refund({ refundId: 'r3', amountMinor: 400 })).toMatchObject({
      frozen: { problem: null },
    });
  });

  it('and was reported keeps the next one from being sent, even if no lookup shows it', async () => {
    const replica = await released(400);
    gateway.refundPlay = ({ book }) => book();
    const calls = gateway.refundCalls.length;
    const told = lateNews(replica, { kind: 'approved', ref: 're_gone' });
    const answer = replica.refund({ refundId: 'r2', amountMinor: 400 });
    await told;
    expect(await answer).toMatchObject({ frozen: { problem: 'earlier_refund_found' } });
    expect(gateway.refundCalls).toHaveLength(calls);
  });

  it.each([
    ['shows nothing', { kind: 'absent' }],
    ['shows the decline of another call', { kind: 'declined', code: 'insufficient_funds', ref: 're_1' }],
  ] as const)(
    'and that a worker may have sent late holds up the next one while a lookup %s, until it can no longer land',
    async (_what, shown) => {
      gateway = createRefundingGateway({ declines: 'forgotten' });
      const replica = await released(400);
      gateway.refundLookup = () => shown;
      gateway.refundPlay = ({ book }) => book();
      const calls = gateway.refundCalls.length;
      await lateNews(replica, { kind: 'unknown', answered: false, reason: 'timeout' });
      await world.pass(1000);
      expect(await replica.refund({ refundId: 'r2', amountMinor: 400 })).toMatchObject({ kind: 'unsettled' });
      expect(gateway.refundCalls).toHaveLength(calls);
      await world.pass(gateway.contract.landsWithinMs + 5 * 60_000);
      expect(gateway.refundCalls).toHaveLength(calls + 1);
      expect(await replica.sums()).toBe('1000/0/400/0');
    },
  );

  it('does not end one that was made itself, and which a restored database has forgotten to have sent', async () => {
    const first = await released(400);
    gateway.refundPlay = ({ book }) => book();
    gateway.refundLookup = () => ({ kind: 'unavailable', reason: 'timeout' });
    await first.refund({ refundId: 'r2', amountMinor: 400 }, { waitMs: 0 });
    await world.pass(1000);
    const backup = world.database.snapshot();
    gateway.refundLookup = null;
    await world.pass(HOUR);
    expect(await first.sums()).toBe('1000/0/400/0');
    await world.ended(first.engine.stop());
    madeAfterAll();
    world.database.restore(backup);
    const { engine } = await world.replica(gateway, { policy: restoredNow().policy ?? {} });
    await world.pass(HOUR);
    const read = (name: string) => world.ended(engine.findRefund('default', first.paymentId, name));
    expect(await read('r2')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await read('r1')).toMatchObject({ status: 'SUCCEEDED' });
    expect(gateway.refundLedger.size).toBe(2);
  });

  it('is looked up again before the next one is sent again, if the gateway keeps no keys', async () => {
    gateway = createRefundingGateway({ keys: 'none' });
    const replica = await released(400, 2);
    const calls = gateway.refundCalls.length;
    gateway.refundPlay = () => {
      madeAfterAll();
      return reset;
    };
    const answer = await replica.refund({ refundId: 'r2', amountMinor: 400 }, { waitMs: HOUR });
    expect(answer).toMatchObject({ frozen: { problem: 'earlier_refund_found' } });
    expect(gateway.refundCalls).toHaveLength(calls + 1);
    await world.pass(5 * 60_000);
    expect(await replica.sums()).toBe('1000/0/400/0');
    // The other one was sent, and proved absent. So whoever comes next looks at it, too.
    const { key } = gateway.refundCalls.at(-1) ?? {};
    gateway.refundPlay = ({ book }) => book();
    const lookups = gateway.refundLookups.length;
    await replica.refund({ refundId: 'r3', amountMinor: 100 });
    expect(gateway.refundLookups.slice(lookups).map((one) => one.key)).toContain(key);
    expect(await replica.sums()).toBe('1000/0/500/0');
  });

  it('is looked up before the next one is sent; if it was not made, the next one is', async () => {
    const replica = await released();
    gateway.refundPlay = ({ book }) => book();
    const lookups = gateway.refundLookups.length;
    expect(await replica.refund({ refundId: 'r2', amountMinor: 700 })).toMatchObject({
      frozen: { problem: null },
    });
    expect(gateway.refundLookups.length).toBeGreaterThan(lookups);
    expect(await replica.sums()).toBe('1000/0/700/0');
  });

  it('and is found while a person looks at it, ends as the gateway says, with no other alarm', async () => {
    const replica = await released();
    await lateNews(replica, { kind: 'approved', ref: 're_late' });
    await world.pass(5 * 60_000);
    madeAfterAll();
    await world.pass(2 * DAY);
    expect(await replica.sums()).toBe('1000/0/700/0');
    expect(alarms(replica)).toEqual(['needs_review']);
  });

  it('and is in the gateway’s sum before a lookup shows it is taken for somebody else’s only until it is found', async () => {
    const replica = await released();
    madeAfterAll();
    gateway.refundLookup = () => ({ kind: 'absent' });
    gateway.refundPlay = () => ({ kind: 'declined', code: 'amount_exceeds_charge' });
    await replica.refund({ refundId: 'r2', amountMinor: 1000 });
    expect(await replica.sums()).toBe('1000/0/0/700');
    gateway.refundLookup = null;
    gateway.refundPlay = ({ book }) => book();
    expect(await replica.refund({ refundId: 'r3', amountMinor: 300 })).toMatchObject({
      frozen: { problem: 'refund_exceeds_captured' },
    });
    await world.pass(5 * 60_000);
    expect(await replica.sums()).toBe('1000/0/700/700');
    expect(await replica.refund({ refundId: 'r4', amountMinor: 300 })).toMatchObject({
      frozen: { problem: null },
    });
    expect(await replica.sums()).toBe('1000/0/1000/0');
  });

  it('is not offered again while late evidence about it is being checked', async () => {
    const replica = await released();
    gateway.refundLookup = () => ({ kind: 'unavailable', reason: 'timeout' });
    await lateNews(replica, { kind: 'approved', ref: 're_late' });
    expect(await replica.refund({ amountMinor: 700 })).toMatchObject({
      kind: 'unsettled',
      shown: { status: 'FAILED', inDoubt: true },
    });
    gateway.refundLookup = () => ({ kind: 'declined', code: 'no', ref: 're_late' });
    await world.pass(HOUR);
    expect(await replica.refund({ amountMinor: 700 })).toMatchObject({
      frozen: { problem: 'gateway_failed' },
    });
  });

  it('is for a person if it was reported and cannot be found', async () => {
    const replica = await released();
    await lateNews(replica, { kind: 'approved', ref: 're_gone' });
    await world.pass(5 * 60_000);
    expect(await replica.refund({ amountMinor: 700 })).toMatchObject({
      code: 'result_superseded',
      shown: { status: 'REVIEW', failureCode: 'reported_not_found' },
    });
    expect(await replica.sums()).toBe('1000/700/0/0');
    expect(alarms(replica)).toEqual(['needs_review']);
    // More lookups that find nothing do not disprove the report.
    await world.pass(5 * DAY);
    expect(await replica.sums()).toBe('1000/700/0/0');
  });
});
