/** The exhaustive explorer as a judge: only an invariant of its own that does not hold is a catch. */
import type { Verdict } from '../bug.ts';
import type { Runner } from '../runner.ts';

const BROKEN = /^Does not hold: (.+)$/m;

export async function judgeByExplorer(folder: string, runner: Runner): Promise<Verdict> {
  const { code, output, timedOut } = await runner.node(folder, ['dist-sim/sim/explore/main.js'], {
    until: BROKEN,
  });
  const by = BROKEN.exec(output)?.[1];
  if (by !== undefined) return { kind: 'caught', by };
  if (timedOut) return { kind: 'broken', why: 'the explorer did not end' };
  // If something never happens any more, no promise is broken. Readers would wonder what such a catch proves.
  if (code !== 0) return { kind: 'broken', why: output.trim().split('\n').slice(-3).join(' ') };
  return { kind: 'missed' };
}
