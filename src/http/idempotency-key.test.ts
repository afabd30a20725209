import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIdempotencyKey } from './idempotency-key.ts';

const read = (value: string) => readIdempotencyKey(['Host', 'x', 'Idempotency-Key', value, 'Accept', '*/*']);
const key = (text: string) => ({ kind: 'key', key: text });

describe('an idempotency key', () => {
  it('is optional', () => {
    expect(readIdempotencyKey([])).toEqual({ kind: 'none' });
    expect(readIdempotencyKey(['Host', 'Idempotency-Key', 'X-Idempotency-Key', 'a'])).toEqual({
      kind: 'none',
    });
  });

  it('is found whatever the case of the header', () => {
    for (const name of ['idempotency-key', 'IDEMPOTENCY-KEY', 'IdemPotency-kEy']) {
      expect(readIdempotencyKey([name, 'abc'])).toEqual(key('abc'));
    }
  });

  it.each([
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    ['  abc\t', 'abc'],
    ['" abc "', ' abc '],
    ['a b, c; d="e"', 'a b, c; d="e"'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['a"b\\c', 'a"b\\c'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['~', '~'],
    ['k'.repeat(255), 'k'.repeat(255)],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
    [`"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
  ])('%j is %j', (value, text) => expect(read(value)).toEqual(key(text)));

  it.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['""', 'empty'],
    ['"', 'quote'],
    ['"abc', 'quote'],
    ['"abc" ; a=1', 'quote'],
    ['"abc";a', 'quote'],
    ['"a", "b"', 'quote'],
    ['"a"b"', 'quote'],
    ['"a\\b"', 'quote'],
    ['"a\\"', 'quote'],
    ['k'.repeat(256), '255'],
    [`"${'k'.repeat(256)}"`, '255'],
    ['sch\u00f6n', 'ASCII'],
    ['a\u007f', 'ASCII'],
    ['a\tb', 'ASCII'],
    ['"a\tb"', 'ASCII'],
  ])('%j is refused', (value, word) => {
    expect(read(value)).toEqual({ kind: 'invalid', detail: expect.stringContaining(word) });
  });

  it('is no card number: a hash of one hides nothing', () => {
    const card = `4${'0'.repeat(14)}2`;
    for (const value of [card, `"${card}"`, `order ${card}`]) {
      expect(read(value)).toEqual({ kind: 'card_number', detail: expect.not.stringContaining(card) });
    }
    expect(read(`A${card}`)).toEqual(key(`A${card}`));
  });

  it('is read without spaces and tabs around it, and with no other character left out', () => {
    expect(read(' \ta \t')).toEqual(key('a'));
    for (const value of ['a\u00a0', '\u00a0a', 'a\v']) expect(read(value)).toMatchObject({ kind: 'invalid' });
  });

  it('may stand only once, even with the same value', () => {
    for (const name of ['Idempotency-Key', 'idempotency-key']) {
      expect(readIdempotencyKey(['Idempotency-Key', 'a', name, 'a'])).toEqual({
        kind: 'invalid',
        detail: 'The header is given more than once.',
      });
    }
  });

  it('is the same key in quotes and without, for every key', () => {
    const text = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 255 })
      .filter((each) => /^[!-~](?:[ -~]*[!-~])?$/.test(each));
    fc.assert(
      fc.property(text, (bare) => {
        const quoted = `"${bare.replace(/["\\]/g, '\\$&')}"`;
        expect(read(quoted)).toEqual(key(bare));
        if (!bare.startsWith('"')) expect(read(bare)).toEqual(key(bare));
      }),
    );
  });

  it('is never repeated in an error', () => {
    const hidden = `"hidden-${'x'.repeat(300)}`;
    expect(JSON.stringify(read(hidden))).not.toContain('hidden');
  });
});
