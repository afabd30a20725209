/** Installs what is missing, and nothing else. */
import { setUp } from './lib/prepare.mjs';

await setUp();
