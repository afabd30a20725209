/** Brings `dist` up to date. */
import { setUpAndBuild } from './lib/prepare.mjs';

await setUpAndBuild();
