/**
 * Makes the database's clock step while all other clocks go on. If libfaketime is installed, it is loaded into the server, and adds an
 * offset from a file to every time of day. Monotonic clocks do not change, as on a machine whose clock is set.
 */
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** From `atMs` on, the database's clock was ahead by `offsetMs`. */
export interface ClockStep {
  /** Milliseconds since the epoch, by all other clocks. */
  readonly atMs: number;
  readonly offsetMs: number;
}

export interface DatabaseClock {
  /** For the server's process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every step so far, in order. */
  readonly steps: readonly ClockStep[];
  /** Sets the clock forward by this much. Negative: back. */
  step(byMs: number): void;
  /** Removes what a server left behind when it ended. */
  forget(pid: number): void;
}

const LIBRARY = 'libfaketime.so.1';

/** Where distributions keep the library. Null: it is not installed. */
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

/** `folder`: the server's account must be able to read it. Null: the library is not installed. */
export function openDatabaseClock(folder: string): DatabaseClock | null {
  const library = findLibrary();
  if (library === null) return null;
  const file = join(folder, 'clock');
  const steps: ClockStep[] = [];
  let offsetMs = 0;

  /** Replaces the file in one step. A server that read half a number would be in another century. */
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
