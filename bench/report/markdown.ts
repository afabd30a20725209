/** The report as a page: the targets first, then the machine, the tables, and how each figure was counted. */
import { brokenWorkloads, falseAnswers, type Run } from '../results.ts';
import { HOW_COUNTED } from './how-counted.ts';
import { sections } from './sections.ts';
import { table } from './tables.ts';
import { type Target, targetsOf } from './targets.ts';

export interface Picture {
  readonly file: string;
  readonly alt: string;
}

export function markdown(run: Run, pictures: readonly Picture[]): string {
  const found = Object.values(run.measured).map((measured) => measured.found);
  return [
    `# Benchmark of ${run.date}${run.quick ? ' (quick)' : ''}`,
    '',
    `Made by \`npm run bench${run.quick ? ' -- --quick' : ''}\`. Everything runs side by side on one machine: the servers, the`,
    'gateway, PostgreSQL and the load generator. So look at the ratios, not at the figures.',
    ...(run.quick
      ? ['Short windows: this shows that the answers are true, and only roughly how large the figures are.']
      : []),
    '',
    ...list('## False answers', falseAnswers(run), 'None.'),
    '## Targets',
    '',
    ...targetTable(targetsOf(run.results)),
    '',
    ...pictures.flatMap(({ file, alt }) => [`![${alt}](${file})`, '']),
    ...sections(run.results),
    ...list(
      '## What is missing',
      [
        ...run.skipped.map(({ peer, reason }) => `${peer} was not measured: ${reason}`),
        ...brokenWorkloads(run),
        ...found.flatMap(({ notes }) => notes),
      ],
      'Nothing.',
    ),
    ...list(
      '## What the others got wrong',
      found.flatMap(({ peers }) => peers),
      'Nothing.',
    ),
    '## The machine',
    '',
    ...machineTable(run),
    '',
    ...workloadTable(run),
    '',
    '## How it is counted',
    '',
    ...HOW_COUNTED.map((line) => `- ${line}`),
    '',
  ].join('\n');
}

export function targetTable(targets: readonly Target[]): readonly string[] {
  return table(
    ['target', 'wanted', 'measured', 'verdict'],
    targets.map(({ what, wanted, measured, unit, verdict }) => [
      what,
      wanted,
      measured === null ? null : `${shortened(measured)}${unit}`,
      verdict === 'missed' ? '**missed**' : verdict,
    ]),
  );
}

function shortened(value: number): string {
  return Number.isFinite(value) ? value.toFixed(Math.abs(value) >= 10 ? 1 : 2) : 'never';
}

function list(title: string, lines: readonly string[], none: string): readonly string[] {
  return [title, '', ...(lines.length === 0 ? [none] : lines.map((line) => `- ${line}`)), ''];
}

function machineTable({ machine }: Run): readonly string[] {
  const rows: [string, string][] = [
    ['Payonce', `${machine.payonce}, commit ${machine.commit}`],
    ['processors', machine.processors],
    ['memory', `${machine.memoryGib} GiB`],
    ['system', machine.system],
    ['load before the start', String(machine.loadBefore)],
    ['8 kB written durably', `${machine.fdatasyncMs} ms`],
    ['Node.js', machine.node],
    ['PostgreSQL', machine.postgres],
    ...Object.entries(machine.durability).map(([name, setting]): [string, string] => [`– ${name}`, setting]),
    ...Object.entries(machine.peers).map(([peer, versions]): [string, string] => [peer, versions]),
  ];
  return table(['', ''], rows);
}

function workloadTable({ measured }: Run): readonly string[] {
  return table(
    ['workload', 'measured at', 'commit', 'seconds'],
    Object.entries(measured).map(([workload, { at, commit, seconds }]) => [workload, at, commit, seconds]),
  );
}
