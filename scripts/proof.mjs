/**
 * Installs and builds what is missing, then runs one part of the proof with the other arguments:
 * `node scripts/proof.mjs simulate --seeds 1000`.
 */
import { setUpProof } from './lib/prepare.mjs';
import { inRoot } from './lib/project.mjs';
import { runNode } from './lib/run.mjs';

const [part = '', ...args] = process.argv.slice(2);
await setUpProof();
process.exitCode = await runNode([
  '--enable-source-maps',
  inRoot('dist-sim', 'sim', part, 'main.js'),
  ...args,
]);
