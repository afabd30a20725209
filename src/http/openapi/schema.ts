/** JSON Schemas (2020-12) as plain data, and the words that most of them are made of. */
export type Schema = { readonly [word: string]: unknown };
type Properties = Readonly<Record<string, Schema>>;

/** An object that takes these fields only, as every body of a request does. */
export function bodyOf(properties: Properties, required: readonly string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** An object in an answer. A later release may add fields, so readers must ignore what they do not know. */
export function answerOf(properties: Properties, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const orNull = (schema: Schema & { readonly type: string }): Schema => ({
  ...schema,
  type: [schema.type, 'null'],
});
export const oneOf = (values: readonly string[]): Schema => ({ type: 'string', enum: [...values] });

export const TEXT = { type: 'string' } as const;
export const UUID = { type: 'string', format: 'uuid' } as const;
export const MOMENT = { type: 'string', format: 'date-time' } as const;
export const WHOLE = { type: 'integer', minimum: 0 } as const;
export const YES_OR_NO = { type: 'boolean' } as const;

/** Well-formed text without NUL, of so many characters. */
export const textOf = (minLength: number, maxLength: number): Schema & { readonly type: 'string' } => ({
  type: 'string',
  minLength,
  maxLength,
  pattern: '^[^\\u0000]*$',
});

export const pageOf = (name: string): Schema =>
  answerOf({
    data: { type: 'array', items: ref(name) },
    next_cursor: {
      type: ['string', 'null'],
      description: 'Send it as `cursor` for the next page. Null: this is the last one.',
    },
  });
