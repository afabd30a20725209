/** JSON Schema (draft 2020-12) as plain data, and short ways to write it. */
export type Schema = Readonly<Record<string, unknown>>;

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
export const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });

/** `optional`: the names that may be absent. Nothing else may be there. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

/** A page of a list. */
export function pageOf(schema: Schema): Schema {
  const next = { ...orNull({ type: 'string' }), description: 'Null: this is the last page.' };
  return object({ data: { type: 'array', items: schema }, next_cursor: next });
}

export const TEXT: Schema = { type: 'string' };
export const BOOLEAN: Schema = { type: 'boolean' };
export const UUID: Schema = { type: 'string', format: 'uuid' };
export const TIME: Schema = { type: 'string', format: 'date-time' };
export const MINOR: Schema = {
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Minor units of the currency (cents).',
};
export const COUNT: Schema = { type: 'integer', minimum: 0 };
