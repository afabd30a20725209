import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeForm, type Form, type FormFields } from './form.ts';

const name = fc.string({
  minLength: 1,
  maxLength: 8,
  unit: fc.constantFrom('a', 'Z', '_', 'é', '🙂', ' ', '&', '=', '+', '%', '.'),
});
const text = fc.string({ maxLength: 12, unit: 'binary' }).filter((one) => !/[\p{Surrogate}\0]/u.test(one));
const fields = (value: fc.Arbitrary<Form>): fc.Arbitrary<FormFields> =>
  fc.dictionary(name, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
const { value } = fc.letrec<{ value: Form }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text,
    fields(tie('value')),
    fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
  ),
}));

function encode(form: Form, path: string, list: 'numbered' | 'empty'): string[] {
  if (typeof form === 'string') return [`${path}=${encodeURIComponent(form)}`];
  const isList = Array.isArray(form);
  return Object.entries(form).flatMap(([key, inner]) => {
    const step = isList && list === 'empty' ? '' : encodeURIComponent(key);
    return encode(inner as Form, path === '' ? step : `${path}[${step}]`, list);
  });
}

describe('form encoding', () => {
  test('whatever is encoded is decoded again', () => {
    fc.assert(
      fc.property(fields(value), (form) => {
        expect(decodeForm(encode(form, '', 'numbered').join('&'))).toEqual(form);
      }),
      { numRuns: 1_000 },
    );
  });

  test('lists of texts may leave the numbers out', () => {
    fc.assert(
      fc.property(fields(fc.array(text, { minLength: 1 })), (form) => {
        expect(decodeForm(encode(form, '', 'empty').join('&'))).toEqual(form);
      }),
    );
  });

  test('the order of the parameters does not matter, but for lists without numbers', () => {
    fc.assert(
      fc.property(
        fields(value).chain((form) => {
          const pairs = encode(form, '', 'numbered');
          return fc.tuple(fc.constant(form), fc.shuffledSubarray(pairs, { minLength: pairs.length }));
        }),
        ([form, pairs]) => {
          expect(decodeForm(pairs.join('&'))).toEqual(form);
        },
      ),
    );
  });

  test('any text is decoded or refused, and nothing gets a prototype', () => {
    const piece = fc.constantFrom(
      'a',
      '[',
      ']',
      '=',
      '&',
      '%',
      '+',
      '0',
      '%00',
      '%ff',
      '__proto__',
      'constructor',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        let form: FormFields;
        try {
          form = decodeForm(pieces.join(''));
        } catch (error) {
          expect(error).toMatchObject({ status: 400, kept: false });
          return;
        }
        expect(Object.getPrototypeOf(form)).toBeNull();
        expect(({} as Record<string, unknown>).a).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<[encoded: string, form: unknown]>([
    ['', {}],
    ['a=1&a=2', { a: '2' }],
    ['a', { a: '' }],
    ['a=b=c', { a: 'b=c' }],
    ['a+b=c+d%2B', { 'a b': 'c d+' }],
    ['a%5Bb%5D=1', { a: { b: '1' } }],
    ['expand[]=x&expand[]=y', { expand: ['x', 'y'] }],
    ['a[1]=y&a[0]=x', { a: ['x', 'y'] }],
    ['a[0][b]=1&a[0][c]=2', { a: [{ b: '1', c: '2' }] }],
    ['metadata[order_id]=7&metadata[0x]=8', { metadata: { order_id: '7', '0x': '8' } }],
  ])('%s', (encoded, form) => {
    expect(decodeForm(encoded)).toEqual(form);
  });

  test.each(['a=1&a[b]=2', 'a[b]=2&a=1', 'a[b=1', ']=1', '[a]=1', 'a=%zz', 'a=%00', `a${'[b]'.repeat(9)}=1`])(
    '%s is refused',
    (encoded) => {
      expect(() => decodeForm(encoded)).toThrow();
    },
  );
});
