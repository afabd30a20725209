/**
 * Crash at every await: `node dist-sim/sim/kill-points/main.js [name]` kills a process before and after each use of
 * the store and the gateway, in every script, and prints what it did. For the first failure it prints the story. Then exit 1.
 */
import { onAllCores } from '../cores/cores.ts';
import type { KillFailure, KillReport } from './kill.ts';
import { KILL_SCENARIOS } from './scenarios.ts';
import type { KillTask } from './worker.ts';

const wanted = process.argv[2] ?? '';
const startedMs = performance.now();
let kills = 0;
let portUses = 0;
const failed: (KillFailure & { readonly scenario: string })[] = [];

const names = KILL_SCENARIOS.map(({ name }) => name).filter((name) => name.includes(wanted));
const told = names[Symbol.iterator]();
const tasks = names.map((name) => ({ name }));
await onAllCores<KillTask, KillReport>(new URL('./worker.js', import.meta.url), tasks, (report) => {
  const scenario = String(told.next().value);
  portUses += report.portUses;
  kills += report.kills;
  failed.push(...report.failures.map((failure) => ({ ...failure, scenario })));
  for (const { where, complaint } of report.failures) say(`FAILED: ${scenario}: ${where}: ${complaint}`);
  const verdict = report.failures.length === 0 ? '' : `, ${report.failures.length} FAILED`;
  say(`${scenario.padEnd(44)}${count(report.portUses)} port uses${count(report.kills)} kills${verdict}`);
});
const [first] = failed;
if (first !== undefined)
  say(`\n${first.scenario}: ${first.where}\n${first.story.join('\n')}\n${first.complaint}`);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
say(`${names.length} scripts, ${portUses} port uses, ${kills} kills, ${failed.length} failed, ${seconds} s.`);
process.exitCode = failed.length === 0 ? 0 : 1;

function count(value: number): string {
  return String(value).padStart(7);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
