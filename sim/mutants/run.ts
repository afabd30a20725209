/**
 * One run over the chosen bugs: controls on the unchanged copy, then every bug in a copy, a few at a time. A judge
 * that fails on the unchanged tree proves nothing by failing on another, so a failed control fails the run.
 */
import { join } from 'node:path';
import { ANY_MODEL, type PlantedBug, type Result, type Verdict } from './bug.ts';
import { startDatabase } from './database.ts';
import { judgeByAnyModel, type ModelJudge } from './judges/any-model.ts';
import { judgeByExplorer } from './judges/explorer.ts';
import { judgeByKillPoints } from './judges/kill-points.ts';
import { controlSeeds, judgeBySimulation } from './judges/simulation.ts';
import { controlSuites, judgeBySuite } from './judges/suites.ts';
import type { Runner } from './runner.ts';
import { copyTree, type Tree } from './tree.ts';

export interface RunOptions {
  readonly root: string;
  /** Exists, is empty, and is removed by the caller. */
  readonly folder: string;
  readonly bugs: readonly PlantedBug[];
  readonly jobs: number;
  /** Whether the explorer and the kill points are known to find nothing wrong with the unchanged tree. */
  readonly modelsHold: boolean;
  readonly runner: Runner;
  readonly onResult: (result: Result) => void;
  readonly say: (line: string) => void;
}

export interface Outcome {
  readonly results: readonly Result[];
  /** What the judges found wrong with the unchanged tree. */
  readonly controls: readonly string[];
}

const MODELS = {
  explorer: judgeByExplorer,
  simulation: judgeBySimulation,
  'kill points': judgeByKillPoints,
  [ANY_MODEL]: judgeByAnyModel,
} satisfies Readonly<Record<string, ModelJudge>>;

/** What one free hand does next, in the copy that it is given. */
type Job = (tree: Tree) => Promise<void>;

export async function run(options: RunOptions): Promise<Outcome> {
  const { bugs, folder, root, runner } = options;
  const suites = bugs.flatMap((bug) => ('tests' in bug ? [bug.tests] : []));
  const database = suites.length > 0 ? await startDatabase(join(folder, 'postgres')) : null;
  try {
    const clean = copyTree(root, join(folder, 'clean'), runner);
    const wrong = await clean.compile();
    if (wrong !== null) throw new Error(`The unchanged tree does not compile: ${wrong}`);
    const results: Result[] = [];
    const controls: string[] = [];
    const judge = (bug: PlantedBug, tree: Tree): Promise<Verdict> =>
      verdictOn(bug, tree, options, database?.env ?? {});
    const control = async (name: string, broken: Promise<string | null>): Promise<void> => {
      const found = await broken;
      options.say(
        `${found === null ? 'holds ' : 'BROKEN'}   ${name} on the unchanged tree${found === null ? '' : `: ${found}`}`,
      );
      if (found !== null) controls.push(`${name}: ${found}`);
    };
    const jobs: Job[] = [];
    for (const name of ['explorer', 'kill points'] as const) {
      if (!options.modelsHold && bugs.some(({ judge }) => judge === name || judge === ANY_MODEL))
        jobs.push(() => control(name, modelControl(name, clean.folder, runner)));
    }
    if (database !== null) {
      const parts = { folder: clean.folder, runner, env: database.env };
      jobs.push(() => control('suites', controlSuites(parts, suites)));
    }
    for (const bug of bugs) {
      jobs.push(async (tree) => {
        const startedMs = performance.now();
        const verdict = await judge(bug, tree);
        if (runner.stopped()) return;
        const result = { bug, verdict, seconds: (performance.now() - startedMs) / 1000 };
        results.push(result);
        options.onResult(result);
      });
    }
    await work(jobs, options);
    const seeds = seedsThatCaught(results);
    if (seeds.length > 0 && !runner.stopped())
      await control('simulation', controlSeeds(clean.folder, runner, seeds));
    return { results, controls };
  } finally {
    await database?.stop();
  }
}

/** A copy for each hand; the jobs in their order. */
async function work(jobs: readonly Job[], { jobs: hands, root, folder, runner }: RunOptions): Promise<void> {
  const left = [...jobs];
  const hand = async (_one: unknown, index: number): Promise<void> => {
    const tree = copyTree(root, join(folder, `copy-${index + 1}`), runner);
    for (let job = left.shift(); job !== undefined && !runner.stopped(); job = left.shift()) await job(tree);
  };
  await Promise.all(Array.from({ length: hands }, hand));
}

async function verdictOn(
  bug: PlantedBug,
  tree: Tree,
  { runner, say }: RunOptions,
  env: Readonly<Record<string, string>>,
): Promise<Verdict> {
  const { folder } = tree;
  try {
    const note = tree.plant(bug);
    if (note !== null) say(`changed  ${bug.name}: ${note}`);
    // Tests are compiled as they are run, and one that does not load has not failed.
    if ('tests' in bug) return await judgeBySuite({ folder, runner, env }, bug.tests);
    const wrong = await tree.compile();
    if (wrong !== null) return { kind: 'broken', why: `it does not compile: ${wrong.split('\n', 1)[0]}` };
    return await MODELS[bug.judge](folder, runner);
  } catch (error) {
    return { kind: 'broken', why: error instanceof Error ? error.message : String(error) };
  } finally {
    tree.heal();
  }
}

async function modelControl(
  name: keyof typeof MODELS,
  folder: string,
  runner: Runner,
): Promise<string | null> {
  const verdict = await MODELS[name](folder, runner);
  if (verdict.kind === 'missed') return null;
  return verdict.kind === 'caught' ? verdict.by : verdict.why;
}

/** The very seeds that caught something, so that they are known to catch nothing where nothing is planted. */
function seedsThatCaught(results: readonly Result[]): readonly number[] {
  const seeds = results.flatMap(({ verdict }) =>
    verdict.kind === 'caught' && verdict.seeds !== undefined ? [verdict.seeds] : [],
  );
  return [...new Set(seeds)].sort((a, b) => a - b);
}
