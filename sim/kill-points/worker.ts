/** Kills everywhere in one script after the other. It is a child process of `main.ts`. */
import { doTasks } from '../cores/cores.ts';
import { type KillReport, killEverywhere } from './kill.ts';
import { KILL_SCENARIOS } from './scenarios.ts';

export interface KillTask {
  readonly name: string;
}

doTasks(({ name }: KillTask): Promise<KillReport> => {
  const scenario = KILL_SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`There is no script "${name}".`);
  return killEverywhere(scenario);
});
