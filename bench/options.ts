/** The command line. Wrong values are refused before anything is started. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { WORKLOADS, type WorkloadName } from './plan.ts';
import { PEERS, type Peer } from './stage/subjects.ts';

export interface Options {
  readonly quick: boolean;
  /** Null: what the full or quick run usually has. So for all that follow. */
  readonly only: readonly WorkloadName[] | null;
  readonly peers: readonly Peer[] | null;
  /** Another checkout of this project, built, that is compared with this one. */
  readonly against: string | null;
  /** Whether the workload "new" also has a Payonce whose requests bring an API key. */
  readonly keys: boolean;
  readonly rounds: number | null;
  readonly seconds: number | null;
  readonly out: string | null;
  /** Whether to update these workloads in the existing report. */
  readonly add: boolean;
  readonly oldRows: number | null;
  readonly memoryPayments: number | null;
}

/** Says what is wrong with the arguments and throws `CommanderError`. `args`: without the program's own name. */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command('bench')
    .description(
      'Compares Payonce with what people use instead: a bare proxy, the plain design, DBOS, Restate, Django.',
    )
    .option(
      '--quick',
      'short windows and three servers, in under three minutes; fails only for false answers',
      false,
    )
    .option('--only <workloads>', `some of ${WORKLOADS.join(', ')}`, listOf(WORKLOADS), null)
    .option('--peers <peers>', `some of ${PEERS.join(', ')}, or none`, peers, null)
    .option(
      '--against <folder>',
      'another checkout of this project, built: the workload "new" compares its service with this one',
      checkout,
      null,
    )
    .option('--keys', 'the workload "new" compares requests with an API key with requests without one', false)
    .option('--rounds <n>', 'windows of each server', numberFrom(1, 100), null)
    .option('--seconds <n>', 'length of a window', secondsFrom(0.2, 600), null)
    .option(
      '--out <folder>',
      'where the report goes; default: docs/bench/<date>, or .payonce/bench for a quick or partial run',
      text,
      null,
    )
    .option('--add', 'put the workloads into the report that is there', false)
    .option(
      '--old-rows <n>',
      'payments stored before the workload "old"',
      numberFrom(1000, 100_000_000),
      null,
    )
    .option(
      '--memory-payments <n>',
      'payments made in the workload "memory"',
      numberFrom(1000, 100_000_000),
      null,
    )
    .allowExcessArguments(false)
    .exitOverride();
  command.parse(args, { from: 'user' });
  return command.opts<Options>();
}

function listOf<T extends string>(known: readonly T[]): (value: string) => readonly T[] {
  return (value) => {
    const names = value.split(',').map((name) => name.trim());
    const unknown = names.filter((name) => !known.some((each) => each === name));
    if (unknown.length > 0) {
      throw new InvalidArgumentError(`There is no "${unknown.join('", "')}". Known: ${known.join(', ')}.`);
    }
    return known.filter((name) => names.includes(name));
  };
}

function peers(value: string): readonly Peer[] {
  return value === 'none' ? [] : listOf(PEERS)(value);
}

function numberFrom(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return number;
  };
}

function secondsFrom(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max))
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    return number;
  };
}

function text(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It must name a folder.');
  return value;
}

function checkout(value: string): string {
  const folder = resolve(value);
  if (existsSync(join(folder, SERVICE))) return folder;
  throw new InvalidArgumentError(
    `There is no ${SERVICE} in ${folder}. Run "npm ci && npm run build" there first.`,
  );
}

const SERVICE = join('dist', 'main.js');

/** Whether it measures everything, with the numbers that it usually has. */
export function isWhole(options: Options): boolean {
  const { quick, only, peers, against, keys, rounds, seconds, oldRows, memoryPayments } = options;
  return (
    !quick &&
    !keys &&
    [only, peers, against, rounds, seconds, oldRows, memoryPayments].every((value) => value === null)
  );
}
