/** Puts the report into its folder, and reads it from there: the page, the figures as JSON, the pictures. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Window } from '../measure/rounds.ts';
import { type Line, summarise } from '../measure/summary.ts';
import type { Run } from '../results.ts';
import { EMPTY } from '../workloads/old.ts';
import { ONE_WORKER } from '../workloads/workers.ts';
import { markdown } from './markdown.ts';
import { drawPictures } from './pictures.ts';
import { targetsOf } from './targets.ts';

const FIGURES = 'report.json';

/** What the report in the folder was made from; null: there is none. */
export function readReport(folder: string): Run | null {
  const path = join(folder, FIGURES);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Run) : null;
}

/** Returns the page. */
export function writeReport(folder: string, run: Run): string {
  mkdirSync(folder, { recursive: true });
  const pictures = drawPictures(run.results.new ?? []);
  for (const { file, svg } of pictures) writeFileSync(join(folder, file), svg);
  writeFileSync(join(folder, FIGURES), `${JSON.stringify(asJson(run), null, 1)}\n`);
  const page = markdown(run, pictures);
  writeFileSync(join(folder, 'report.md'), page);
  return page;
}

/** What was measured, window by window, with what it comes to. */
function asJson(run: Run): object {
  const { results } = run;
  const medians = (windows: readonly Window[] | undefined, base: string): readonly Line[] | undefined =>
    windows === undefined ? undefined : summarise(windows, base);
  return {
    ...run,
    targets: targetsOf(results),
    medians: {
      new: medians(results.new, 'proxy'),
      replay: medians(results.replay, 'proxy'),
      mixed: medians(results.mixed, 'proxy'),
      workers: medians(results.workers, ONE_WORKER),
      old: medians(results.old?.windows, EMPTY),
    },
  };
}
