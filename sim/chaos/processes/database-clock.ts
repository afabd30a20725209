/**
 * The clock of the database alone, which steps while everybody else's goes on. libfaketime is loaded into the server, where it is installed; it
 * adds what a file says to every time of day. Monotonic clocks stay as they are, as on a machine whose clock is set.
 */
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** From this moment on, the database's clock was ahead by `offsetMs`. */
export interface ClockStep {
  /** Milliseconds since the epoch, by everybody else's clock. */
  readonly atMs: number;
  readonly offsetMs: number;
}

export interface DatabaseClock {
  /** For the server's process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every step so far, in their order. */
  readonly steps: readonly ClockStep[];
  /** Steps it by this much, in either direction. */
  step(byMs: number): void;
  /** Removes what a server that has ended left behind. */
  forget(pid: number): void;
}

const LIBRARY = 'libfaketime.so.1';

/** Where distributions keep it; null where it is not installed. */
function findLibrary(): string | null {
  if (process.platform !== 'linux') return null;
  const places = ['/usr/lib', '/usr/lib64', '/usr/local/lib'].filter(existsSync);
  const folders = places.flatMap((place) => [
    place,
    ...readdirSync(place, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.includes('linux'))
      .map(({ name }) => join(place, name)),
  ]);
  return folders.map((folder) => join(folder, 'faketime', LIBRARY)).find(existsSync) ?? null;
}

/** `folder`: where the server's account can read. Null where the library is not installed. */
export function openDatabaseClock(folder: string): DatabaseClock | null {
  const library = findLibrary();
  if (library === null) return null;
  const file = join(folder, 'clock');
  const steps: ClockStep[] = [];
  let offsetMs = 0;

  /** In one move: a server that reads half a number would be in another century. */
  function write(): void {
    writeFileSync(`${file}.new`, `${offsetMs < 0 ? '' : '+'}${offsetMs / 1000}\n`, { mode: 0o644 });
    renameSync(`${file}.new`, file);
  }
  write();

  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // All processes of the server read the same time at any moment.
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    steps,
    step(byMs) {
      offsetMs += byMs;
      steps.push({ atMs: Date.now(), offsetMs });
      write();
    },
    forget(pid) {
      for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`]) {
        rmSync(join('/dev/shm', name), { force: true });
      }
    },
  };
}
