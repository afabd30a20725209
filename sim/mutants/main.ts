/**
 * Proof that the proof can fail. Bugs are kept in the tree as data (`planted/`), each a small patch; one at a time is
 * planted in a copy of the project, and the judge that claims to see such things must see it: the exhaustive explorer,
 * the simulation (within 10,000 seeds), or a suite of tests. A judge that sees nothing is worth nothing.
 *
 * A catch is a violated invariant, or a test that ran and failed: what does not fit, compile or load counts as
 * broken, and fails the run as a missed bug does. The same judges must find nothing wrong with an unchanged copy: the
 * explorer as a whole, the same tests, and the simulation on the very seeds that caught something.
 *
 * `npm run mutants [-- --only <part of a name, a file, or a judge>]… [--every N] [--models-hold] [--models] [--jobs 2] [--json FILE]`.
 * `--every 3` takes every third bug of each judge, the same ones in every run. `--models-hold`: the explorer and the kills have just
 * passed on this very tree, so they are not run on it once more. With `--models` the bugs of
 * `src/domain/` and `src/engine/` are judged by the explorer, the simulation and the kill points alone, whatever judge they name:
 * how many are caught by judges that were not told where to look. Then a missed bug fails nothing; the share is what is asked for.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ANY_MODEL, type PlantedBug } from './bug.ts';
import { PLANTED } from './planted/index.ts';
import { run } from './run.ts';
import { createRunner } from './runner.ts';
import { line, summary } from './table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    jobs: { type: 'string', default: '2' },
    json: { type: 'string' },
    every: { type: 'string', default: '1' },
    models: { type: 'boolean', default: false },
    'models-hold': { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);
process.exitCode = await main();

async function main(): Promise<number> {
  const root = process.cwd();
  if (!existsSync(join(root, 'sim', 'mutants'))) throw new Error('Start it in the folder of the project.');
  const { only, models } = values;
  const chosen = PLANTED.filter(({ name, file, judge }) =>
    only.some((part) => name.includes(part) || file.includes(part) || judge === part),
  );
  const bugs = everyNth(
    wholeNumber('every', values.every),
    models ? chosen.filter(isOfTheInside).map(forModels) : chosen,
  );
  if (bugs.length === 0) throw new Error(`No planted bug and no judge is named "${only.join('" or "')}".`);
  const startedMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'payonce-mutants-'));
  // PostgreSQL may have to run under an account of its own, and must get in.
  chmodSync(folder, 0o755);
  const runner = createRunner();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, runner.stop);
  try {
    const { results, controls } = await run({
      root,
      folder,
      bugs,
      jobs: wholeNumber('jobs', values.jobs),
      modelsHold: values['models-hold'],
      runner,
      onResult: (result) => say(line(result)),
      say,
    });
    if (runner.stopped()) {
      say('Interrupted.');
      return 130;
    }
    const missed = results.filter(({ verdict }) => verdict.kind !== 'caught');
    say(`\n${summary(results, (performance.now() - startedMs) / 1000)}`);
    for (const result of missed) say(line(result));
    for (const control of controls)
      say(`The unchanged tree does not pass, so that nothing is proved: ${control}`);
    if (values.json !== undefined) {
      const rows = results.map(({ bug, verdict, seconds }) => ({
        name: bug.name,
        story: bug.story,
        file: bug.file,
        judge: bug.judge,
        ...verdict,
        seconds,
      }));
      writeFileSync(resolve(values.json), `${JSON.stringify({ results: rows, controls }, null, 2)}\n`);
    }
    const failed = models ? controls.length : missed.length + controls.length;
    return failed > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every nth bug of each judge. */
function everyNth(n: number, bugs: readonly PlantedBug[]): readonly PlantedBug[] {
  const seen = new Map<string, number>();
  return bugs.filter(({ judge }) => {
    const before = seen.get(judge) ?? 0;
    seen.set(judge, before + 1);
    return before % n === 0;
  });
}

/** What the models run: decisions and the engine. The rest of the program is not in their worlds. */
function isOfTheInside({ file }: PlantedBug): boolean {
  return file.startsWith('src/domain/') || file.startsWith('src/engine/');
}

function forModels({ name, story, file, find, put }: PlantedBug): PlantedBug {
  return { name, story, file, find, put, judge: ANY_MODEL };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= 64) return value;
  throw new Error(`--${name} takes a whole number from 1 to 64, not "${text}".`);
}
