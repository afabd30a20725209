/** Installs and builds what is missing, then runs the benchmark with the other arguments: `node scripts/bench.mjs --quick`. */
import { setUpProof } from './lib/prepare.mjs';
import { inRoot } from './lib/project.mjs';
import { runNode } from './lib/run.mjs';

await setUpProof();
process.exitCode = await runNode([
  '--enable-source-maps',
  inRoot('dist-sim', 'bench', 'main.js'),
  ...process.argv.slice(2),
]);
