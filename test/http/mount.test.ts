import type { FastifyInstance } from 'fastify';
import { expect, it } from 'vitest';
import { body, expectProblem, harness } from './support.ts';

/** Like a separate gateway: JSON by Fastify's parser, text by its own parser, and its own answer to what it does not know. */
async function other(scope: FastifyInstance): Promise<void> {
  await scope.register(
    async (inner) => {
      inner.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, text, done) =>
        done(null, text),
      );
      inner.setNotFoundHandler((_request, reply) => void reply.code(404).send({ error: 'no such thing' }));
      inner.post('/charges', async (request) => ({ got: request.body }));
      inner.get('/charges', async (request) => ({ query: request.query }));
      inner.get('/fails', async () => {
        throw new Error('hush');
      });
    },
    { prefix: '/fake-gateway' },
  );
}

it('mounted routes keep their own parsers and their own not-found handler', async () => {
  const { inject, lines } = harness({}, { mount: other });
  const post = (type: string, payload: string) =>
    inject({ method: 'POST', url: '/fake-gateway/charges', headers: { 'content-type': type }, payload });
  expect((await post('application/json', '{"a":1.5}')).json()).toEqual({ got: { a: 1.5 } });
  expect((await post('text/csv', 'a,b')).json()).toEqual({ got: 'a,b' });
  expect((await inject({ method: 'GET', url: '/fake-gateway/charges?a=1' })).json()).toEqual({
    query: { a: '1' },
  });
  const unknown = await inject({ method: 'GET', url: '/fake-gateway/x' });
  expect([unknown.statusCode, unknown.json()]).toEqual([404, { error: 'no such thing' }]);
  // Its traffic does not count as ours.
  expect(lines).toEqual([]);
});

it('mounted routes change nothing about the API', async () => {
  const { inject, post, charges } = harness({}, { mount: other });
  expect((await post(body)).statusCode).toBe(201);
  expectProblem(await post('a,b', { 'content-type': 'text/csv' }), 415, 'unsupported_media_type');
  expectProblem(await inject({ method: 'GET', url: '/x' }), 404, 'not_found');
  expectProblem(await inject({ method: 'GET', url: '/fake-gateway/fails' }), 500, 'internal_error');
  expect(charges).toHaveLength(1);
});
