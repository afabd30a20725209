/** Installs and builds what is missing, then runs all tests, or those that the arguments name. */
import { setUpAndBuild } from './lib/prepare.mjs';
import { inRoot } from './lib/project.mjs';
import { runNode } from './lib/run.mjs';

await setUpAndBuild();
const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs');
process.exitCode = await runNode([vitest, 'run', ...process.argv.slice(2)]);
