/** The pages for people: whole without scripts, from this server alone. */
import { expect, test } from 'vitest';
import type { ProblemCode } from '../../src/domain/problems.ts';
import { PROBLEMS, problemType } from '../../src/domain/problems.ts';
import { ANSWER_RETENTION_MS, apiDocument } from '../../src/http/openapi/api.ts';
import { expectProblem, harness } from '../http/support.ts';

function expectPage({
  statusCode,
  headers,
  body,
}: {
  statusCode: number;
  headers: object;
  body: string;
}): void {
  expect(statusCode).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'x-content-type-options': 'nosniff',
  });
  expect(body).not.toMatch(/<script|<link|src=|href="(?![/#])|\]\(/);
}

test('the type of every problem leads to its page', async () => {
  const { inject } = harness();
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    const answer = await inject({ url: problemType(code) });
    expectPage(answer);
    expect(answer.body).toContain(`<code>${code}</code>, status ${PROBLEMS[code].status}`);
  }
  expectPage(await inject({ url: '/problems' }));
  expectProblem(await inject({ url: '/problems/constructor' }), 404, 'not_found');
});

test('the reference shows every operation and every schema, and its links lead somewhere', async () => {
  const { inject } = harness();
  const answer = await inject({ url: '/reference' });
  expectPage(answer);
  const document = apiDocument(ANSWER_RETENTION_MS);
  for (const methods of Object.values(document.paths))
    for (const { operationId } of Object.values(methods))
      expect(answer.body).toContain(`id="${operationId}"`);
  const ids = new Set([...answer.body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const [, id] of answer.body.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id);
});
