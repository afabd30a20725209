import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAmbiguous } from './members.ts';

const ambiguous = (text: string): boolean => isAmbiguous(Buffer.from(text), JSON.parse(text));

/** A value as it is written: with names that may occur twice, escapes, and white space. */
interface Written {
  readonly text: string;
  readonly twice: boolean;
}
const plain = (text: string): Written => ({ text, twice: false });
const space = fc.constantFrom('', ' ', '\n\t');
const NASTY = [
  'a',
  'b',
  '',
  ':',
  '"',
  '\\',
  '\\"',
  '":',
  '__proto__',
  'constructor',
  '0',
  'é',
  '\u2028',
  '😀:',
];

/** A string in one of the ways in which JSON can write it. */
const string = (value: string): fc.Arbitrary<string> =>
  fc.boolean().map((escaped) => {
    if (!escaped) return JSON.stringify(value);
    const units = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at));
    return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
  });
const anyString = fc.constantFrom(...NASTY).chain(string);

const { value } = fc.letrec<{ value: Written }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(anyString, fc.constantFrom('0', '-1.5e3', 'true', 'null')).map(plain),
    fc.tuple(space, fc.array(tie('value'), { maxLength: 4 })).map(([gap, parts]) => ({
      text: `[${gap}${parts.map(({ text }) => text).join(`${gap},${gap}`)}${gap}]`,
      twice: parts.some(({ twice }) => twice),
    })),
    fc
      .tuple(
        space,
        fc.array(
          fc.constantFrom(...NASTY).chain((name) => fc.tuple(fc.constant(name), string(name), tie('value'))),
          { maxLength: 4 },
        ),
      )
      .map(([gap, members]) => ({
        text: `{${gap}${members.map(([, name, { text }]) => `${name}${gap}:${gap}${text}`).join(`,${gap}`)}${gap}}`,
        twice:
          new Set(members.map(([name]) => name)).size < members.length ||
          members.some(([, , { twice }]) => twice),
      })),
  ),
}));

test('a text is ambiguous if, and only if, a name occurs twice in one object', () => {
  const seen = { yes: 0, no: 0 };
  fc.assert(
    fc.property(value, ({ text, twice }) => {
      seen[twice ? 'yes' : 'no'] += 1;
      expect([text, ambiguous(text)]).toEqual([text, twice]);
    }),
    { numRuns: 3_000 },
  );
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100);
});

test.each([
  ['{"a":1,"a":1}', true],
  ['{"a":1,"\\u0061":2}', true],
  ['{"a":{"b":1},"a":{"b":1}}', true],
  ['[[{"a":[{"x":1,"x":null}]}]]', true],
  ['{"__proto__":1,"__proto__":2}', true],
  ['{"__proto__":{"a":1},"a":2}', false],
  ['{"a":"\\",\\"a\\":1","b":"\\\\"}', false],
  ['{"a":{"a":{"a":1}}}', false],
  ['[{"a":1},{"a":1}]', false],
  ['{"a:b":"c:d"}', false],
  ['{}', false],
])('%s: %s', (text, expected) => {
  expect(ambiguous(text)).toBe(expected);
});

test('a text that is nested too deep is ambiguous, and fills no stack', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(ambiguous(nested(33))).toBe(false);
  expect(ambiguous(nested(34))).toBe(true);
  expect(ambiguous(nested(30_000))).toBe(true);
});
