import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a test run's databases may need; containers often have a shared memory of 64 MB. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/** Followed by the pid of the process that uses the folder. */
const PREFIX = 'payonce-test-';

/** A new folder that PostgreSQL's own account can reach too, in memory if there is enough. */
export function makeTemporaryFolder(): string {
  const parent = hasRoom('/dev/shm') ? '/dev/shm' : tmpdir();
  removeAbandoned(parent);
  const folder = fs.mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  fs.chmodSync(folder, 0o755);
  return folder;
}

/** Removes a data folder, and its cluster if that had to go elsewhere. */
export function removeDataDir(dataDir: string): void {
  const link = join(dataDir, 'postgres');
  if (fs.existsSync(link)) fs.rmSync(fs.realpathSync(link), { recursive: true, force: true });
  fs.rmSync(dataDir, { recursive: true, force: true });
}

function hasRoom(path: string): boolean {
  if (!fs.existsSync(path)) return false;
  const { bavail, bsize } = fs.statfsSync(path);
  return bavail * bsize > ENOUGH_BYTES;
}

/** Far longer than a test run, because the pid may be that of a process in another container. */
const ABANDONED_AFTER_MS = 6 * 60 * 60 * 1000;

/** Removes what killed test runs have left behind: it would otherwise fill the memory. */
function removeAbandoned(parent: string): void {
  for (const name of fs.readdirSync(parent)) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1] ?? 0);
    const status = fs.lstatSync(join(parent, name), { throwIfNoEntry: false });
    if (pid === 0 || status?.uid !== process.getuid?.() || isRunning(pid)) continue;
    if (Date.now() - (status?.mtimeMs ?? 0) > ABANDONED_AFTER_MS) removeDataDir(join(parent, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
