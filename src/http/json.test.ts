import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonNumber, type JsonValue, parseJson } from './json.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');
const parse = (text: string) => parseJson(bytes(text));

function valueIn(text: string): JsonValue {
  const result = parse(text);
  if (result.kind === 'refused') throw new Error(result.detail);
  return result.value;
}

/** The value as JSON.parse would return it; numbers keep their meaning. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.source);
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, each]) => [name, plain(each)]));
  if (Array.isArray(value)) return value.map((each: JsonValue) => plain(each));
  return value;
}

const hasDuplicate = 'A name occurs twice';

describe('what is not JSON', () => {
  it.each([
    '',
    ' ',
    '{',
    '{"a":1',
    '{"a":1,}',
    '[1,]',
    "{'a':1}",
    '{a:1}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":1.}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":0x1}',
    '{"a":1}{"b":2}',
    '{"a":1} x',
    '"a\nb"',
    '"a\0b"',
    '"\\x41"',
    '// no\n{}',
    '{"a":1}\0',
    'undefined',
  ])('is refused: %j', (text) => {
    expect(parse(text).kind).toBe('refused');
  });

  it.each([
    ['a byte that UTF-8 never has', [0x22, 0xff, 0x22]],
    ['a sequence cut short', [0x22, 0xe2, 0x82, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a code point beyond Unicode', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['UTF-16', [...Buffer.from('\ufeff{}', 'utf16le')]],
  ])('is refused: %s', (_name, raw) => {
    expect(parseJson(Buffer.from(raw))).toEqual({ kind: 'refused', detail: 'The body is not valid UTF-8.' });
  });

  it('is refused: a byte order mark', () => {
    expect(parse('\ufeff{}')).toEqual({ kind: 'refused', detail: 'The body begins with a byte order mark.' });
  });

  it('is refused, and the answer repeats nothing of it', () => {
    for (const text of ['{"secret":"tok_1', '{"secret":1,"secret":1}', '["secret\\u0000"]']) {
      expect(JSON.stringify(parse(text))).not.toContain('secret');
    }
  });
});

describe('a name that occurs twice', () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"\\u0061":1,"a":2}',
    '{"a/b":1,"a\\/b":2}',
    '{"":1,"":2}',
    '{"a":1,"b":2,"a":3}',
    '{"x":{"a":1,"a":1}}',
    '{"x":[{"y":{"a":1 , "a" : 1}}]}',
    '{"__proto__":1,"__proto__":2}',
    '{"\\ud83d\\ude00":1,"\u{1f600}":2}',
    '{"a\\"b":1,"a\\u0022b":2}',
  ])('is refused: %s', (text) => {
    expect(parse(text)).toEqual({ kind: 'refused', detail: expect.stringContaining(hasDuplicate) });
  });

  it.each([
    '{"a":1,"A":2}',
    '{"a":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":1,"b":{"a":1},"c":1}',
    '{"a":"a","b":"a"}',
  ])('is not there: %s', (text) => expect(parse(text).kind).toBe('value'));

  it('is found in any object, however its escapes are written', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0'));
    const escaped = (text: string) =>
      `"${[...text.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 4 }), (twice, others) => {
        const rest = [...new Set(others)]
          .filter((other) => other !== twice)
          .map((other) => `${JSON.stringify(other)}:0`);
        const once = `{${[`${escaped(twice)}:1`, ...rest].join(',')}}`;
        expect(parse(once).kind).toBe('value');
        expect(
          parse(`{${[`${escaped(twice)}:1`, ...rest, `${JSON.stringify(twice)}:1`].join(',')}}`).kind,
        ).toBe('refused');
      }),
    );
  });
});

describe('a number', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['-1', -1],
    ['10000', 10000],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('%s is a plain integer', (source, value) => {
    expect(valueIn(source)).toBe(value);
    expect(valueIn(`{"a":${source}}`)).toEqual(new Map([['a', value]]));
  });

  it.each([
    '-0',
    '0.0',
    '100.0',
    '1e2',
    '1E+2',
    '1e-2',
    '9007199254740992',
    '9007199254740993',
    '1e999999999',
    '-1.5',
  ])('%s keeps its source', (source) => {
    expect(valueIn(source)).toEqual(new JsonNumber(source));
    expect(valueIn(`[${source} , ${source}]`)).toEqual([new JsonNumber(source), new JsonNumber(source)]);
  });

  it('of 60,000 digits is no trouble', () => {
    const source = '9'.repeat(60_000);
    expect(valueIn(source)).toEqual(new JsonNumber(source));
  });
});

describe('a string', () => {
  it.each([
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['"\\\\"', '\\'],
    ['"\\\\\\""', '\\"'],
    ['"\\ud83d\\ude00"', '\u{1f600}'],
    ['"\u{1f600}"', '\u{1f600}'],
    ['"\\u0001"', '\u0001'],
    ['""', ''],
  ])('%s is unescaped', (text, value) => expect(valueIn(text)).toBe(value));

  it.each([
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udc00"',
    '"\\ude00\\ud83d"',
    '"\\ud83dx\\ude00"',
    '{"\\ud800":1}',
  ])('%s cannot be stored and is refused', (text) => {
    expect(parse(text)).toEqual({
      kind: 'refused',
      detail: expect.stringContaining('NUL or half a surrogate pair'),
    });
  });
});

describe('depth', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  it('of 8 is taken, of 9 is not', () => {
    expect(parse(nested(8)).kind).toBe('value');
    expect(parse(nested(9))).toEqual({ kind: 'refused', detail: expect.stringContaining('8 levels') });
    expect(parse(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`).kind).toBe('refused');
  });
  it('of 30,000 neither crashes nor takes long', () => {
    expect(parse(nested(30_000)).kind).toBe('refused');
    expect(parse('['.repeat(60_000)).kind).toBe('refused');
  });
});

describe('__proto__', () => {
  it('is a name like any other', () => {
    const value = valueIn('{"__proto__":{"polluted":true},"constructor":{"prototype":1},"a":1}');
    expect(value).toBeInstanceOf(Map);
    expect((value as Map<string, JsonValue>).get('a')).toBe(1);
    expect((value as Map<string, JsonValue>).get('polluted')).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

it('means the same as JSON.parse for every document that it takes', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
      const laidOut = JSON.stringify(JSON.parse(text), null, indent);
      const result = parse(laidOut);
      if (result.kind === 'value') expect(plain(result.value)).toEqual(JSON.parse(laidOut));
      else expect(result.detail).toMatch(/NUL|levels/);
    }),
    { numRuns: 500 },
  );
});

it('refuses or reads any text, and never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.uint8Array().map((raw) => Buffer.from(raw).toString('latin1')),
      ),
      (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        const result = parse(text);
        if (!valid) expect(result.kind).toBe('refused');
      },
    ),
  );
});
