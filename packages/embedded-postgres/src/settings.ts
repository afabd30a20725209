/** What the embedded server is configured with; all of it goes on its command line, postgresql.conf stays as made. */
import { totalmem } from 'node:os';
import { EmbeddedPostgresError } from './errors.ts';

/** Server settings: names and values as in `postgresql.conf`, such as `{ max_connections: '50' }`. */
export type Settings = Readonly<Record<string, string>>;

const MEGABYTE = 1024 * 1024;

/**
 * An eighth of the machine, PostgreSQL's own advice being at most a quarter of one that it has to itself. Not
 * more than 512 MB: all of it may be dirty when we stop, and stopping has seconds.
 */
const sharedBuffersMb = (): number => Math.min(512, Math.max(128, Math.floor(totalmem() / 8 / MEGABYTE)));

/** Sensible values that `settings` may override. */
const defaults = (): Settings => ({
  shared_buffers: `${sharedBuffersMb()}MB`,
  // Several processes with a pool each, and tests with a pool per database, stay well below it.
  max_connections: '200',
  // Each page is written to the WAL whole after each checkpoint: rare checkpoints halve the WAL.
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  // These binaries come without the compiler it needs.
  jit: 'off',
  log_line_prefix: '%m [%p] ',
  cluster_name: 'payonce',
});

/** What nobody may override, and why. */
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

/** The settings to start with. Throws `invalid_setting` for one that is not open to choice. */
export function serverSettings(wished: Settings = {}): Settings {
  for (const name of Object.keys(wished)) {
    const fixed = FIXED[name.toLowerCase()];
    if (fixed === undefined) continue;
    throw new EmbeddedPostgresError(
      'invalid_setting',
      `The setting ${name} of the embedded PostgreSQL cannot be chosen: ${fixed.why}. Leave it out, or use a ` +
        'server of your own (DATABASE_URL).',
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
