/** The suite of `examples/your-tests` finds the double charge, and passes once it is repaired. */
import { expect, test } from 'vitest';
import { run } from './program.ts';

const SUITE = ['--test', '--test-reporter=tap', 'examples/your-tests/checkout.test.mjs'];

test.each([
  { CODE: 'naive', code: 1, says: /the order was charged [23] times/ },
  { CODE: 'fixed', code: 0, says: /# fail 0/ },
])('$CODE', async ({ CODE, code, says }) => {
  const suite = run(SUITE, { CODE });
  expect(await suite.ended, suite.output()).toBe(code);
  expect(suite.output()).toMatch(says);
});
