/** Values of a schema, and values that break it. Only the words that the document uses are known; another one is an error. */
import fc, { type Arbitrary } from 'fast-check';

export type Schema = { readonly [word: string]: unknown };
type Schemas = Readonly<Record<string, Schema>>;

/** Values that the schema takes. */
export function valid(schema: Schema): Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if ('enum' in schema) return fc.constantFrom(...(schema.enum as unknown[]));
  if ('oneOf' in schema) return fc.oneof(...(schema.oneOf as Schema[]).map(valid));
  const types = [schema.type].flat();
  return fc.oneof(...types.map((type) => ofType(String(type), schema)));
}

function ofType(type: string, schema: Schema): Arbitrary<unknown> {
  const { minimum, maximum, minLength = 0, maxLength = 30 } = schema as Record<string, number | undefined>;
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.oneof(
        fc.integer({ min: minimum ?? 0, max: Math.min(maximum ?? 1e6, 20_000) }),
        fc.maxSafeInteger().filter((n) => n >= (minimum ?? 0) && n <= (maximum ?? 1e6)),
        fc.constantFrom(minimum ?? 0, maximum ?? 1e6),
      );
    case 'number':
      return fc.integer({ min: 1, max: 1_000_000 }).map((cents) => cents / 100);
    case 'array':
      return fc.array(valid(schema.items as Schema), {
        minLength: Number(schema.minItems ?? 0),
        maxLength: 5,
      });
    case 'string':
      return ofText(schema, Number(minLength), Number(maxLength));
    case 'object':
      return ofObject(schema);
    default:
      throw new Error(`no values of ${JSON.stringify(schema)}`);
  }
}

function ofText(schema: Schema, minLength: number, maxLength: number): Arbitrary<string> {
  if (schema.format === 'uri') return fc.webUrl({ validSchemes: ['https', 'http'] });
  if (schema.format === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((date) => date.toISOString());
  const pattern = new RegExp(String(schema.pattern ?? ''), 'u');
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) }),
    fc.string({ unit: 'grapheme-ascii', minLength, maxLength }),
  );
  const not = ((schema.not as Schema | undefined)?.enum as string[] | undefined) ?? [];
  return text
    .map((each) => each || 'x'.repeat(minLength))
    .filter((each) => {
      const { length } = [...each];
      return pattern.test(each) && length >= minLength && length <= maxLength && !not.includes(each);
    });
}

function ofObject(schema: Schema): Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Schemas);
  const fields = Object.fromEntries(properties.map(([name, each]) => [name, valid(each)]));
  const fixed = fc.record(fields, {
    requiredKeys: ((schema.required ?? []) as string[]).filter((n) => n in fields),
  });
  if (typeof schema.additionalProperties !== 'object') return fixed;
  const names = valid({ type: 'string', ...(schema.propertyNames as Schema) }) as Arbitrary<string>;
  return fc.dictionary(names, valid(schema.additionalProperties as Schema), { maxKeys: 6 });
}

const JUNK = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 1.5, '', '\u0000', [], {}, 2 ** 53, 1e300, 'x'.repeat(3000)),
  fc.jsonValue({ maxDepth: 1 }),
);

/** Values that are nearly right: one field is junk, is missing, or is unknown. Most break the schema, and some do not. */
export function nearly(schema: Schema): Arbitrary<unknown> {
  const change = fc.tuple(fc.constantFrom('junk', 'drop', 'add', 'whole'), fc.nat(), JUNK);
  return fc.tuple(valid(schema), change).map(([value, [how, at, junk]]) => {
    if (how === 'whole') return junk;
    const entries = Object.entries(value as object);
    if (how === 'add' || entries.length === 0) return { ...(value as object), amuont: junk };
    const index = at % entries.length;
    if (how === 'drop') return Object.fromEntries(entries.filter((_entry, i) => i !== index));
    return Object.fromEntries(entries.map(([name, old], i) => [name, i === index ? junk : old]));
  });
}
