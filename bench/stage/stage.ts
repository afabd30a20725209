/** What every workload needs: the programs, the database, and the folders. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchDatabase, startBenchDatabase } from './database.ts';
import { openPrograms, type Programs } from './programs.ts';

export interface Stage {
  readonly programs: Programs;
  readonly database: BenchDatabase;
  /** The project's folder. */
  readonly root: string;
  /** For logs, and for whatever a subject stores outside the database. */
  readonly folder: string;
  /** Prints one line for the person who waits. */
  readonly say: (line: string) => void;
  close(): Promise<void>;
}

/**
 * `folder` is emptied. It should lie on a disk, not in memory: what is durable is measured. Rejects where another run uses it:
 * two of them would measure each other.
 */
export async function openStage(options: {
  readonly root: string;
  readonly folder: string;
  readonly say: (line: string) => void;
}): Promise<Stage> {
  const { root, folder, say } = options;
  const pidFile = `${folder}.pid`;
  refuseBesideAnother(pidFile);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(pidFile, String(process.pid));
  const programs = openPrograms(folder);
  const database = await startBenchDatabase(join(folder, 'postgres')).catch(async (error: unknown) => {
    await programs.close();
    throw error;
  });
  return {
    programs,
    database,
    root,
    folder,
    say,
    async close() {
      await programs.close();
      await database.stop();
      rmSync(pidFile, { force: true });
    },
  };
}

/** Two at once would measure each other, and the second would empty the first one's folder. */
function refuseBesideAnother(pidFile: string): void {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    process.kill(pid, 0);
    throw new RunningAlready(`Another benchmark is running (process ${pid}); nothing was started.`);
  } catch (error) {
    // No file, or no process with that number any more.
    if (error instanceof RunningAlready) throw error;
  }
}

class RunningAlready extends Error {}
