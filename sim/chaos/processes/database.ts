/** The real PostgreSQL of a run. It is crashed and started again, its clock steps, and it is restored from an earlier copy. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../packages/embedded-postgres/src/index.ts';
import type { Address } from '../proxy/proxy.ts';
import { type DatabaseClock, openDatabaseClock } from './database-clock.ts';

export interface Database {
  /** Where it listens now. The port is another one after every start. */
  address(): Address;
  /** The connection string, but with this address. */
  urlThrough(address: Address): string;
  /** Null: the library that makes it step is not installed. */
  readonly clock: DatabaseClock | null;
  /** Stops it at once, as in a power failure. Nothing more is written. */
  crash(): Promise<void>;
  /** Starts it again on the same data, so that it has to recover. Resolves once it takes connections. */
  recover(): Promise<void>;
  /** Keeps a copy of its data. Only after a crash. */
  copy(): Promise<void>;
  /** Replaces its data with the copy. Only after a crash. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  readonly dataDir: string;
  readonly log: (line: string) => void;
  /** A folder that the server's account can enter. */
  readonly clockFolder: string;
}

const run = promisify(execFile);

export async function startDatabase({ dataDir, log, clockFolder }: DatabaseOptions): Promise<Database> {
  const clock = openDatabaseClock(clockFolder);
  const options = {
    dataDir,
    log,
    environment: clock?.environment ?? {},
    // Only processes crashed, so nothing needs to be synced. This method takes the least time.
    settings: { recovery_init_sync_method: 'syncfs' },
  };
  let running: EmbeddedPostgres = await startEmbeddedPostgres(options);
  let stopped = false;
  /** Starts and stops run one after the other. A stop during a start would leave a server behind. */
  let busy: Promise<void> = Promise.resolve();
  const data = join(dataDir, 'postgres', 'data');
  const kept = join(dataDir, 'copy');

  function next(work: () => Promise<void>): Promise<void> {
    const done = busy.then(() => (stopped ? undefined : work()));
    busy = done.catch(() => {});
    return done;
  }

  async function end(mode: 'immediate' | 'fast'): Promise<void> {
    const { pid } = running;
    await running.stop(mode);
    clock?.forget(pid);
  }

  /** Also copies owner and rights, which Node does not do. */
  async function replace(target: string, source: string): Promise<void> {
    rmSync(target, { recursive: true, force: true });
    await run('cp', ['-pR', source, target]);
  }

  return {
    address: () => ({ host: '127.0.0.1', port: running.port }),
    urlThrough({ host, port }) {
      const url = new URL(running.url);
      url.hostname = host;
      url.port = String(port);
      return url.href;
    },
    clock,
    crash: () => next(() => end('immediate')),
    recover: () =>
      next(async () => {
        running = await startEmbeddedPostgres(options);
      }),
    copy: () => next(() => replace(kept, data)),
    restore: () => next(() => replace(data, kept)),
    stop: () =>
      next(() => {
        stopped = true;
        return end('fast');
      }),
  };
}
