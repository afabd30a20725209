/** The kill at every use of a port as a judge: a catch is a kill after which something was not as expected. */
import type { Verdict } from '../bug.ts';
import type { Runner } from '../runner.ts';

const FAILED = /^FAILED: (.+)$/m;
/** JavaScript's own words for a program that is broken, not wrong. */
const CRASH = /TypeError|ReferenceError|SyntaxError|RangeError/;

export async function judgeByKillPoints(folder: string, runner: Runner): Promise<Verdict> {
  const { code, output, timedOut } = await runner.node(folder, ['dist-sim/sim/kill-points/main.js'], {
    until: FAILED,
  });
  const by = FAILED.exec(output)?.[1];
  if (by !== undefined) return CRASH.test(by) ? { kind: 'broken', why: by } : { kind: 'caught', by };
  if (timedOut) return { kind: 'broken', why: 'the kills did not end' };
  if (code !== 0) return { kind: 'broken', why: output.trim().split('\n').slice(-3).join(' ') };
  return { kind: 'missed' };
}
