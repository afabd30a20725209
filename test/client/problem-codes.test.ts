/** The client has a list of its own: it imports nothing. The list must be the server's. */
import { expect, test } from 'vitest';
import { PROBLEM_CODES } from '../../src/client/problem-codes.ts';
import { PROBLEMS } from '../../src/domain/problems.ts';

test('the client knows every code of the server, and no other', () => {
  expect([...PROBLEM_CODES].sort()).toEqual(Object.keys(PROBLEMS).sort());
});
