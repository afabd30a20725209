/** The configuration of the embedded server. All of it is on its command line; postgresql.conf is not changed. */
import { totalmem } from 'node:os';
import { EmbeddedPostgresError } from './errors.ts';

/** Server settings: names and values as in `postgresql.conf`, such as `{ max_connections: '50' }`. */
export type Settings = Readonly<Record<string, string>>;

const MEGABYTE = 1024 * 1024;

/**
 * An eighth of the machine's memory. (PostgreSQL advises at most a quarter, on a machine of its own.) At most 512 MB: all of it may have to
 * be written at a stop, which has only seconds.
 */
const sharedBuffersMb = (): number => Math.min(512, Math.max(128, Math.floor(totalmem() / 8 / MEGABYTE)));

/** Defaults that `settings` may override. */
const defaults = (): Settings => ({
  shared_buffers: `${sharedBuffersMb()}MB`,
  // Enough for several processes with their pools, and for tests with a pool for each database.
  max_connections: '200',
  // After each checkpoint, whole pages are written to the WAL, so rare checkpoints halve the WAL.
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  // These binaries do not have the compiler that it needs.
  jit: 'off',
  log_line_prefix: '%m [%p] ',
  cluster_name: 'payonce',
});

/** What cannot be overridden, and why. */
const FIXED: Readonly<Record<string, { readonly value: string; readonly why: string }>> = {
  fsync: { value: 'on', why: 'a charge that was recorded must survive a crash' },
  full_page_writes: { value: 'on', why: 'a charge that was recorded must survive a crash' },
  synchronous_commit: { value: 'on', why: 'nothing may be sent before its intent is safely stored' },
  listen_addresses: { value: '127.0.0.1', why: 'the server is for this machine only' },
  unix_socket_directories: { value: '', why: 'a socket in a shared folder could be impersonated' },
  timezone: { value: 'UTC', why: 'times are stored and printed in UTC' },
  log_timezone: { value: 'UTC', why: 'times are stored and printed in UTC' },
  lc_messages: { value: 'C', why: 'the launcher reads some messages' },
  logging_collector: { value: 'off', why: 'the launcher keeps the log' },
  log_error_verbosity: { value: 'terse', why: 'the details of an error quote the row, such as an order id' },
  log_destination: { value: 'stderr', why: 'the launcher keeps the log' },
  port: { value: '', why: 'the launcher chooses a free one at every start' },
  hba_file: { value: '', why: 'the launcher writes it' },
  data_directory: { value: '', why: 'it is the dataDir option' },
};

/** The settings for the start. Throws `invalid_setting` for one that cannot be chosen. */
export function serverSettings(wished: Settings = {}): Settings {
  for (const name of Object.keys(wished)) {
    const fixed = FIXED[name.toLowerCase()];
    if (fixed === undefined) continue;
    throw new EmbeddedPostgresError(
      'invalid_setting',
      `The embedded PostgreSQL was not started: its setting ${name} cannot be chosen, because ${fixed.why}. Leave it ` +
        'out, or use your own server (DATABASE_URL).',
    );
  }
  const fixed = Object.entries(FIXED).map(([name, { value }]) => [name, value] as const);
  const chosenByLauncher = new Set(['port', 'hba_file', 'data_directory']);
  return {
    ...defaults(),
    ...wished,
    ...Object.fromEntries(fixed.filter(([name]) => !chosenByLauncher.has(name))),
  };
}
