/**
 * Test files as judges: a catch is a test that ran and failed. A file that does not even load has judged nothing.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../bug.ts';
import type { Runner } from '../runner.ts';
import { VITEST_CONFIG_NAME } from '../tree.ts';

export interface Wanted {
  readonly file: string;
  /** Part of the tests' names; a regular expression. */
  readonly named: string;
}

/** Vitest's JSON report, as far as it is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo';
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

export interface SuiteParts {
  readonly folder: string;
  readonly runner: Runner;
  /** Where the tests find the one PostgreSQL of the whole run. */
  readonly env: Readonly<Record<string, string>>;
}

/** A test that fails for these has not judged anything either. */
const CRASH = /^(?:ReferenceError|SyntaxError|Error: Failed to (?:load|resolve))/;

export async function judgeBySuite(parts: SuiteParts, wanted: Wanted): Promise<Verdict> {
  const report = await runVitest(parts, [wanted.file], wanted.named, { bail: true });
  if (typeof report === 'string') return { kind: 'broken', why: report };
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.find(({ status }) => status === 'failed');
  if (failed !== undefined) {
    const [message = ''] = failed.failureMessages;
    if (CRASH.test(message)) return { kind: 'broken', why: message.split('\n', 1)[0] ?? '' };
    return { kind: 'caught', by: `“${failed.fullName.trim()}”` };
  }
  if (tests.some(({ status }) => status === 'passed')) return { kind: 'missed' };
  return { kind: 'broken', why: report.testResults[0]?.message || 'no test of that name ran' };
}

/** Whether the unchanged tree passes all of them, and each names a test at all. Null: it does. */
export async function controlSuites(parts: SuiteParts, all: readonly Wanted[]): Promise<string | null> {
  const files = [...new Set(all.map(({ file }) => file))];
  const named = [...new Set(all.map((each) => `(?:${each.named})`))].join('|');
  const report = await runVitest(parts, files, named, { bail: false });
  if (typeof report === 'string') return report;
  const tests = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, file: name })),
  );
  const failed = tests.find(({ status }) => status === 'failed');
  if (failed !== undefined)
    return `“${failed.fullName}” fails: ${failed.failureMessages[0]?.split('\n', 1)[0]}`;
  const missing = all.find(
    (each) =>
      !tests.some(
        ({ status, file, fullName }) =>
          status === 'passed' && file.endsWith(each.file) && new RegExp(each.named).test(fullName),
      ),
  );
  return missing === undefined ? null : `no test of ${missing.file} is named “${missing.named}”`;
}

async function runVitest(
  { folder, runner, env }: SuiteParts,
  files: readonly string[],
  named: string,
  { bail }: { readonly bail: boolean },
): Promise<Report | string> {
  const path = join(folder, 'mutants-report.json');
  rmSync(path, { force: true });
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...files,
    `--config=${VITEST_CONFIG_NAME}`,
    `--testNamePattern=${named}`,
    '--reporter=json',
    `--outputFile=${path}`,
    '--maxWorkers=1',
    // Some bugs show by nothing happening; on an idle machine none of these tests takes half of this. On the unchanged tree a
    // test that takes long is not wrong: the machine may be busy.
    ...(bail ? ['--bail=1', '--testTimeout=10000'] : ['--testTimeout=120000']),
  ];
  const { output, timedOut } = await runner.node(folder, args, { env });
  if (timedOut) return 'the tests did not end';
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return output.trim().split('\n').slice(-5).join(' ');
  }
}
