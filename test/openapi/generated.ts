/** Requests that are made from the document: what it allows, and what it does not. */
import fc from 'fast-check';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const WORDS = [
  'USD',
  'EUR',
  'JPY',
  'order-1',
  'order-2',
  'tok_visa',
  'x',
  'A longer text, with signs: ü€',
  'http://127.0.0.1:9/',
];
/** What no schema of ours allows in the place of anything. */
const NONSENSE: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  '',
  [],
  [1],
  { surprise: 1 },
  'nothing of the kind',
  2 ** 60,
];

/** A value that the schema allows. */
export function valid(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(valid));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.pattern !== undefined) return fc.constantFrom('USD', 'EUR', 'JPY', 'CHF');
  if (schema.format === 'date-time') return fc.constant('2026-01-31T12:00:00Z');
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 50_000, 50_000) });
    case 'array':
      return fc.array(valid(schema.items ?? {}), { minLength: 1, maxLength: 2 });
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, valid(one)])),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    default:
      return fc.constantFrom(...WORDS);
  }
}

/** A body that the schema allows, or one with something wrong. */
export function body(schema: Schema): fc.Arbitrary<unknown> {
  const names = [...Object.keys(schema.properties ?? {}), 'surprise'];
  const spoilt = fc
    .tuple(valid(schema), fc.constantFrom(...names), fc.constantFrom(...NONSENSE, undefined))
    .map(([value, name, wrong]) => ({ ...(value as object), [name]: wrong }));
  return fc.oneof(
    { weight: 2, arbitrary: valid(schema) },
    { weight: 2, arbitrary: spoilt },
    fc.constantFrom(...NONSENSE),
  );
}
