/** One window of one contestant under closed-loop load, with what it cost. */
import { closedLoop, type Load } from '../load/closed-loop.ts';
import type { Answer } from '../load/connection.ts';
import { total } from '../load/counts.ts';
import type { Contestant } from '../stage/contestants.ts';
import { cpuMs, residentMb } from '../stage/cpu.ts';
import type { Stage } from '../stage/stage.ts';

/** Processor time per answer, in microseconds. */
export interface Cost {
  /** The server, with all processes that it started. */
  readonly server: number;
  /** The one PostgreSQL, whoever used it. */
  readonly postgres: number;
  readonly gateway: number;
  readonly load: number;
}

export interface WindowFigures {
  readonly load: Load;
  readonly cost: Cost;
  /** Of the whole run, warm-up included, per answer of the whole run. */
  readonly walBytes: number;
  /** Of the server, at the window's end. */
  readonly residentMb: number;
}

export interface WindowOptions {
  readonly connections: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly next: () => string;
  readonly onAnswer?: (answer: Answer, request: string) => void;
}

export async function measureWindow(
  stage: Stage,
  contestant: Contestant,
  options: WindowOptions,
): Promise<WindowFigures> {
  const { server, target } = contestant;
  const read = (): Cost => readClocks(stage, contestant);
  let begin = read();
  let end = begin;
  let residentAtEnd = 0;
  const walBefore = await stage.database.walBytes(server.databaseUrl);
  const load = await closedLoop({
    ...options,
    target,
    onWindow(edge) {
      if (edge === 'begin') {
        begin = read();
      } else {
        end = read();
        residentAtEnd = residentMb(server.pid);
      }
    },
  });
  const walAfter = await stage.database.walBytes(server.databaseUrl);
  const perAnswer = (name: keyof Cost): number =>
    Math.round(((end[name] - begin[name]) * 1000) / Math.max(1, load.answers));
  return {
    load,
    cost: {
      server: perAnswer('server'),
      postgres: perAnswer('postgres'),
      gateway: perAnswer('gateway'),
      load: perAnswer('load'),
    },
    walBytes: Math.round((walAfter - walBefore) / Math.max(1, total(load.all))),
    residentMb: residentAtEnd,
  };
}

/** Milliseconds of processor time so far. */
function readClocks(stage: Stage, { server, gateway }: Contestant): Cost {
  const { user, system } = process.cpuUsage();
  return {
    server: cpuMs(server.pid),
    postgres: cpuMs(stage.database.pid),
    gateway: cpuMs(gateway.pid),
    load: (user + system) / 1000,
  };
}
