/** The OpenAPI document says what the routes do: none is missing, and every reference leads somewhere. */
import { expect, test } from 'vitest';
import { PROBLEMS } from '../../src/domain/problems.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { OPERATIONS } from '../../src/http/openapi/operations.ts';
import { OUTGOING_ROUTES } from '../../src/http/outgoing-v1.ts';
import { V1_ROUTES } from '../../src/http/routes-v1.ts';
import { harness } from '../http/support.ts';

const ROUTES = [...V1_ROUTES, ...OUTGOING_ROUTES];
const document = openApiDocument(ROUTES, '1.2.3');
const paths = document.paths as Record<string, Record<string, Record<string, unknown>>>;
const described = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);

test('describes every route, and nothing else', () => {
  const routes = ROUTES.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(described.map(({ name }) => name).sort()).toEqual(routes.sort());
  expect(Object.keys(OPERATIONS).sort()).toEqual(routes.sort());
});

test('refuses to be made where a route has no description', () => {
  const [route] = V1_ROUTES;
  if (route === undefined) throw new Error('There is no route.');
  expect(() => openApiDocument([{ ...route, path: '/v1/surprises' }], '1')).toThrow(
    'POST /v1/surprises has no description.',
  );
});

test('has a name of its own for each operation', () => {
  const ids = described.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('refers only to what is there', () => {
  const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
    ([, name]) => name,
  );
  const { schemas } = document.components as { schemas: Record<string, unknown> };
  expect([...new Set(names)].sort()).toEqual(Object.keys(schemas).sort());
});

test('lists each problem under its own status', () => {
  for (const { operation } of described)
    for (const [status, response] of Object.entries(
      operation.responses as Record<string, { description: string }>,
    ))
      for (const [, code] of response.description.matchAll(/^`(\w+)`: /gm))
        expect([code, PROBLEMS[code as keyof typeof PROBLEMS].status]).toEqual([code, Number(status)]);
});

test('is served to anybody', async () => {
  const { inject } = harness({}, { version: '1.2.3' });
  const answer = await inject({ method: 'GET', url: '/openapi.json' });
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([
    200,
    'application/json; charset=utf-8',
  ]);
  expect(answer.json()).toEqual(openApiDocument(V1_ROUTES, '1.2.3'));
});
