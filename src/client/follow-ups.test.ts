/** What refunds, captures, voids and an operator's words send, and what becomes of the answers. */
import { describe, expect, test } from 'vitest';
import {
  PAYMENT_ID,
  paymentFields,
  problem,
  type Scripted,
  scriptedClient,
} from '../../test/client/scripted.ts';
import type { RefundInput } from './refund-types.ts';

const PATH = `https://pay.example/prefix/v1/payments/${PAYMENT_ID}`;
const PART = { paymentId: PAYMENT_ID, amountMinor: 4000, refundId: 'return 17/a' };

function common(changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    payment_id: PAYMENT_ID,
    amount: 4000,
    currency: 'USD',
    status: 'SUCCEEDED',
    failure_code: null,
    gateway_ref: 're_1',
    safe_to_retry_with_new_key: false,
    metadata: {},
    created_at: '2026-11-23T12:00:00.000Z',
    updated_at: '2026-11-23T12:00:01.000Z',
    ...changes,
  };
}

const refundFields = (changes: Readonly<Record<string, unknown>> = {}) =>
  common({ refund_id: 'return 17/a', reason: null, ...changes });
const captureFields = (changes: Readonly<Record<string, unknown>> = {}) =>
  common({ operation: 'capture', order_id: 'ORD123', ...changes });

/** A problem about something, whose state it has under this name. */
function about(
  status: number,
  code: string,
  { status: state, ...fields }: Record<string, unknown>,
  stateName: string,
): Scripted {
  return problem(status, code, { ...fields, [stateName]: state });
}

const open = { retry_after_ms: 1000, next_attempt_at: null };

describe('a refund', () => {
  test('is sent with its name, and refunded only if it SUCCEEDED', async () => {
    const { client, sent } = scriptedClient(['throws', { status: 201, body: refundFields() }]);
    const result = await client.refund({ ...PART, reason: 'broken', metadata: { a: 'b' } });
    expect(result).toMatchObject({
      outcome: 'refunded',
      refund: { refundId: 'return 17/a', amountMinor: 4000, refundedMinor: null, status: 'SUCCEEDED' },
    });
    expect(sent[1]).toMatchObject({
      url: `${PATH}/refunds`,
      body: { amount: 4000, refund_id: 'return 17/a', reason: 'broken', metadata: { a: 'b' } },
    });
    expect(sent[1]?.headers).not.toHaveProperty('idempotency-key');
  });

  test('that a key names is sent with the key', async () => {
    const { client, sent } = scriptedClient([{ status: 201, body: refundFields({ refund_id: 'made' }) }]);
    const result = await client.refund({ paymentId: PAYMENT_ID.toUpperCase(), idempotencyKey: 'k' });
    expect(result).toMatchObject({ outcome: 'refunded', refund: { refundId: 'made' } });
    expect(sent[0]?.headers['idempotency-key']).toBe('"k"');
    expect(sent[0]?.body).toEqual({});
  });

  test.each<[string, Scripted, Record<string, unknown>]>([
    [
      '201 PENDING',
      { status: 201, body: refundFields({ status: 'PENDING', ...open }) },
      { outcome: 'accepted' },
    ],
    [
      '202 REVIEW',
      { status: 202, body: refundFields({ status: 'REVIEW', failure_code: 'amount_mismatch', ...open }) },
      { outcome: 'review', reason: 'amount_mismatch' },
    ],
    [
      '202 PENDING for ever',
      { status: 202, body: refundFields({ status: 'PENDING', ...open }) },
      { outcome: 'pending', reason: 'in_progress', refund: { status: 'PENDING' } },
    ],
    [
      '202 FAILED for ever',
      { status: 202, body: refundFields({ status: 'FAILED' }) },
      { outcome: 'pending', reason: 'in_doubt' },
    ],
    [
      'a decline',
      about(422, 'refund_declined', refundFields({ status: 'FAILED' }), 'refund_status'),
      { outcome: 'declined', code: 'refund_declined', refund: { status: 'FAILED' } },
    ],
    [
      'too little left, found at the gateway',
      about(409, 'refund_exceeds_captured', refundFields({ status: 'FAILED' }), 'refund_status'),
      { outcome: 'failed', code: 'refund_exceeds_captured' },
    ],
    [
      'too little left, known before',
      problem(409, 'refund_exceeds_captured'),
      { outcome: 'refused', code: 'refund_exceeds_captured', refund: null },
    ],
    [
      'a first answer that is no longer true',
      about(409, 'result_superseded', refundFields({ status: 'FAILED' }), 'refund_status'),
      { outcome: 'refused', code: 'result_superseded', refund: { status: 'FAILED' } },
    ],
    [
      'another amount under the name',
      about(409, 'refund_conflict', refundFields({ amount: 1 }), 'refund_status'),
      { outcome: 'refused', code: 'refund_conflict', refund: { amountMinor: 1 } },
    ],
    [
      'another payment',
      { status: 201, body: refundFields({ payment_id: 'x' }) },
      { outcome: 'pending', refund: null },
    ],
    ['another refund', { status: 201, body: refundFields({ refund_id: 'x' }) }, { outcome: 'pending' }],
    ['another amount', { status: 201, body: refundFields({ amount: 4001 }) }, { outcome: 'pending' }],
    ['a decline without a refund', problem(422, 'refund_declined'), { outcome: 'pending' }],
  ])('of %s', async (_what, answer, expected) => {
    expect(await scriptedClient([answer]).client.refund(PART)).toMatchObject(expected);
  });

  test('without a name is not sent', async () => {
    const { client, sent } = scriptedClient([]);
    for (const input of [{ paymentId: PAYMENT_ID }, { ...PART, paymentId: 'x' }, { ...PART, refund_id: 'x' }])
      await expect(client.refund(input as unknown as RefundInput)).rejects.toMatchObject({
        name: 'PayonceInputError',
      });
    expect(sent).toEqual([]);
  });
});

describe('a capture and a void', () => {
  test('have one key for each attempt at each payment', async () => {
    const keys = new Set<string | undefined>();
    const voided = captureFields({ operation: 'void' });
    const { client, sent } = scriptedClient([
      'throws',
      { status: 201, body: captureFields() },
      { status: 201, body: captureFields() },
      { status: 201, body: voided },
    ]);
    expect(await client.capture({ paymentId: PAYMENT_ID, amountMinor: 4000 })).toMatchObject({
      outcome: 'captured',
      operation: { operation: 'capture', amountMinor: 4000, capturedMinor: null },
    });
    await client.capture({ paymentId: PAYMENT_ID, amountMinor: 4000 }, { attempt: 2 });
    expect(await client.void({ paymentId: PAYMENT_ID })).toMatchObject({ outcome: 'voided' });
    for (const { headers } of sent) keys.add(headers['idempotency-key']);
    expect(sent.map(({ url }) => url.slice(PATH.length))).toEqual([
      '/capture',
      '/capture',
      '/capture',
      '/void',
    ]);
    expect(sent[0]?.headers['idempotency-key']).toBe(sent[1]?.headers['idempotency-key']);
    expect(keys.size).toBe(3);
  });

  const declined = captureFields({ status: 'FAILED' });
  test.each<[string, Scripted, Record<string, unknown>]>([
    [
      'a decline',
      about(422, 'capture_declined', declined, 'operation_status'),
      { outcome: 'declined', code: 'capture_declined' },
    ],
    [
      'an earlier one that was made after all',
      about(409, 'payment_not_capturable', declined, 'operation_status'),
      { outcome: 'failed', code: 'payment_not_capturable' },
    ],
    [
      'a payment that takes none',
      problem(409, 'payment_not_capturable'),
      { outcome: 'refused', operation: null },
    ],
    [
      'a void in the way',
      about(
        409,
        'operation_in_progress',
        captureFields({ operation: 'void', status: 'PENDING', ...open }),
        'operation_status',
      ),
      { outcome: 'refused', code: 'operation_in_progress', operation: { operation: 'void' } },
    ],
    [
      '202 REVIEW',
      { status: 202, body: captureFields({ status: 'REVIEW', ...open }) },
      { outcome: 'review', reason: 'review' },
    ],
    [
      '202 PENDING for ever',
      { status: 202, body: captureFields({ status: 'PENDING', ...open }) },
      { outcome: 'pending', reason: 'in_progress', idempotencyKey: expect.any(String) },
    ],
    [
      'a void',
      { status: 201, body: captureFields({ operation: 'void' }) },
      { outcome: 'pending', operation: null },
    ],
    ['another amount', { status: 201, body: captureFields({ amount: 4001 }) }, { outcome: 'pending' }],
    ['another payment', { status: 201, body: captureFields({ payment_id: 'x' }) }, { outcome: 'pending' }],
    ['a decline without a capture', problem(422, 'capture_declined'), { outcome: 'pending' }],
  ])('of %s', async (_what, answer, expected) => {
    const { client } = scriptedClient([answer]);
    expect(await client.capture({ paymentId: PAYMENT_ID, amountMinor: 4000 })).toMatchObject(expected);
  });
});

describe('an operator', () => {
  const sums = { amount_captured: 0, amount_refunded: 0, amount_refunding: 0, amount_refunded_elsewhere: 0 };
  const payment = {
    status: 202,
    body: paymentFields({ status: 'REVIEW', ...open, ...sums, actions: ['resolve'] }),
  };
  const refund = { status: 202, body: refundFields({ status: 'REVIEW', ...open, actions: [] }) };
  const voided = {
    status: 202,
    body: captureFields({ operation: 'void', status: 'REVIEW', ...open, actions: [] }),
  };
  const stated = { paymentId: PAYMENT_ID, evidence: 'ticket 4711', actor: 'amira' };
  const moved = { ...stated, gatewayRef: 'ch_1', amountMinor: 4000 };

  test('has something looked up now', async () => {
    const { client, sent } = scriptedClient(['throws', payment, refund, voided]);
    const NONE = { outcome: 'accepted', payment: null, refund: null, operation: null };
    expect(await client.lookNow(PAYMENT_ID, { actor: 'amira' })).toMatchObject({
      ...NONE,
      payment: { status: 'REVIEW', actions: ['resolve'], sums: { authorizedMinor: null, capturedMinor: 0 } },
    });
    expect(await client.lookNow(PAYMENT_ID, { refundId: 'return 17/a' })).toMatchObject({
      ...NONE,
      refund: { refundId: 'return 17/a' },
    });
    expect(await client.lookNow(PAYMENT_ID, { operation: 'void' })).toMatchObject({
      ...NONE,
      operation: { operation: 'void' },
    });
    expect(sent.map(({ url, body }) => [url.slice(PATH.length), body])).toEqual([
      ['/look-now', { actor: 'amira' }],
      ['/look-now', { actor: 'amira' }],
      ['/refunds/return%2017%2Fa/look-now', {}],
      ['/void/look-now', {}],
    ]);
  });

  test('says how something ended', async () => {
    const { client, sent } = scriptedClient([payment, refund, voided, payment]);
    await client.resolve({ ...moved, outcome: 'completed' });
    await client.resolve({ ...moved, outcome: 'succeeded', refundId: 'return 17/a' });
    await client.resolve({ ...moved, outcome: 'succeeded', operation: 'void' });
    await client.resolve({ ...stated, outcome: 'failed' });
    const words = { evidence: 'ticket 4711', actor: 'amira' };
    expect(sent.map(({ url, body }) => [url.slice(PATH.length), body])).toEqual([
      ['/resolve', { ...words, outcome: 'completed', gateway_ref: 'ch_1', amount_captured: 4000 }],
      [
        '/refunds/return%2017%2Fa/resolve',
        { ...words, outcome: 'succeeded', gateway_ref: 'ch_1', amount_refunded: 4000 },
      ],
      ['/void/resolve', { ...words, outcome: 'succeeded', gateway_ref: 'ch_1', amount_voided: 4000 }],
      ['/resolve', { ...words, outcome: 'failed' }],
    ]);
  });

  test('is refused, or not heard', async () => {
    expect(await scriptedClient([problem(409, 'not_in_review')]).client.lookNow(PAYMENT_ID)).toEqual({
      outcome: 'refused',
      code: 'not_in_review',
      detail: 'The detail of not_in_review.',
      fields: [],
      retryAfterMs: null,
    });
    expect(await scriptedClient([refund]).client.lookNow(PAYMENT_ID)).toMatchObject({
      outcome: 'pending',
      reason: 'no_answer',
    });
  });
});
