/**
 * `npm run prove`: the whole proof, and a dated report under `docs/proof/`. `npm run prove -- --quick`: the share of it
 * that every change must pass, without a report. `--skip mutation,chaos` leaves parts out by a piece of their name; then
 * there is no report either. `--brief` shows of a part that passes only that it has, and of one that fails its end.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { type Outcome, runStage } from './run-stage.ts';
import { COUNTS_FILE, STAGES } from './stages.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
    skip: { type: 'string', default: '' },
  },
});
const skipped = values.skip.split(',').filter((word) => word !== '');

mkdirSync('.payonce', { recursive: true });
const outcomes: Outcome[] = [];
for (const stage of STAGES) {
  const args = values.quick ? stage.quick : stage.full;
  if (args === null || skipped.some((word) => stage.name.toLowerCase().includes(word.toLowerCase())))
    continue;
  if (!values.brief) say(`\n── ${stage.name}: ${stage.shows} ──`);
  const outcome = await runStage(stage, args, (chunk) => values.brief || process.stdout.write(chunk));
  outcomes.push(outcome);
  if (values.brief) say(verdict(outcome));
  if (values.brief && !outcome.passed) say(outcome.tail);
}

if (!values.brief) {
  say('');
  for (const outcome of outcomes) say(verdict(outcome));
}
if (!values.quick && skipped.length === 0) {
  const date = new Date().toISOString().slice(0, 10);
  mkdirSync('docs/proof', { recursive: true });
  writeFileSync(`docs/proof/${date}.md`, report(date, outcomes));
  say(
    `The report is docs/proof/${date}.md; the table of faults is made by: node dist-sim/sim/scenarios/document.js --hits ${COUNTS_FILE}`,
  );
}
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;

function verdict({ stage, passed, seconds, drawn }: Outcome): string {
  return [
    `${passed ? 'passed' : 'FAILED'}  ${stage.name} (${seconds} s)`,
    ...drawn.map((line) => `        ${line}`),
  ].join('\n');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
