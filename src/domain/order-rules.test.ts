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

describe('the rules of an order, for callers without HTTP', () => {
  it.each(['a\0b', '\ud800', 'a\udc00', '\udc00\ud800'])('%j cannot be stored, in any field', (text) => {
    for (const complaintOf of [orderIdComplaint, metadataKeyComplaint, metadataValueComplaint]) {
      expect(complaintOf(text)).toEqual({
        kind: 'invalid',
        detail: expect.stringContaining('well-formed'),
      });
    }
    expect(methodComplaint(text)?.kind).toBe('invalid');
  });

  it.each([0, -1, -0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    '%d is not an amount',
    (amountMinor) => {
      expect(amountComplaint(amountMinor)?.kind).toBe('invalid');
    },
  );

  it('a card number has a complaint of its own, and is not repeated', () => {
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

  it('valid values have no complaint', () => {
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

describe('a complaint in words', () => {
  const invalid = (detail: string) => ({ kind: 'invalid', detail });

  it('about an order id: empty, or longer than 255 bytes of UTF-8', () => {
    const tooLong = invalid('must not be longer than 255 bytes of UTF-8');
    expect(orderIdComplaint('')).toEqual(invalid('must not be empty'));
    expect([orderIdComplaint('x'.repeat(255)), orderIdComplaint('x'.repeat(256))]).toEqual([null, tooLong]);
    expect([orderIdComplaint('é'.repeat(127)), orderIdComplaint('é'.repeat(128))]).toEqual([null, tooLong]);
  });

  it('about a currency: unknown, or in lower case', () => {
    const unknown = invalid('must be the ISO 4217 code of a currency, in upper case, such as "USD"');
    expect([currencyComplaint('usd'), currencyComplaint('XYZ'), currencyComplaint('')]).toEqual([
      unknown,
      unknown,
      unknown,
    ]);
  });

  it('about an amount: out of its range', () => {
    expect(amountComplaint(0)).toEqual(invalid('must be from 1 to 9007199254740991 minor units'));
  });

  it('about a method: empty, too long, or not visible ASCII', () => {
    const wrong = invalid('must be 1 to 255 visible ASCII characters without spaces');
    expect(methodComplaint('t'.repeat(255))).toBeNull();
    for (const method of ['', 't'.repeat(256), 'a b', ' a', 'a ', '\x7f', 'é']) {
      expect(methodComplaint(method)).toEqual(wrong);
    }
    expect(methodComplaint('!~')).toBeNull();
  });

  it('about a note: no name, a name or a text that is too long, counted in characters', () => {
    expect(metadataKeyComplaint('')).toEqual(invalid('has an empty name'));
    const [longName, longText] = [
      invalid('has a name longer than 40 characters'),
      invalid('is longer than 500 characters'),
    ];
    for (const character of ['x', 'é', '\u{1f600}']) {
      expect(metadataKeyComplaint(character.repeat(40))).toBeNull();
      expect(metadataKeyComplaint(character.repeat(41))).toEqual(longName);
      expect(metadataValueComplaint(character.repeat(500))).toBeNull();
      expect(metadataValueComplaint(character.repeat(501))).toEqual(longText);
    }
    expect(metadataValueComplaint('x'.repeat(5000))).toEqual(longText);
  });
});
