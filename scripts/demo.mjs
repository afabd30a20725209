/** Installs and builds what is missing, then runs the demonstration. */
import { setUpAndBuild } from './lib/prepare.mjs';

await setUpAndBuild();
await import('../demo/run.mjs');
