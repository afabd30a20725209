/** Judges bodies and answers by the document. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Document, DocumentOperation } from '../../src/http/openapi/document.ts';
import type { Schema } from './arbitraries.ts';

/** The headers that an answer may have only if the document says so. */
const OURS = [
  'location',
  'retry-after',
  'www-authenticate',
  'idempotent-replayed',
  'idempotent-retention',
  'idempotency-key',
  'preference-applied',
];

/** Answers may grow, but not without a word here: what the document does not name is an error. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  return copy.type === 'object' && 'properties' in copy && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}

export function createChecker(document: Document) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  ajv.addSchema({ $id: 'doc', components: closed(document.components) });
  const compiled = new Map<object, ValidateFunction>();

  /** Null: it fits. */
  function complaint(schema: Schema, value: unknown): string | null {
    let check = compiled.get(schema);
    if (check === undefined) {
      const text = JSON.stringify(schema).replaceAll('"#/components', '"doc#/components');
      check = ajv.compile(JSON.parse(text));
      compiled.set(schema, check);
    }
    return check(value) ? null : ajv.errorsText(check.errors);
  }

  const components = document.components.headers as Record<string, { required?: true; schema: Schema }>;

  function headerComplaint(
    said: Readonly<Record<string, { $ref: string }>>,
    sent: Readonly<Record<string, unknown>>,
  ): string | null {
    const names = Object.keys(said).map((name) => name.toLowerCase());
    for (const name of OURS)
      if (name in sent && !names.includes(name)) return `the header ${name} is not in the document`;
    for (const [name, { $ref }] of Object.entries(said)) {
      const { required, schema } = components[$ref.split('/').at(-1) ?? ''] ?? { schema: false };
      const value = sent[name.toLowerCase()];
      if (value === undefined) {
        if (required === true) return `the header ${name} is missing`;
        continue;
      }
      const is = (schema as { type?: string }).type === 'integer' ? Number(value) : String(value);
      const wrong = complaint(schema as Schema, is);
      if (wrong !== null) return `the header ${name}: ${wrong}`;
    }
    return null;
  }

  function answerComplaint(
    operation: DocumentOperation,
    answer: { statusCode: number; headers: Record<string, unknown>; body: string },
  ): string | null {
    const response = operation.responses[String(answer.statusCode)];
    if (response === undefined) return `status ${answer.statusCode} is not in the document`;
    const wrong = headerComplaint(response.headers as Record<string, { $ref: string }>, answer.headers);
    if (wrong !== null) return wrong;
    const content = response.content as Record<string, { schema: Schema }> | undefined;
    if (content === undefined) return answer.body === '' ? null : 'there is a body';
    const [type = ''] = String(answer.headers['content-type']).split(';');
    const schema = content[type]?.schema;
    if (schema === undefined) return `the type ${type} is not in the document`;
    return complaint(schema, JSON.parse(answer.body));
  }

  return { complaint, answerComplaint };
}
