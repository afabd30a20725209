import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chargeKey,
  followUpKey,
  isUuid,
  orderReference,
  prepareKey,
  requestKeyHash,
  sealKey,
  uuidV5,
  uuidV7,
} from './ids.ts';

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

describe('derived names', () => {
  it('uuidV5 gives the example of RFC 9562, appendix A.4', () => {
    expect(uuidV5(DNS, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  it('uuidV7 gives the example of RFC 9562, appendix A.6', () => {
    const random = 'cc318c4dc0c0c07398f000000000000';
    expect(uuidV7(0x017f22e279b0, `${random}0`)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('uuidV7 sorts by its time', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 46), fc.nat(2 ** 46), (a, b) => {
        const [first, second] = [uuidV7(a, 'f'.repeat(32)), uuidV7(b, '0'.repeat(32))];
        if (a < b) expect(first < second).toBe(true);
      }),
    );
  });

  it('are the same for the same order, and for no other account, installation or charge', () => {
    const reference = orderReference(DNS, 'default', 'ORD1');
    expect(orderReference(DNS, 'default', 'ORD1')).toBe(reference);
    const keys = [
      chargeKey(reference, 1),
      chargeKey(reference, 2),
      chargeKey(orderReference(DNS, 'other', 'ORD1'), 1),
      chargeKey(orderReference(DNS, 'default', 'ORD2'), 1),
      chargeKey(orderReference('00000000-0000-4000-8000-000000000000', 'default', 'ORD1'), 1),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every(isUuid)).toBe(true);
  });

  it('of what a charge is made on come from the charge’s key, and never meet', () => {
    // Sent to gateways: they must not change with a release.
    expect(prepareKey(DNS, 2)).toBe(uuidV5(DNS, 'prepare:2'));
    expect(sealKey(DNS, 2)).toBe(uuidV5(DNS, 'seal:2'));
    const keys = [DNS, prepareKey(DNS, 0), prepareKey(DNS, 1), sealKey(DNS, 0), sealKey(DNS, 1)];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('differ between routes, and text that moves between route and key changes them', () => {
    expect(requestKeyHash('POST /a', 'k')).not.toBe(requestKeyHash('POST /b', 'k'));
    expect(isUuid(requestKeyHash('POST /v1/payments', 'k'))).toBe(true);
  });
});

describe('a refund’s key at the gateway', () => {
  const reference = orderReference('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'default', 'ORD1');

  it('is the same whenever the caller sends the same refund again', () => {
    // Stored, and sent to gateways: it must not change with a release.
    expect(followUpKey(reference, 'refund', { name: 'R1' })).toBe(uuidV5(reference, 'refund:id:R1'));
    expect(followUpKey(reference, 'refund', { keyHash: 'h' })).toBe(uuidV5(reference, 'refund:key:h'));
  });

  it('is another one for each refund, each kind of name, and each charge', () => {
    const keys = [
      followUpKey(reference, 'refund', { name: 'R1' }),
      followUpKey(reference, 'refund', { name: 'R2' }),
      followUpKey(reference, 'refund', { keyHash: 'R1' }),
      // A refund_id that looks like a key's name.
      followUpKey(reference, 'refund', { name: 'key:R1' }),
      chargeKey(reference, 1),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
