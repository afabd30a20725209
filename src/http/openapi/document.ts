/** Makes the OpenAPI 3.1 document from the routes. */
import { PROBLEMS, type ProblemCode, problemType } from '../../domain/problems.ts';
import { ANSWERS, type AnswerName } from './answers.ts';
import { BODIES } from './bodies.ts';
import { EXAMPLES, ofVoid, UNDER_WAY } from './examples.ts';
import { HEADERS, headersOf, keyParameters } from './headers.ts';
import type { Operation } from './operation.ts';
import { BEFORE_ANY_ROUTE, codesOf, PROBLEM_SCHEMAS } from './problems.ts';
import type { Described } from './route.ts';
import { ref, type Schema } from './schema.ts';

export interface Document {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> } & Readonly<
    Record<string, unknown>
  >;
}

export interface DocumentOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Schema[];
  readonly requestBody?: Schema;
  readonly responses: Readonly<Record<string, Schema>>;
  readonly security: readonly object[];
  readonly 'x-scope'?: string;
  readonly 'x-problems': readonly ProblemCode[];
}

/** `answerRetentionMs`: how long the answer of an idempotency key is kept. */
export function documentOf(routes: readonly Described[], answerRetentionMs: number): Document {
  const retentionS = Math.floor(answerRetentionMs / 1000);
  const paths: Record<string, Record<string, DocumentOperation>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, retentionS) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Payonce',
      version: '1',
      description:
        'Charges every order at most once. Decide by `code` in problems. Ignore fields that you do not know.',
    },
    paths,
    components: {
      schemas: { ...BODIES, ...ANSWERS, ...PROBLEM_SCHEMAS },
      headers: HEADERS,
      examples: Object.fromEntries(CODES.map((code) => [code, { value: problemExample(code) }])),
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'po_live_… or po_test_…',
          description: 'A server that only its own machine can reach may need none.',
        },
      },
    },
  };
}

function operationOf(route: Described, retentionS: number): DocumentOperation {
  const { method, path, scope, describe } = route;
  const keyed = route.keyed === true;
  const codes = codesOf(describe, { method, guarded: scope !== null, keyed });
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  return {
    operationId: describe.id,
    summary: describe.summary,
    tags: [describe.tag],
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(describe.query ?? {}).map(([name, schema]) => ({ name, in: 'query', schema })),
      ...(keyed ? keyParameters(retentionS) : []),
    ],
    ...bodyOf(describe),
    responses: responsesOf(describe, codes, keyed),
    // The empty one: a server on loopback may need no key.
    security: scope === null ? [] : [{ apiKey: [] }, {}],
    ...(scope === null ? {} : { 'x-scope': scope }),
    'x-problems': codes,
  };
}

function bodyOf({ body }: Operation): { readonly requestBody?: Schema } {
  if (body === undefined) return {};
  const content = { 'application/json': { schema: ref(body.schema), example: body.example } };
  return { requestBody: { required: body.optional !== true, content } };
}

function responsesOf(
  {
    answers,
    says = {},
    example,
    located = [],
    retried = [],
    retriedIfOpen = [],
    demo,
    ofVoid: isOfVoid,
  }: Operation,
  codes: readonly ProblemCode[],
  keyed: boolean,
): Readonly<Record<string, Schema>> {
  const statuses = new Set([
    ...Object.keys(answers).map(Number),
    ...codes.map((code): number => PROBLEMS[code].status),
  ]);
  const responses: Record<string, Schema> = {};
  for (const status of [...statuses].sort((a, b) => a - b)) {
    const answer = answers[status];
    const problems = codes.filter((code) => PROBLEMS[code].status === status);
    const wanted = {
      status,
      keyed,
      located: located.includes(status),
      retried: retried.includes(status),
      retriedIfOpen: retriedIfOpen.includes(status),
    };
    const content = {
      ...(answer
        ? {
            'application/json': {
              schema: ref(answer),
              example: example ?? exampleOf(answer, { status, isOfVoid }),
            },
          }
        : {}),
      ...(problems.length > 0 ? problemContent(problems, demo === true) : {}),
    };
    responses[status] = {
      description: sentences([
        ...(answer === undefined
          ? []
          : [says[status] ?? USUALLY[keyed ? 'keyed' : 'plain'][status] ?? 'Done.']),
        ...problems.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`),
      ]),
      headers: headersOf(wanted),
      ...(Object.keys(content).length > 0 ? { content } : {}),
    };
  }
  return responses;
}

const sentences = (list: readonly string[]): string => list.join(' ');

/** What an answer means, by status. */
const USUALLY: Readonly<Record<'keyed' | 'plain', Readonly<Record<number, string>>>> = {
  keyed: {
    200: 'It was there before. `status` says how it stands.',
    201: 'The gateway has done it. `status` says how it stands.',
    202: 'Taken. It is not proved yet how it ends, or a person must decide: `status` says which. Ask again.',
  },
  plain: {
    200: 'As it is now.',
    201: 'It is made.',
    202: 'Taken. It is not proved yet how it ends.',
    204: 'It is gone.',
  },
};

function exampleOf(
  answer: AnswerName,
  { status, isOfVoid }: { readonly status: number; readonly isOfVoid: true | undefined },
): object {
  const example = (status === 202 ? UNDER_WAY[answer] : undefined) ?? EXAMPLES[answer];
  return isOfVoid === true && 'operation' in example ? ofVoid(example) : example;
}

function problemContent(codes: readonly ProblemCode[], demo: boolean): Schema {
  if (!demo) return inProblemForm(codes);
  const early = codes.filter((code) => BEFORE_ANY_ROUTE.includes(code));
  return {
    'application/json': { schema: problemSchema('DemoProblem', codes) },
    ...(early.length > 0 ? inProblemForm(early) : {}),
  };
}

function inProblemForm(codes: readonly ProblemCode[]): Schema {
  const examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  return { 'application/problem+json': { schema: problemSchema('Problem', codes), examples } };
}

const problemSchema = (name: 'Problem' | 'DemoProblem', codes: readonly ProblemCode[]): Schema => ({
  allOf: [ref(name), { properties: { code: { enum: codes } } }],
});

const CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

function problemExample(code: ProblemCode): object {
  const { status, title } = PROBLEMS[code];
  return { type: problemType(code), title, status, code, detail: `${title}.` };
}
