/** The real PostgreSQL that is crashed and started again, whose clock steps, and that is set back to an earlier copy. */
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
  /** Where it listens now; another port after every start. */
  address(): Address;
  /** The connection string with another server in its place. */
  urlThrough(address: Address): string;
  /** Null where nothing is installed that can make it step. */
  readonly clock: DatabaseClock | null;
  /** Every process of it just stops, as in a power failure; nothing is written any more. */
  crash(): Promise<void>;
  /** Starts it again on the same data: it has to recover. Resolves once it takes connections. */
  recover(): Promise<void>;
  /** Keeps a copy of its data. It must have crashed. */
  copy(): Promise<void>;
  /** Puts the copy in the place of its data. It must have crashed. */
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
    // After a crash of processes nothing needs to be synced; this way takes least.
    settings: { recovery_init_sync_method: 'syncfs' },
  };
  let running: EmbeddedPostgres = await startEmbeddedPostgres(options);
  let stopped = false;
  /** One thing after the other: a stop during a start would leave a server behind. */
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

  /** With its owner and its rights, which Node does not copy. */
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
