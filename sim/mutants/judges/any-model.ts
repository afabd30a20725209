/** All models as one judge: a bug is caught if one of them catches it without a hint where to look. */
import type { Model, Verdict } from '../bug.ts';
import type { Runner } from '../runner.ts';
import { judgeByExplorer } from './explorer.ts';
import { judgeByKillPoints } from './kill-points.ts';
import { judgeBySimulation } from './simulation.ts';

export type ModelJudge = (folder: string, runner: Runner) => Promise<Verdict>;

/** Most bugs are caught within so many seeds, in less time than the explorer takes. */
const FIRST_SEEDS = 300;

/** In the order in which they catch most for their time. */
const MODELS: readonly (readonly [Model, ModelJudge])[] = [
  ['simulation', (folder, runner) => judgeBySimulation(folder, runner, FIRST_SEEDS)],
  ['explorer', judgeByExplorer],
  ['simulation', judgeBySimulation],
  ['kill points', judgeByKillPoints],
];

export async function judgeByAnyModel(folder: string, runner: Runner): Promise<Verdict> {
  const broken: string[] = [];
  for (const [name, judge] of MODELS) {
    const verdict = await judge(folder, runner);
    if (verdict.kind === 'caught') return { ...verdict, by: `${name}: ${verdict.by}` };
    if (verdict.kind === 'broken') broken.push(`${name}: ${verdict.why}`);
  }
  // One that could not judge has caught nothing; the others did judge.
  return broken.length < MODELS.length ? { kind: 'missed' } : { kind: 'broken', why: broken.join('; ') };
}
