/** `docs/faults.md`, made from the catalogue; the hits of a simulation are the only thing in it that is measured. */
import { FAULTS, testName } from './catalogue.ts';
import type { NamedFault } from './named-fault.ts';
import { NOT_YET } from './not-yet.ts';

/** What a simulation met: a part of what `simulate/main.js --json FILE` writes. */
export interface Hits {
  readonly seeds: number;
  readonly marks: Readonly<Record<string, number>>;
}

/** The measured parts of the page, as they stand in it. */
export interface Measured {
  /** The sentence about the last run. */
  readonly run: string;
  /** The last column, by the fault's test name. */
  readonly cells: ReadonlyMap<string, string>;
}

const NEVER_RUN: Measured = { run: 'Not measured yet.', cells: new Map() };
const UNKNOWN = '–';

export function measuredBy({ seeds, marks }: Hits): Measured {
  const cells = FAULTS.map((named): [string, string] => [testName(named), cellOf(named, marks)]);
  return { run: `The hits are those of a run of ${inFigures(seeds)} seeds.`, cells: new Map(cells) };
}

function cellOf({ marks, metBy }: NamedFault, hits: Hits['marks']): string {
  const counts = marks.map((mark) => `${code(mark)} ${inFigures(hits[mark] ?? 0)}`);
  return [...counts, ...(metBy === undefined ? [] : [metBy])].join('<br>');
}

/** What an earlier page says was measured. */
export function measuredIn(text: string): Measured {
  const cells = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [faultClass, fault, , , hits] = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
    if (faultClass !== undefined && fault !== undefined && hits !== undefined)
      cells.set(`${faultClass}: ${fault}`, hits);
  }
  const run = text.split('\n').find((line) => line.startsWith('The hits are those of'));
  return { run: run ?? NEVER_RUN.run, cells };
}

export function page({ run, cells }: Measured): string {
  return `${[
    '# Faults',
    '',
    'What can go wrong, what must happen then, and the test that shows it. This page is made from',
    '[the catalogue](../sim/scenarios/catalogue.ts), and a test compares the two.',
    '',
    '- **Test.** A *script* plays the fault in a simulated world: the real engine, a model of the database, and a gateway with',
    '  its own ledger. The end must match exactly: status, calls, lookups, ledger and answers. All scripts are in',
    '  [one suite](../sim/scenarios/faults.test.ts), each under its fault’s name. A simulated world has no sockets, no disk and',
    '  no PostgreSQL. What needs them is tested elsewhere, and the column names that test.',
    '- **Hits.** How often the random simulation met the fault while its judge watched. If it never hits one of the marks in this column, it',
    '  fails. If chance cannot meet the fault, the column says which part of the proof does.',
    '',
    run,
    '',
    '`npm run prove` counts the hits, and prints the command that writes this page. By hand:',
    '',
    '```sh',
    'node dist-sim/sim/simulate/main.js --seeds 20000 --json sum.json',
    'node dist-sim/sim/kill-points/main.js',
    'node dist-sim/sim/scenarios/document.js --hits sum.json',
    '```',
    '',
    'The second line kills a process before and after every single use of the database and the gateway, in every script of',
    '[its list](../sim/kill-points/scenarios.ts).',
    '',
    '| class | fault | expected | test | hits in the last run |',
    '|---|---|---|---|---|',
    ...FAULTS.map((named) => row(named, cells.get(testName(named)) ?? UNKNOWN)),
    '',
    '## Not yet',
    '',
    'Faults of the design that no feature of this version can meet.',
    '',
    '| class | fault | why not |',
    '|---|---|---|',
    ...NOT_YET.map(({ class: faultClass, fault, reason }) => `| ${faultClass} | ${fault} | ${reason} |`),
  ].join('\n')}\n`;
}

function row(named: NamedFault, hits: string): string {
  return `| ${[named.class, named.fault, named.expected, tests(named), hits].join(' | ')} |`;
}

function tests({ scenarios, elsewhere = [] }: NamedFault): string {
  const scripts = scenarios.map(({ name }) => `script: ${name}`);
  const others = elsewhere.map(({ file, test }) => `[${file}](../${file}): ${test}`);
  return [...scripts, ...others].join('<br>');
}

function code(word: string): string {
  return `\`${word}\``;
}

function inFigures(count: number): string {
  return count.toLocaleString('en-US');
}
