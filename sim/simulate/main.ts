/**
 * `npm run simulate -- --seeds N` runs N seeds. A fifth of them begin at 1, so that two runs can be compared. The others
 * begin at a random number, so that every run tries new seeds. It prints that number, and `--from F` runs all N from there.
 * `--seed S` runs one seed. If it fails, it is shrunk and its story is printed. One seed in fifty is also told in several
 * ways: see `retold.ts`. `--json FILE` writes the counts, and `--max-failures M` stops early.
 */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededTape } from '../core/tape.ts';
import { addBatch, emptyBatch, type Failure } from './batch.ts';
import { unhit } from './marks.ts';
import { runPool } from './pool.ts';
import { isRetold, type Retold, retell } from './retold.ts';
import { run } from './run.ts';
import { shrink } from './shrink.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    from: { type: 'string' },
    json: { type: 'string' },
    'max-failures': { type: 'string', default: '5' },
  },
});

/** With fewer seeds than this, marks may be missed. */
const MARKS_FROM_SEEDS = 15_000;
/** How many failing seeds are shrunk and printed. The others are only named. */
const STORIES = 2;
/** One seed in this many is the same in every run. */
const FIXED_SHARE = 5;
/** New seeds begin below this. */
const SEEDS_END = 2 ** 40;

process.exitCode =
  values.seed === undefined ? await manySeeds() : await oneSeed(integer('seed', values.seed));

async function oneSeed(seed: number): Promise<number> {
  const result = await run(seededTape(seed), { keepStory: true });
  if (result.violation === null) {
    const retold = isRetold(seed) ? await retell(seed, { keepStory: true }) : null;
    if (retold?.violation != null) return sayRetold(seed, retold);
    say([...result.story, '', `Seed ${seed}: nothing is wrong. Trace ${result.hash}.`]);
    return 0;
  }
  await tell({ seed, ...result.violation });
  return 1;
}

async function manySeeds(): Promise<number> {
  const seeds = integer('seeds', values.seeds);
  const maxFailures = integer('max-failures', values['max-failures']);
  const startedMs = performance.now();
  let saidMs = startedMs;
  const sum = emptyBatch();
  const rate = (): string => `${Math.round(sum.seeds / ((performance.now() - startedMs) / 1000))} seeds/s`;
  for (const share of sharesOf(seeds)) {
    say([
      `${share.seeds} seeds from ${share.fromSeed} on${share.fresh ? `, drawn for this run: --from ${share.fromSeed}` : ''}.`,
    ]);
    let told = 0;
    const part = await runPool({
      ...share,
      maxFailures: maxFailures - sum.failures.length,
      onProgress(done) {
        // Printed at once, so that a person who waits can already look at it.
        for (const { seed, invariant } of done.failures.slice(told)) say([`  seed ${seed}: ${invariant}`]);
        told = done.failures.length;
        if (performance.now() - saidMs < 5000) return;
        saidMs = performance.now();
        say([`  ${done.seeds} of ${share.seeds} seeds, ${done.failures.length} failures`]);
      },
    });
    if (!share.fresh) say([`All their traces: ${part.digest.toString(16).padStart(8, '0')}.`]);
    addBatch(sum, part);
  }
  const missed = unhit(sum.marks);
  const judged = sum.seeds >= MARKS_FROM_SEEDS && sum.failures.length === 0;
  say([
    `${sum.seeds} seeds, ${rate()}: ${sum.steps} events, ${(sum.virtualMs / 3_600_000).toFixed(0)} hours of virtual time,`,
    `${sum.repeated} run twice with equal traces.`,
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

interface Share {
  readonly fromSeed: number;
  readonly seeds: number;
  readonly fresh: boolean;
}

/** The seeds to run: the range that was asked for, or the fixed ones and then new ones. */
function sharesOf(seeds: number): readonly Share[] {
  if (values.from !== undefined) return [{ fromSeed: integer('from', values.from), seeds, fresh: false }];
  const fixed = Math.ceil(seeds / FIXED_SHARE);
  return [
    { fromSeed: 1, seeds: fixed, fresh: false },
    { fromSeed: randomInt(seeds, SEEDS_END), seeds: seeds - fixed, fresh: true },
  ];
}

async function tell(failure: Failure): Promise<void> {
  if (failure.invariant === 'determinism') return;
  if (failure.retold === true) {
    sayRetold(failure.seed, await retell(failure.seed, { keepStory: true }));
    return;
  }
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

function sayRetold(seed: number, { story, violation }: Retold): number {
  say([
    '',
    `Seed ${seed}, told in several ways. The one that is wrong:`,
    ...story,
    `Violated: ${violation?.invariant}: ${violation?.message}`,
    `Replay: npm run simulate -- --seed ${seed}`,
  ]);
  return 1;
}

function integer(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} takes a whole number, not "${text}".`);
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
