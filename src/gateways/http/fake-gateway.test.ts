/** The adapter against the fake gateway. Both were written from the protocol; this shows that they fit. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, run } from '../../../test/suites/fake-gateway.client.ts';
import { HELD_MS, outOfTime } from '../../../test/suites/gateway.deadline.ts';
import { CONTRACT } from '../../../test/support/contract.ts';
import type { ChargeRequest } from '../../domain/outcomes.ts';
import type { Gateway } from '../../ports/gateway.ts';
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
