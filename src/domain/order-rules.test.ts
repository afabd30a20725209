import { describe, expect, it } from 'vitest';
import {
  amountComplaint,
  currencyComplaint,
  metadataKeyComplaint,
  metadataValueComplaint,
  methodComplaint,
  orderIdComplaint,
} from './order-rules.ts';

/** A number with the prefix and length of a card, and its check digit. */
const CARD = `4${'0'.repeat(14)}2`;

describe('the rules of an order, for callers that do not come over HTTP', () => {
  it.each(['a\0b', '\ud800', 'a\udc00', '\udc00\ud800'])(
    '%j cannot be stored, wherever it stands',
    (text) => {
      for (const complaintOf of [orderIdComplaint, metadataKeyComplaint, metadataValueComplaint]) {
        expect(complaintOf(text)).toEqual({
          kind: 'invalid',
          detail: expect.stringContaining('well-formed'),
        });
      }
      expect(methodComplaint(text)?.kind).toBe('invalid');
    },
  );

  it.each([0, -1, -0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'an amount of %d is none',
    (amountMinor) => {
      expect(amountComplaint(amountMinor)?.kind).toBe('invalid');
    },
  );

  it('a card number is told from other mistakes, and is not repeated', () => {
    for (const complaint of [
      orderIdComplaint(`ORD ${CARD}`),
      methodComplaint(CARD),
      methodComplaint(`${CARD} `),
      metadataKeyComplaint(CARD),
      metadataValueComplaint(CARD),
    ]) {
      expect(complaint).toEqual({ kind: 'card_number', detail: expect.not.stringContaining(CARD) });
    }
  });

  it('what is right has no complaint', () => {
    expect([
      orderIdComplaint(' ORD/1 \u{1f600} '),
      amountComplaint(1),
      amountComplaint(Number.MAX_SAFE_INTEGER),
      currencyComplaint('JPY'),
      methodComplaint('tok_visa'),
      metadataKeyComplaint('note'),
      metadataValueComplaint(''),
    ]).toEqual([null, null, null, null, null, null, null]);
  });
});
