/** The adapter against the fake gateway. Both were written from the protocol; this shows that they fit. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, type Running, run, statusOf } from '../../../test/suites/fake-gateway.client.ts';
import { CONTRACT } from '../../../test/support/contract.ts';
import type { ChargeRequest } from '../../domain/outcomes.ts';
import type { RefundRequest } from '../../domain/refund-outcomes.ts';
import type { Gateway, Refunds } from '../../ports/gateway.ts';
import { HELD_MS, outOfTime } from '../../testing/deadline.ts';
import { createHttpGateway } from './index.ts';

let far: Running;
let gateway: Gateway;
beforeAll(async () => {
  const delay = { delay_ms: 5_000 };
  far = await run({
    faults: {
      slow_answer: { delay_ms: 60_000 },
      lookup_lag: delay,
      lookup_down: delay,
      pending: delay,
      pending_declined: delay,
    },
  });
  gateway = createHttpGateway({
    url: `${far.url}/fake-gateway/`,
    livemode: false,
    contract: { ...CONTRACT, landsWithinMs: 0 },
  });
});
afterAll(async () => {
  await gateway.close();
  await far.gateway.close();
});

const requestWith = (method: string): ChargeRequest => ({
  key: `key-${method}`,
  reference: `reference-${method}`,
  orderId: 'ORD 1/ü',
  accountId: 'default',
  installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
  amountMinor: 12_345,
  currency: 'EUR',
  method,
});
const options = (timeoutMs = 60_000) => ({ timeoutMs, mayLeave: () => true });

describe('each fault is what the engine takes it for', () => {
  test.each([
    ['tok_visa', { kind: 'approved' }, { kind: 'succeeded' }],
    ['tok_any_other', { kind: 'approved' }, { kind: 'succeeded' }],
    ['tok_error', { kind: 'unknown', answered: true, reason: 'http_500' }, { kind: 'absent' }],
    ['tok_error_after', { kind: 'unknown', answered: true, reason: 'http_500' }, { kind: 'succeeded' }],
    ['tok_drop_before', { kind: 'unknown', answered: false }, { kind: 'absent' }],
    ['tok_drop_after', { kind: 'unknown', answered: false }, { kind: 'succeeded' }],
    ['tok_lands_late', { kind: 'unknown', answered: false }, { kind: 'absent' }],
    ['tok_lost_answer', { kind: 'unknown', answered: false, reason: 'timeout' }, { kind: 'succeeded' }],
    ['tok_slow', { kind: 'unknown', answered: false, reason: 'timeout' }, { kind: 'succeeded' }],
    [
      'tok_truncated',
      { kind: 'unknown', answered: false, reason: 'truncated_answer' },
      { kind: 'succeeded' },
    ],
    [
      'tok_garbage',
      { kind: 'unknown', answered: false, reason: 'unparseable_answer' },
      { kind: 'succeeded' },
    ],
    ['tok_429', { kind: 'refused', reason: 'rate_limited', retryAfterMs: 1_000 }, { kind: 'absent' }],
    ['tok_unauthorized', { kind: 'forbidden' }, { kind: 'absent' }],
    ['tok_stale_500', { kind: 'unknown', answered: true }, { kind: 'absent' }],
    ['tok_stale_500_after', { kind: 'unknown', answered: true }, { kind: 'succeeded' }],
    [
      'tok_declined',
      { kind: 'declined', code: 'card_declined' },
      { kind: 'declined', code: 'card_declined' },
    ],
    ['tok_pending', { kind: 'pending' }, { kind: 'pending' }],
    ['tok_wrong_amount', { kind: 'mismatch', reason: 'amount_mismatch' }, { kind: 'mismatch' }],
    ['tok_wrong_currency', { kind: 'mismatch', reason: 'currency_mismatch' }, { kind: 'mismatch' }],
    ['tok_lookup_lag', { kind: 'approved' }, { kind: 'absent' }],
    ['tok_lookup_down', { kind: 'approved' }, { kind: 'unavailable', reason: 'http_503' }],
  ])('%s', async (method, called, found) => {
    const request = requestWith(method);
    const isSilent = method === 'tok_lost_answer' || method === 'tok_slow';
    const charged = () => expect.poll(() => far.lookup(request.key), { interval: 2 }).toHaveLength(1);
    const outcome = isSilent
      ? await outOfTime(charged, () => gateway.call(request, options(HELD_MS)))
      : await gateway.call(request, options());
    expect(outcome).toMatchObject(called);
    expect(await gateway.lookup(request, options())).toMatchObject(found);
  });

  test('a key in progress is busy, a key reused is unknown, two charges under one key are duplicated', async () => {
    const landing = requestWith('tok_lands_late');
    expect(await gateway.call(landing, options())).toEqual({ kind: 'busy' });
    const reused = { ...requestWith('tok_visa'), amountMinor: 1 };
    expect(await gateway.call(reused, options())).toMatchObject({ kind: 'unknown', reason: 'key_reused' });
    const ignored = requestWith('tok_keys_ignored');
    await gateway.call(ignored, options());
    await gateway.call(ignored, options());
    expect(await gateway.lookup(ignored, options())).toMatchObject({ kind: 'duplicated' });
  });

  test('what was refunded is found as taken back, and never as absent', async () => {
    const request = requestWith('tok_refunded_later');
    const outcome = await gateway.call(request, options());
    const id = outcome.kind === 'approved' ? outcome.ref : '';
    const refund = await fetch(`${far.url}/charges/${id}/refunds`, {
      method: 'POST',
      headers: { 'idempotency-key': 'r1' },
    });
    expect(refund.status).toBe(200);
    expect(await gateway.lookup(request, options())).toEqual({ kind: 'reversed', refs: [id] });
  });
});

describe('refunds', () => {
  let refunds: Refunds;
  beforeAll(() => {
    if (gateway.refunds === undefined) throw new Error('The adapter makes no refunds.');
    refunds = gateway.refunds;
  });
  /** A charge of 123.45 EUR, and the request to refund 100.00 EUR of it. */
  async function charged(name: string, changes: Partial<RefundRequest> = {}): Promise<RefundRequest> {
    const charge = { ...requestWith('tok_visa'), key: `key-${name}`, reference: `reference-${name}` };
    const outcome = await gateway.call(charge, options());
    const chargeRef = outcome.kind === 'approved' ? outcome.ref : '';
    const { reference, orderId, accountId, installationId, currency } = charge;
    return {
      key: `refund-${name}`,
      reference,
      orderId,
      accountId,
      installationId,
      chargeRef,
      amountMinor: 10_000,
      currency,
      ...changes,
    };
  }
  /** Runs `work` while refunds have this fault. */
  async function failing<T>(fault: string, work: () => Promise<T>): Promise<T> {
    const set = await ask(far.url, { method: 'PUT', path: '/_faults', body: { [fault]: 1 } });
    expect(statusOf(set)).toBe(200);
    try {
      return await work();
    } finally {
      await ask(far.url, { method: 'DELETE', path: '/_faults' });
    }
  }
  const refundedOf = (request: RefundRequest) => refunds.refunded?.(request, options());

  test('one is made once under its key, and the charge says how much', async () => {
    const request = await charged('plain');
    expect(await refundedOf(request)).toEqual({ kind: 'refunded', amountMinor: 0 });
    expect(await refunds.lookup(request, options())).toEqual({ kind: 'absent' });
    const first = await refunds.call(request, options());
    expect(first).toMatchObject({ kind: 'approved' });
    expect(await refunds.call(request, options())).toEqual(first);
    const ref = first.kind === 'approved' ? first.ref : '';
    expect(await refunds.lookup(request, options())).toEqual({ kind: 'succeeded', ref });
    expect(await refundedOf(request)).toEqual({ kind: 'refunded', amountMinor: 10_000 });
  });

  test('one of a part leaves its charge live; with the rest, the charge is taken back', async () => {
    const request = await charged('parts');
    const charge = { ...requestWith('tok_visa'), key: 'key-parts', reference: 'reference-parts' };
    await refunds.call(request, options());
    expect(await gateway.lookup(charge, options())).toEqual({ kind: 'succeeded', ref: request.chargeRef });
    await refunds.call({ ...request, key: 'refund-rest', amountMinor: 2_345 }, options());
    expect(await gateway.lookup(charge, options())).toEqual({ kind: 'reversed', refs: [request.chargeRef] });
  });

  test.each([
    ['error_before', { kind: 'unknown', answered: true, reason: 'http_500' }, 'absent'],
    ['error_after', { kind: 'unknown', answered: true, reason: 'http_500' }, 'succeeded'],
    ['drop_before', { kind: 'unknown', answered: false }, 'absent'],
    ['drop_after', { kind: 'unknown', answered: false }, 'succeeded'],
    ['truncated_answer', { kind: 'unknown', answered: false }, 'succeeded'],
    ['garbage_answer', { kind: 'unknown', answered: false }, 'succeeded'],
    ['rate_limited', { kind: 'refused', reason: 'rate_limited', retryAfterMs: 1_000 }, 'absent'],
    ['unauthorized', { kind: 'forbidden', reason: 'http_401' }, 'absent'],
  ])('%s is what the engine takes it for', async (fault, called, found) => {
    const request = await charged(fault);
    expect(await failing(fault, () => refunds.call(request, options()))).toMatchObject(called);
    expect(await refunds.lookup(request, options())).toMatchObject({ kind: found });
    expect(await refundedOf(request)).toEqual({
      kind: 'refunded',
      amountMinor: found === 'succeeded' ? 10_000 : 0,
    });
    expect(await refunds.call(request, options())).toMatchObject({ kind: 'approved' });
    expect(await refundedOf(request)).toEqual({ kind: 'refunded', amountMinor: 10_000 });
  });

  test('one whose answer is lost is unknown, and found by its key', async () => {
    const request = await charged('lost');
    const made = () =>
      expect.poll(() => refundedOf(request), { interval: 2 }).toMatchObject({ amountMinor: 10_000 });
    const outcome = await failing('lost_answer', () =>
      outOfTime(made, () => refunds.call(request, options(HELD_MS))),
    );
    expect(outcome).toEqual({ kind: 'unknown', answered: false, reason: 'timeout' });
    expect(await refunds.lookup(request, options())).toMatchObject({ kind: 'succeeded' });
  });

  test('lookups that are down are no answer', async () => {
    const request = await charged('down');
    await failing('lookup_down', async () => {
      expect(await refunds.lookup(request, options())).toEqual({ kind: 'unavailable', reason: 'http_503' });
      expect(await refundedOf(request)).toEqual({ kind: 'unavailable', reason: 'http_503' });
    });
  });

  test('one of more than is left is declined, and one of an unknown charge is unknown', async () => {
    const request = await charged('much', { amountMinor: 12_346 });
    expect(await refunds.call(request, options())).toEqual({ kind: 'declined', code: 'amount_too_large' });
    const unknown = { ...request, chargeRef: 'ch_of_another_account' };
    expect(await refunds.call(unknown, options())).toEqual({
      kind: 'unknown',
      answered: true,
      reason: 'charge_not_found',
    });
    expect(await refundedOf(unknown)).toEqual({ kind: 'unavailable', reason: 'http_404' });
  });

  test('a key with another amount is unknown, and one of a declined charge is declined', async () => {
    const request = await charged('reused');
    await refunds.call(request, options());
    expect(await refunds.call({ ...request, amountMinor: 1 }, options())).toMatchObject({
      kind: 'unknown',
      reason: 'key_reused',
    });
    const declined = await gateway.call({ ...requestWith('tok_declined'), key: 'key-no' }, options());
    const chargeRef = declined.kind === 'declined' ? (declined.ref ?? '') : '';
    expect(await refunds.call({ ...request, key: 'refund-no', chargeRef }, options())).toEqual({
      kind: 'declined',
      code: 'charge_not_succeeded',
    });
  });

  test('what is only reserved cannot be refunded: declined', async () => {
    const key = 'key-reserved';
    await far.charge(key, { capture: false });
    const [charge] = await far.lookup(key);
    const request = { ...(await charged('reserved')), chargeRef: charge?.id ?? '' };
    expect(await refunds.call(request, options())).toEqual({ kind: 'declined', code: 'not_captured' });
  });
});
