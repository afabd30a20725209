/**
 * `npm run bench`: compares Payonce with what people use instead, in one run, on one machine. A report for people, with a verdict
 * for machines: it fails if an answer was false, never because something was slow.
 */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { isWhole, type Options, parseOptions } from './options.ts';
import { planOf } from './plan.ts';
import { readReport, writeReport } from './report/write.ts';
import { brokenWorkloads, falseAnswers, merge, type Run } from './results.ts';
import { run } from './run.ts';

const root = projectFolder();
// On the disk of the project: what is durable is measured.
const stageFolder = join(root, '.payonce', 'bench-stage');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

let closeStage: () => Promise<void> = async () => {};
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) return;
    interrupted.abort();
    say(`${signal}: everything is being ended.`);
    void closeStage().finally(() => process.exit(130));
  });
}

process.exitCode = await main(readOptions());
// Nothing is under way any more; an idle connection must not delay the end of the process.
process.exit();

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode);
    throw error;
  }
}

async function main(options: Options): Promise<number> {
  const date = new Date().toISOString().slice(0, 10);
  const usual = isWhole(options) ? ['docs', 'bench', date] : ['.payonce', 'bench'];
  const folder = options.out ?? join(root, ...usual);
  const onStage = (close: () => Promise<void>): void => {
    closeStage = close;
  };
  try {
    const now = await run({
      plan: planOf(options),
      date,
      root,
      stageFolder,
      say,
      onStage,
      signal: interrupted.signal,
    });
    const before = options.add ? readReport(folder) : null;
    const page = writeReport(folder, before === null ? now : merge(before, now));
    if (options.quick) say(`\n${page}`);
    say(`The report: ${join(folder, 'report.md')}`);
    return verdict(now);
  } catch (error) {
    // The signal's handler ends the process when everything else has ended.
    if (interrupted.signal.aborted) return new Promise(() => {});
    say(`The run itself failed: ${error instanceof Error ? error.stack : String(error)}`);
    return 1;
  }
}

/** The exit code says whether the answers were true, not whether they were fast. */
function verdict(now: Run): number {
  const untrue = falseAnswers(now);
  const broken = brokenWorkloads(now);
  for (const line of untrue) say(`FALSE: ${line}`);
  for (const line of broken) say(line);
  if (untrue.length > 0 || broken.length > 0) {
    say(`What the programs said: ${join(stageFolder, 'programs.log')}`);
    return 1;
  }
  rmSync(stageFolder, { recursive: true, force: true });
  return 0;
}

/** The nearest folder above that is the project: compiled, this file lies one folder deeper than its source. */
function projectFolder(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, 'package.json'))) at = dirname(at);
  return at;
}
