/**
 * `npm run simulate -- --seeds N [--seed S]`: N seeds from 1 on, or one seed, shrunk and told as a story if it
 * fails. `--from F` starts at another seed, `--json FILE` writes what was counted, `--max-failures M` stops early.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededTape } from '../core/tape.ts';
import type { Batch, Failure } from './batch.ts';
import { unhit } from './marks.ts';
import { runPool } from './pool.ts';
import { run } from './run.ts';
import { shrink } from './shrink.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    json: { type: 'string' },
    'max-failures': { type: 'string', default: '5' },
  },
});

/** Fewer seeds than this need not meet everything. */
const MARKS_FROM_SEEDS = 2000;
const STORIES = 1;

process.exitCode =
  values.seed === undefined ? await manySeeds() : await oneSeed(integer('seed', values.seed));

async function oneSeed(seed: number): Promise<number> {
  const result = await run(seededTape(seed), { keepStory: true });
  if (result.violation === null) {
    say([...result.story, '', `Seed ${seed}: nothing is wrong. Trace ${result.hash}.`]);
    return 0;
  }
  await tell({ seed, ...result.violation });
  return 1;
}

async function manySeeds(): Promise<number> {
  const seeds = integer('seeds', values.seeds);
  const startedMs = performance.now();
  let saidMs = startedMs;
  const rate = (sum: Batch): string =>
    `${Math.round(sum.seeds / ((performance.now() - startedMs) / 1000))} seeds/s`;
  const sum = await runPool({
    fromSeed: integer('from', values.from),
    seeds,
    maxFailures: integer('max-failures', values['max-failures']),
    onProgress(part) {
      if (performance.now() - saidMs < 5000) return;
      saidMs = performance.now();
      say([`  ${part.seeds} of ${seeds} seeds, ${rate(part)}, ${part.failures.length} failures`]);
    },
  });
  const missed = unhit(sum.marks);
  const judged = sum.seeds >= MARKS_FROM_SEEDS && sum.failures.length === 0;
  say([
    `${sum.seeds} seeds, ${rate(sum)}: ${sum.steps} events, ${(sum.virtualMs / 3_600_000).toFixed(0)} hours of virtual time,`,
    `${sum.repeated} run twice with equal traces, all traces ${sum.digest.toString(16).padStart(8, '0')}.`,
    `${Object.keys(sum.marks).length} kinds of events met; ${missed.length === 0 ? 'every one that must be' : `not met: ${missed.join(', ')}`}.`,
  ]);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(sum, null, 2)}\n`);
  for (const { seed, invariant, message } of sum.failures) say([`Seed ${seed}: ${invariant}: ${message}`]);
  for (const failure of sum.failures.slice(0, STORIES)) await tell(failure);
  if (judged && missed.length > 0)
    say(['A run that never met these proves nothing about them: it has failed.']);
  else if (missed.length > 0) say([`(Marks are judged from ${MARKS_FROM_SEEDS} seeds on.)`]);
  return sum.failures.length > 0 || (judged && missed.length > 0) ? 1 : 0;
}

/** Shrinks a failing seed and tells its story. */
async function tell(failure: Failure): Promise<void> {
  if (failure.invariant === 'determinism') return;
  const whole = await run(seededTape(failure.seed), { keepStory: true });
  const { result, runs } = await shrink(whole);
  say([
    '',
    `Seed ${failure.seed}, shrunk from ${whole.steps} to ${result.steps} events in ${runs} runs:`,
    ...result.story,
    `Violated: ${result.violation?.invariant}: ${result.violation?.message}`,
    `Replay: npm run simulate -- --seed ${failure.seed}`,
  ]);
}

function integer(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} takes a whole number, not "${text}".`);
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
