/** The results as text. */
import type { Result, Verdict } from './bug.ts';

export function line({ bug, verdict, seconds }: Result): string {
  const cells = [WORDS[verdict.kind].padEnd(7), bug.judge.padEnd(14), `${seconds.toFixed(1)} s`.padStart(7)];
  return `${cells.join('  ')}  ${bug.name}: ${howOf(verdict)}`;
}

const WORDS: Readonly<Record<Verdict['kind'], string>> = {
  caught: 'caught',
  missed: 'MISSED',
  broken: 'BROKEN',
};

function howOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'missed':
      return 'nothing was noticed';
    case 'broken':
      return verdict.why;
    case 'caught':
      return verdict.seeds === undefined ? verdict.by : `${verdict.by}, seed ${verdict.seeds}`;
  }
}

export function summary(results: readonly Result[], seconds: number): string {
  const caught = results.filter(({ verdict }) => verdict.kind === 'caught').length;
  const seeds = results.flatMap(({ verdict }) =>
    verdict.kind === 'caught' && verdict.seeds !== undefined ? [verdict.seeds] : [],
  );
  const judges = [...new Set(results.map(({ bug }) => bug.judge))].sort().map((judge) => {
    const mine = results.filter(({ bug }) => bug.judge === judge);
    const found = mine.filter(({ verdict }) => verdict.kind === 'caught').length;
    return `  ${judge.padEnd(14)}  ${found} of ${mine.length}`;
  });
  const hardest = seeds.length === 0 ? [] : [`The simulation needed ${Math.max(...seeds)} seeds at most.`];
  const time = `${Math.round(seconds)} s in all.`;
  return [...judges, ...hardest, `${results.length} planted, ${caught} caught. ${time}`].join('\n');
}
