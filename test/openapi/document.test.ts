/** The document names every route and only routes, its references lead somewhere, and its examples fit. */
import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { PROBLEMS } from '../../src/domain/problems.ts';
import type { Payonce } from '../../src/engine/api.ts';
import { ANSWER_RETENTION_MS, apiDocument } from '../../src/http/openapi/api.ts';
import { createServer } from '../../src/http/server.ts';
import type { Outgoing } from '../../src/outgoing/endpoints.ts';
import { harness, talk } from '../http/support.ts';
import { OPEN_ACCESS } from '../support/open-access.ts';
import type { Schema } from './arbitraries.ts';
import { createChecker } from './checker.ts';

const document = apiDocument(ANSWER_RETENTION_MS);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** For people. */
const PAGES = ['/openapi.json', '/reference', '/problems', '/problems/{code}'];

async function routesOf(app: FastifyInstance): Promise<string[]> {
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat())
      if (each !== 'HEAD') routes.push(`${each} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  });
  await app.ready();
  await app.close();
  return routes;
}

test('has every route of the server, and no other', async () => {
  const silent = { info() {}, warn() {}, error() {}, debug() {} };
  const app = createServer({
    payonce: {} as Payonce,
    outgoing: {} as Outgoing,
    access: OPEN_ACCESS,
    logger: silent,
  });
  const routes = (await routesOf(app)).filter((route) => !PAGES.includes(route.split(' ')[1] ?? ''));
  expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(routes.sort());
});

test('each operation has a name of its own', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('every reference leads somewhere', () => {
  const references = JSON.stringify(document).match(/"\$ref":"#[^"]+"/g) ?? [];
  expect(references.length).toBeGreaterThan(100);
  for (const text of new Set(references)) {
    const [, ...names] = text.slice('"$ref":"'.length, -1).split('/');
    const found = names.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document);
    expect(found, text).toBeDefined();
  }
});

/** Of the two routes of the demo. */
const isDemoProblem = (schema: Schema): boolean => JSON.stringify(schema).includes('/DemoProblem');

test('every answer has an example, and every example fits its schema', () => {
  const { complaint } = createChecker(document);
  type Content = Record<string, { schema: Schema; example: unknown }>;
  for (const { operation } of operations) {
    const content = operation.requestBody?.content as Content | undefined;
    for (const { schema, example } of Object.values(content ?? {}))
      expect(complaint(schema, example), operation.operationId).toBeNull();
    for (const [status, response] of Object.entries(operation.responses)) {
      const answer = (response.content as Content | undefined)?.['application/json'];
      if (answer === undefined || isDemoProblem(answer.schema)) continue;
      expect(answer.example, `${operation.operationId} ${status} has an example`).toBeDefined();
      expect(complaint(answer.schema, answer.example), `${operation.operationId} ${status}`).toBeNull();
    }
  }
  const examples = document.components.examples as Record<string, { value: unknown }>;
  expect(Object.keys(examples)).toEqual(Object.keys(PROBLEMS));
  for (const [code, { value }] of Object.entries(examples))
    expect(complaint({ $ref: '#/components/schemas/Problem' }, value), code).toBeNull();
});

test('says how long the answer of a key is kept, and so does each keyed answer', async () => {
  const { inject, post } = harness({}, { answerRetentionMs: 7_200_000 });
  const served = await inject({ url: '/openapi.json' });
  expect(served.json()).toEqual(JSON.parse(JSON.stringify(apiDocument(7_200_000))));
  expect(served.body).toContain('The answer is kept for 7200 seconds');
  expect((await post({})).headers['idempotent-retention']).toBe('7200');
});

test.each([
  ['no HTTP at all', 'GET / HTTP/1.1\r\nno header\r\n\r\n', 400],
  ['headers that are too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
])('the answer to %s fits every operation: nobody knows which was meant', async (_what, bytes, status) => {
  const { listen } = harness();
  const { headers, body, status: statusCode } = await talk(await listen(), bytes);
  expect(statusCode).toBe(status);
  const lines = headers.split('\r\n').map((line) => line.split(': '));
  const answer = { statusCode, body, headers: Object.fromEntries(lines) };
  const { answerComplaint } = createChecker(document);
  for (const { operation } of operations)
    expect(answerComplaint(operation, answer), operation.operationId).toBeNull();
});
