/** The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1), made from the routes, so that none is missing. */
import { PROBLEMS, type ProblemCode } from '../../domain/problems.ts';
import type { Route } from '../routes.ts';
import { ANSWERS } from './answers.ts';
import { BODIES } from './bodies.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { ref, type Schema } from './schema.ts';

/** What any route may answer. */
const EVERYWHERE: readonly ProblemCode[] = [
  'invalid_request',
  'unauthorized',
  'api_key_wrong_mode',
  'scope_missing',
  'origin_refused',
  'request_timeout',
  'rate_limited',
  'internal_error',
  'api_key_not_checked',
  'shutting_down',
];

const KEY_PARAMETER = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Up to 255 printable ASCII characters, bare or quoted. The same key with the same request gets the same answer. A stored answer is kept for ANSWER_RETENTION_MS; the order, or the name of the refund, protects for ever.',
  schema: { type: 'string', minLength: 1, maxLength: 257 },
};
const PREFER_PARAMETER = {
  name: 'Prefer',
  in: 'header',
  required: false,
  description: '`wait=N` (seconds) or `respond-async` limits the wait for the outcome (RFC 7240).',
  schema: { type: 'string' },
};
const RETRY_AFTER = {
  description: 'When to ask again, in seconds.',
  schema: { type: 'integer', minimum: 1 },
};
const REPLAYED = {
  description: 'Whether an earlier request used this key.',
  schema: { type: 'string', enum: ['true', 'false'] },
};

/** `version`: of the package. Throws if a route has no description. */
export function openApiDocument(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const operation = OPERATIONS[`${route.method} ${path}`];
    if (operation === undefined) throw new Error(`${route.method} ${path} has no description.`);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: described(route, path, operation) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Payonce',
      version,
      summary: 'Charges every order at most once, and always ends with a true answer.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ apiKey: [] }],
    paths,
    components: {
      schemas: { ...ANSWERS, ...BODIES },
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key: `po_live_…` or `po_test_…`. A server on loopback without any key needs none.',
        },
      },
    },
  };
}

function described(route: Route, path: string, operation: Operation): Schema {
  const { id, summary, body, list } = operation;
  return {
    operationId: id,
    summary,
    description: `Needs the scope \`${route.scope}\`.`,
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => inPath(name ?? '')),
      ...(list === undefined ? [] : inQuery(list)),
      ...(route.keyed === true ? [KEY_PARAMETER, PREFER_PARAMETER] : []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.optional !== true,
            content: { 'application/json': { schema: ref(body.schema) } },
          },
        }),
    responses: responses(route, operation),
  };
}

function inPath(name: string): Schema {
  return { name, in: 'path', required: true, schema: { type: 'string' } };
}

function inQuery(names: readonly string[]): readonly Schema[] {
  const limit = { type: 'integer', minimum: 1, maximum: 100 };
  return [
    { name: 'limit', in: 'query', schema: limit },
    {
      name: 'cursor',
      in: 'query',
      description: 'The `next_cursor` of the page before.',
      schema: { type: 'string' },
    },
    ...names.map((name) => ({ name, in: 'query', schema: { type: 'string' } })),
  ];
}

function responses({ keyed }: Route, { successes, problems }: Operation): Schema {
  const replayed = keyed === true ? { 'Idempotent-Replayed': REPLAYED } : {};
  const all: Record<string, unknown> = {};
  for (const [status, schema] of successes)
    all[status] = {
      description: MEANINGS[status] ?? 'Done.',
      headers: { ...replayed, ...(status === 202 ? { 'Retry-After': RETRY_AFTER } : {}) },
      ...(schema === null ? {} : { content: { 'application/json': { schema: ref(schema) } } }),
    };
  for (const [status, codes] of byStatus([...EVERYWHERE, ...problems]))
    all[status] = {
      description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join('\n\n'),
      headers: {
        ...replayed,
        ...(status === 503 || status === 429 ? { 'Retry-After': RETRY_AFTER } : {}),
        ...(status === 401 ? { 'WWW-Authenticate': { schema: { type: 'string' } } } : {}),
      },
      content: { 'application/problem+json': { schema: problemOf(codes) } },
    };
  return all;
}

const MEANINGS: Readonly<Record<number, string>> = {
  200: 'As it is.',
  201: 'Done.',
  202: 'Not known yet, or under way. Ask again later.',
  204: 'Done.',
};

function problemOf(codes: readonly ProblemCode[]): Schema {
  return { allOf: [ref('Problem'), { properties: { code: { enum: codes } } }] };
}

function byStatus(codes: readonly ProblemCode[]): readonly (readonly [number, readonly ProblemCode[]])[] {
  const groups = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const { status } = PROBLEMS[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return [...groups].sort(([a], [b]) => a - b);
}
