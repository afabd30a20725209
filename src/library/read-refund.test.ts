import { describe, expect, test } from 'vitest';
import { PayonceInputError } from './input-error.ts';
import { readRefundId, readRefundsFilter } from './read-filters.ts';
import { readRefundCall } from './read-refund.ts';

const paymentId = '01936b1e-7f2a-7c3d-8e4f-0123456789ab';
const good = { paymentId, refundId: 'return-17' };
/** A number with the prefix and length of a card, and its check digit. */
const CARD = `4${'0'.repeat(14)}2`;

function refusalOf(read: () => unknown): PayonceInputError {
  try {
    read();
  } catch (error) {
    if (error instanceof PayonceInputError) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

const refusal = (input: unknown, options?: unknown): PayonceInputError =>
  refusalOf(() => readRefundCall(input, options));

describe('what is to be refunded', () => {
  test('needs a payment and a name', () => {
    expect(readRefundCall(good, undefined)).toEqual({
      refund: {
        accountId: 'default',
        paymentId,
        amountMinor: null,
        refundId: 'return-17',
        reason: null,
        metadata: {},
      },
      key: null,
      waitMs: 10_000,
      signal: null,
    });
  });

  test('may have every optional field', () => {
    const all = {
      ...good,
      amountMinor: 4000,
      reason: 'broken',
      metadata: { note: 'gift' },
      accountId: 'acme',
    };
    expect(readRefundCall(all, {}).refund).toEqual(all);
  });

  test('is named by a key where it has no refundId, in a scope of its own', () => {
    const { refund, key } = readRefundCall({ paymentId }, { idempotencyKey: 'k' });
    expect([refund.refundId, key]).toEqual([null, { route: 'library refunds', key: 'k' }]);
    expect(readRefundCall(good, { idempotencyKey: 'k', keyScope: 's' }).key?.route).toBe('s');
  });

  test('finds its payment by an id in capital letters', () => {
    expect(readRefundCall({ ...good, paymentId: paymentId.toUpperCase() }, {}).refund.paymentId).toBe(
      paymentId,
    );
  });

  test('is not taken without a name', () => {
    for (const options of [undefined, {}, { idempotencyKey: undefined }, { keyScope: 's' }]) {
      const error = refusal({ paymentId, amountMinor: 1 }, options);
      expect([error.code, error.errors]).toEqual([
        'refund_identity_required',
        [{ field: 'refundId', detail: expect.stringContaining('is required, unless') }],
      ]);
    }
  });

  test('is told everything else that is wrong before it is asked for a name', () => {
    const error = refusal({ amountMinor: 0 }, { waitMs: -1 });
    expect(error.code).toBe('invalid_request');
    expect(error.errors.map(({ field }) => field)).toEqual(['paymentId', 'amountMinor', 'waitMs']);
  });

  test.each([
    ['paymentId', undefined],
    ['paymentId', null],
    ['paymentId', 'ORD123'],
    ['amountMinor', 0],
    ['amountMinor', null],
    ['amountMinor', '1'],
    ['amountMinor', 1.5],
    ['amountMinor', Number.NaN],
    ['refundId', ''],
    ['refundId', '..'],
    ['refundId', 5],
    ['reason', ''],
    ['reason', 'x'.repeat(501)],
    ['metadata', { a: 1 }],
    ['metadata', []],
    ['accountId', ''],
  ])('is not one with %s %o', (name, value) => {
    const error = refusal({ ...good, [name]: value });
    expect(error.code).toBe('invalid_request');
    expect(error.errors.map(({ field }) => field.split('.')[0])).toEqual([name]);
  });

  test.each([
    [{ amount: 1 }, 'amount', 'did you mean amountMinor?'],
    [{ payment: paymentId }, 'payment', 'did you mean paymentId?'],
    [{ refund_id: 'a' }, 'refund_id', 'did you mean refundId?'],
    [{ idempotencyKey: 'a' }, 'idempotencyKey', 'belongs in the options, the second argument'],
    [{ currency: 'USD' }, 'currency', 'the known ones are paymentId, amountMinor'],
  ])('is not one with an unknown field: %o', (more, field, hint) => {
    expect(refusal({ ...good, ...more }).errors).toEqual([{ field, detail: expect.stringContaining(hint) }]);
  });

  test('says its fields in the first argument', () => {
    expect(refusal(good, { reason: 'broken' }).errors).toEqual([
      {
        field: 'options.reason',
        detail: expect.stringContaining('belongs in the refund, the first argument'),
      },
    ]);
  });

  test.each([undefined, null, 'return-17', []])('is no %o', (input) =>
    expect(refusal(input).errors).toEqual([{ field: '', detail: 'must be an object with paymentId' }]),
  );

  test('is refused with a bad key under the code of keys', () => {
    expect(refusal(good, { idempotencyKey: '' }).code).toBe('idempotency_key_invalid');
  });

  test.each([{ refundId: CARD }, { reason: `card ${CARD}` }, { metadata: { card: CARD } }])(
    'is refused with a card number, which is not repeated: %#',
    (more) => {
      const error = refusal({ ...good, ...more });
      expect(error.code).toBe('card_number_refused');
      expect(JSON.stringify([error.message, error.errors])).not.toContain(CARD);
    },
  );
});

describe('what is to be read', () => {
  test('is a page of refunds', () => {
    expect(readRefundsFilter(undefined)).toEqual({ accountId: 'default', filter: { limit: 20 } });
    expect(readRefundsFilter({ accountId: 'acme', limit: 500, before: paymentId })).toEqual({
      accountId: 'acme',
      filter: { limit: 500, before: paymentId },
    });
  });

  test.each([{ limit: 0 }, { limit: 501 }, { before: 'x' }, { before: 5 }, { after: 1 }])(
    'is no page with %o',
    (filter) => expect(refusalOf(() => readRefundsFilter(filter)).code).toBe('invalid_request'),
  );

  test('is a refund by its exact id', () => {
    expect(readRefundId(' A ')).toBe(' A ');
    for (const id of [undefined, 5, '', 'a\0', 'x'.repeat(256)])
      expect(refusalOf(() => readRefundId(id)).errors).toMatchObject([{ field: 'refundId' }]);
  });
});
