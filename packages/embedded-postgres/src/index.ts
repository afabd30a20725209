/**
 * A real PostgreSQL that a program brings along. It is created, started, kept running and stopped together with that program. What it has
 * stored is durable (fsync is always on), and survives kill -9 of any of the processes.
 */
import { defaultCacheFolders, findBinariesPackage, prepareBinaries } from './binaries.ts';
import { addressOf, type Cluster, openCluster } from './cluster.ts';
import { type LaunchOptions, launchOnFreePort } from './launch.ts';
import { acquireInstanceLock } from './lock.ts';
import { openLogFile } from './log-file.ts';
import { clearRecycledPidFile, stopOrphans } from './orphans.ts';
import { dataFolderOf, type Place, placeCluster } from './place.ts';
import { type Settings, serverSettings } from './settings.ts';
import { type StopMode, type Supervisor, supervise } from './supervise.ts';

export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './errors.ts';
export { findEmbeddedPostgres, type RunningPostgres } from './running.ts';
export type { StopMode } from './supervise.ts';

/** The options of `startEmbeddedPostgres`. */
export interface EmbeddedPostgresOptions {
  /** The folder for everything it stores. It is created if it is missing. The cluster is in `<dataDir>/postgres`. */
  readonly dataDir: string;
  /** Called with a sentence for a person if something unusual happens. Default: no log. */
  readonly log?: (line: string) => void;
  /** Server settings by their PostgreSQL names. Those that keep payments safe cannot be changed. Default: none. */
  readonly settings?: Settings;
  /** Variables for the environment of the server only. Default: none; the server gets no variable of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running server. */
export interface EmbeddedPostgres {
  /** The connection string of the database `payonce`, with the password. Loopback only. */
  readonly url: string;
  /** The port. Every start chooses a new one, and keeps it. */
  readonly port: number;
  /** The process id of the postmaster. It changes if the postmaster dies and is started again. */
  readonly pid: number;
  /**
   * Stops the server. Resolves once none of its processes is left and the data folder is free again, after 8 s at the latest. Idempotent;
   * the first call's mode counts. Default `fast`.
   */
  stop(mode?: StopMode): Promise<void>;
}

/**
 * Starts the server and resolves once it takes connections, after about 50 ms; the first time after a second. If this process ends in any
 * way without `stop()`, the server stops by itself within seconds.
 *
 * @throws EmbeddedPostgresError whose message says what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => {}, environment = {} } = options;
  const settings = serverSettings(options.settings);
  const place = await placeCluster({ dataDir, log });
  const lock = await acquireInstanceLock(place.home, place.keeper);
  try {
    const { cluster, port, supervisor } = await serve(place, { settings, environment, log });
    let stopped: Promise<void> | undefined;
    return {
      url: addressOf({ password: cluster.password, port }),
      port,
      get pid() {
        return supervisor.pid();
      },
      stop: (mode = 'fast') => {
        stopped ??= supervisor.stop(mode).finally(lock.release);
        return stopped;
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Service {
  readonly cluster: Cluster;
  readonly port: number;
  readonly supervisor: Supervisor;
}

async function serve(
  place: Place,
  chosen: Pick<LaunchOptions, 'settings' | 'environment' | 'log'>,
): Promise<Service> {
  const { home, user, keeper } = place;
  const { log } = chosen;
  const source = findBinariesPackage();
  await stopOrphans(dataFolderOf(home), log);
  clearRecycledPidFile(dataFolderOf(home));
  const cacheFolders = defaultCacheFolders(home);
  const binaries = await prepareBinaries({ source, user, cacheFolders, log });
  const cluster = await openCluster(place, binaries, log);
  const logFile = openLogFile(home, keeper);
  try {
    const launchOptions = { binaries, cluster, user, logFile, ...chosen };
    const server = await launchOnFreePort({ ...launchOptions, signal: new AbortController().signal });
    const supervisor = supervise(server, launchOptions);
    const stop = (mode: StopMode) => supervisor.stop(mode).finally(logFile.close);
    return { cluster, port: server.port, supervisor: { ...supervisor, stop } };
  } catch (error) {
    logFile.close();
    throw error;
  }
}
