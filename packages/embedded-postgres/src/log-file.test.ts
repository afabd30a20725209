import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeTemporaryFolder } from '../../../test/support/temporary-folder.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { ourselves } from './user.ts';

let home: string;
let log: LogFile | undefined;

const MEGABYTES_17 = Buffer.alloc(17 * 1024 * 1024, 'x');

const open = (): LogFile => {
  log = openLogFile(home, ourselves());
  return log;
};

beforeEach(() => {
  home = makeTemporaryFolder();
});

afterEach(() => {
  vi.useRealTimers();
  log?.close();
  log = undefined;
  fs.rmSync(home, { recursive: true });
});

test('the tail holds only what was written since', () => {
  const { descriptor, size, tail } = open();
  fs.writeSync(descriptor, 'before\n');
  const from = size();
  fs.writeSync(descriptor, 'one\ntwo\nthree\n');
  expect(tail(from, 2)).toBe('two\nthree');
  expect(tail(from, 9)).toBe('one\ntwo\nthree');
});

test('a large log is emptied while it is being written, and its content is kept once', () => {
  vi.useFakeTimers();
  const { descriptor, size, path } = open();
  for (const last of ['first', 'second']) {
    fs.writeSync(descriptor, MEGABYTES_17);
    fs.writeSync(descriptor, last);
    vi.advanceTimersByTime(60_000);
    expect(size()).toBe(0);
  }
  fs.writeSync(descriptor, 'third');
  expect(fs.readFileSync(path, 'utf8')).toBe('third');
  expect(fs.readFileSync(`${path}.1`, 'utf8').endsWith('second')).toBe(true);
});

test('a link in place of the log is not followed', () => {
  const target = join(home, 'target');
  fs.writeFileSync(target, '');
  fs.symlinkSync(target, join(home, 'postgres.log'));
  expect(open).toThrow(/ELOOP/);
});
