/** Everything that can be found wrong without running the program. All checks run, also after one has failed. */
import { setUp } from './lib/prepare.mjs';
import { inRoot, say } from './lib/project.mjs';
import { runNode } from './lib/run.mjs';

/** @param {string[]} parts */
const tool = (...parts) => inRoot('node_modules', ...parts);

const CHECKS = [
  { name: 'Types', args: [tool('typescript', 'bin', 'tsc'), '-p', inRoot('tsconfig.test.json')] },
  {
    name: 'Types of the client, as browsers have them',
    args: [tool('typescript', 'bin', 'tsc'), '-p', inRoot('tsconfig.client.json'), '--noEmit'],
  },
  { name: 'Lint and format', args: [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '.'] },
  { name: 'Import arrows and banned calls', args: [inRoot('scripts', 'check-arrows.mjs')] },
  {
    name: 'Doc comments of what is exported',
    args: [inRoot('scripts', 'check-docs.mjs')],
  },
  {
    name: 'Doc comments of what the embedded PostgreSQL exports',
    args: [inRoot('scripts', 'check-docs.mjs'), inRoot('packages', 'embedded-postgres')],
  },
  {
    name: 'Doc comments of what the tools for agents export',
    args: [inRoot('scripts', 'check-docs.mjs'), inRoot('packages', 'mcp')],
  },
  { name: 'Unused code and packages', args: [tool('knip', 'bin', 'knip.js'), '--no-progress'] },
];

await setUp();
const failed = [];
for (const { name, args } of CHECKS) {
  say(`\n── ${name} ──`);
  if ((await runNode(args)) === 0) say('ok');
  else failed.push(name);
}
say(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
