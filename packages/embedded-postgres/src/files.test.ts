import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolders } from './files.ts';

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'payonce-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a folder is created with the missing ones above it, and an existing one is left as it is', () => {
  const folder = join(temporary(), 'a', 'b', 'c');
  makeFolders(folder);
  makeFolders(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
});

test('a folder that cannot be created is an error', () => {
  const folder = temporary();
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
  for (const path of ['file', 'file/below', 'dangling', 'dangling/below'])
    expect(() => makeFolders(join(folder, path)), path).toThrow(/EEXIST|ENOTDIR|ENOENT/);
});

// Node's own way never returns there.
test.runIf(process.platform === 'linux')('in /proc, too', () => {
  expect(() => makeFolders('/proc/payonce-data')).toThrow(/ENOENT|EACCES/);
  expect(() => makeFolders('/proc/payonce-data/below')).toThrow(/ENOENT|EACCES/);
});
