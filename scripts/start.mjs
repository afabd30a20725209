/** Installs and builds what is missing, then becomes the server: in this process, so that signals reach it. */
import { setUpAndBuild } from './lib/prepare.mjs';

await setUpAndBuild();
await import('../dist/main.js');
