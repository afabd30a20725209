/**
 * Where the cluster is. Normally in `<dataDir>/postgres`, its *home*. If PostgreSQL's own account cannot reach root's data folder (a clone
 * under /root), the home is under /var/lib/payonce, and `<dataDir>/postgres` is a link to it. So it is found in the usual place, and still
 * exists after a reboot.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './errors.ts';
import { ensureFolder, makeFolders } from './files.ts';
import { adoptLinkedHome, moveHome, newRelocatedHome, SHARED_FOLDER } from './relocate.ts';
import {
  type Account,
  isRoot,
  nameOf,
  ourselves,
  runAs,
  type ServerUser,
  unprivilegedUser,
  userWithId,
} from './user.ts';

export interface Place {
  /** The real path of the folder that holds the cluster, its password, its log and its lock. */
  readonly home: string;
  /** The account that the server runs under. It owns only `<home>/data`. */
  readonly user: ServerUser;
  /** The account that owns the home: ours; if we are root, that of the data folder. */
  readonly keeper: Account;
}

/** Where a data folder's home is looked for. */
export const homeLinkOf = (dataDir: string): string => join(dataDir, 'postgres');

/** The cluster itself, PostgreSQL's data directory. */
export const dataFolderOf = (home: string): string => join(home, 'data');

export interface PlaceOptions {
  readonly dataDir: string;
  readonly log: (line: string) => void;
  /** Where relocated homes go. */
  readonly sharedFolder?: string;
}

/** Finds the cluster's home, or creates an empty one that the server's account can reach. */
export async function placeCluster(options: PlaceOptions): Promise<Place> {
  try {
    makeFolders(options.dataDir);
    const dataDir = fs.realpathSync(options.dataDir);
    const home = await findHome(dataDir, options);
    return { home, ...(await claimHome(home)) };
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(
      'data_dir_unusable',
      `The embedded PostgreSQL was not started: ${options.dataDir} cannot hold its data ` +
        `(${(error as Error).message}). Make the folder usable for ${ourselves().name}, choose another one ` +
        '(DATA_DIR), or use your own server (DATABASE_URL).',
      { cause: error },
    );
  }
}

async function findHome(
  dataDir: string,
  { log, sharedFolder = SHARED_FOLDER }: PlaceOptions,
): Promise<string> {
  const wished = homeLinkOf(dataDir);
  const relocation = { dataDir, link: wished, sharedFolder, log };
  const existing = fs.lstatSync(wished, { throwIfNoEntry: false });
  if (existing?.isSymbolicLink()) return adoptLinkedHome(relocation);
  if (existing === undefined) ensureFolder(wished, ownershipOfNewHome(dataDir));
  if (!isRoot() || (await isReachable(wished))) return wished;
  return existing === undefined ? newRelocatedHome(relocation) : moveHome(relocation);
}

/** As root, the home gets the owner of the data folder, so that this owner can later start it without root. */
function ownershipOfNewHome(dataDir: string): { mode: number; keeper: Account } {
  if (!isRoot()) return { mode: 0o700, keeper: ourselves() };
  const { uid, gid } = fs.statSync(dataDir);
  // initdb refuses an account without a name, such as the owner of a volume mounted into a container.
  const keeper = nameOf(uid) === undefined ? { uid: 0, gid: 0 } : { uid, gid };
  return { mode: keeper.uid === 0 ? 0o711 : 0o700, keeper };
}

async function isReachable(home: string): Promise<boolean> {
  const { user } = accountsOf(home);
  const { code } = await runAs(user, '/bin/sh', ['-c', 'cd "$1"', 'sh', home]);
  return code === 0;
}

function accountsOf(home: string): { user: ServerUser; keeper: Account } {
  if (!isRoot()) return { user: ourselves(), keeper: ourselves() };
  const keeper = fs.statSync(home);
  if (keeper.uid !== 0) return { user: userWithId(keeper), keeper };
  // A home that was copied with tighter permissions must still let the server through.
  fs.chmodSync(home, 0o711);
  const data = fs.statSync(dataFolderOf(home), { throwIfNoEntry: false });
  return { user: data && data.uid !== 0 ? userWithId(data) : unprivilegedUser(), keeper };
}

/** The accounts of a home that the server can reach. A cluster that root copied gets its owner back. */
async function claimHome(home: string): Promise<{ user: ServerUser; keeper: Account }> {
  const accounts = accountsOf(home);
  const { user } = accounts;
  if (isRoot() && !(await isReachable(home))) {
    throw new Error(`${user.name} cannot reach ${home}`);
  }
  const data = dataFolderOf(home);
  if (isRoot() && fs.statSync(data, { throwIfNoEntry: false })?.uid === 0) {
    const { code, output } = await runAs(ourselves(), 'chown', ['-Rh', `${user.uid}:${user.gid}`, data]);
    if (code !== 0) throw new Error(output);
  }
  return accounts;
}
