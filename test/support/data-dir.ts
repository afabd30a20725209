import { execFileSync } from 'node:child_process';
import { startEmbeddedPostgres } from '../../packages/embedded-postgres/src/index.ts';
import { makeTemporaryFolder, removeDataDir } from './temporary-folder.ts';

let original: Promise<string> | undefined;

/** A data folder with a cluster that was stopped cleanly. It is a copy, because making a new cluster takes a second each time. */
export async function makeDataDir(): Promise<string> {
  original ??= makeOriginal();
  const folder = makeTemporaryFolder();
  execFileSync('cp', ['-RPp', `${await original}/.`, folder]);
  return folder;
}

/** Call it at the end of the test file. */
export async function removeOriginal(): Promise<void> {
  if (original !== undefined) removeDataDir(await original);
  original = undefined;
}

async function makeOriginal(): Promise<string> {
  const folder = makeTemporaryFolder();
  await (await startEmbeddedPostgres({ dataDir: folder })).stop();
  return folder;
}
