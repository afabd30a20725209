/**
 * A real PostgreSQL for whoever has none: made, started, kept running and stopped with the process that asked
 * for it. What it has stored is durable (fsync is always on) and survives kill -9 of any part of it all.
 */
import { defaultCacheFolders, findBinariesPackage, prepareBinaries } from './binaries.ts';
import { type Cluster, DATABASE, openCluster, ROLE } from './cluster.ts';
import { type LaunchOptions, launchOnFreePort } from './launch.ts';
import { acquireInstanceLock } from './lock.ts';
import { openLogFile } from './log-file.ts';
import { clearRecycledPidFile, stopOrphans } from './orphans.ts';
import { dataFolderOf, type Place, placeCluster } from './place.ts';
import { type Settings, serverSettings } from './settings.ts';
import { type StopMode, type Supervisor, supervise } from './supervise.ts';

export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './errors.ts';
export type { StopMode } from './supervise.ts';

/** What `startEmbeddedPostgres` is told. */
export interface EmbeddedPostgresOptions {
  /** Folder for everything it stores, made if missing; the cluster is found in `<dataDir>/postgres`. */
  readonly dataDir: string;
  /** Told, in sentences for a person, what is not everyday. Default: silence. */
  readonly log?: (line: string) => void;
  /** Server settings by their PostgreSQL names. Those that keep payments safe cannot be changed. Default: none. */
  readonly settings?: Settings;
  /** Added to the environment of the server, and of nothing else. Default: nothing; no variable of ours reaches it. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A server that runs. */
export interface EmbeddedPostgres {
  /** Connection string of the database `payonce`, with the password. Loopback only. */
  readonly url: string;
  /** Chosen anew at every start, then kept. */
  readonly port: number;
  /** Of the postmaster; another one after it died and was started again. */
  readonly pid: number;
  /**
   * Resolves once no process of it is left and the data folder is free again, after 8 s at the latest.
   * Idempotent; the first call's mode counts. Default `fast`.
   */
  stop(mode?: StopMode): Promise<void>;
}

/**
 * Starts the server and resolves once it takes connections; about 50 ms, a second the first time. Should our
 * process end without `stop()`, by whatever means, the server stops by itself within seconds.
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
      url: `postgres://${ROLE}:${cluster.password}@127.0.0.1:${port}/${DATABASE}`,
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
