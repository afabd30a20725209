/** `/reference`: the OpenAPI document as one page. */
import type { Document, DocumentOperation } from '../openapi/document.ts';
import type { Schema } from '../openapi/schema.ts';
import { escaped, inline, page, table } from './html.ts';

export function referencePage({ info, paths, components }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  const groups = tags.map((tag) => {
    const sections = operations
      .filter(({ operation }) => operation.tags.includes(tag))
      .map(({ method, path, operation }) => operationSection(`${method} ${path}`, operation));
    return `<h2 id="${escaped(tag)}">${escaped(tag)}</h2>${sections.join('\n')}`;
  });
  const contents = operations.map(({ method, path, operation }) => [
    `<a href="#${operation.operationId}"><code>${method} ${escaped(path)}</code></a>`,
    inline(operation.summary),
  ]);
  const schemas = Object.entries(components.schemas).map(([name, schema]) => schemaSection(name, schema));
  return page(
    `${info.title} API`,
    `<p>${inline(info.description)}</p>${table(['request', ''], contents)}
${groups.join('\n')}
<h2>Schemas</h2>${schemas.join('\n')}`,
  );
}

function operationSection(request: string, operation: DocumentOperation): string {
  const scope = operation['x-scope'];
  const parameters = operation.parameters.map(({ name, in: place, schema, description }) => [
    `<code>${escaped(String(name))}</code>`,
    String(place),
    typeOf(schema as Schema),
    inline(String(description ?? (schema as Schema).description ?? '')),
  ]);
  const answers = Object.entries(operation.responses).map(([status, response]) => [
    status,
    answerTypes(response),
    inline(String(response.description)),
  ]);
  const problems = operation['x-problems'].map(
    (code) => `<a href="/problems/${code}"><code>${code}</code></a>`,
  );
  return `<section id="${operation.operationId}"><h3><code>${escaped(request)}</code></h3>
<p>${inline(operation.summary)}${scope === undefined ? '' : ` Scope: <code>${scope}</code>.`}</p>
${table(['parameter', 'in', 'type', ''], parameters)}
${bodyOf(operation.requestBody)}
<details><summary>Answers</summary>${table(['status', 'body', ''], answers)}${answerOf(operation.responses)}<p>Problems: ${problems.join(', ')}</p></details></section>`;
}

type Content = Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;

function bodyOf(body: Schema | undefined): string {
  const json = (body?.content as Content | undefined)?.['application/json'];
  if (body === undefined || json === undefined) return '';
  const optional = body.required === true ? '' : ' It may be left out.';
  return `<p>Body: ${typeOf(json.schema)}.${optional}</p>${exampleOf(json.example)}`;
}

/** An example of what is answered if all goes well. */
function answerOf(responses: Readonly<Record<string, Schema>>): string {
  const [first] = Object.entries(responses).flatMap(([status, { content }]) => {
    const example = (content as Content | undefined)?.['application/json']?.example;
    return status.startsWith('2') && example !== undefined ? [{ status, example }] : [];
  });
  return first === undefined ? '' : `<p>With ${first.status}:</p>${exampleOf(first.example)}`;
}

function exampleOf(example: unknown): string {
  return `<pre>${escaped(JSON.stringify(example, null, 2))}</pre>`;
}

function answerTypes(response: Schema): string {
  const content = Object.values((response.content as Content | undefined) ?? {});
  return content
    .map(({ schema }) => typeOf((schema.allOf as readonly Schema[] | undefined)?.[0] ?? schema))
    .join(' or ');
}

function schemaSection(name: string, schema: Schema): string {
  const forms = (schema.oneOf as readonly Schema[] | undefined) ?? [schema];
  return `<section id="schema-${name}"><h3>${name}</h3>${forms.map(fieldsTable).join('<p>or</p>')}</section>`;
}

function fieldsTable({ properties, required }: Schema): string {
  const needed = (required as readonly string[] | undefined) ?? [];
  const rows = Object.entries((properties as Readonly<Record<string, Schema>> | undefined) ?? {}).map(
    ([name, schema]) => [
      `<code>${escaped(name)}</code>`,
      typeOf(schema),
      needed.includes(name) ? 'always' : 'optional',
      inline(String(schema.description ?? '')),
    ],
  );
  return rows.length === 0 ? '<p>No fields.</p>' : table(['field', 'type', '', ''], rows);
}

/** The type in a few words. */
function typeOf(schema: Schema): string {
  const { $ref, type, items, minimum, maximum } = schema;
  const values = schema.enum as readonly unknown[] | undefined;
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if ('const' in schema) return `<code>${escaped(String(schema.const))}</code>`;
  if (values !== undefined && values.length <= 12)
    return values.map((value) => `<code>${escaped(String(value))}</code>`).join(', ');
  const words = [type].flat().join(' or ');
  const range = minimum === undefined || maximum === undefined ? '' : `, ${minimum} to ${maximum}`;
  return escaped(words) + range + (items === undefined ? '' : ` of ${typeOf(items as Schema)}`);
}
