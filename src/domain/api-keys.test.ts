import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiKeyHash, lastFourOf, looksLikeApiKey, makeApiKey, parseApiKey } from './api-keys.ts';

const RANDOM = '000102030405060708090a0b0c0d0e0f';
const hex128 = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 });

describe('an API key', () => {
  it('has a form that never changes: programs and scanners know it', () => {
    const key = makeApiKey(true, RANDOM);
    expect(key.text).toBe(`po_live_${RANDOM}72058d14`);
    expect(lastFourOf(key)).toBe('8d14');
    expect(makeApiKey(false, RANDOM).text).toMatch(/^po_test_000102030405060708090a0b0c0d0e0f[0-9a-f]{8}$/);
  });

  it('is read as it was made', () => {
    fc.assert(
      fc.property(fc.boolean(), hex128, (livemode, random) => {
        const key = makeApiKey(livemode, random);
        expect(parseApiKey(key.text)).toEqual(key);
      }),
    );
  });

  it('is refused if any one character is another one', () => {
    const { text } = makeApiKey(true, 'f0e1d2c3b4a5968778695a4b3c2d1e0f');
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === '0' ? '1' : '0';
      expect(parseApiKey(text.slice(0, at) + other + text.slice(at + 1)), `character ${at}`).toBeNull();
    }
  });

  const { text } = makeApiKey(true, 'a'.repeat(32));
  it.each(['', 'po_live_', `po_live_${RANDOM}`, ` ${text}`, `${text}\n`, text.toUpperCase()])(
    'is not: %j',
    (other) => {
      expect(parseApiKey(other)).toBeNull();
    },
  );

  it('is stored as SHA-256', () => {
    expect(apiKeyHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([
    ['po_live_x', true],
    ['po_test_', true],
    ['sk_live_x', false],
    ['xpo_live_', false],
  ])('%s is meant as one: %s', (given, meant) => {
    expect(looksLikeApiKey(given)).toBe(meant);
  });
});
