/**
 * Writes `docs/faults.md`: `node dist-sim/sim/scenarios/document.js [--hits sum.json]`. Without `--hits` the hits that
 * the page has already are kept.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Hits, measuredBy, measuredIn, page } from './page.ts';

/** From the root of the repository, where the commands of the page are run. */
const PAGE = 'docs/faults.md';

const { values } = parseArgs({ options: { hits: { type: 'string' } } });
const before = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
const measured =
  values.hits === undefined
    ? measuredIn(before)
    : measuredBy(JSON.parse(readFileSync(values.hits, 'utf8')) as Hits);
writeFileSync(PAGE, page(measured));
process.stdout.write(`${PAGE} is written.\n`);
