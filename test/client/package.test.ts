/** The client as a customer gets it: the packed package in an empty project, and the example. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createRefundingGateway } from '../support/refunding.ts';
import { openService } from './service.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function node(args: readonly string[], env: Record<string, string> = {}) {
  const options = { cwd: ROOT, env: { PATH: process.env.PATH ?? '', ...env } };
  return promisify(execFile)(process.execPath, args, options);
}

/** Six runs of the compiler, on a machine that has other things to do. */
const LIMIT_MS = 400_000;

test(
  'is used from TypeScript and from JavaScript, as ES module and as CommonJS, without a warning',
  async () => {
    const { stdout, stderr } = await node(['scripts/try-package.mjs', '--as-built']);
    expect(stderr).toBe('');
    for (const name of ['node16 (mts, cts)', 'nodenext (mts, cts)', 'bundler (mts)', 'commonjs (cts)'])
      expect(stdout).toContain(`compiled: ${name}`);
    expect(stdout).toContain(`ran: Node ${process.version}`);
    expect(stdout).toContain('The package works.');
  },
  LIMIT_MS,
);

test('examples/client.mjs charges once and refunds a part', async () => {
  const gateway = createRefundingGateway();
  const service = await openService(gateway);
  const { stdout, stderr } = await node(['examples/client.mjs'], { PAYONCE_URL: await service.listen() });
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual([
    'first:  paid: ship',
    'second: paid: ship',
    'refund: refunded',
    'left:   6000',
    'event:  payment.created',
    'event:  payment.completed',
    '',
  ]);
  expect(gateway.calls).toHaveLength(1);
});
